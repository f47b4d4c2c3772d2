"""Identities: what algebra shows of real numbers, and what it must not."""

from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.errors import ClaimError
from convproof.symbolic.solver.decide import decide
from convproof.symbolic.solver.identity import Identity

x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z", positive=True)
k = sp.Symbol("k", integer=True)
w = sp.Function("w")


def identity(left: Any, right: Any) -> Identity:
    return Identity(name="identity", left=left, right=right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((x + y) ** 2, x**2 + 2 * x * y + y**2),
        (sp.sqrt(z**2), z),
        (sp.sqrt(x**2), sp.Abs(x)),
        ((x**2 - y**2) / (x - y), x + y),
        (sp.sin(x) ** 2 + sp.cos(x) ** 2, 1),
        (sp.exp(x) * sp.exp(y), sp.exp(x + y)),
        (sp.Matrix([[x, y]]) * sp.Matrix([y, x]), sp.Matrix([2 * x * y])),
        (sp.diff(w(x) ** 2, x), 2 * w(x) * sp.Derivative(w(x), x)),
        (sp.cos(sp.pi * k) ** 2, 1),
    ],
)
def test_what_algebra_shows_is_proved(left: Any, right: Any) -> None:
    (finding,) = decide(identity(left, right))
    assert (finding.status, finding.engines, finding.counterexample) == ("proved", ("sympy",), "")


@pytest.mark.parametrize(
    ("left", "right", "at"),
    [
        (sp.sqrt(x**2), x, "x = -1"),
        (sp.Abs(x), x, "x = -1"),
        (sp.sqrt(x) * sp.sqrt(y), sp.sqrt(x * y), None),
        (sp.log(sp.exp(x) ** 2), x, "x = 1"),
        ((x + y) ** 2, x**2 + y**2, "x = 1, y = 2"),
        (sp.Matrix([x, y]), sp.Matrix([x, -y]), "y = 1"),
        (sp.cos(sp.pi * x), (-1) ** k, None),
        (sp.Integer(1), sp.Integer(2), "whatever the numbers"),
        (sp.floor(x), x, "x = 1/2"),
        (x**3 - x, 0, "x = 2"),
    ],
)
def test_what_fails_somewhere_is_refuted_at_exact_numbers(left: Any, right: Any, at: Any) -> None:
    (finding,) = decide(identity(left, right))
    assert finding.status == "refuted"
    assert finding.counterexample
    assert at in (None, finding.counterexample)


def test_a_wrong_simplification_is_caught_by_the_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """If SymPy held sqrt(x^2) for x."""
    monkeypatch.setattr(sp, "simplify", lambda _: sp.Integer(0))
    (finding,) = decide(identity(sp.sqrt(x**2), x))
    assert (finding.status, finding.counterexample) == ("refuted", "x = -1")


def test_what_neither_algebra_nor_a_point_decides_is_unknown() -> None:
    (finding,) = decide(identity(w(x), w(2 * x)))
    assert (finding.status, finding.counterexample) == ("unknown", "")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.Matrix([x, y]), sp.Matrix([[x, y]])),
        (sp.Matrix([x]), x),
        (sp.nan, sp.nan),
        (sp.oo, sp.oo),
        (x + sp.zoo, x),
        (0.1 * x + 0.2 * x, 0.3 * x),
        (sp.Matrix([sp.nan]), sp.Matrix([sp.nan])),
        (sp.Eq(x, y), sp.Eq(x, y)),
    ],
)
def test_shapes_that_differ_and_what_is_no_number_are_refused(left: Any, right: Any) -> None:
    with pytest.raises(ClaimError):
        identity(left, right)


def test_a_symbol_that_no_number_tried_can_be_is_refused() -> None:
    i = sp.Symbol("i", imaginary=True)
    with pytest.raises(ClaimError, match="declare less"):
        identity(i**2, i).counterexample()


_polynomials = st.builds(
    lambda a, b, c: a * x**2 + b * x * y + c * y,
    *(st.integers(-3, 3) for _ in range(3)),
)


@settings(max_examples=settings().max_examples // 3)
@given(_polynomials, _polynomials)
def test_polynomials_are_equal_exactly_if_their_coefficients_are(one: Any, other: Any) -> None:
    """(p + q)^2 - (p - q)^2 = 4 p q; p = q if and only if proved."""
    assert identity((one + other) ** 2 - (one - other) ** 2, 4 * one * other).holds()
    same = sp.Poly(one, x, y) == sp.Poly(other, x, y)
    (finding,) = decide(identity(one, other))
    assert finding.status == ("proved" if same else "refuted")


def test_matrices_of_any_size_are_symbols_that_do_not_commute() -> None:
    """A B = B A is no identity, though numbers, which are 1x1, commute: it is not proved."""
    a, b = sp.symbols("A B", commutative=False)

    assert Identity(name="n", left=a * (a + b), right=a**2 + a * b).holds()
    assert not Identity(name="n", left=a * b, right=b * a).holds()


def test_sums_over_a_symbolic_range_are_summed_and_put_to_the_test_term_by_term() -> None:
    """sum_{j < L} s^j (s - 1) = s^L - 1, and not of a term more."""
    j, L = sp.symbols("j L", integer=True, nonnegative=True)
    s = sp.Symbol("s", integer=True, positive=True)
    powers = sp.Sum(s ** (j + 1) - s**j, (j, 0, L - 1))
    assert Identity(name="powers", left=powers, right=s**L - 1).holds()
    longer = sp.Sum(powers.function, (j, 0, L))
    assert Identity(name="longer", left=longer, right=s**L - 1).counterexample() is not None


def test_a_sum_over_a_delta_is_refused() -> None:
    """SymPy has sum_j delta[2 j, m] = 1 for odd m too."""
    j, m = sp.symbols("j m", integer=True)
    with pytest.raises(ClaimError, match="SymPy sums deltas wrongly"):
        Identity(name="deltas", left=sp.Sum(sp.KroneckerDelta(2 * j, m), (j, 0, 5)), right=m)
