"""isl decides claims whose strides and dilations are literal, and Python's arithmetic agrees."""

import sys
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any, Literal

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.errors import MissingExtraError
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.presburger import Letter, counterexample, cross_check, decided
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

n, r, s, t, q, R = sp.symbols("n r s t n' R", integer=True, positive=True)
p, l = sp.symbols("p l", integer=True, nonnegative=True)
i, k, m, o, j, kk, op, x, y = sp.symbols("i k m o j kk op x y", integer=True)
z, J, r2, s2 = sp.symbols("z J r_2 s_2", integer=True, positive=True)

span = t * (r - 1) + 1
last = n + 2 * p - span  # where the last window may start
sizes = (le(s * (q - 1), last), lt(last, s * q))
halved = (eq(r, 2 * l + 1), eq(p, l))
forward = (*box(0, o, q), *box(0, k, r), eq(s * o + t * k - p, m), *box(0, m, n))


def gathered(numerator: sp.Expr) -> tuple[Any, ...]:
    return (
        *box(0, k, r), divides(s, numerator), le(0, numerator), le(numerator, s * (q - 1)),
        eq(s * o, numerator), *box(0, m, n),
    )  # fmt: skip


def other_axis(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what is said of an axis, of another one with the same stride and dilation."""
    own = {each: sp.Symbol(f"{each}_w", **each.assumptions0) for each in (n, r, q, p, o, k, m)}
    return tuple(put(part, own) for part in parts)


hull = J * s * i
ends = lt(j, hull + R + (span - 1) * J)

TRUE: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(name="same", goal=eq(n + 2 * p - r + 1, n), hypotheses=halved),
        Claim(
            name="half padding",
            goal=eq(quotient(n + 2 * p - r, s) + 1, sp.ceiling(n / s)),
            hypotheses=halved,
        ),
        Claim(name="the window fits", goal=iff(le(1, quotient(last, s) + 1), le(0, last))),
        Claim(
            name="round trip",
            goal=both(eq(s * (q - 1) + span - 2 * p + op, n), *box(0, op, s)),
            hypotheses=(le(0, last), eq(q, quotient(last, s) + 1), eq(op, remainder(last, s))),
        ),
        Claim(
            name="two layers",
            goal=eq(
                quotient(quotient(n - r, s) + 1 - r2, s2),
                quotient(n - (r + (r2 - 1) * s), s * s2),
            ),
            hypotheses=(le(r, n),),
        ),
        Claim(
            name="gather",
            goal=iff(both(*forward), both(*gathered(m + p - t * k))),
            hypotheses=sizes,
        ),
        Claim(
            name="gather in two dimensions",
            goal=iff(
                both(*forward, *other_axis(forward)),
                both(*gathered(m + p - t * k), *other_axis(gathered(m + p - t * k))),
            ),
            hypotheses=(*sizes, *other_axis(sizes)),
        ),
        Claim(
            name="tight bounds",
            goal=iff(
                both(*box(0, o, q), *box(0, s * o + t * k - p, n)),
                both(
                    le(sp.Max(0, sp.ceiling((p - t * k) / s)), o),
                    le(o, sp.Min(q - 1, quotient(n - 1 + p - t * k, s))),
                ),
            ),
            hypotheses=(*sizes, *box(0, k, r)),
        ),
        Claim(
            name="up-sampled kernel",
            goal=iff(
                both(*box(0, kk, span), divides(t, kk), eq(t * k, kk)),
                both(*box(0, k, r), eq(kk, t * k)),
            ),
        ),
        Claim(
            name="receptive field",
            goal=both(le(hull, j), ends),
            hypotheses=(*box(0, k, r), *box(0, o, R), eq(j, J * (s * i + t * k) + o)),
        ),
        Claim(
            name="no holes",
            goal=both(*box(0, kk, r), *box(0, o, R)),
            hypotheses=(
                le(t * J, R), le(hull, j), ends,
                eq(kk, sp.Min(r - 1, quotient(j - hull, t * J))), eq(o, j - J * (s * i + t * kk)),
            ),
        ),
    )
}  # fmt: skip

FALSE: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(
            name="same with an even kernel",
            goal=eq(n + 2 * p - r + 1, n),
            hypotheses=(eq(p, l), eq(r, 2 * l)),
        ),
        Claim(
            name="half padding, rounded down",
            goal=eq(quotient(n + 2 * p - r, s) + 1, quotient(n, s)),
            hypotheses=halved,
        ),
        Claim(
            name="transposed without output padding",
            goal=eq(s * (q - 1) + span - 2 * p, n),
            hypotheses=sizes,
        ),
        Claim(name="span = r t", goal=eq(span, r * t)),
        Claim(
            name="padding counted once",
            goal=eq(quotient(last, s), quotient(n + p - span, s)),
            hypotheses=(le(0, n + p - span),),
        ),
        Claim(
            name="no crop",
            goal=eq(quotient(n + 2 * p - (s * (q - 1) + 1), t) + 1, r),
            hypotheses=sizes,
        ),
        Claim(
            name="contiguous receptive field", goal=divides(t, j), hypotheses=box(0, j, span)
        ),
        Claim(
            name="no mask",
            goal=both(*box(0, s * o + t * k - p, n)),
            hypotheses=(*sizes, *box(0, o, q), *box(0, k, r)),
        ),
    )
}  # fmt: skip


def letters(claim: Claim) -> dict[sp.Symbol, Letter] | None:
    """Return which symbols take literals, where a jump, a product of strides, is one of them."""
    return {s: "s", t: "t", J: "s"} if J in claim.symbols else None


@pytest.mark.parametrize("largest", [3, pytest.param(8, marks=pytest.mark.full)])
@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE.keys())
def test_a_true_claim_holds_for_all_literals(claim: Claim, largest: int) -> None:
    """Hypotheses and not goal is the empty set, for each literal stride and dilation."""
    found = cross_check(claim, largest=largest, stride_like=letters(claim))

    assert found.expressible
    assert not found.refuted
    assert found.held >= min(largest, largest ** len(found.literal))


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE.keys())
def test_a_claim_holds_exactly_if_its_implications_do(claim: Claim) -> None:
    """A whole claim, an equivalence of conjunctions among them, needs no splitting."""
    values = {s: 3, t: 2, s2: 2, J: 2}

    assert decided(claim, values) is True
    assert all(decided(part, values) for part in claim.implications())


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE.keys())
def test_a_false_claim_is_refuted_by_integers_that_refute_it(claim: Claim) -> None:
    """Python's own arithmetic finds that the hypotheses hold there and the goal does not."""
    found = cross_check(claim, largest=3)

    assert found.expressible
    assert found.refuted
    for (stride, dilation), integers in found.refuted:
        assert claim.fails_at(integers)
        assert {"s": stride, "t": dilation} == {
            a.name: integers[a] if a in found.literal else None for a in (s, t)
        }


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE.keys())
def test_a_false_implication_is_refuted_on_its_own(claim: Claim) -> None:
    """One of the implications fails where the claim does."""
    values = {s: 3, t: 2}
    parts = [part for part in claim.implications() if decided(part, values) is False]

    assert parts
    assert all(part.fails_at(counterexample(part, values) or {}) for part in parts)


