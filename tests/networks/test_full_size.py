"""VGG-16, AlexNet and GoogLeNet at full width and size, one image, against PyTorch.

In whole numbers, float32 is exact and all answers are equal. In real numbers they are no further
apart than ``deviation`` derives for float32 at every node.
"""

from functools import partial

import numpy as np
import pytest
import torch

from convproof.benchmarks.rival import torch_forward
from convproof.benchmarks.wholes import data
from convproof.implementation import load_implementation
from convproof.layers import Softmax
from convproof.networks import Network
from convproof.networks.evaluate import Tape, forward
from convproof.networks.names import named
from convproof.networks.zoo.torchvision_state import folded, placed
from tests.networks.deviation import Deviation
from tests.networks.torchvision_modules import module
from tests.networks.whole import Arrays, real_numbers

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("untyped")]


def _computed(by: str, net: Network, parameters: Arrays, x: np.ndarray) -> dict[str, np.ndarray]:
    if by == "numpy":
        return forward(net, load_implementation(by), parameters, x).values
    tensors = {name: torch.from_numpy(array) for name, array in parameters.items()}
    with torch.no_grad():
        tape: Tape = forward(net, load_implementation(by), tensors, torch.from_numpy(x))
    return {name: value.numpy() for name, value in tape.values.items()}


def _logits(net: Network) -> str:
    end = net[net.outputs[0]]
    return end.reads[0] if isinstance(end.layer, Softmax) else end.name


@pytest.mark.parametrize("name", ["vgg16", "torchvision-alexnet", "torchvision-googlenet"])
def test_in_whole_numbers_every_value_is_pytorchs(name: str) -> None:
    """Two weights of a row are 1 or -1: ``sum |w| |x| + |b| <= 2 max |x| + 1 < 2^24``."""
    net = named(name)
    parameters, x = data(net, 1)
    mine, theirs = (_computed(by, net, parameters, x) for by in ("numpy", "torch"))
    for node in net:
        if not isinstance(node.layer, Softmax):
            np.testing.assert_array_equal(mine[node.name], theirs[node.name], err_msg=node.name)
        assert 2 * np.abs(mine[node.reads[0]]).max() + 1 < 2**24 / 64  # and its sixty-fourths
    answer = _logits(net)
    assert len(np.unique(mine[answer])) > 5
    np.testing.assert_array_equal(torch_forward(net, parameters, x, answer)(), mine[answer])


@pytest.mark.parametrize(
    "name", ["torchvision-vgg16", "torchvision-alexnet", "torchvision-googlenet"]
)
def test_torchvisions_modules_give_the_same_whole_numbers(name: str) -> None:
    """Module by module of torch.nn, with its state dict; normalisations of scale 1 or -1."""
    net = named(name)
    parameters, x = data(net, 1)
    theirs = module(name, lambda channels: channels)
    state = theirs.state_dict()
    for key, tensor in state.items():
        if key in parameters:
            tensor.copy_(torch.from_numpy(parameters[key]).reshape(tensor.shape))
        elif key.endswith("running_var"):
            tensor.fill_(1 - 0.001)
        elif key.endswith("running_mean"):
            tensor.fill_(2)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(x))

    joined, held = folded(*placed({key: tensor.numpy() for key, tensor in state.items()}, net))
    values = forward(joined, load_implementation("numpy"), held, x).values
    for output, y in zip(joined.outputs, expected, strict=True):
        np.testing.assert_array_equal(values[output], y.numpy(), err_msg=output)
        assert len(np.unique(values[output])) > 5


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "googlenet"])
def test_in_real_numbers_no_value_is_further_from_pytorchs_than_derived(name: str) -> None:
    """|a - b| <= D at every node; a fault of one part in 2^4 of the answer would leave it."""
    net = named(name)
    parameters, x = real_numbers(net, 0, images=1, negative=1 / 32)
    single = {key: array.astype(np.float32) for key, array in parameters.items()}
    del parameters
    mine, theirs = (partial(_computed, by, net, single)(x.astype(np.float32)) for by in
                    ("numpy", "torch"))  # fmt: skip
    deviation = Deviation(net, single, mine)
    deviation.forward()
    for node in net:
        away = np.abs(mine[node.name].astype(np.float64) - theirs[node.name])
        assert (away <= deviation.apart[node.name]).all(), node.name
    answer = _logits(net)
    assert np.median(deviation.apart[answer] / mine[answer]) < 2.0**-4
