"""A whole network, computed node by node as it is measured."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.layers import Conv, Linear
from convproof.networks import evaluate
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof_gpu.measuring.whole import forward, fused, measured, ours, torchs
from convproof_gpu.wing import sim
from tests.gpu.measuring.fake import FakeDevice

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


def test_what_only_auxiliary_classifiers_need_is_not_computed() -> None:
    """GoogLeNet's main answer is read of 57 convolutions and one fully connected layer."""
    layers = [type(node.layer) for node, _, _ in fused(named("googlenet-published"))]
    assert (layers.count(Conv), layers.count(Linear)) == (57, 1)


def test_every_side_of_a_network_has_an_error_and_a_time() -> None:
    """Of float32: at most 1e-6 of the answer's norm in LeNet-5, whichever layout."""
    found = measured("lenet5-simplified", 3, load_implementation("tensors"), FakeDevice(1e6))

    assert list(found["sides"]) == ["ours", "torch NCHW", "torch NHWC"]
    for side in found["sides"].values():
        assert 0 < side["error"] < 1e-6
        assert side["least"] <= side["us"] <= side["most"]


def test_a_network_that_is_wrong_is_seen_by_its_error() -> None:
    tensors: Any = load_implementation("tensors")

    class Wrong:
        def forward(self, layer: Any, *arrays: Any) -> Any:
            return tensors.forward(layer, *arrays) * 1.01

    found = measured("lenet5-simplified", 2, Wrong(), FakeDevice(1e6))
    assert found["sides"]["ours"]["error"] > 1e-3 > found["sides"]["torch NCHW"]["error"]


def test_a_side_that_fails_is_told_and_the_others_are_timed() -> None:
    found = measured("lenet5-simplified", 2, None, FakeDevice(1e6))["sides"]

    assert found["ours"] == {"why": "AttributeError: 'NoneType' object has no attribute 'forward'"}
    assert all("us" in found[side] for side in ("torch NCHW", "torch NHWC"))


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