def test_a_counterexample_is_small() -> None:
    """It lies in the first of growing boxes that has one."""
    claim = Claim(name="far", goal=lt(x, 1000), hypotheses=(le(-3, y), le(y, x)))

    found = counterexample(claim, {})
    assert found is not None
    assert 1000 <= found[x] <= 1024
    assert -3 <= found[y] <= found[x]


def test_only_the_fewest_strides_and_dilations_take_literals() -> None:
    """What no product and no divisor needs ranges over all integers; no pair is asked twice."""
    alone = cross_check(Claim(name="t is free", goal=lt(remainder(t, s), s)), largest=4)
    none = cross_check(Claim(name="both are", goal=le(2, s + t)))

    assert (alone.literal, alone.held) == ((s,), 4)
    assert (none.literal, none.held) == ((), 1)


@pytest.mark.parametrize("name", ["s", "s1", "s_1", "s'", "s_{12}", "t", "t2", "t_w", "t''"])
def test_a_stride_or_dilation_is_known_by_its_letter(name: str) -> None:
    """A positive symbol called by the letter, with or without an index, takes a literal."""
    divisor = sp.Symbol(name, integer=True, positive=True)

    found = cross_check(Claim(name="remainder", goal=lt(remainder(x, divisor), divisor)), largest=2)
    assert (found.literal, found.held) == ((divisor,), 2)


