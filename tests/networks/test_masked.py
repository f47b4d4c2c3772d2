"""A table of connections: what it leaves out is no parameter, and everything else is exact."""

from dataclasses import replace

import numpy as np
import pytest

from convproof.errors import GeometryError, NetworkError
from convproof.implementation import load_implementation
from convproof.layers import Conv
from convproof.networks import Network, Node, network
from convproof.networks.initial import init
from convproof.networks.masked import MaskedConv
from tests.networks.agreement import assert_all_agree, assert_simulated, integers

TEXT = "input(6, 3) m = masked(2, (0,1) (2) (0,2) (0,1,2), s2, p1) conv(2, 2) fc(3)"
NET = network("masked", TEXT)
NUMPY = load_implementation("numpy")


def _layer(net: Network = NET) -> MaskedConv:
    layer = net["m"].layer
    assert isinstance(layer, MaskedConv)
    return layer


def _dense(layer: MaskedConv) -> np.ndarray:
    """Return the weights with a kernel k + 1 at connection k and zeros, by two loops."""
    weight, number = np.zeros((4, 3, 2, 2)), 0
    for m, reads in enumerate(layer.connections):
        for c in range(3):
            if c in reads:
                number += 1
                weight[m, c] = number
    return weight


@pytest.mark.parametrize("seed", range(2))
def test_answers_and_every_gradient_are_exact_in_integers(seed: int) -> None:
    assert_all_agree(NET, seed)


def test_the_simulator_gives_the_same_integers() -> None:
    assert_simulated(NET)


def test_it_is_the_convolution_with_zeros_where_there_is_no_connection() -> None:
    """w[m,c] = 0 for every (m, c) that is not in the table."""
    layer = _layer()
    theta = np.arange(1.0, 9)[:, None, None] * np.ones((8, 2, 2))
    x = integers(NET, 0)[1]
    made = layer.forward(NUMPY, x, {"weight": theta, "bias": np.arange(4.0)})
    dense = NUMPY.forward(layer.conv, x, _dense(layer), np.arange(4.0))

    np.testing.assert_array_equal(made, dense)


def test_a_connections_gradient_is_the_convolutions_and_there_is_no_other() -> None:
    """theta_bar = L^T w_bar: <L theta, w_bar> = <theta, L^T w_bar> for all theta and w_bar."""
    layer, rng = _layer(), np.random.default_rng(0)
    x, y_bar = integers(NET, 0)[1], rng.integers(-3, 4, (2, 4, 4, 4)).astype(float)
    theta = rng.integers(-3, 4, layer.theta_shape).astype(float)
    bars = layer.parameters_vjp(NUMPY, x, y_bar, {"weight": theta})
    w_bar = NUMPY.weight_vjp(layer.conv, x, y_bar)

    assert bars["weight"].shape == (8, 2, 2)
    assert (layer.kernel(NUMPY, theta) * w_bar).sum() == (theta * bars["weight"]).sum()
    kept = _dense(layer)[:, :, 0, 0].astype(int)
    for (m, c), number in np.ndenumerate(kept):
        if number:
            np.testing.assert_array_equal(bars["weight"][number - 1], w_bar[m, c])


def test_a_wrong_connection_is_seen() -> None:
    """Map 1 reads 1 in place of 2: its gradient and answer are others."""
    layer = _layer()
    wrong = replace(layer, connections=((0, 1), (1,), (0, 2), (0, 1, 2)))
    net = replace(NET, nodes=(Node(name="m", layer=wrong, reads=("input",)), *NET.nodes[1:]))
    parameters, x = integers(NET, 0)
    held = {"weight": parameters["m.weight"], "bias": parameters["m.bias"]}
    here, there = layer.forward(NUMPY, x, held), _layer(net).forward(NUMPY, x, held)

    assert np.any(here[:, 1] != there[:, 1])
    np.testing.assert_array_equal(np.delete(here, 1, axis=1), np.delete(there, 1, axis=1))


def test_it_has_a_kernel_of_each_connection_and_no_more_operations() -> None:
    """8 * 4 + 4 parameters; (r^2 |connections| + outputs) operations at each of 16 positions."""
    layer = _layer()
    assert layer.parameter_shapes == {"weight": (8, 2, 2), "bias": (4,)}
    assert layer.parameters == 8 * 4 + 4
    assert layer.operations((1, 3, 6, 6)) == (8 * 4 + 4) * 16
    assert layer.multiply_adds((1, 3, 6, 6)) == 8 * 4 * 16


def test_a_full_table_is_the_convolution() -> None:
    """Parameters, operations and field of one with all connections are Conv's."""
    full = network("n", "input(6, 2) masked(3, (0,1) (0,1) (0,1), s2)")["masked1"].layer
    conv = network("n", "input(6, 2) conv(3, 3, s2)")["conv1"].layer
    assert isinstance(full, MaskedConv)
    assert isinstance(conv, Conv)
    assert full.conv == conv
    assert full.parameters == conv.parameters
    assert full.operations((1, 2, 6, 6)) == conv.operations((1, 2, 6, 6))
    theta = np.arange(2 * 3 * 9.0).reshape(6, 3, 3)
    np.testing.assert_array_equal(full.kernel(NUMPY, theta), theta.reshape(3, 2, 3, 3))


def test_a_connections_first_weight_knows_what_its_map_reads() -> None:
    """LeCun et al. 1998, appendix A: uniform in +-2.4 / fan_in, here of 2, 1, 2 and 3 maps."""
    drawn = init(NET, np.random.default_rng(0), rule="lecun")["m.weight"]
    bounds = 2.4 / (4 * np.array([2, 2, 1, 2, 2, 3, 3, 3]))
    assert (np.abs(drawn).max(axis=(1, 2)) <= bounds).all()
    assert abs(drawn[2]).max() > 2.4 / 8  # map 1 reads one input map


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("(0,1) (3)", "output map 1 must read input maps of 0..2"),
        ("(0,0)", "each once and ascending, at least one; it reads (0, 0)"),
        ("(0) ()", "output map 1 must read"),
        ("", "out_channels"),
        ("(p1)", "a table has the numbers of input maps"),
        ("(0), g2", "'g2' is none of p, s and t"),
    ],
)
def test_a_table_that_connects_nothing_is_refused(table: str, told: str) -> None:
    with pytest.raises(NetworkError) as raised:
        network("n", f"input(6, 3) masked(2, {table})")
    assert told in str(raised.value)


def test_a_table_has_a_row_for_every_output() -> None:
    with pytest.raises(GeometryError, match=r"4 != out_channels = 5"):
        replace(_layer(), out_channels=5)
