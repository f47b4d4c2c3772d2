"""Whole networks against PyTorch: the same answers, on both sides, before anything is timed."""

import sys

import numpy as np
import pytest

from convproof.benchmarks import wholes
from convproof.benchmarks.protocol import QUICK
from convproof.benchmarks.rival import torch_forward
from convproof.errors import MissingExtraError, NetworkError, UnsupportedError
from convproof.implementation import load_implementation
from convproof.layers import Softmax
from convproof.networks import Network, network
from convproof.networks.composed import Composed
from convproof.networks.evaluate import forward
from convproof.networks.names import named
from tests.networks.whole import SIZES, small

pytest.importorskip("torch")


def are_composed(net: Network) -> bool:
    return any(isinstance(node.layer, Composed) for node in net)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("name", [n for n in SIZES if not are_composed(small(n))])
def test_pytorchs_side_computes_the_network(name: str) -> None:
    """Equal, as far as nothing rounds; of the same shape to the end."""
    net = small(name)
    parameters, x = wholes.data(net, 1)
    values = forward(net, load_implementation("numpy"), parameters, x).values
    last = wholes.last_exact(net)

    np.testing.assert_array_equal(torch_forward(net, parameters, x, last)(), values[last])
    end = torch_forward(net, parameters, x, net.outputs[0])()
    assert end.shape == values[net.outputs[0]].shape
    np.testing.assert_array_equal(x, wholes.data(net, 1)[1])  # no ReLU has worked in place on it


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("vgg16", "fc3"),
        ("alexnet", "relu1"),
        ("lenet5-simplified", "avg1"),
        ("torchvision-alexnet", "classifier.6"),
        ("torchvision-googlenet", "inception5b"),
    ],
)
def test_answers_are_compared_up_to_the_first_layer_that_rounds(name: str, last: str) -> None:
    assert wholes.last_exact(wholes._main(name, 1)) == last


def test_sums_are_exact_in_float32() -> None:
    """``sum |w| |x| + |b| <= 2 max |x| + 1``, far below 2^24 after the sixteen layers of VGG-16."""
    net = named("vgg16")
    bound = 3
    for node in net:
        bound = 2 * bound + 1 if node.layer.parameters else bound
    assert bound < 2**24
    parameters, x = wholes.data(small("vgg16"), 1)
    assert np.abs(x).max() <= 3
    for name, array in parameters.items():
        if name.endswith(".weight"):
            assert np.abs(array).reshape(len(array), -1).sum(1).max() <= 2
        else:
            assert np.abs(array).max() <= 1


def test_a_quick_run_has_both_sides_times_and_memory() -> None:
    said: list[str] = []
    record = wholes.measure(["mnist-convnet"], 2, QUICK, said.append, quick=True)
    (run,) = record["runs"]

    assert run["equal"]
    assert run["compared"] == "fc2"
    assert all(run[side]["median"] > 0 for side in ("numpy_ms", "torch_ms"))
    if sys.platform == "linux":
        assert all(megabytes > run["parameters_mb"] for megabytes in run["peak_mb"].values())
    assert said == ["mnist-convnet batch 2: memory", "mnist-convnet batch 2: time"]
    row = wholes.text(record).splitlines()[1].split()
    assert row[:2] == ["mnist-convnet", "2"]


def test_sides_that_differ_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ratio between unequal answers says so, and nothing is within its bound by it."""
    from convproof.numeric.fast import linear

    right = linear.forward
    monkeypatch.setattr(linear, "forward", lambda *arrays: right(*arrays) + 1)
    monkeypatch.setattr(wholes, "_peak_apart", lambda *_: None)
    record = wholes.measure(["linear"], 1, QUICK, lambda _: None, quick=True)
    assert not record["runs"][0]["equal"]
    assert "UNEQUAL" in wholes.text(record)


def test_a_networks_name_and_pytorch_are_asked_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NetworkError, match="no network is called 'vgg17'"):
        wholes.measure(["vgg17"], 1, QUICK, lambda _: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError):
        wholes.measure(["vgg16"], 1, QUICK, lambda _: None)


def test_a_layer_without_a_rival_is_named() -> None:
    net = network("n", "input(4) fc(4) maxout(2)")
    parameters, x = wholes.data(net, 1)
    with pytest.raises(UnsupportedError, match="has no Maxout of PyTorch's"):
        torch_forward(net, parameters, x, "maxout1")()
    assert not any(isinstance(node.layer, Softmax) for node in net)