def test_strides_take_one_literal_and_dilations_another() -> None:
    """Unless the caller says which of them takes which."""
    claim = Claim(name="equal strides", goal=eq(remainder(x, s), remainder(x, s2)))

    assert (cross_check(claim, largest=3).held, cross_check(claim).refuted) == (3, ())
    apart = cross_check(claim, largest=3, stride_like={s: "s", s2: "t"})
    assert (apart.held, len(apart.refuted)) == (3, 6)


@pytest.mark.parametrize("goal", [
    eq(n * r, r * n),
    le(0, x * x),
    le(0, x**2),
    lt(remainder(x, n), n),
    eq(quotient(x, n), 0),
    eq(x / n, 1),
    eq(sp.Mod(x, 0, evaluate=False), 0),
    eq(2**z, 4),
    eq(sp.Function("f")(x), 0),
    sp.Xor(le(x, 0), le(y, 0), evaluate=False),
    eq(sp.Piecewise((x, le(x, 0)), evaluate=False), x),
    lt(sp.Symbol("a", real=True), 0),
], ids=str)  # fmt: skip
def test_what_is_not_linear_is_not_decided(goal: Any) -> None:
    """A product of two symbols, a divisor that is none of the literals, a function of its own."""
    claim = Claim(name="not linear", goal=goal)

    assert decided(claim, {}) is None
    assert counterexample(claim, {}) is None
    assert not cross_check(claim, largest=2).expressible


def test_too_few_literals_leave_a_claim_undecided() -> None:
    """What the caller names is put, and no more; what the claim does not speak of is not asked."""
    claim = Claim(name="remainder", goal=lt(remainder(x, s), s))

    assert not cross_check(claim, stride_like={t: "t"}).expressible
    named = cross_check(claim, largest=3, stride_like={s: "s", t: "t"})
    assert (named.literal, named.held) == ((s,), 3)


def test_names_mean_nothing_to_isl() -> None:
    """Primes, backslashes, isl's own words and bound symbols of one name are told apart."""
    names = ["n'", r"\lambda", "p_low", "mod", "exists", "floor", "1", "ä", "a b"]
    symbols = [*(sp.Symbol(name, integer=True) for name in names), sp.Dummy("x", integer=True)]
    symbols.append(sp.Dummy("x", integer=True))
    rising = tuple(lt(a, b) for a, b in pairwise(symbols))

    assert decided(Claim(name="rises", goal=lt(symbols[0], symbols[-1]), hypotheses=rising), {})
    falls = Claim(name="falls", goal=lt(symbols[-1], symbols[0]), hypotheses=rising)
    assert falls.fails_at(counterexample(falls, {}) or {})


@pytest.mark.parametrize(
    ("goal", "hypotheses", "holds"),
    [
        (sp.true, (), True),
        (sp.false, (), False),
        (sp.false, (lt(x, x),), True),
        (sp.false, (eq(2 * x, 2 * y + 1),), True),
        (eq(s, 3), (), False),
        (le(1, s), (), True),
        (lt(3, 2), (), False),
        (le(0, (x + y) / 3), (le(0, x), le(0, y)), True),
        (le(sp.Rational(1, 3), (x + y) / 3), (lt(0, (x + y) / 3),), True),
        (ne(sp.Rational(1, 2), x), (), True),
        (lt(sp.Rational(1, 2), x), (le(1, x),), True),
        (lt(x / 3, sp.Rational(1, 2)), (le(x, 1),), True),
        (lt(x / 3, sp.Rational(1, 2)), (le(x, 2),), False),
        (le(x, 10**30), (le(x, 10**30 - 1),), True),
        (ne(quotient(-x - 1, 2), quotient(-x, 2)), (divides(2, x),), True),
        (eq(sp.Abs(x), sp.Piecewise((-x, lt(x, 0)), (x, True), evaluate=False)), (), True),
        (eq(quotient(x, sp.Max(s, 3, evaluate=False)), quotient(x, 3)), (), True),
        (lt(remainder(x, sp.Piecewise((2, lt(s, 5)), (3, True), evaluate=False)), 2), (), True),
        (iff(iff(le(x, 0), le(y, 0)), iff(lt(0, x), lt(0, y))), (), True),
        (sp.Equivalent(le(x, 0), lt(x, 1), le(2 * x, 1), evaluate=False), (), True),
        (sp.Equivalent(le(x, 0), lt(x, 1), le(2 * x, 2), evaluate=False), (), False),
    ],
    ids=str,
)
def test_what_is_plain_is_decided(goal: Any, hypotheses: tuple[Any, ...], holds: bool) -> None:
    """Claims of no symbols, of literals alone, of rational sides and of cases."""
    claim = Claim(name="plain", goal=goal, hypotheses=hypotheses)

    assert decided(claim, {s: 2}) is holds
    found = counterexample(claim, {s: 2})
    assert found is None if holds else claim.fails_at(found or {})


