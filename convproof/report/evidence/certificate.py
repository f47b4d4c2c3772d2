"""The certificate of a run of ``convproof verify``: what was tested, on what, with which verdicts.

Everything is read from the evidence file; a law's statement is that of its theorem.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convproof.report.model import (
    Badge,
    Block,
    Code,
    Column,
    Document,
    Items,
    Kind,
    Listing,
    Prose,
    Section,
    Table,
    Text,
    Verdict,
)
from convproof.theorems import THEOREMS

_KINDS: Mapping[str, Kind] = {
    "passed": "good", "pass": "good", "failed": "bad", "fail": "bad", "xpass": "bad",
}  # fmt: skip
_WORDS = "Proved is for the derivation; a binary is tested exactly on the cases counted here."
_NOT_ASKED = ("not run", "unsupported")
_MOST_FUNCTIONS = 12  # of a row
_MOST_FAILURES = 24
Record = Mapping[str, Any]


def certificate(evidence: Record, *, command: str, version: str) -> Document:
    """Return the document of an evidence file (``convproof.evidence.read``)."""
    targets = evidence["targets"]
    return Document(
        title="Certificate of verification",
        subtitle=", ".join(target["target"] for target in targets),
        command=command,
        version=version,
        blocks=(
            Verdict(badge=_badge(evidence["verdict"]), prose=_opening(evidence)),
            Text(_WORDS),
            _circumstances(evidence),
            *(_target(target) for target in targets),
            *_laws(targets),
        ),
    )


def _badge(verdict: str) -> Badge:
    return Badge(verdict, _KINDS.get(verdict, "open"))


def _opening(evidence: Record) -> str:
    asked = [target for target in evidence["targets"] if "theorems" in target]
    cases = sum(row["examples"] for target in asked for row in target["theorems"])
    rows = sum(len(target["theorems"]) for target in asked)
    reason = f" {evidence['reason']}" if "reason" in evidence else ""
    absent = len(evidence["targets"]) - len(asked)
    more = f"; {absent} could not be asked here" if absent else ""
    targets = "1 target" if len(asked) == 1 else f"{len(asked)} targets"
    return f"{targets}, {rows} laws of functions, {cases:,} cases{more}.{reason}"


def _circumstances(evidence: Record) -> Block:
    packages = ", ".join(f"{name} {v}" for name, v in sorted(evidence["packages"].items()))
    return Table(
        caption="The run",
        columns=(Column(heading="what"), Column(heading="value", wraps=True)),
        rows=(
            ("command", (Code(evidence["command"]),)),
            ("convproof", evidence["version"]),
            ("profile and seed", f"{evidence['profile']}, {evidence['seed']}"),
            ("created", evidence["created"]),
            ("Python", f"{evidence['python']} on {evidence['platform']}"),
            ("packages", packages),
        ),
    )


def _target(target: Record) -> Section:
    title = (Code(target["target"]),)
    if "theorems" not in target:
        blocks: tuple[Block, ...] = (
            Verdict(badge=Badge(target["verdict"], "open"), prose=target["reason"]),
        )
        return Section(title=title, blocks=blocks)
    versions = ", ".join(f"{name} {v}" for name, v in target["versions"].items())
    where = "in a process of its own" if target["isolated"] else "in the same process"
    facts: list[Prose] = [f"{target['arrays']} arrays on {target['device']}, asked {where}"]
    facts += [f"made of {versions}"] if versions else []
    facts += [f"offers {', '.join(target['supports'])}"] if target["supports"] else []
    facts += [f"lacks {', '.join(target['lacks'])}"] if target["lacks"] else []
    return Section(
        title=title,
        blocks=(
            Verdict(badge=_badge(target["verdict"]), prose=f"{target['summary']}"),
            Items(*facts),
            *_tables(target["theorems"]),
            *_failures(target["theorems"]),
        ),
    )


def _tables(rows: Sequence[Record]) -> Iterator[Table]:
    asked = [row for row in rows if row["verdict"] not in _NOT_ASKED]
    if asked:
        yield _asked(asked)
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row["verdict"] in _NOT_ASKED:
            key = (row["verdict"], row["reason"], row["dtype"])
            reasons.setdefault(key, []).append(f"{row['function']} {row['theorem']}")
    if reasons:
        yield Table(
            caption="What was not asked, and why",
            columns=(
                Column(heading="verdict"), Column(heading="dtype"),
                Column(heading="why", wraps=True), Column(heading="laws of functions", wraps=True),
            ),
            rows=tuple(
                ((_badge(verdict),), dtype, reason, group)
                for (verdict, reason, dtype), names in reasons.items()
                for group in _grouped(names)
            ),
        )  # fmt: skip


def _grouped(names: Sequence[str]) -> Iterator[str]:
    """Yield ``conv2d, relu: exact, shape``: functions of the same laws, few enough for a row.

    A row of a table is not broken between pages.
    """
    laws: dict[str, list[str]] = {}
    for name in names:
        function, _, law = name.partition(" ")
        laws.setdefault(function, []).append(law.replace("_", " "))
    alike: dict[str, list[str]] = {}
    for function, held in laws.items():
        alike.setdefault(", ".join(held), []).append(function)
    for held_by_all, functions in alike.items():
        for begin in range(0, len(functions), _MOST_FUNCTIONS):
            few = functions[begin : begin + _MOST_FUNCTIONS]
            yield f"{', '.join(few)}: {held_by_all}"


def _asked(rows: Sequence[Record]) -> Table:
    explained = any(row["reason"] for row in rows)
    why = (Column(heading="why", wraps=True),) if explained else ()
    return Table(
        caption="Every law that was asked; ratio is the largest error over its bound",
        columns=(
            Column(heading="function"), Column(heading="dtype"), Column(heading="law"),
            Column(heading="verdict"), Column(heading="cases", align="right"),
            Column(heading="weak", align="right"), Column(heading="ratio", align="right"), *why,
        ),
        rows=tuple(
            (
                (Code(row["function"]),), row["dtype"], row["theorem"].replace("_", " "),
                (_badge(row["verdict"]),), row["examples"], sum(row["weak"].values()),
                "" if row["worst_ratio"] is None else f"{row['worst_ratio']:.3g}",
                *((row["reason"],) if explained else ()),
            )
            for row in rows
        ),
    )  # fmt: skip


def _failures(rows: Sequence[Record]) -> Iterator[Block]:
    failing = [row for row in rows if row["failure"] is not None]
    if not failing:
        return
    more = Text(*_left_out(len(failing) - _MOST_FAILURES))
    shown = map(_failure, failing[:_MOST_FAILURES])
    yield Section(title="The smallest cases that break a law", blocks=(more, *shown))


def _left_out(count: int) -> tuple[str, ...]:
    more = f" The first {_MOST_FAILURES} are shown; {count} more are in the file."
    return ("Each was made smaller until it broke no more.", more if count > 0 else "")


def _failure(row: Record) -> Section:
    failure = row["failure"]
    facts: list[Prose] = [
        f"case: {failure['told']}", f"arrays in memory: {failure['layout'].replace('_', ' ')}",
    ]  # fmt: skip
    if failure["silence"]:
        facts.append(f"no answer: {failure['silence']}")
    if failure["index"] is not None:
        place = ", ".join(map(str, failure["index"]))
        facts.append(f"at [{place}]: {failure['got']}, expected {failure['expected']}")
    facts += [f"hint: {failure['hint']}"] if failure["hint"] else []
    return Section(
        title=(Code(row["function"]), f": {row['theorem'].replace('_', ' ')}, {row['dtype']}"),
        blocks=(
            Verdict(badge=_badge(row["verdict"]), prose=failure["law"]),
            Items(*facts),
            Listing(text=failure["snippet"], caption="To see it without convproof's checks:"),
        ),
    )


def _laws(targets: Sequence[Record]) -> Iterator[Block]:
    """Yield what the laws say that were asked."""
    names = {row["theorem"] for target in targets for row in target.get("theorems", ())}
    known = [theorem for theorem in THEOREMS if theorem.name in names]
    if known:
        yield Section(
            title="What the laws say",
            blocks=(
                Table(
                    caption="Statements of the laws",
                    columns=(Column(heading="law"), Column(heading="statement", wraps=True)),
                    rows=tuple((t.name.replace("_", " "), t.statement) for t in known),
                ),
            ),
        )
