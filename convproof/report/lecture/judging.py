"""Verdicts: what a claim states beside what is computed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from convproof.report.lecture.claim import Claim, Computed, Formula, Law, Rule, Stated, Table
from convproof.report.lecture.formulas import agrees

Verdict = Literal["agree", "disagree", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim, judged.

    Attributes:
        claim: what was judged.
        computed: what it was compared with; a law's statement if it is one.
        verdict: whether they agree; ``undecided`` where a proof has not been found.
    """

    claim: Claim
    computed: str
    verdict: Verdict


def judged(claim: Claim, proofs: Mapping[str, str]) -> Finding:
    """Return the verdict of a claim.

    Args:
        claim: what is judged.
        proofs: what became of the proofs, by name: ``"proved"``, or else.
    """
    if isinstance(claim.stated, Law):
        became = proofs.get(claim.stated.proof, "not asked")
        return Finding(claim=claim, computed=became, verdict=_of_law(claim.stated, became))
    if claim.computed is None:
        msg = f"{claim.id} has nothing to be compared with."
        raise TypeError(msg)
    answer = claim.computed()
    verdict: Verdict = "agree" if matches(claim.stated, answer) else "disagree"
    return Finding(claim=claim, computed=written(answer), verdict=verdict)


def proofs_of(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Return the names of the proofs that claims rest on, each once."""
    return tuple(dict.fromkeys(c.stated.proof for c in claims if isinstance(c.stated, Law)))


def matches(stated: Stated, answer: Computed) -> bool:
    """Return whether what is stated is what is computed."""
    if isinstance(stated, Formula):
        return isinstance(answer, Rule) and agrees(stated, answer)
    if isinstance(stated, Table):
        return isinstance(answer, Table) and stated.rows == answer.rows
    return type(stated) is type(answer) and stated == answer


def written(value: Stated | Computed) -> str:
    """Return a value in words: integers with their thousands apart.

    Example:
        >>> written((1792, 89915392, (224, 224, 64)))
        '1,792; 89,915,392; 224 x 224 x 64'
    """
    if isinstance(value, tuple):
        return "; ".join(_within(each) for each in value)
    if isinstance(value, Formula):
        sums = f"sum over {', '.join(value.over)} of " if value.over else ""
        return f"{value.left} = {sums}{value.text}" if value.left else f"{sums}{value.text}"
    if isinstance(value, Table):
        return "\n".join(" ".join(row) for row in value.rows)
    if isinstance(value, Rule):
        return written(value.right)
    if isinstance(value, Law):
        said = "the false twin of " if value.twin else ""
        return f"{said}{value.proof}" if value.holds else f"not {said}{value.proof}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _within(value: Any) -> str:
    if not isinstance(value, tuple):
        return f"{value:,}" if isinstance(value, int) else str(value)
    between = ", " if all(isinstance(each, str) for each in value) else " x "
    return between.join(map(str, value))


def _of_law(law: Law, became: str) -> Verdict:
    if became != "proved":  # an engine that gave up says nothing about the lecture
        return "undecided"
    return "agree" if law.holds != law.twin else "disagree"


def plain(value: Stated | Computed) -> Any:
    """Return a value as JSON's: numbers as numbers, the rest as it is written."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int) else written(value)