def test_a_literal_that_the_symbol_may_not_be_leaves_nothing_to_fail() -> None:
    """A positive symbol carries the hypothesis that it is."""
    assert decided(Claim(name="never", goal=lt(s, 0)), {s: 0}) is True


def test_a_missing_islpy_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "islpy", None)
    ask: tuple[Callable[[Claim], Any], ...] = (
        cross_check, lambda claim: decided(claim, {}), lambda claim: counterexample(claim, {}),
    )  # fmt: skip
    for function in ask:
        with pytest.raises(MissingExtraError, match=r"pip install 'convproof\[isl\]'"):
            function(Claim(name="x", goal=le(x, x)))


@st.composite
def terms(draw: st.DrawFn, depth: int = 2) -> sp.Expr:
    """Draw a term that is linear but for roundings, by literals or by ``s``."""
    if depth == 0:
        return draw(st.sampled_from([x, y, z, s]) | st.integers(-3, 3).map(sp.Integer))
    a, b = draw(terms(depth=depth - 1)), draw(terms(depth=depth - 1))
    divisor = draw(st.sampled_from([s, *map(sp.Integer, range(1, 6))]))
    factor = sp.Rational(draw(st.integers(-4, 4)), draw(st.integers(1, 4)))
    kind: Literal["sum", "floor", "ceiling", "remainder", "extreme", "cases"] = draw(
        st.sampled_from(["sum", "floor", "ceiling", "remainder", "extreme", "cases"])
    )
    if kind == "sum":
        return draw(st.integers(-3, 3)) * a + b
    if kind == "floor":
        return quotient(a, divisor) + sp.floor(factor * b, evaluate=False)
    if kind == "ceiling":
        return sp.ceiling(a / divisor, evaluate=False) + b
    if kind == "remainder":
        return remainder(a, divisor)
    if kind == "extreme":
        return draw(st.sampled_from([sp.Max, sp.Min]))(a, b) - sp.Abs(b)
    # SymPy cannot rebuild a Piecewise with 0 <= 1 in it: its condition is never of numbers alone.
    here = lt(draw(st.sampled_from([x, s, 2 * x + y])), draw(st.integers(-3, 3)))
    return sp.Piecewise((a, here), (b, True), evaluate=False)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 1) -> Any:
    """Draw a condition of terms, with rational sides too."""
    if depth == 0:
        side = draw(terms(depth=1)) / draw(st.integers(1, 3))
        relation = draw(st.sampled_from([sp.Eq, sp.Ne, sp.Le, sp.Lt, sp.Ge, sp.Gt]))
        return relation(side, draw(terms(depth=1)), evaluate=False)
    a, b = draw(conditions(depth=depth - 1)), draw(conditions(depth=depth - 1))
    join = draw(st.sampled_from([both, either, implies, iff, lambda c, _: negation(c)]))
    return join(a, b)


BOX = [dict(zip((x, y, z), at, strict=True)) for at in product(range(-3, 4), range(-3, 4), (1, 2))]


@settings(deadline=None)
@given(st.lists(conditions(depth=0), max_size=2), conditions(), st.integers(1, 5))
def test_isl_and_pythons_arithmetic_agree(hypotheses: list[Any], goal: Any, stride: int) -> None:
    """What isl proves fails nowhere in a box; what it refutes fails where it says."""
    claim = Claim(name="random", goal=goal, hypotheses=tuple(hypotheses))
    holds, found = decided(claim, {s: stride}), counterexample(claim, {s: stride})

    assert holds is not None
    assert holds is (found is None)
    assert found is None or claim.fails_at(found)
    if holds:
        assert not any(claim.fails_at({**at, s: stride}) for at in BOX)


@settings(deadline=None)
@given(conditions(), st.integers(1, 5))
def test_a_literal_means_what_it_means_put_into_the_claim(goal: Any, stride: int) -> None:
    """What isl says of a claim at ``s = 3`` it says of the claim with 3 for ``s``."""
    claim, at = Claim(name="random", goal=goal), Claim(name="put", goal=put(goal, {s: stride}))

    assert decided(claim, {s: stride}) is decided(at, {})
