"""Structured convolution: on a basis, it is fixed filters and then a 1x1 convolution."""

from fractions import Fraction
from math import cos, exp, factorial, inf, nan, sin, sqrt
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.errors import GeometryError, NetworkError
from convproof.implementation import Implementation, load_implementation
from convproof.layers import Conv
from convproof.networks import Network, Node, network
from convproof.networks.count import rows
from convproof.networks.field import fields
from convproof.networks.initial import init
from convproof.networks.structured import StructuredConv, gaussian_basis, hermite
from tests.networks.agreement import (
    assert_all_agree,
    assert_simulated,
    by_autograd,
    by_vjp,
    integers,
)

NUMPY = load_implementation("numpy")
# smoothing, a difference up, one along, and their product: integers, separable
ROWS = ((1, 2, 1), (-1, 0, 1))
BASIS = tuple(tuple(float(a * b) for a in up for b in along) for up in ROWS for along in ROWS)


def _layer(basis: tuple[tuple[float, ...], ...] = BASIS) -> StructuredConv:
    return StructuredConv(
        in_channels=2,
        out_channels=3,
        kernel_size=(3, 3),
        stride=(2, 1),
        padding=((1, 1), (0, 2)),
        dilation=(1, 2),
        basis=basis,
    )


def _network(layer: StructuredConv | None = None) -> Network:
    node = Node(name="g", layer=layer or _layer(), reads=("input",))
    return Network(name="n", input_shape=(2, 6, 7), nodes=(node,))


@pytest.mark.parametrize("seed", range(2))
def test_answers_and_every_gradient_are_exact_in_integers(seed: int) -> None:
    """theta_bar[m,c,b] = <g_b, w_bar[m,c]>, equal to autograd's."""
    assert_all_agree(_network(), seed)


def test_the_simulator_gives_the_same_integers() -> None:
    assert_simulated(_network())


def test_it_is_fixed_filters_then_a_convolution_of_one_tap() -> None:
    """(sum_b theta_b g_b) * x = sum_b theta_b (g_b * x): the filters are the groups' outputs."""
    layer, parameters = _layer(), integers(_network(), 0)[0]
    x = integers(_network(), 0)[1]
    theta, bias = parameters["g.weight"], parameters["g.bias"]
    filters = Conv(
        in_channels=2, out_channels=8, kernel_size=(3, 3), stride=(2, 1),
        padding=((1, 1), (0, 2)), dilation=(1, 2), groups=2, bias=False,
    )  # fmt: skip
    mixing = Conv(
        in_channels=8, out_channels=3, kernel_size=(1, 1), stride=(1, 1),
        padding=((0, 0), (0, 0)), dilation=(1, 1),
    )  # fmt: skip
    fixed = np.tile(np.reshape(BASIS, (4, 1, 3, 3)), (2, 1, 1, 1))
    maps = NUMPY.forward(filters, x, fixed)
    made = NUMPY.forward(mixing, maps, theta.reshape(3, 8, 1, 1), bias)

    np.testing.assert_array_equal(layer.forward(NUMPY, x, {"weight": theta, "bias": bias}), made)
    y_bar = np.random.default_rng(0).integers(-3, 4, made.shape).astype(float)
    bars = layer.parameters_vjp(NUMPY, x, y_bar, {"weight": theta, "bias": bias})
    np.testing.assert_array_equal(
        bars["weight"], NUMPY.weight_vjp(mixing, maps, y_bar).reshape(3, 2, 4)
    )


class _OtherBasis(StructuredConv):
    """Coefficients whose derivative is taken along the filters in another order."""

    def kernel_vjp(self, verbs: Implementation, w_bar: Any, theta: Any) -> Any:
        """Return the inner products in the wrong order."""
        return StructuredConv.kernel_vjp(self, verbs, w_bar, theta)[..., ::-1]


def test_a_derivative_along_another_filter_is_refuted() -> None:
    right = _layer()
    wrong = _OtherBasis(**{name: getattr(right, name) for name in right.__dataclass_fields__})
    parameters, x = integers(_network(), 0)
    truth = by_autograd(_network(wrong), parameters, x)
    found = by_vjp(_network(wrong), "numpy", parameters, x)
    seen = [bool(np.any(a != b)) for a, b in zip(found, truth, strict=True)]
    assert seen == [False, False, False, True]  # answer, image, bias; the coefficients


@pytest.mark.parametrize(("taps", "order"), [(1, 0), (2, 1), (3, 2), (5, 4), (7, 3)])
def test_the_filters_are_linearly_independent_up_to_order_r_minus_1(taps: int, order: int) -> None:
    """He_0, ..., He_n at r > n points are independent, exactly; the Gaussian is positive."""
    _, orders = gaussian_basis((taps, taps), order)
    places = [Fraction(2 * k - taps + 1, 2) for k in range(taps)]
    along = [[hermite(i, t) for t in places] for i in range(order + 1)]
    rows_ = [[a * b for a in along[i] for b in along[j]] for i, j in orders]

    assert len(orders) == (order + 1) * (order + 2) // 2
    assert _rank(rows_) == len(orders)


def test_beyond_order_r_minus_1_they_are_dependent() -> None:
    """Three samples hold no fourth derivative: the law that the message states is sharp."""
    along = [[hermite(i, Fraction(t)) for t in (-1, 0, 1)] for i in range(4)]
    assert _rank(along) == 3


