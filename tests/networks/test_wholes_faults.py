"""A planted fault of one layer takes a whole network out of its derived bound."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from convproof.implementation import Implementation, load_implementation
from convproof.layers import Layer, LocalResponseNorm, ReLU, Tanh
from convproof.networks import Network
from convproof.networks.composed import Arrays
from convproof.networks.masked import MaskedConv
from convproof.networks.rbf import Rbf
from tests.networks.whole import assert_within, by_vjp, derived, real_case

pytestmark = pytest.mark.usefixtures("untyped")


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
    net, parameters, x, bars = real_case("caffenet")
    mine = by_vjp("numpy", net, parameters, x, bars)
    wrong = by_vjp(FAULTS[fault], net, parameters, x, bars)
    with pytest.raises(AssertionError):
        assert_within(mine, wrong, derived(net, parameters, mine, bars), net)


class FarDistances(Rbf):
    """Distances that are too large by one part in 10^7."""

    def forward(self, verbs: Implementation, x: Any, arrays: Arrays) -> Any:
        return Rbf.forward(self, verbs, x, arrays) * (1 + 1e-7)


class HalfDistances(Rbf):
    """Whose derivative lacks its factor."""

    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        return Rbf.input_vjp(self, verbs, x, y_bar, arrays) / 2


class WrongConnections(MaskedConv):
    """Whose kernels have each other's derivatives."""

    def kernel_vjp(self, verbs: Implementation, w_bar: Any, theta: Any) -> Any:
        return np.roll(MaskedConv.kernel_vjp(self, verbs, w_bar, theta), 1, axis=0)


def _louder(right: Any, layer: Any, x: np.ndarray) -> Any:
    return right(replace(layer, amplitude=layer.amplitude * (1 + 1e-9)), x)


def _steeper(right: Any, layer: Any, x: np.ndarray, y_bar: np.ndarray) -> Any:
    return right(replace(layer, slope=layer.slope * (1 + 1e-6)), x, y_bar)


VERBS = {
    "an amplitude that is off by 1e-9": Faulty("forward", Tanh, _louder),
    "a slope that is off by 1e-6, in the derivative": Faulty("input_vjp", Tanh, _steeper),
}
LAYERS: dict[str, tuple[type[Layer], type[Layer]]] = {
    "distances that are off by 1e-7": (Rbf, FarDistances),
    "a distance's derivative without its factor": (Rbf, HalfDistances),
    "connections that take each other's derivatives": (MaskedConv, WrongConnections),
}


@pytest.mark.parametrize("fault", [*VERBS, *LAYERS])
def test_a_fault_of_lenet5s_own_layers_leaves_the_bound(fault: str) -> None:
    """Of the scaled tanh, of the distances to the codes, of the table of connections."""
    net, parameters, x, bars = real_case("lenet5")
    mine = by_vjp("numpy", net, parameters, x, bars)
    faulty = _planted(net, *LAYERS[fault]) if fault in LAYERS else net
    wrong = by_vjp(VERBS.get(fault, "numpy"), faulty, parameters, x, bars)
    with pytest.raises(AssertionError):
        assert_within(mine, wrong, derived(net, parameters, mine, bars), net)


def _planted(net: Network, right: type[Layer], wrong: type[Layer]) -> Network:
    """Return it with layers of one class replaced by those of another, of the same fields."""
    nodes = [
        replace(node, layer=wrong(**{f.name: getattr(node.layer, f.name) for f in fields(right)}))
        if type(node.layer) is right
        else node
        for node in net
    ]
    return replace(net, nodes=tuple(nodes))
