"""Sums are equal by a bijection; a wrong one is seen, and unequal sums differ in a monomial."""

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.errors import ClaimError
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver.bounds import bounded, points, ranges
from convproof.symbolic.solver.decide import decide
from convproof.symbolic.solver.evaluation import truth
from convproof.symbolic.solver.sums import GuardedSum, SameSum
from convproof.symbolic.solver.terms import both, box, divides, eq, le, lt, ne, quotient
from convproof.theorems.proof import without

n, r = size("n"), size("r")
i, j, k, l = (index(name) for name in "ijkl")
NO: dict[Any, int] = {}


def summed(indices: Any, guard: Any, *entries: Any) -> GuardedSum:
    return GuardedSum(indices=indices, guard=tuple(guard), entries=entries)


LEFT = summed((k,), (*box(0, k, r), *box(0, i - k, n)), ("w", (k,)), ("x", (i - k,)))
RIGHT = summed((j,), (*box(0, j, n), *box(0, i - j, r)), ("w", (i - j,)), ("x", (j,)))
COMMUTED = SameSum(name="commuted", left=LEFT, right=RIGHT, to_right={j: i - k}, to_left={k: i - j})


def said(same: Any) -> tuple[set[str], str]:
    findings = decide(same)
    return {f.status for f in findings}, findings[0].counterexample


def test_a_convolution_is_commutative() -> None:
    """sum_k w[k] x[i - k] = sum_j x[j] w[i - j]."""
    assert said(COMMUTED)[0] == {"proved"}


@pytest.mark.parametrize("condition", LEFT.guard + RIGHT.guard)
def test_without_any_guard_a_monomial_is_on_one_side_alone(condition: Any) -> None:
    """Sums that are not finite any more are compared monomial by monomial."""
    statuses, counterexample = said(without(COMMUTED, condition).step)
    assert statuses == {"refuted"}
    assert counterexample.endswith(
        ("1 times on the left, 0 on the right", "0 times on the left, 1 on the right")
    )


def test_a_wrong_map_between_equal_sums_is_unknown_and_not_refuted() -> None:
    """Another bijection may exist."""
    changes: list[dict[str, Any]] = [{"to_right": {j: i - k + 1}}, {"to_left": {k: j}}]
    for change in changes:
        findings = decide(replace(COMMUTED, **change))
        assert [f.status for f in findings] == ["unknown"]
        assert "the bijection fails at" in findings[0].says


def test_a_map_to_what_is_no_integer_is_refused() -> None:
    """sum_{0 <= k < 2 n} x[k] is not sum_{0 <= j < n} x[2 j], though k -> k/2 -> k."""
    every = summed((k,), box(0, k, 2 * n), ("x", (k,)))
    even = summed((j,), box(0, j, n), ("x", (2 * j,)))
    with pytest.raises(ClaimError, match="not known to be an integer"):
        SameSum(name="even", left=every, right=even, to_right={j: k / 2}, to_left={k: 2 * j})
    with pytest.raises(ClaimError, match="not known to be an integer"):
        summed((k,), box(0, k, n), ("x", (k / 2,)))
    down = SameSum(
        name="even", left=every, right=even, to_right={j: quotient(k, 2)}, to_left={k: 2 * j}
    )
    assert said(down)[0] == {"refuted"}


def test_a_map_that_is_not_onto_is_seen() -> None:
    """sum_{0 <= k < r} 1 is not sum_{0 <= j < 2 r} 1, though k -> j = k is injective."""
    half = summed((k,), box(0, k, r), ("x", (0,)))
    whole = summed((j,), box(0, j, 2 * r), ("x", (0,)))
    same = SameSum(name="half", left=half, right=whole, to_right={j: k}, to_left={k: j})
    statuses, counterexample = said(same)
    assert statuses == {"refuted"}
    assert counterexample == "r = 2: x[0] occurs 2 times on the left, 4 on the right"


@pytest.mark.parametrize("one", [True, False])
def test_maps_must_undo_each_other_from_both_sides(*, one: bool) -> None:
    """k = 2 j is undone by floor(k / 2), which two indices share: n terms are not 2 n."""
    few = summed((j,), box(0, j, n), ("x", (0,)))
    many = summed((k,), box(0, k, 2 * n), ("x", (0,)))
    up, down = {k: 2 * j}, {j: quotient(k, 2)}
    same = (
        SameSum(name="onto", left=few, right=many, to_right=up, to_left=down)
        if one
        else SameSum(name="onto", left=many, right=few, to_right=down, to_left=up)
    )
    assert said(same)[0] == {"refuted"}


