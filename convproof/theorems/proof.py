"""What a proof is: a statement for all sizes, steps that machines decide, and a false twin."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.solver import Claim, GuardedSum, Identity, Instances, SameSum, Step
from convproof.symbolic.solver.sums import Entry

_STEPS = (Claim, GuardedSum, Identity, Instances, SameSum)
Kind = Literal["machine", "rule", "instances"]
KINDS: dict[Kind, str] = {
    "machine": "all sizes, by machine",
    "rule": "all sizes, by a named rule, every step by machine",
    "instances": "instances only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The step of a proof with one thing changed, which makes it false.

    Attributes:
        changed: what, in words: "without s | i + p_low - t k".
        of: the step.
        step: the same, changed.
    """

    changed: str
    of: Step
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A law for all sizes, with what is asked of the engines to believe it.

    Attributes:
        name: a word for tables and the command line.
        statement: the sentence.
        latex: the equation.
        source: where it is from: a slide's title, a paper and its equation.
        steps: what must be proved; built when asked for.
        twin: its false twin.
        kind: how far it reaches: a key of ``KINDS``.
        rule: of a proof by a named rule, which, and what it takes from the steps.
        asked_as: the laws of ``convproof verify`` that ask it of an implementation.
    """

    name: str
    statement: str
    latex: str
    source: str
    steps: Callable[[], Iterable[Step]]
    twin: Callable[[], Twin]
    kind: Kind = "machine"
    rule: str = ""
    asked_as: tuple[str, ...] = ()


def without(step: Any, condition: Any) -> Twin:
    """Return the twin of a claim that lacks one hypothesis, or of sums that lack one guard.

    A condition that both sums have is taken from the right one.

    Raises:
        ClaimError: if the step has no such condition.
    """
    changed = f"without {condition}"
    if isinstance(step, Claim):
        return Twin(changed=changed, of=step, step=step.without(condition))
    if not isinstance(step, SameSum):
        msg = f"{step.name}: a {type(step).__name__} has no conditions to leave out."
        raise ClaimError(msg)
    if condition in step.right.guard:
        return Twin(
            changed=changed, of=step, step=replace(step, right=step.right.without(condition))
        )
    if condition in step.left.guard:
        return Twin(changed=changed, of=step, step=replace(step, left=step.left.without(condition)))
    if condition not in step.hypotheses:
        msg = f"{step.name}: {condition} is in neither guard, and is no hypothesis."
        raise ClaimError(msg)
    rest = tuple(h for h in step.hypotheses if h != condition)
    return Twin(changed=changed, of=step, step=replace(step, hypotheses=rest))


def changes(one: Any, other: Any) -> int:
    """Return in how many places two steps, or two expressions, differ.

    What differs as a whole, one relation for another, is one place. The maps of two sums do not
    count: they are how equality is shown, and no part of what is said.

    Raises:
        ClaimError: if they are steps of different kinds, or of none that can be compared.

    Example:
        >>> a, b, c = sp.symbols("a b c")
        >>> changes(a + b, a - b), changes(a + b, a + b), changes(a * b, (a + 1) * (b + 1))
        (1, 0, 2)
    """
    if isinstance(one, Claim) and isinstance(other, Claim):
        return changes(one.goal, other.goal) + _of_lists(one.hypotheses, other.hypotheses)
    if isinstance(one, Identity) and isinstance(other, Identity):
        return changes(one.left, other.left) + changes(one.right, other.right)
    if isinstance(one, GuardedSum) and isinstance(other, GuardedSum):
        return (
            _of_entries(one.entries, other.entries)
            + _of_lists(one.guard, other.guard)
            + max(len({*one.indices} - {*other.indices}), len({*other.indices} - {*one.indices}))
        )
    if isinstance(one, SameSum) and isinstance(other, SameSum):
        return (
            changes(one.left, other.left)
            + changes(one.right, other.right)
            + _of_lists(one.hypotheses, other.hypotheses)
        )
    if isinstance(one, sp.MatrixBase) and isinstance(other, sp.MatrixBase):
        if one.shape != other.shape:
            return 1
        return sum(changes(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, sp.MatrixBase) or isinstance(other, sp.MatrixBase):
        return 1
    if isinstance(one, _STEPS) or isinstance(other, _STEPS):
        msg = f"a {type(one).__name__} and a {type(other).__name__} are not compared."
        raise ClaimError(msg)
    return _of_trees(sp.sympify(one), sp.sympify(other))


def _of_entries(one: Sequence[Entry], other: Sequence[Entry]) -> int:
    """Return how many letters, indices and factors differ."""
    found = abs(len(one) - len(other))
    for (letter, index), (other_letter, other_index) in zip(one, other, strict=False):
        if letter != other_letter or len(index) != len(other_index):
            found += 1
        else:
            found += sum(changes(a, b) for a, b in zip(index, other_index, strict=True))
    return found


def _of_lists(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
    """Return how many conditions only one side has; one in the place of another counts once."""
    left = [each for each in one if each not in other]
    right = [each for each in other if each not in one]
    if len(left) == len(right):
        return sum(_of_trees(a, b) for a, b in zip(left, right, strict=True))
    return max(len(left), len(right))


def _of_trees(one: sp.Basic, other: sp.Basic) -> int:
    if one == other:
        return 0
    if one.func == other.func and len(one.args) == len(other.args) and one.args:
        only_one = [a for a in one.args if a not in other.args]
        only_other = [a for a in other.args if a not in one.args]
        if len(only_one) == len(only_other) and only_one:
            return max(1, sum(map(_of_trees, only_one, only_other)))
    return 1
