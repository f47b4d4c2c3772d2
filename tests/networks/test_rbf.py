"""Radial basis function units: squared distances to fixed codes, exact in integers."""

from typing import Any

import numpy as np
import pytest

from convproof.errors import GeometryError, NetworkError
from convproof.implementation import Implementation, load_implementation
from convproof.networks import Network, Node, network
from convproof.networks.composed import Arrays
from convproof.networks.count import rows
from convproof.networks.rbf import Negate, Rbf
from tests.networks.agreement import assert_all_agree, assert_simulated, by_autograd, by_vjp
from tests.networks.distances import distances, distances_backward

CODES = ((1, -1, 1), (1, 1, -1), (-1, -1, -1), (2, 0, 5))


def _network(layer: Rbf) -> Network:
    """Return a fully connected layer, then distances to codes, then logits."""
    first = network("first", "input(4) a = fc(3)")
    added = Node(name="rbf1", layer=layer, reads=("a",))
    last = Node(name="last", layer=Negate(), reads=("rbf1",))
    return Network(name="n", input_shape=(4,), nodes=(*first.nodes, added, last))


@pytest.mark.parametrize("seed", range(2))
def test_answers_and_every_gradient_are_exact_in_integers(seed: int) -> None:
    """x_bar_j = 2 sum_i y_bar_i (x_j - w_ij), equal to autograd's."""
    assert_all_agree(_network(Rbf(codes=CODES)), seed)


def test_the_simulator_gives_the_same_integers() -> None:
    assert_simulated(_network(Rbf(codes=CODES)))


def test_it_is_the_squared_distance() -> None:
    """y_i = sum_j (x_j - w_ij)^2, by hand."""
    x = np.array([[0.0, 1, 2]])
    y = Rbf(codes=CODES).forward(load_implementation("numpy"), x, {})
    assert y.tolist() == [[1 + 4 + 1, 1 + 0 + 9, 1 + 4 + 9, 4 + 1 + 9]]


def test_the_derivative_is_half_the_second_difference_apart() -> None:
    """y(x + e) - y(x - e) = 2 <e, grad y>: exact, for y is quadratic."""
    layer, numpy, rng = Rbf(codes=CODES), load_implementation("numpy"), np.random.default_rng(0)
    x, e = rng.integers(-4, 5, (2, 2, 3)).astype(float)
    y_bar = rng.integers(-4, 5, (2, 4)).astype(float)
    x_bar = layer.input_vjp(numpy, x, y_bar, {})
    difference = layer.forward(numpy, x + e, {}) - layer.forward(numpy, x - e, {})

    assert (difference * y_bar).sum() == 2 * (e * x_bar).sum()


def test_the_bound_on_two_distances_is_attained_and_no_wider() -> None:
    """x' = x + D sign(x - w): y' - y = sum (2 |x - w| + D) D, and rounding is below 1."""
    rng, numpy = np.random.default_rng(0), load_implementation("numpy")
    x, d = rng.integers(-4, 5, (5, 3)) + 0.5, rng.integers(0, 3, (5, 3)).astype(float)
    for code in CODES:
        layer = Rbf(codes=(code,))
        moved = x + d * np.sign(x - np.array(code))
        apart = layer.forward(numpy, moved, {}) - layer.forward(numpy, x, {})
        bound = distances(layer, x, d)
        assert ((apart <= bound) & (bound < apart + 1)).all()


def test_the_bound_on_two_derivatives_is_attained_and_no_wider() -> None:
    """y_bar' = y_bar + E, above zero: x_bar' - x_bar = 2 (E |a| + y_bar' D), where a is above."""
    rng, numpy = np.random.default_rng(0), load_implementation("numpy")
    x, d = rng.integers(6, 9, (5, 3)).astype(float), rng.integers(0, 3, (5, 3)).astype(float)
    y_bar, e = rng.integers(1, 4, (2, 5, 1)).astype(float)
    for code in CODES:
        layer = Rbf(codes=(code,))
        one = layer.input_vjp(numpy, x, y_bar, {})
        other = layer.input_vjp(numpy, x + d, y_bar + e, {})
        bound = distances_backward(layer, (x, d), (y_bar, e))
        assert ((other - one <= bound) & (bound < other - one + 1)).all()


class _Half(Rbf):
    """A derivative without its factor 2."""

    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        """Return half of ``x_bar``."""
        return Rbf.input_vjp(self, verbs, x, y_bar, arrays) / 2


def test_a_derivative_without_its_factor_is_refuted() -> None:
    net = _network(_Half(codes=CODES))
    parameters = {"a.weight": np.ones((3, 4)), "a.bias": np.zeros(3)}
    x = np.arange(4.0).reshape(1, 4)
    right, wrong = by_autograd(net, parameters, x), by_vjp(net, "numpy", parameters, x)

    np.testing.assert_array_equal(wrong[0], right[0])
    assert all(np.any(a != b) for a, b in zip(wrong[1:], right[1:], strict=True))


def test_the_codes_are_no_parameters() -> None:
    """One operation for each number of each code, no bias; the lecture's 850 counts one."""
    net = network("n", "input(84) rbf(digits) negate")
    (_, row) = rows(net)
    assert (row.parameters, row.operations, row.multiply_adds) == (0, 840, 840)
    assert net.parameter_shapes == {}


def test_images_are_made_vectors_before_it() -> None:
    net = network("n", "input(12, 7, 1) rbf(digits)")
    assert [node.name for node in net] == ["flatten1", "rbf1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input(83) rbf(digits)", "takes (batch, 84), got the shape (1, 83). Put fc(84) before"),
        ("input(84) rbf(letters)", "write the name of its codes, rbf(digits)"),
        ("input(84) rbf", "write the name of its codes, rbf(digits)"),
    ],
)
def test_a_mistake_is_one_message(text: str, told: str) -> None:
    with pytest.raises(NetworkError) as raised:
        network("n", text)
    assert told in str(raised.value)


@pytest.mark.parametrize("codes", [(), ((),), ((1, 2), (1,))])
def test_codes_of_no_length_or_of_two_are_refused(codes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(GeometryError, match=r"codes must have one length of at least 1"):
        Rbf(codes=codes)