def test_repeated_letters_are_paired_whatever_their_order() -> None:
    """sum_k x[k] x[k + 1] = sum_j x[j + 1] x[j]."""
    one = summed((k,), box(0, k, n), ("x", (k,)), ("x", (k + 1,)), ("w", (0,)))
    for entries in ((("x", (j,)), ("x", (j + 1,))), (("x", (j + 1,)), ("x", (j,)))):
        other = summed((j,), box(0, j, n), *entries, ("w", (0,)))
        same = SameSum(name="pairs", left=one, right=other, to_right={j: k}, to_left={k: j})
        assert said(same)[0] == {"proved"}
    wrong = summed((j,), box(0, j, n), ("x", (j + 1,)), ("x", (j + 1,)), ("w", (0,)))
    same = SameSum(name="pairs", left=one, right=wrong, to_right={j: k}, to_left={k: j})
    assert said(same)[0] == {"refuted"}


def test_an_index_that_is_declared_positive_starts_at_1() -> None:
    """sum_{k >= 1, k < r} w[k] is not sum_{0 <= j < r} w[j]: what is declared is a guard."""
    p = size("p")
    one, other = summed((p,), (lt(p, r),), ("w", (p,))), summed((j,), box(0, j, r), ("w", (j,)))
    assert le(1, p) in one.guard
    same = SameSum(name="from 1", left=one, right=other, to_right={j: p}, to_left={p: j})
    statuses, counterexample = said(same)
    assert statuses == {"refuted"}
    assert "w[0] occurs 0 times on the left" in counterexample


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to_right": {}}, "is mapped, but the indices are"),
        ({"to_right": {j: i - k, l: k}}, "is mapped, but the indices are"),
        ({"left": summed((k,), box(0, k, j), ("w", (k,)), ("x", (k,)))}, "left sum must not speak"),
        ({"right": replace(RIGHT, entries=(("w", (k,)), ("x", (j,))))}, "right sum must not speak"),
        ({"hypotheses": (le(k, n),)}, "hypotheses must not speak of k"),
        ({"to_right": {j: i - j}}, "to_right must not speak of j"),
        ({"to_left": {k: k}}, "to_left must not speak of k"),
        ({"right": replace(RIGHT, entries=(("w", (j,)),))}, "the other"),
        ({"right": replace(RIGHT, entries=(("w", (j, j)), ("x", (j,))))}, "the other"),
    ],
)
def test_maps_and_factors_that_do_not_fit_are_refused(change: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        replace(COMMUTED, **change)


def test_indices_are_integers_named_once() -> None:
    for indices in ((k, k), (sp.Symbol("x", real=True),)):
        with pytest.raises(ClaimError, match="must be integers"):
            summed(indices, ())
    with pytest.raises(ClaimError, match="not among the conditions"):
        LEFT.without(le(k, 7))


def test_sums_over_nothing_are_refused() -> None:
    """Of sums that are empty for all sizes all holds."""
    with pytest.raises(ClaimError, match="no numbers are found"):
        decide(replace(COMMUTED, hypotheses=(lt(i, 0),)))


@pytest.mark.parametrize("reach", [0, 1, 50])
def test_equal_sums_do_not_differ_however_small_the_window(reach: int) -> None:
    """sum_{0 <= k < 5} w[k] = sum_{100 <= j < 105} w[j - 100]: the map leaves every window."""
    near = summed((k,), box(0, k, r), ("w", (k,)))
    far = summed((j,), box(100, j, r + 100), ("w", (j - 100,)))
    same = SameSum(name="far", left=near, right=far, to_right={j: k + 100}, to_left={k: j - 100})
    assert same.differs_at({r: 5}, reach) == ""
    longer = replace(same, right=summed((j,), box(100, j, r + 101), ("w", (j - 100,))))
    assert longer.differs_at({r: 5}, reach) == "w[5] occurs 0 times on the left, 1 on the right"
    unbounded = replace(
        same,
        left=summed((k,), (le(0, k),), ("w", (k,))),
        right=summed((j,), (le(100, j),), ("w", (j - 100,))),
    )
    assert unbounded.differs_at({r: 5}, reach) == ""


def test_a_monomial_that_occurs_infinitely_often_is_refused() -> None:
    """sum over all k of w[0]."""
    endless = summed((k,), (le(0, k),), ("w", (0,)))
    with pytest.raises(ClaimError, match="not finite"):
        endless.coefficient((("w", (0,)),), NO)
    once = summed((k,), (eq(k, 0),), ("w", (0,)))
    same = SameSum(name="endless", left=endless, right=once, to_right={k: k}, to_left={k: k})
    with pytest.raises(ClaimError, match="not finite"):
        same.differs_at({}, 3)


def test_sizes_that_break_the_hypotheses_show_no_difference() -> None:
    twin: Any = without(COMMUTED, LEFT.guard[0]).step
    same = replace(twin, hypotheses=(le(3, n),))
    assert same.differs_at({i: 0, n: 1, r: 1}, 5) == ""
    assert same.differs_at({i: 0, n: 3, r: 1}, 5)


def test_a_strided_sum_is_bound_by_the_size_of_its_input() -> None:
    """o of 0 <= s o + t k - p < n and 0 <= k < r."""
    axis, o = SymbolicAxis(), index("o")
    guard = (*axis.is_input(axis.position(o, k)), *axis.is_tap(k))
    at = {axis.n: 7, axis.r: 2, axis.s: 3, axis.t: 2, axis.low: 1}
    assert ranges((o, k), guard, at) == [range(3), range(2)]


def test_bounds_of_several_indices_together_are_found_by_z3() -> None:
    """0 <= i - j < 3 and 0 <= i + j < 3."""
    guard = (*box(0, i - j, n), *box(0, i + j, n))
    assert ranges((i, j), guard, {n: 3}) == [None, None]
    found = bounded((i, j), guard, {n: 3})
    assert len(list(points((i, j), found, guard, {n: 3}))) == 5
    with pytest.raises(ClaimError, match="not finite"):
        bounded((i, j), guard[:2], {n: 3})


def test_contradicting_guards_leave_no_index() -> None:
    assert ranges((i,), (lt(i, 0), lt(0, i)), NO) == [range(0)]
    assert ranges((i,), (lt(n, 0), *box(0, i, 2)), {n: 1}) == [range(0)]


_coefficients = st.integers(-2, 2)
_conditions = st.builds(
    lambda a, b, c, kind: kind(a * i + b * j, c),
    _coefficients,
    _coefficients,
    st.integers(-4, 4),
    st.sampled_from([le, lt, eq, ne, sp.Ge, sp.Gt, lambda x, y: divides(2, x + y)]),
)


@given(st.lists(_conditions, max_size=4))
def test_no_point_is_lost(guard: list[Any]) -> None:
    """{v : G(v)} within the ranges is {v : G(v)} of a box."""
    guard = [*box(-3, i, 4), *box(-3, j, 4), *guard]
    whole = [
        {i: a, j: b}
        for a, b in product(range(-3, 4), repeat=2)
        if truth(both(*guard), {i: a, j: b})
    ]
    found = bounded((i, j), guard, NO)
    assert list(points((i, j), found, guard, NO)) == whole


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(_conditions, max_size=3), _coefficients, _coefficients)
def test_a_polynomial_is_its_coefficients(guard: list[Any], a: int, b: int) -> None:
    """sum_{v in G} x[a i] x[b j], with x[1] x[2] = x[2] x[1]."""
    it = summed((i, j), [*box(-2, i, 3), *box(-2, j, 3), *guard], ("x", (a * i,)), ("x", (b * j,)))
    expected: Counter[Any] = Counter()
    for u, v in product(range(-2, 3), repeat=2):
        if truth(both(*it.guard), {i: u, j: v}):
            expected[tuple(sorted([("x", (a * u,)), ("x", (b * v,))]))] += 1
    assert it.at(NO, 0) == expected
    assert all(it.coefficient(monomial, NO) == times for monomial, times in expected.items())
    assert it.coefficient((("x", (50,)), ("x", (0,))), NO) == 0


