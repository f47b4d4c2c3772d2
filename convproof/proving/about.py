"""What a proof or a claim says of itself, before anything is asked."""

from dataclasses import dataclass
from typing import Any

import sympy as sp

from convproof.proving.words import infix, said
from convproof.symbolic.solver import Claim, GuardedSum, Identity, Instances, Step
from convproof.theorems.proof import KINDS, Proof

CLAIMED = "claimed alone, without a false twin"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The words of a proof.

    Attributes:
        kind: how far it reaches.
        statement: the sentence; of a claim by itself, what it says.
        latex: the equation, or "".
        rule: by which it is shown, or "".
        source: where it is from, or "".
        asked_as: the laws of ``convproof verify`` that ask it of an implementation.
    """

    kind: str = ""
    statement: str = ""
    latex: str = ""
    rule: str = ""
    source: str = ""
    asked_as: tuple[str, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "statement": self.statement,
            "latex": self.latex,
            "kind": self.kind,
            "rule": self.rule,
            "source": self.source,
            "asked_as": list(self.asked_as),
        }


def about(thing: Proof | Step) -> About:
    """Return what a proof, or a claim by itself, says of itself."""
    if isinstance(thing, Proof):
        return About(
            kind=KINDS.get(thing.kind, str(thing.kind)),
            statement=thing.statement,
            latex=thing.latex,
            rule=thing.rule,
            source=thing.source,
            asked_as=tuple(thing.asked_as),
        )
    statement, latex = _of_step(thing)
    return About(kind=CLAIMED, statement=statement, latex=latex)


def _of_step(step: Step) -> tuple[str, str]:
    if isinstance(step, Claim):
        given = ", ".join(map(sp.latex, step.hypotheses))
        goal = sp.latex(step.goal)
        return said(step), rf"{given} \Rightarrow {goal}" if given else goal
    if isinstance(step, Identity):
        left, right = step.left, step.right
        return f"{left} = {right}", f"{sp.latex(left)} = {sp.latex(right)}"
    if isinstance(step, Instances):
        return f"checked for {step.sizes}", ""
    given = ", ".join(map(infix, step.hypotheses))
    sums = f"{_sum(step.left)} = {_sum(step.right)}"
    return f"{given} => {sums}" if given else sums, ""


def _sum(each: GuardedSum) -> str:
    product = " ".join(f"{letter}[{', '.join(map(str, index))}]" for letter, index in each.entries)
    over = ", ".join(map(str, each.indices))
    return f"sum({product or '1'}, over {over}: {', '.join(map(infix, each.guard))})"
