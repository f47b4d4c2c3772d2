"""Relations stay as they are written."""

import sympy as sp

from convproof.symbolic.solver.evaluation import truth
from convproof.symbolic.solver.terms import (
    both,
    box,
    divides,
    either,
    eq,
    iff,
    implies,
    le,
    lt,
    ne,
    negation,
    put,
    quotient,
    remainder,
)

a, b = sp.symbols("a b", integer=True)
s = sp.Symbol("s", integer=True, positive=True)


def test_nothing_is_decided_by_sympy() -> None:
    for part in (le(0, s), eq(a, a), ne(a, a), lt(s, 0), divides(s, s)):
        assert isinstance(part, sp.core.relational.Relational)
    assert isinstance(both(le(0, s), lt(s, 0)), sp.And)
    assert isinstance(either(le(a, b), lt(b, a)), sp.Or)
    assert isinstance(iff(le(0, s), le(1, s)), sp.Equivalent)
    assert isinstance(implies(lt(s, 0), eq(a, b)), sp.Implies)
    assert isinstance(negation(le(0, s)), sp.Not)


def test_parts_that_sympy_holds_for_one_are_kept() -> None:
    """a <= b and b >= a are two relations; (a < b <=> b > a) is one of both."""
    one, other = le(a, b), sp.Ge(b, a, evaluate=False)
    assert len(both(one, other).args) == len(either(one, other).args) == 2
    assert len(iff(one, other).args) == 2
    assert both(one, one) is one
    assert iff(one, one) is sp.true
    assert (both(), either()) == (sp.true, sp.false)


def test_sympy_takes_three_equivalent_parts_for_the_third() -> None:
    """The reason why conditions are joined by functions of ours."""
    one, other, third = lt(a, b), sp.Gt(b, a, evaluate=False), lt(s, 0)
    assert sp.Equivalent(one, other, third, evaluate=False) == third


def test_put_replaces_all_at_once_and_evaluates_no_relation() -> None:
    assert put(le(a, b), {a: b, b: a}) == le(b, a)
    assert put(both(le(a, b), le(0, a)), {a: s, b: s}) == both(le(s, s), le(0, s))
    assert put(iff(le(a, b), lt(a, b)), {b: a}) == iff(le(a, a), lt(a, a))
    assert put(negation(le(0, a)), {a: s}) == negation(le(0, s))
    assert put(a + 1, {a: 2}) == 3
    assert put(sp.true, {a: 2}) is sp.true


def test_quotient_and_remainder_are_euclids() -> None:
    """a = s q + r with 0 <= r < s."""
    for value in range(-5, 6):
        at = {a: value, s: 3}
        assert truth(eq(a, s * quotient(a, s) + remainder(a, s)), at)
        assert truth(both(*box(0, remainder(a, s), s)), at)
    assert (remainder(7, 2), remainder(-7, 2)) == (1, 1)


def test_put_decides_cases_of_numbers_and_keeps_the_others() -> None:
    """SymPy fails to build a Piecewise with 0 <= 1 in it."""
    cases = sp.Piecewise((a, lt(b, 0)), (s, le(b, s)), (b, True), evaluate=False)
    assert put(cases, {b: -1}) == a
    assert put(cases, {b: 3, s: 2}) == 3
    assert put(cases, {b: 3}) == sp.Piecewise((s, le(3, s)), (3, True), evaluate=False)
    assert put(2 * cases + 1, {b: s}) == 2 * put(cases, {b: s}) + 1
    assert put(cases, {b: s}).args[0].args[1] == lt(s, 0)
    decided = sp.Piecewise((a, le(0, 1)), (b, True), evaluate=False)
    assert put(decided, {a: b, b: a}) == b
    assert put(sp.Piecewise((a, lt(b, 0)), evaluate=False), {b: 1}) is sp.nan
