"""Twins lack just one condition, and every place in which two steps differ is counted."""

from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.solver import Claim, GuardedSum, Identity, Instances, SameSum, decide
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.proof import changes, without

n, r = sp.symbols("n r", integer=True, positive=True)
i, j, k, l = sp.symbols("i j k l", integer=True)
a, b, c = sp.symbols("a b c", real=True)

CLAIM = Claim(name="claim", goal=le(i, n), hypotheses=(le(i, j), lt(j, n)))
ONE = GuardedSum(
    indices=(k,), guard=(*box(0, k, r), *box(0, i - k, n)), entries=(("w", (k,)), ("x", (i - k,)))
)
TWO = GuardedSum(
    indices=(j,), guard=(*box(0, j, n), *box(0, i - j, r)), entries=(("w", (i - j,)), ("x", (j,)))
)
SUMS = SameSum(
    name="sums",
    left=ONE,
    right=TWO,
    to_right={j: i - k},
    to_left={k: i - j},
    hypotheses=(le(0, i),),
)
SQUARE = Identity(name="square", left=(a + b) ** 2, right=a**2 + 2 * a * b + b**2)


@pytest.mark.parametrize(
    ("step", "condition"),
    [(CLAIM, lt(j, n)), (SUMS, lt(j, n)), (SUMS, lt(i - k, n)), (SUMS, le(0, i))],
)
def test_a_twin_without_a_condition_differs_in_one_place(step: Any, condition: Any) -> None:
    """changes(step, without(step, c)) = 1."""
    twin = without(step, condition)

    assert twin.of is step
    assert changes(step, twin.step) == 1
    assert twin.changed == f"without {condition}"


@pytest.mark.parametrize("condition", [lt(j, n), le(0, k)])
def test_sums_without_a_guard_are_refuted(condition: Any) -> None:
    """Either sum has terms that the other lacks."""
    assert {finding.status for finding in decide(SUMS)} == {"proved"}
    twin = without(SUMS, condition)
    assert "refuted" in {finding.status for finding in decide(twin.step)}


@pytest.mark.parametrize("step", [CLAIM, SUMS, SQUARE])
def test_what_is_no_condition_of_a_step_cannot_be_left_out(step: Any) -> None:
    with pytest.raises(ClaimError):
        without(step, eq(i, 100))


@pytest.mark.parametrize(
    ("other", "number"),
    [
        (CLAIM, 0),
        (replace(CLAIM, name="of another name"), 0),
        (replace(CLAIM, goal=lt(i, n)), 1),
        (replace(CLAIM, goal=le(i, n + 1)), 1),
        (replace(CLAIM, hypotheses=(lt(j, n), le(i, j))), 0),
        (replace(CLAIM, hypotheses=(le(i, j), lt(j, n + r))), 1),
        (replace(CLAIM, hypotheses=(le(i, j), lt(j, n), le(0, i))), 1),
        (replace(CLAIM, hypotheses=()), 2),
        (replace(CLAIM, goal=lt(i, n), hypotheses=(le(i, j),)), 2),
        (replace(CLAIM, goal=le(i + 1, n + 1)), 2),
    ],
)
def test_changes_of_a_claim_are_counted(other: Claim, number: int) -> None:
    """One for each hypothesis, and each place of the goal, that only one of them has."""
    assert changes(CLAIM, other) == changes(other, CLAIM) == number


@pytest.mark.parametrize(
    ("other", "number"),
    [
        (ONE, 0),
        (replace(ONE, entries=(("v", (k,)), ("x", (i - k,)))), 1),
        (replace(ONE, entries=(("w", (k,)), ("x", (i + k,)))), 1),
        (replace(ONE, entries=(("w", (k + 1,)), ("x", (i + k,)))), 2),
        (replace(ONE, entries=(("w", (k,)),)), 1),
        (replace(ONE, entries=(("w", (k, k)), ("x", (i - k,)))), 1),
        (replace(ONE, indices=(k, l)), 1),
        (replace(ONE, guard=(*ONE.guard, le(k, i))), 1),
    ],
)
def test_changes_of_a_sum_are_counted(other: GuardedSum, number: int) -> None:
    """A letter, an index, a factor and a guard each count."""
    assert changes(ONE, other) == changes(other, ONE) == number


def test_the_maps_of_sums_are_no_part_of_what_they_say() -> None:
    assert changes(SUMS, replace(SUMS, to_right={j: i + k})) == 0


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        (SQUARE, replace(SQUARE, right=a**2 + b**2), 1),
        (sp.Matrix([[a, b]]), sp.Matrix([[a, c]]), 1),
        (sp.Matrix([[a, b]]), sp.Matrix([[b, a]]), 2),
        (sp.Matrix([[a, b]]), sp.Matrix([[a], [b]]), 1),
        (sp.Matrix([[a, b]]), a, 1),
        (a**b, b**a, 1),
        (sp.Integer(2), sp.Integer(3), 1),
        (a * b + c, a * c + b, 2),
    ],
)
def test_changes_of_expressions_are_counted(one: Any, other: Any, number: int) -> None:
    assert changes(one, other) == changes(other, one) == number


@pytest.mark.parametrize("other", [SUMS, SQUARE, ONE, le(i, n)])
def test_steps_of_different_kinds_are_not_compared(other: Any) -> None:
    with pytest.raises(ClaimError, match="not compared"):
        changes(CLAIM, other)


def test_instances_are_not_compared() -> None:
    step = Instances(name="some", sizes="n <= 3", check=lambda: "")
    with pytest.raises(ClaimError, match="not compared"):
        changes(step, replace(step, sizes="n <= 4"))
