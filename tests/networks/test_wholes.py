"""Each named network as a whole, narrow and small: its answers and all its derivatives.

Where all layers are exact, in integers: equal. Elsewhere, and with real numbers, no further apart
than ``deviation`` derives. In the quick suite by NumPy and by PyTorch's autograd; the oracle and
the simulator are slower.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.layers import Layer, LocalResponseNorm, ReLU
from convproof.networks import Network
from convproof.networks.names import NAMES
from convproof.networks.wiring import Concat
from tests.networks.deviation import Deviation, assert_same_way
from tests.networks.magnitudes import largest_sum
from tests.networks.whole import (
    SIZES,
    Arrays,
    Computed,
    are_composed,
    by_autograd,
    by_vjp,
    cotangents,
    denominator,
    exact_form,
    is_exact,
    real_numbers,
    small,
    whole_numbers,
)

pytestmark = pytest.mark.usefixtures("untyped")  # types are checked elsewhere; sizes matter here

ROUNDING = [  # they divide by what is no power of two, or have norms
    "alexnet", "caffenet", "zfnet", "vgg11-lrn", "nin", "googlenet", "googlenet-published",
]  # fmt: skip
EXACT = [name for name in SIZES if name not in ROUNDING]
BOUNDED = [name for name in SIZES if name != "lenet5"]  # whose own layers have no derived bound
QUICK = [  # one of each kind
    "lenet5-simplified", "alexnet", "caffenet", "vgg11-lrn", "nin", "googlenet-published",
    "torchvision-googlenet",
]  # fmt: skip
DOUBLE, SINGLE = 2.0**53, 2.0**24
SIMULATED = [
    "linear", "two-layer", "mnist-convnet", "cifar10-convnet", "lenet5-simplified", "vgg11",
    "inception", "torchvision-alexnet",
]  # fmt: skip


def test_every_named_network_is_here_and_compared_as_it_can_be() -> None:
    """Exactly, or within a bound."""
    assert set(SIZES) == set(NAMES)
    assert [name for name in SIZES if not is_exact(exact_form(name))] == ROUNDING
    assert [name for name in SIZES if not are_composed(small(name))] == BOUNDED


@pytest.mark.parametrize("name", EXACT)
def test_answers_and_all_derivatives_are_autograds_exactly(name: str) -> None:
    """y_v = f_v(y_u), and the adjoint of every path: equal in integers, at every node."""
    net, parameters, x, bars = _exact(name)
    mine = by_vjp("numpy", net, parameters, x, bars)

    assert _bits(net, parameters, x, bars) <= DOUBLE
    assert mine.derivatives.keys() == {*net.parameter_shapes, "input"}
    assert all(array.any() for array in mine.derivatives.values())
    _assert_equal(mine, by_autograd(net, parameters, x, bars))


@pytest.mark.full
@pytest.mark.parametrize("name", EXACT)
def test_the_oracle_computes_the_same_integers(name: str) -> None:
    net, parameters, x, bars = _exact(name)
    _assert_equal(by_vjp("numpy", net, parameters, x, bars), _by_oracle(net, parameters, x, bars))


@pytest.mark.parametrize(
    "name", [SIMULATED[0], *(pytest.param(n, marks=pytest.mark.full) for n in SIMULATED[1:])]
)
def test_the_simulated_kernels_compute_the_same_integers(name: str) -> None:
    """In float32, of which every sum has fewer than 24 bits."""
    net = exact_form(name)
    parameters, x = whole_numbers(net, 1, images=1)
    bars = cotangents(net, 1, images=1)
    assert _bits(net, parameters, x, bars) <= SINGLE

    narrow = {n: a.astype(np.float32) for n, a in parameters.items()}
    less = {n: a.astype(np.float32) for n, a in bars.items()}
    found = by_vjp("sim", net, narrow, x.astype(np.float32), less)
    _assert_equal(found, by_vjp("numpy", net, parameters, x, bars))


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in BOUNDED],
)
def test_two_right_computations_are_no_further_apart_than_derived(name: str) -> None:
    """|a - b| <= D, forward and backward, and D is small enough to tell an answer from zeros."""
    net, parameters, x, bars = _real(name)
    mine = by_vjp("numpy", net, parameters, x, bars)
    apart = _apart(net, parameters, mine, bars)
    _assert_within(mine, by_autograd(net, parameters, x, bars), apart, net)
    for found, bounds in zip(mine, apart, strict=True):
        for name_of, array in found.items():
            assert (np.abs(array) > bounds[name_of]).any(), name_of


@pytest.mark.full
@pytest.mark.parametrize("name", BOUNDED)
def test_the_oracle_is_no_further_away(name: str) -> None:
    net, parameters, x, bars = _real(name)
    mine = by_vjp("numpy", net, parameters, x, bars)
    apart = _apart(net, parameters, mine, bars)
    _assert_within(mine, _by_oracle(net, parameters, x, bars), apart, net)


class Faulty:
    """NumPy's verbs, of which one is wrong for one layer."""

    name, supports = "faulty", frozenset({"asymmetric", "circular", "integer"})

    def __init__(self, verb: str, kind: type[Layer], wrong: Callable[..., Any]) -> None:
        self._verb, self._kind, self._wrong = verb, kind, wrong
        self._right = load_implementation("numpy")

    def _ask(self, verb: str, layer: Layer, *arrays: Any) -> Any:
        right = getattr(self._right, verb)
        if verb == self._verb and isinstance(layer, self._kind):
            return self._wrong(right, layer, *arrays)
        return right(layer, *arrays)

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        return self._ask("forward", layer, x, *arrays)

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        return self._ask("input_vjp", layer, x, y_bar, *arrays)

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        return self._ask("weight_vjp", layer, x, y_bar)

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        return self._ask("bias_vjp", layer, y_bar)


