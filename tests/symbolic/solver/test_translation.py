"""What engines read is what is meant, in both encodings; faults planted in the text are seen."""

from collections.abc import Callable, Iterable

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.engines import ENGINES
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.smtlib import Encoding, script
from convproof.symbolic.solver.terms import divides, either, eq, iff, le, lt, ne, put, quotient
from tests.symbolic.solver.meant import (
    BOX,
    GRID,
    Meant,
    a,
    b,
    d,
    integer_conditions,
    integer_points,
    integer_terms,
    real_conditions,
    real_points,
)

ENCODINGS: tuple[Encoding, ...] = ("witnesses", "native")


@given(integer_conditions)
def test_sympy_and_the_evaluator_keep_what_is_meant_of_integers(condition: Meant) -> None:
    """truth(condition, point) = condition(point), at every point of a box."""
    for point in integer_points():
        assert truth(condition.written, point) == condition.at(point), point


@given(real_conditions)
def test_sympy_and_the_evaluator_keep_what_is_meant_of_reals(condition: Meant) -> None:
    """truth(condition, point) = condition(point), at every point of a grid."""
    for point in real_points():
        assert truth(condition.written, point) == condition.at(point), point


@given(integer_conditions, integer_terms, integer_terms)
def test_put_replaces_all_at_once_and_keeps_what_is_meant(
    condition: Meant, one: Meant, other: Meant
) -> None:
    """put(c, {a: f, b: g})(point) = c(f(point), g(point), d)."""
    changed = put(condition.written, {a: one.written, b: other.written})
    for point in integer_points():
        inner = {**point, a: value(one.written, point), b: value(other.written, point)}
        assert truth(changed, point) == condition.at(inner), point


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=settings().max_examples // 3)
@given(condition=integer_conditions, encoding=st.sampled_from(ENCODINGS))
def test_an_engine_finds_a_counterexample_in_a_box_exactly_if_there_is_one(
    engine: str, condition: Meant, encoding: Encoding
) -> None:
    """sat <=> some integers of the box refute it."""
    claim = Claim(name="random", goal=condition.written, hypotheses=BOX)
    assume(claim.goal is not sp.false)  # whose text is that of the hypotheses alone
    holds = all(condition.at(point) for point in integer_points())
    said = ENGINES[engine](script(claim, encoding), 1.0).said
    assert said in ("unsat" if holds else "sat", "unknown")


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=settings().max_examples // 3)
@given(condition=real_conditions)
def test_an_engine_finds_a_counterexample_in_a_grid_exactly_if_there_is_one(
    engine: str, condition: Meant
) -> None:
    """sat <=> some rationals of the grid refute it."""
    claim = Claim(name="random", goal=condition.written, hypotheses=GRID)
    assume(claim.goal is not sp.false)
    holds = all(condition.at(point) for point in real_points())
    said = ENGINES[engine](script(claim, "native"), 1.0).said
    assert said in ("unsat" if holds else "sat", "unknown")


def _claims() -> Iterable[Claim]:
    goals = (
        le(quotient(a, d) * d, a),
        lt(quotient(a, d), a),
        lt(a, (quotient(a, d) + 1) * d),
        le(0, sp.Mod(a, d, evaluate=False)),
        eq(sp.ceiling(a / d), -sp.floor(-a / d)),
        eq(sp.ceiling(a / d), quotient(a, d) + 1),
        eq(sp.Max(a, b) + sp.Min(a, b), a + b),
        le(a, sp.Abs(a)),
        ne(a, b),
        iff(divides(d, a), eq(d * quotient(a, d), a)),
        eq(a / d, b / (d + 1)),
        le(a / d, a),
        either(lt(a, b), eq(a, b), lt(b, a)),
        le(1, d),
        lt(sp.Piecewise((a, a < b), (b, True)), b + 1),
    )
    for number, goal in enumerate(goals):
        yield Claim(name=str(number), goal=goal, hypotheses=BOX)


def wrong(engine: str, encoding: Encoding, change: Callable[[str], str]) -> list[str]:
    """Return the claims of which an engine says what is not so, when their text is changed."""
    found = []
    for claim in _claims():
        fails = any(claim.fails_at(point) for point in integer_points())
        said = ENGINES[engine](change(script(claim, encoding)), 1.0).said
        if said != ("sat" if fails else "unsat"):
            found.append(claim.name)
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_decide_these_claims_rightly(engine: str, encoding: Encoding) -> None:
    assert wrong(engine, encoding, lambda text: text) == []


def _without(part: str) -> Callable[[str], str]:
    return lambda text: "\n".join(line for line in text.splitlines() if part not in line)


def _swapped(text: str) -> str:
    return text.replace("(<= ", "(~ ").replace("(< ", "(<= ").replace("(~ ", "(< ")


@pytest.mark.parametrize(
    ("encoding", "change"),
    [
        ("witnesses", _swapped),
        ("witnesses", _without("(assert (<= 0 r!0))")),
        ("witnesses", _without("(assert (< r!0")),
        ("witnesses", _without("(assert (<= 1 d))")),
        ("native", _without("(assert (<= 1 d))")),
        ("native", lambda text: text.replace("(div ", "(mod ")),
        ("native", lambda text: text.replace("(ite (>= ", "(ite (<= ")),
        ("native", lambda text: text.replace("(assert (not ", "(assert (or ")),
    ],
)
def test_a_fault_in_the_text_is_seen(encoding: Encoding, change: Callable[[str], str]) -> None:
    assert wrong("z3", encoding, change)


def test_text_does_not_double_where_terms_are_nested() -> None:
    """max(v_1, ..., v_40) and (max(a - 3, b)^3 ...) are read in linear size."""
    many = sp.symbols("v:40", integer=True)
    nested = a
    for _ in range(12):
        nested = sp.Max(nested - 3, b, evaluate=False) ** 3 + b
    for goal in (le(many[0], sp.Max(*many)), le(b, nested)):
        assert len(script(Claim(name="large", goal=goal), "native")) < 20_000
