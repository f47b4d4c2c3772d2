"""What a claim may say: which symbols, which divisors, which names; and how it falls apart."""

from itertools import pairwise
from typing import Any

import pytest
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.solver.claim import Claim, conjunction, conjuncts
from convproof.symbolic.solver.engines import ENGINES
from convproof.symbolic.solver.prove import prove
from convproof.symbolic.solver.smtlib import names, script
from convproof.symbolic.solver.terms import both, eq, iff, implies, le, lt, ne, quotient, remainder

n = sp.Symbol("n", integer=True)
m = sp.Symbol("m", integer=True, nonnegative=True)
s = sp.Symbol("s", integer=True, positive=True)


def claimed(goal: Any, *hypotheses: Any) -> Claim:
    return Claim(name="claim", goal=goal, hypotheses=hypotheses)


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (eq(sp.Symbol("c"), 1), "neither integer nor real"),
        (eq(n, sp.Symbol("x", real=True)), "mixes integers and reals"),
        (eq(sp.Symbol("s", integer=True), s), "two symbols are called s"),
        (eq(2 * sp.Symbol("e", even=True), 1), "more than any integer"),
        (eq(sp.Symbol("p", prime=True), 1), "more than positive integer"),
        (eq(sp.Symbol("q", rational=True), 1), "more than any real"),
        (ne(sp.Symbol("z", integer=True, nonzero=True), 0), "more than any integer"),
        (n == n + 1, "Python decided"),
        (n + 1, "is no condition"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_what_no_engine_can_be_told_is_refused(goal: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        claimed(goal)


@pytest.mark.parametrize(
    "goal",
    [
        le(quotient(n, m), n),
        le(quotient(s, n), 1),
        le(n / (s - 1), n),
        eq(remainder(n, -s), 0),
        le(1 / (1 + 1 / m), 1),  # undefined at m = 0, though m/(m + 1) is not
        eq(sp.floor(n / (n**2 + 1 - s)), 0),
        eq(n, sp.Float(2.0)),
        eq(n, sp.oo),
        eq(n, sp.nan),
        lt(n, sp.I),
        eq(n**m, 1),
        eq(sp.sqrt(s), 1),
        eq(sp.Function("f")(n), 1),
        eq(remainder(n / 2, s), 0),
        sp.Xor(le(n, s), le(s, n)),
        sp.Contains(n, sp.S.Integers, evaluate=False),
        le(n, s**100_000),
    ],
)
def test_a_divisor_that_may_be_0_or_negative_and_a_strange_term_are_refused(goal: Any) -> None:
    """a / b and a mod b are claimed for b >= 1 only."""
    with pytest.raises(ClaimError):
        prove(claimed(goal))


@pytest.mark.usefixtures("untyped")
def test_hypotheses_are_a_tuple_of_conditions() -> None:
    with pytest.raises(ClaimError, match="hypotheses are a tuple"):
        Claim(name="claim", goal=le(n, s), hypotheses=le(n, 0))
    assert Claim(name="claim", goal=le(n, s), hypotheses=[le(n, 0)]).hypotheses == (le(n, 0),)  # type: ignore[arg-type]


def test_a_symbol_carries_its_sign_to_the_engines() -> None:
    """s >= 1, m >= 0, u <= -1, v <= 0 for integers; z > 0 for reals."""
    u = sp.Symbol("u", integer=True, negative=True)
    v = sp.Symbol("v", integer=True, nonpositive=True)
    z = sp.Symbol("z", positive=True)
    for goal in (le(1, s), le(0, m), le(u, -1), le(v, 0), lt(0, z)):
        assert [verdict.status for verdict in prove(claimed(goal))] == ["proved"]
    for goal in (le(2, s), le(1, m), le(u, -2), le(v, -1), le(1, z)):
        (verdict,) = prove(claimed(goal))
        assert verdict.status == "refuted"
        assert claimed(goal).fails_at(verdict.counterexample or {})


NAMES = [
    *["n'", r"\lambda", "lambda", "λ", "μ", "a|b", "a_b", "a b", "a\nb", "", "q!0", "r!0", "q_0"],
    *["v!1", "and", "not", "let", "div", "mod", "true", "Int", "assert", "_", "as", "par", "ite"],
    *["exists", "x;y", '"', "(", "1", "-", "a_b~", "a_b~~", "pi", "select", "push", "=>", "|"],
]


@pytest.mark.parametrize("engine", ENGINES)
def test_symbols_of_any_name_stay_apart(engine: str) -> None:
    """x_1 < x_2 < ... < x_k has a model; any two of them made one would leave it none."""
    symbols = [sp.Symbol(name, integer=True) for name in NAMES]
    symbols += [sp.Dummy("n'", integer=True), sp.Dummy("n'", integer=True)]
    rising = [lt(a, b) for a, b in pairwise(symbols)]
    parts = (*rising, eq(quotient(symbols[0], s), 0))
    claim = claimed(sp.false, *parts)
    assert len(set(names(claim).values())) == len(claim.symbols) == len(symbols) + 1
    for encoding in ("witnesses", "native"):
        assert ENGINES[engine](script(claim, encoding), 1.0).said == "sat"


@pytest.mark.parametrize("name", NAMES)
def test_a_counterexample_names_a_symbol_of_any_name(name: str) -> None:
    odd = sp.Symbol(name, integer=True)
    (verdict,) = prove(claimed(ne(odd, 7)))
    assert verdict.counterexample == {odd: 7}
    assert verdict.engines == ("z3", "cvc5")


def test_a_claim_of_two_sides_falls_into_implications_under_their_conditions() -> None:
    """A => (B <=> C) and D  is  A, B => C;  A, C => B;  A => D."""
    one, two, three, four = le(n, 1), le(n, 2), le(n, 3), le(n, 4)
    claim = claimed(implies(one, both(iff(two, three), four)))
    parts = {(c.goal, c.hypotheses) for c in claim.implications()}
    assert parts == {(three, (one, two)), (two, (one, three)), (four, (one,))}
    assert {c.name for c in claim.implications()} == {f"claim ({i})" for i in (1, 2, 3)}


def test_a_hypothesis_is_given_and_taken_away() -> None:
    claim = claimed(le(n, s), le(n, 0))
    assert claim.without(le(n, 0)).hypotheses == ()
    assert claim.without(le(n, 0)).given(le(n, 0)) == claim
    with pytest.raises(ClaimError, match="not among its hypotheses"):
        claim.without(le(n, 1))


def test_conjunctions_are_taken_apart_and_put_together() -> None:
    parts = (le(n, 1), le(n, 2), le(n, 3))
    assert set(conjuncts([both(parts[0], both(*parts[1:]))])) == set(parts)
    assert conjunction(parts) == both(*parts)
    assert conjunction([]) is sp.true
