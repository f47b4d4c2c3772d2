"""A whole network, computed node by node as it is measured."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.networks import evaluate
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof_gpu.measuring.whole import forward, measured, ours
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
    answer = forward(network, _tensors(parameters), torch.from_numpy(x)).numpy()
    assert np.abs(answer - right).max() <= 2**-40 * np.abs(right).max()


def test_every_side_of_a_network_has_an_error_and_a_time() -> None:
    """Of float32: at most 1e-6 of the answer's norm in LeNet-5, whichever layout."""
    found = measured("lenet5-simplified", 3, load_implementation("tensors"), FakeDevice(1e6))

    assert list(found["sides"]) == ["ours", "torch NCHW", "torch NHWC"]
    for side in found["sides"].values():
        assert 0 < side["error"] < 1e-6
        assert side["least"] <= side["us"] <= side["most"]


@pytest.mark.usefixtures("untyped")
def test_a_network_that_is_wrong_is_seen_by_its_error() -> None:
    tensors: Any = load_implementation("tensors")

    class Wrong:
        def forward(self, layer: Any, *arrays: Any) -> Any:
            return tensors.forward(layer, *arrays) * 1.01

    found = measured("lenet5-simplified", 2, Wrong(), FakeDevice(1e6))
    assert found["sides"]["ours"]["error"] > 1e-3 > found["sides"]["torch NCHW"]["error"]


@pytest.mark.usefixtures("untyped")
def test_a_side_that_fails_is_told_and_the_others_are_timed() -> None:
    found = measured("lenet5-simplified", 2, None, FakeDevice(1e6))["sides"]

    assert found["ours"] == {"why": "AttributeError: 'NoneType' object has no attribute 'forward'"}
    assert all("us" in found[side] for side in ("torch NCHW", "torch NHWC"))


def test_kernels_of_ours_are_launched_by_an_inference() -> None:
    """As it is called, and as it is captured: the same bits as layer after layer."""
    net = named("lenet5-simplified")
    parameters = init(net, np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((2, *net.input_shape)).astype(np.float32)
    right = evaluate.forward(net, sim, parameters, x).answer
    for run in ours(sim)(net, parameters, x):
        assert np.array_equal(run(x), right)
