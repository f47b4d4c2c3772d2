"""What disagrees, class by class: both figures, why, and where the lecture's comes from."""

from collections.abc import Iterator

from convproof.report.lecture.audit import Audit
from convproof.report.lecture.claim import CLASSES, Class, Fault
from convproof.report.lecture.claim import Table as Printed
from convproof.report.lecture.judging import Finding
from convproof.report.lecture.spelling import matrix, sum_of
from convproof.report.lecture.values import place, signs, value
from convproof.report.model import (
    Block,
    Code,
    Equation,
    Inline,
    Items,
    Math,
    Prose,
    Section,
    Text,
)


def disagreements(audit: Audit) -> Iterator[Block]:
    """Yield a section for every class that occurs."""
    for name, meaning in CLASSES.items():
        held = [f for f in audit.of("disagree") if _class(f) == name]
        if held:
            alike: dict[tuple[object, ...], list[Finding]] = {}
            for finding in held:
                alike.setdefault(_what(finding), []).append(finding)
            blocks = tuple(map(_disagreement, alike.values()))
            title = f"{name[0].upper()}{name[1:]}: {len(held)}"
            yield Section(
                title=title, blocks=(Text(f"{meaning[0].upper()}{meaning[1:]}."), *blocks)
            )


def _class(finding: Finding) -> Class | None:
    return None if finding.claim.fault is None else finding.claim.fault.of


def _what(finding: Finding) -> tuple[object, ...]:
    """Return what the frames of a slide that have one fault have in common."""
    claim = finding.claim
    return claim.place.slide, claim.quote, claim.stated, finding.computed, claim.fault, claim.note


def _disagreement(same: list[Finding]) -> Section:
    """Return what is wrong once for all frames that print it."""
    finding, claim = same[0], same[0].claim
    names = [part for name in _names(same) for part in (", ", Code(name))][1:]
    blocks: list[Block] = [Text(*_places(same), ": ‘", *signs(claim.quote), "’")]
    facts: list[Prose] = []
    by = signs(claim.by)
    if isinstance(claim.stated, Printed) and len(claim.stated.rows) > 1:
        right = Printed(finding.computed)
        blocks.append(
            Equation(
                rf"\text{{lecture: }}{matrix(claim.stated)} \qquad "
                rf"\text{{convproof: }}{matrix(right)}"
            )
        )
        facts.append(("computed by ", *by))
    else:
        facts.append(("lecture: ", *value(finding, stated=True)))
        facts.append(("convproof: ", *value(finding, stated=False), " (", *by, ")"))
    if claim.fault is not None:
        facts += _fault(claim.fault)
    if claim.note:
        facts.append(signs(claim.note))
    return Section(title=tuple(names), blocks=(*blocks, Items(*facts)))


def _fault(fault: Fault) -> list[Prose]:
    facts: list[Prose] = [signs(fault.why)]
    if not fault.arithmetic.isdigit() and fault.arithmetic:
        facts.append(("the right figure: ", Math(sum_of(fault.arithmetic))))
    if not fault.origin.isdigit() and fault.origin:
        facts.append(("where the lecture’s comes from: ", Math(sum_of(fault.origin))))
    return facts


def _names(same: list[Finding]) -> list[str]:
    """Return the names of claims; of those that begin alike, the ends behind the first."""
    first, *others = (finding.claim.id for finding in same)
    alike = first.rpartition(".")[0] + "."
    return [first, *(name.removeprefix(alike) for name in others)]


def _places(same: list[Finding]) -> tuple[Inline, ...]:
    numbers = [str(n) for n in dict.fromkeys(f.claim.place.occurrence for f in same)]
    if len(numbers) == 1:
        return place(same[0].claim.place)
    frames = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return (*signs(f"“{same[0].claim.place.slide}”"), f", frames {frames}")
