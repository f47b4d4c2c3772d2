"""The audit as a document: what disagrees first, then every claim, then what is not judged."""

from collections.abc import Iterator

from convproof import __version__
from convproof.networks.names import NAMES
from convproof.report.lecture.audit import CHAPTERS, Audit
from convproof.report.lecture.claim import (
    CLASSES,
    UNJUDGED,
    Law,
    Unjudged,
)
from convproof.report.lecture.claim import (
    Table as Printed,
)
from convproof.report.lecture.disagreements import disagreements
from convproof.report.lecture.judging import Finding, Verdict
from convproof.report.lecture.values import place, signs, value
from convproof.report.model import (
    Badge,
    Block,
    Code,
    Column,
    Document,
    Inline,
    Items,
    Kind,
    Prose,
    Section,
    Table,
    Text,
)

_KINDS: dict[Verdict, Kind] = {"agree": "good", "disagree": "bad", "undecided": "open"}
_FEW = 8  # cells of a row that is shown


def document(audit: Audit, command: str = "convproof report lecture") -> Document:
    """Return the audit as a document, which ``command`` makes again."""
    return Document(
        title="Lecture 7, audited",
        subtitle="Avrithis, convolution and network architectures: every claim, and what convproof "
        "computes or proves",
        command=command,
        version=__version__,
        contents=True,
        blocks=(
            *_summary(audit),
            Section(title="Where they disagree", blocks=tuple(disagreements(audit))),
            Section(
                title="Every claim",
                blocks=tuple(
                    _chapter(CHAPTERS[name], findings) for name, findings in audit.findings.items()
                ),
            ),
            Section(title="What is not judged", blocks=tuple(_unjudged(audit))),
        ),
    )


def _summary(audit: Audit) -> Iterator[Block]:
    undecided = len(audit.of("undecided"))
    why = ", for no proof of them was asked, or found" if undecided else ""
    yield Text(
        f"{len(audit.all)} claims: numbers, rows of tables, formulas, matrices and statements in "
        f"words. {len(audit.of('agree'))} agree with what convproof computes or proves, "
        f"{len(audit.of('disagree'))} do not, {undecided} are undecided{why}; "
        f"{len(audit.unjudged)} sentences are not judged. The text of the lecture is a "
        "transcription, whose damage is told apart: it is not the lecture’s."
    )
    yield Table(
        caption="Disagreements by class",
        columns=(
            Column(heading="class"),
            Column(heading="what it means", wraps=True),
            Column(heading="found", align="right"),
        ),
        rows=tuple((name, CLASSES[name], n) for name, n in audit.classes.items()),
        totals=(("all", "", len(audit.of("disagree"))),),
    )
    yield Table(
        caption="Claims by chapter",
        columns=(
            Column(heading="chapter"),
            *(Column(heading=word, align="right") for word in ("claims", *_KINDS)),
        ),
        rows=tuple(
            (CHAPTERS[name], len(findings), *(_count(findings, verdict) for verdict in _KINDS))
            for name, findings in audit.findings.items()
        ),
        totals=(("all", len(audit.all), *(len(audit.of(verdict)) for verdict in _KINDS)),),
    )


def _count(findings: tuple[Finding, ...], verdict: Verdict) -> int:
    return sum(finding.verdict == verdict for finding in findings)


def _chapter(title: str, findings: tuple[Finding, ...]) -> Section:
    """Return the claims of a chapter, those about the rows of a network's table as a table."""
    others = tuple(finding for finding in findings if not _of_network(finding))
    networks = dict.fromkeys(name for name in map(_of_network, findings) if name)
    tables = (_network(n, [f for f in findings if _of_network(f) == n]) for n in networks)
    return Section(title=title, blocks=(_claims(title, others), *tables))


def _of_network(finding: Finding) -> str:
    """Return the network of whose table a claim is a row, or ""."""
    name, _, place = finding.claim.id.rpartition(".")
    return name if name in NAMES and place.isdigit() else ""


def _claims(title: str, findings: tuple[Finding, ...]) -> Table:
    return Table(
        caption=f"{title}: {len(findings)} claims",
        columns=(
            Column(heading="claim, slide and words of the lecture", wraps=True),
            Column(heading="stated", wraps=True),
            Column(heading="verdict"),
        ),
        rows=tuple(map(_row, findings)),
    )


def _network(name: str, findings: list[Finding]) -> Table:
    """Return the rows of a network's table as the lecture states them."""
    return Table(
        caption=(*place(findings[0].claim.place), f", as stated: {len(findings)} claims"),
        columns=(
            Column(heading=(Code(name),)),
            Column(heading="layer"),
            *(Column(heading=w, align="right") for w in ("parameters", "operations", "volume")),
            Column(heading="verdict"),
        ),
        rows=tuple(map(_layer, findings)),
    )


def _layer(finding: Finding) -> tuple[Prose | int, ...]:
    claim = finding.claim
    assert isinstance(claim.stated, tuple)
    *counts, volume = claim.stated
    extents = volume if isinstance(volume, tuple) else (volume,)
    return (
        (Code(claim.id),),
        claim.quote,
        *counts,
        " × ".join(map(str, extents)) if len(extents) > 1 else f"{extents[0]:,}",
        (Badge(finding.verdict, _KINDS[finding.verdict]),),
    )


def _row(finding: Finding) -> tuple[Prose | int, ...]:
    claim = finding.claim
    by: tuple[Inline, ...] = ()
    if isinstance(claim.stated, Law):
        by = (", ", Code(claim.stated.proof))
    note: tuple[Inline, ...] = (" (", *signs(claim.note), ")") if claim.note else ()
    return (
        (Code(claim.id), " ", *place(claim.place), ": ", *signs(claim.quote), *by, *note),
        _short(finding),
        (Badge(finding.verdict, _KINDS[finding.verdict]),),
    )


def _short(finding: Finding) -> tuple[Inline, ...]:
    """Return what is stated; of much, how much: what disagrees is shown in full elsewhere."""
    stated = finding.claim.stated
    if isinstance(stated, Law):
        return ("holds" if stated.holds else "its contrary holds",)
    if isinstance(stated, Printed) and len(stated.rows) > 1:
        return (f"{len(stated.rows)} rows of {len(stated.rows[0])} entries",)
    if isinstance(stated, tuple) and len(stated) > _FEW:
        return (f"{len(stated)} cells",)
    return value(finding, stated=True)


def _unjudged(audit: Audit) -> Iterator[Block]:
    yield Text("Sentences that are not judged, by kind; a slide’s frames count once.")
    for why, meaning in UNJUDGED.items():
        held = [each for each in audit.unjudged if each.why == why]
        slides = dict.fromkeys(each.place.slide for each in held)
        yield Section(
            title=f"{why.capitalize()}: {len(held)}",
            blocks=(
                Text(f"{meaning[0].upper()}{meaning[1:]}."),
                Items(*(_of_slide(slide, held) for slide in slides)),
            ),
        )


def _of_slide(slide: str, held: list[Unjudged]) -> tuple[Inline, ...]:
    here = [each for each in held if each.place.slide == slide]
    told = "; ".join(f"{each.quote} ({each.note})" if each.note else each.quote for each in here)
    return signs(f"“{slide}”: {told}")