def _rank(matrix: list[list[Fraction]]) -> int:
    rest, rank = [list(row) for row in matrix], 0
    for column in range(len(matrix[0])):
        pivot = next((r for r in range(rank, len(rest)) if rest[r][column]), None)
        if pivot is None:
            continue
        rest[rank], rest[pivot] = rest[pivot], rest[rank]
        for r in range(rank + 1, len(rest)):
            share = rest[r][column] / rest[rank][column]
            rest[r] = [a - share * b for a, b in zip(rest[r], rest[rank], strict=True)]
        rank += 1
    return rank


@pytest.mark.parametrize("order", range(5))
def test_a_filter_is_the_gaussians_derivative(order: int) -> None:
    """g^(n)(x) / |g^(n)| at five taps, sigma = 1, by SymPy's own derivative in 40 digits.

    He_n is exact in integers. With u = 2^-53: exp within an ulp and a product, 3u; the norm of such
    values, within an ulp, 5u; a quotient: 9u and their products, of a value of at most 1.
    """
    x = sp.Symbol("x", real=True)
    derived = sp.diff(sp.exp(-(x**2) / 2), x, order)
    exact = [derived.subs(x, sp.Integer(t)) for t in (-2, -1, 0, 1, 2)]
    norm = sp.sqrt(sum(value**2 for value in exact))
    basis, orders = gaussian_basis((5,), 4)
    assert orders == ((0,), (1,), (2,), (3,), (4,))
    for found, value in zip(basis[order], exact, strict=True):
        assert abs(sp.Float(found, 40) - sp.N(value / norm, 40)) <= 10 * 2.0**-53


@pytest.mark.parametrize("angle", [0.3, 1.1, 2.5])
def test_a_rotated_filter_is_a_combination_of_its_order(angle: float) -> None:
    """D^n G = sum_k C(n,k) cos^k sin^{n-k} d_x^k d_y^{n-k} G at every tap, for n = 2.

    The left side is (t^2 - 1) G with t = x cos + y sin. With u = 2^-53: of the right side a filter
    has 19u, its norms 12u, a coefficient 9u, the sum 2u, of |terms| below (cos + sin)^2 1.2 <= 2.4:
    101u. Of the left side t has 12u, t^2 - 1 of |t| <= 2.9 has 78u, G <= 1 of 3u: 105u.
    """
    basis, orders = gaussian_basis((5, 5), 2)
    held = {order: np.reshape(g, (5, 5)) for order, g in zip(orders, basis, strict=True)}
    places = np.arange(-2.0, 3)
    norms = {n: sqrt(sum((hermite(n, t) * exp(-t * t / 2)) ** 2 for t in places)) for n in range(3)}
    whole = {(j, i): g * norms[i] * norms[j] for (j, i), g in held.items() if i + j == 2}
    steered = sum(
        factorial(2) // factorial(k) // factorial(2 - k)
        * cos(angle) ** k * sin(angle) ** (2 - k) * whole[(2 - k, k)]
        for k in range(3)
    )  # fmt: skip
    y, x = np.meshgrid(places, places, indexing="ij")
    along = x * cos(angle) + y * sin(angle)
    direct = (along**2 - 1) * np.exp(-(x * x + y * y) / 2)

    assert float(abs(steered - direct).max()) <= (101 + 105) * 2.0**-53


def test_it_has_a_coefficient_of_each_filter_and_sees_what_the_convolution_sees() -> None:
    """(B k + 1) k' parameters, B = 6 of order 2; operations and field are the convolution's."""
    net = network("n", "input(9, 4) structured(5, 8, 2, p2) structured(3, 2, 1, s2)")
    plain = network("n", "input(9, 4) conv(5, 8, p2) conv(3, 2, s2)")
    assert [row.parameters for row in rows(net)] == [0, (6 * 4 + 1) * 8, (3 * 8 + 1) * 2]
    assert [row.operations for row in rows(net)] == [row.operations for row in rows(plain)]
    assert [row.multiply_adds for row in rows(net)] == [r.multiply_adds for r in rows(plain)]
    assert list(fields(net).values()) == list(fields(plain).values())
    assert network("n", "input(9, 4) structured(5, 8)")["structured1"].layer.parameters == 200


def test_first_kernels_have_the_variance_of_a_convolutions() -> None:
    """E |w[m,c]|^2 = B var(theta) = 2 / k by He's rule, five deviations of its estimate."""
    net = network("n", "input(5, 8) structured(5, 400, 2)")
    layer = net["structured1"].layer
    assert isinstance(layer, StructuredConv)
    theta = init(net, np.random.default_rng(0), dtype=np.float64)["structured1.weight"]
    kernels = layer.kernel(NUMPY, theta)
    squares = (kernels**2).sum(axis=(2, 3))
    assert abs(float(squares.mean()) - 2 / 8) < 5 * float(squares.std()) / sqrt(squares.size)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("structured(3, 4, 3)", "3 samples hold independent Gaussian derivatives of order 0 to 2"),
        ("structured(3, 4, 2, 1)", "it takes at most 3 by place, got the numbers 3, 4, 2, 1"),
        ("structured(3)", "does not say its out_channels"),
        ("structured(3, 4, g2)", "'g2' is none of p, s and t"),
    ],
)
def test_a_mistake_is_one_message(text: str, told: str) -> None:
    with pytest.raises(NetworkError) as raised:
        network("n", f"input(9, 4) {text}")
    assert told in str(raised.value)


def test_a_basis_of_other_taps_or_no_width_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"must have the kernel's 9 taps"):
        _layer(((1.0, 2.0),))
    for sigma in (0.0, -1.0, inf, nan):
        with pytest.raises(GeometryError, match=rf"positive, finite width, got sigma={sigma}"):
            gaussian_basis((3,), 1, sigma)
    with pytest.raises(GeometryError, match=r"is zero in float64 at all of 4 taps, whose nearest"):
        gaussian_basis((4,), 1, 0.01)
