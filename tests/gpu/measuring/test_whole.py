"""A whole network, computed node by node as it is measured."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.networks import evaluate
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof_gpu.measuring.whole import forward, fused, ours, torchs
from convproof_gpu.wing import sim

torch: Any = import_module("torch")


def _tensors(parameters: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: torch.from_numpy(value) for name, value in parameters.items()}


@pytest.mark.parametrize("name", ["lenet5-simplified", "nin"])
def test_the_rival_computes_the_network(name: str) -> None:
    """PyTorch's layers in float64 give what our NumPy layers give, to rounding."""
    network, rng = named(name), np.random.default_rng(0)
    parameters = init(network, rng, dtype=np.float64)
    x = rng.standard_normal((1, *network.input_shape))
    right = evaluate.forward(network, load_implementation("numpy"), parameters, x).answer
    answer = forward(network, _tensors(parameters), torch.from_numpy(x), torchs).numpy()
    assert np.abs(answer - right).max() <= 2**-40 * np.abs(right).max()


def test_a_relu_is_fused_into_the_convolution_that_only_it_reads() -> None:
    """Of VGG-16's 13 convolutions each, and no node is left out or computed twice."""
    network = named("vgg16")
    found = list(fused(network))
    assert sum(relu for _, _, relu in found) == 13
    assert len(found) == len(list(network)) - 13
    assert len({name for _, name, _ in found}) == len(found)


def test_ours_in_one_kernel_is_ours_in_two() -> None:
    """``max(conv(x, w) + b, 0)`` on the simulator, of a network's first convolution."""
    network, rng = named("nin"), np.random.default_rng(0)
    node = next(iter(network))
    parameters = init(network, rng)
    weights = [parameters[f"{node.name}.{part}"] for part in node.layer.parameter_shapes]
    x = rng.standard_normal((1, *network.input_shape)).astype(np.float32)
    one = ours(sim)(node, [x], weights, True)
    assert np.array_equal(one, np.maximum(ours(sim)(node, [x], weights, False), 0))
