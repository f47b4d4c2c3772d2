"""Integers that are formulas: nothing about them is decided, and what they name means the same."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from convproof.index_maps.address import flat, unflat
from convproof.symbolic.integers import SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.terms import put

a, b = index("a"), size("b")
A, B = SymbolicInt(a), SymbolicInt(b)
numbers = st.integers(-20, 20), st.integers(1, 9)


@given(*numbers)
def test_they_compute_what_pythons_integers_do(m: int, n: int) -> None:
    """``f(a, b)`` at numbers is ``f`` of the numbers."""
    at = {a: m, b: n}
    of_numbers = (m + n, m - n, 3 - m, m * n, -m, abs(m), m // n, m % n, (m // n) % n)
    of_symbols = (A + B, A - B, 3 - A, A * B, -A, abs(A), A // B, A % B, (A // B) % B)
    assert [value(v.term, at) for v in of_symbols] == list(of_numbers)
    relations = (A < B, A <= B, A > B, A >= B, A == B, A != B, A % B == 0)
    held = [m < n, m <= n, m > n, m >= n, m == n, m != n, m % n == 0]
    assert [truth(r, at) for r in relations] == held


def test_no_relation_is_decided() -> None:
    """Neither ``b >= 1`` of a positive ``b``, nor ``a mod b = 0``, which SymPy calls false."""
    assert (B >= 1) not in (sp.true, sp.false)
    assert (A % B == 0) not in (sp.true, sp.false, False)
    assert (sp.Mod(a, b) == 0) is False


@given(*numbers)
def test_a_trace_names_quotients_and_means_them(m: int, n: int) -> None:
    """``a = b q + r,  0 <= r < b`` holds of ``a // b`` and ``a % b``, and of nothing else."""
    trace = Trace()
    q, r = trace.integer(a) // B, trace.integer(a) % B
    assert trace.divisions == [(a, b, q.term, r.term)]
    for quotient in range(m // n - 1, m // n + 2):
        at = {a: m, b: n, q.term: quotient, r.term: m - n * quotient}
        assert all(truth(h, at) for h in trace.definitions()) == (quotient == m // n)


def test_one_division_has_one_name() -> None:
    trace = Trace("'")
    twice = [trace.integer(a) // B for _ in range(2)]
    assert twice[0].term is twice[1].term
    assert str(twice[0].term) == "q_1'"


def test_a_number_is_taken_apart_without_names() -> None:
    """``unflat(flat(x)) = x``, and of which steps that was made use."""
    trace = Trace(reduces=True)
    x, ends = (index("x"), index("y"), index("z")), (size("X"), size("Y"), size("Z"))
    number = flat(tuple(map(trace.integer, x)), tuple(map(trace.integer, ends)))
    places = unflat(number, tuple(map(trace.integer, ends)))
    assert tuple(place.term for place in places) == x
    assert [(step.place, step.size) for step in trace.reduced[::2]] == [
        (x[2], ends[2]),
        (x[1], ends[1]),
    ]
    assert not trace.definitions()


def test_every_partial_is_recorded() -> None:
    """``(a b + 1) - b``: three of them."""
    trace = Trace()
    held = trace.integer(a) * b + 1 - b
    assert trace.partials == [a * b, a * b + 1, held.term]
    assert trace.flattenings == [(a, b, sp.Integer(1))]


def test_a_name_put_back_is_the_formula() -> None:
    trace = Trace()
    named, formula = ((v // B) * 2 + v % B for v in (trace.integer(a), A))
    values = {s.quotient: (A // B).term for s in trace.divisions}
    values |= {s.remainder: (A % B).term for s in trace.divisions}
    assert put(named.term, values) == formula.term


def test_it_has_no_hash() -> None:
    """An equality is a relation, so that no dictionary may ask for it."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(A)
    assert term_of(3) == 3