def test_counts_are_of_points_and_not_of_orders() -> None:
    """(sum_k x[k])^2 has 2 x[0] x[1], and x[0]^2 once."""
    square = summed((i, j), (*box(0, i, n), *box(0, j, n)), ("x", (i,)), ("x", (j,)))
    assert square.coefficient((("x", (0,)), ("x", (1,))), {n: 2}) == 2
    assert square.coefficient((("x", (0,)), ("x", (0,))), {n: 2}) == 1
    assert count("c").is_nonnegative


def test_sums_that_are_not_finite_are_not_rearranged() -> None:
    """sum_{k >= 0} d = sum_{j >= 1} d by j = k + 1: a rule of finite sums says nothing of it."""
    entries = (("d", ()),)
    one = GuardedSum(indices=(k,), guard=(le(0, k),), entries=entries)
    two = GuardedSum(indices=(j,), guard=(le(1, j),), entries=entries)
    moved = SameSum(name="n", left=one, right=two, to_right={j: k + 1}, to_left={k: j - 1})

    with pytest.raises(ClaimError, match=r"a sum over k is not finite"):
        decide(moved)


def test_what_holds_by_form_is_not_credited_to_an_engine() -> None:
    assert COMMUTED.claims() == ()
    (finding,) = decide(COMMUTED)
    assert (finding.status, finding.engines) == ("proved", ("form",))