def _off(right: Any, layer: Any, x: np.ndarray) -> Any:
    return right(replace(layer, k=layer.k + 1e-9), x)


def _alone(right: Any, layer: Any, x: np.ndarray, y_bar: np.ndarray) -> Any:
    return right(replace(layer, size=1, alpha=layer.alpha / layer.size), x, y_bar)


def _without_the_first(right: Any, layer: Layer, x: np.ndarray, y_bar: np.ndarray) -> Any:
    return right(layer, x[1:], y_bar[1:])


def _through(right: Any, layer: Layer, x: np.ndarray, y_bar: np.ndarray) -> Any:
    del right, layer, x
    return y_bar


FAULTS = {
    "a norm whose k is off by 1e-9": Faulty("forward", LocalResponseNorm, _off),
    "a norm's derivative without its window": Faulty("input_vjp", LocalResponseNorm, _alone),
    "a weight's derivative without an image": Faulty("weight_vjp", Layer, _without_the_first),
    "a ReLU that lets everything through": Faulty("input_vjp", ReLU, _through),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_the_bound(fault: str) -> None:
    net, parameters, x, bars = _real("caffenet")
    mine = by_vjp("numpy", net, parameters, x, bars)
    wrong = by_vjp(FAULTS[fault], net, parameters, x, bars)
    with pytest.raises(AssertionError):
        _assert_within(mine, wrong, _apart(net, parameters, mine, bars), net)


@pytest.mark.parametrize("name", ["inception", "torchvision-googlenet"])
def test_two_branches_in_the_other_order_are_unequal(name: str) -> None:
    """Where their channels let the graph stand."""
    net, parameters, x, bars = _exact(name)
    nodes = tuple(
        replace(n, reads=n.reads[::-1]) if isinstance(n.layer, Concat) else n for n in net
    )
    mine = by_vjp("numpy", net, parameters, x, bars)
    other = by_vjp("numpy", replace(net, nodes=nodes), parameters, x, bars)
    with pytest.raises(AssertionError):
        _assert_equal(mine, other)


def _exact(name: str) -> tuple[Network, Arrays, np.ndarray, Arrays]:
    net = exact_form(name)
    return net, *whole_numbers(net, 0), cotangents(net, 0, images=2)


def _real(name: str) -> tuple[Network, Arrays, np.ndarray, Arrays]:
    net = small(name)
    return net, *real_numbers(net, 0), cotangents(net, 0, images=2)


def _by_oracle(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> Computed:
    return by_vjp("reference", net, parameters, x, bars)


def _bits(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> float:
    """Return the largest number that a sum holds, in units of its last place."""
    return largest_sum(net, parameters, x, bars) * denominator(net) ** 2


def _apart(net: Network, parameters: Arrays, mine: Computed, bars: Arrays) -> Computed:
    deviation = Deviation(net, parameters, mine.values)
    deviation.forward()
    deviation.backward(bars)
    return Computed(deviation.apart, deviation.derivatives)


def _assert_equal(one: Computed, other: Computed) -> None:
    """Assert it of every value and every derivative, and that none is left out."""
    for mine, theirs in zip(one, other, strict=True):
        assert mine.keys() == theirs.keys()
        for name, array in mine.items():
            np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def _assert_within(one: Computed, other: Computed, apart: Computed, net: Network) -> None:
    assert_same_way(net, one.values, other.values)
    for mine, theirs, bounds in zip(one, other, apart, strict=True):
        assert mine.keys() == theirs.keys() == bounds.keys()
        for name, array in mine.items():
            assert (np.abs(array - theirs[name]) <= bounds[name]).all(), name
