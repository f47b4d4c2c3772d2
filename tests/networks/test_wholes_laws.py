"""What a whole network inherits of its layers: equivariance, invariance, larger images."""

from dataclasses import replace

import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.layers import AdaptiveAvgPool, Conv, Linear, Shape
from convproof.networks import Network, Node
from convproof.networks.evaluate import forward
from convproof.networks.field import fields
from convproof.networks.names import named
from convproof.networks.reduced import reduced
from convproof.networks.wiring import Flatten
from tests.networks.whole import (
    Arrays,
    exact_form,
    is_exact,
    until,
    whole_numbers,
    without_smooth,
)

pytestmark = pytest.mark.usefixtures("untyped")
NUMPY = load_implementation("numpy")

FEATURES = {  # the last maps that a network computes before it looks at the whole image
    "mnist-convnet": "pool2",
    "lenet5-simplified": "conv3",
    "vgg11": "pool5",
    "torchvision-alexnet": "features.12",
    "googlenet": "inc4a",
    "torchvision-googlenet": "inception4a",
    "vgg16": "pool5",
    "torchvision-vgg16": "features.30",
}
DEAR = ("vgg16", "torchvision-vgg16")


def answer(net: Network, parameters: Arrays, x: np.ndarray) -> np.ndarray:
    found: np.ndarray = forward(net, NUMPY, parameters, x).answer
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.full) if n in DEAR else n for n in FEATURES]
)
def test_an_image_shifted_by_the_stride_shifts_the_features_by_one(name: str) -> None:
    """y(x shifted by S)[o + 1] = y(x)[o], where both see none of the border; by less, it is not so.

    S is the product of all strides (lecture 7, "equivariance"). Cell o sees ``start + S o <= i <
    start + S o + R``.
    """
    net = until(reduced(named(name), divisor=64), FEATURES[name])
    seen = fields(net)[FEATURES[name]][0]
    first = -(seen.start // seen.step)  # the first cell that sees no padding
    image = seen.start + seen.step * (first + 2) + seen.size  # and the next two
    net = without_smooth(reduced(net, size=image))
    assert is_exact(net)
    parameters, x = whole_numbers(net, 0, images=1)

    y = answer(net, parameters, x)[:, :, first : first + 3]
    shifted = answer(net, parameters, np.roll(x, seen.step, 2))[:, :, first : first + 3]
    np.testing.assert_array_equal(shifted[:, :, 1:, first:-1], y[:, :, :-1, first:-1])
    assert not np.array_equal(y[:, :, 1:], y[:, :, :-1])
    less = answer(net, parameters, np.roll(x, seen.step - 1, 2))[:, :, first : first + 3]
    assert not np.array_equal(less[:, :, 1:, first:-1], y[:, :, :-1, first:-1])


def circular(net: Network) -> Network:
    """Return it with circular padding in its convolutions."""
    nodes = tuple(
        replace(n, layer=replace(n.layer, padding_mode="circular")) if type(n.layer) is Conv else n
        for n in net
    )
    return replace(net, nodes=nodes)


@pytest.mark.parametrize("name", ["vgg11", "vgg16"])
def test_a_globally_pooled_network_does_not_see_a_circular_shift(name: str) -> None:
    """mean(y(x shifted around by S)) = mean(y(x)): S = 32 for VGG, of images of 2 S."""
    net = circular(until(reduced(named(name), divisor=64, size=64), "pool5"))
    parameters, x = whole_numbers(net, 0, images=1)
    y = answer(net, parameters, x)
    around = answer(net, parameters, np.roll(x, (32, 32), (2, 3)))
    np.testing.assert_array_equal(around.sum((2, 3)), y.sum((2, 3)))
    between = answer(net, parameters, np.roll(x, 16, 2))
    assert not np.array_equal(between.sum((2, 3)), y.sum((2, 3)))


def as_convolutions(net: Network, parameters: Arrays) -> tuple[Network, Arrays]:
    """Return it without fully connected layers: each is a convolution over all that it sees.

    ``w[m, (c, i, j)]`` becomes the kernel ``w[m, c, i, j]`` (lecture 7, "fully convolutional").
    """
    gone: dict[str, str] = {}
    nodes: list[Node] = []
    held = dict(parameters)
    taps: Shape = ()
    for node in net:
        reads = tuple(gone.get(name, name) for name in node.reads)
        if isinstance(node.layer, Flatten):
            gone[node.name], taps = reads[0], net.shapes[node.reads[0]]
            continue
        layer = node.layer
        if isinstance(layer, Linear):
            channels, *kernel = taps if taps else (layer.in_features, 1, 1)
            layer = Conv(
                in_channels=channels,
                out_channels=layer.out_features,
                kernel_size=tuple(kernel),
                stride=(1, 1),
                padding=((0, 0), (0, 0)),
                dilation=(1, 1),
            )
            held[f"{node.name}.weight"] = held[f"{node.name}.weight"].reshape(layer.weight_shape)
            taps = ()
        nodes.append(Node(name=node.name, layer=layer, reads=reads))
    outputs = tuple(gone.get(name, name) for name in net.outputs)
    return replace(net, nodes=tuple(nodes), outputs=outputs), held


@pytest.mark.parametrize(
    "name",
    [
        "mnist-convnet",
        "cifar10-convnet",
        "lenet5",
        "lenet5-simplified",
        "vgg16",
        "torchvision-vgg16",
    ],
)
def test_a_fully_connected_layer_is_a_convolution_of_the_whole(name: str) -> None:
    net = _without_rbf(exact_form(name))
    parameters, x = whole_numbers(net, 0)
    sliding, held = as_convolutions(net, parameters)
    y = answer(net, parameters, x)
    np.testing.assert_array_equal(answer(sliding, held, x), y[:, :, None, None])


@pytest.mark.parametrize(
    "name", ["mnist-convnet", "cifar10-convnet", "lenet5", "lenet5-simplified"]
)
def test_on_a_larger_image_every_score_is_that_of_its_window(name: str) -> None:
    """Y[o] = net(x[S o : S o + n]), S = 4: without padding nothing else is seen."""
    net = _without_rbf(exact_form(name))
    size = net.input_shape[1]
    parameters, _ = whole_numbers(net, 0)
    channels = net.input_shape[0]
    x = np.random.default_rng(0).integers(-3, 4, (1, channels, size + 8, size + 4)).astype(float)

    sliding, held = as_convolutions(net, parameters)
    scores = answer(sliding, held, x)
    assert scores.shape[2:] == (3, 2)
    for i, j in np.ndindex(3, 2):
        window = x[:, :, 4 * i : 4 * i + size, 4 * j : 4 * j + size]
        np.testing.assert_array_equal(scores[:, :, i, j], answer(net, parameters, window))


@pytest.mark.parametrize("name", ["torchvision-alexnet", "torchvision-vgg11"])
def test_adaptive_pooling_takes_images_of_any_size(name: str) -> None:
    """As torchvision's do: the classifier reads 6x6 or 7x7 cells of any image."""
    net = exact_form(name)
    parameters, _ = whole_numbers(net, 0)
    x = np.random.default_rng(0).integers(-3, 4, (1, 3, 160, 192)).astype(float)
    assert any(isinstance(node.layer, AdaptiveAvgPool) for node in net)
    assert answer(net, parameters, x).shape == (1, *net.shapes[net.outputs[0]])


def _without_rbf(net: Network) -> Network:
    """LeNet-5 up to its layer of 84, which are what it learns."""
    return until(net, "f6") if net.name == "lenet5" else net
