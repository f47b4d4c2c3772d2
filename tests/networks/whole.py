"""Every named network at a size at which all implementations compute it, and data for it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import lcm, prod
from typing import Any, NamedTuple

import numpy as np
import torch

from convproof.implementation import Implementation, load_implementation
from convproof.layers import (
    AdaptiveAvgPool,
    AvgPool,
    GlobalAvgPool,
    Layer,
    LocalResponseNorm,
    ReLU,
    Shape,
    Softmax,
    Tanh,
)
from convproof.networks import Network
from convproof.networks.evaluate import Tape, forward, vjp
from convproof.networks.masked import MaskedConv
from convproof.networks.names import named
from convproof.networks.reduced import reduced
from tests.networks.deviation import Deviation, assert_same_way
from tests.networks.magnitudes import largest_sum

SIZES = {  # name: divisor of the widths, and the image's size; None: as it is
    "linear": (1, 8),
    "two-layer": (5, 8),
    "mnist-convnet": (8, 16),
    "cifar10-convnet": (8, 16),
    "lenet5": (1, None),
    "lenet5-simplified": (2, None),
    "alexnet": (32, 67),
    "caffenet": (32, 67),
    "zfnet": (32, 53),
    "vgg11": (32, 32),
    "vgg11-lrn": (32, 32),
    "vgg13": (32, 32),
    "vgg16-c": (32, 32),
    "vgg16": (32, 32),
    "vgg19": (32, 32),
    "nin": (8, 16),
    "inception-naive": (64, None),
    "inception": (64, None),
    "googlenet": (32, 64),
    "googlenet-published": (32, 80),
    "torchvision-alexnet": (32, 127),
    "torchvision-vgg11": (32, 64),
    "torchvision-vgg13": (32, 64),
    "torchvision-vgg16": (32, 64),
    "torchvision-vgg19": (32, 64),
    "torchvision-googlenet": (16, 64),
}
SEEDS = {"lenet5": 1}  # of real numbers, where 0 brings the image next to one code and far from all
Arrays = dict[str, np.ndarray]


@cache
def small(name: str) -> Network:
    divisor, size = SIZES[name]
    return reduced(named(name), divisor=divisor, size=size)


def until(net: Network, name: str) -> Network:
    """Return the part of a network that a node is computed from."""
    wanted = {name}
    for node in reversed(net.nodes):
        if node.name in wanted:
            wanted.update(node.reads)
    nodes = tuple(node for node in net if node.name in wanted)
    return replace(net, nodes=nodes, outputs=(name,))


def exact_form(name: str) -> Network:
    """Return a network, reduced, of which no layer rounds if its averages do not."""
    return without_smooth(small(name))


def without_smooth(net: Network) -> Network:
    """Return it with logits for its answers, no softmax; and a ReLU where LeNet-5 has a tanh."""
    gone = {n.name: n.reads[0] for n in net if isinstance(n.layer, Softmax)}
    nodes = tuple(
        replace(node, layer=ReLU() if isinstance(node.layer, Tanh) else node.layer)
        for node in net
        if node.name not in gone
    )
    return replace(net, nodes=nodes, outputs=tuple(gone.get(o, o) for o in net.outputs))


def is_exact(net: Network) -> bool:
    """Whether sums, maxima and divisions by powers of two are all that it computes."""
    smooth = any(isinstance(node.layer, LocalResponseNorm | Tanh | Softmax) for node in net)
    return not smooth and not denominator(net) & (denominator(net) - 1)


def denominator(net: Network) -> int:
    """Return the product of all that its averages divide by."""
    return prod(_divisor(n.layer, net.shapes[n.reads[0]], net.shapes[n.name]) for n in net)


def _divisor(layer: Layer, read: Shape, shape: Shape) -> int:
    if isinstance(layer, AvgPool):
        return prod(layer.kernel_size)
    if isinstance(layer, GlobalAvgPool | AdaptiveAvgPool):
        return prod(lcm(*_lengths(n, out)) for n, out in zip(read[1:], shape[1:], strict=True))
    return 1


def _lengths(n: int, out: int) -> set[int]:
    """Return the lengths of the windows of adaptive pooling; global pooling has one."""
    return {-(-(o + 1) * n // out) - o * n // out for o in range(out)}


def whole_numbers(net: Network, seed: int, images: int = 2) -> tuple[Arrays, np.ndarray]:
    """Return small parameters, in each row of weights three of 1 or -1, and images of -3...3.

    So an answer is below ``3^(layers + 1)``, and every layer lets much through.
    """
    rng = np.random.default_rng(seed)
    parameters = {}
    for name, shape in net.parameter_shapes.items():
        if name.endswith(".weight"):
            rows = np.zeros((shape[0], prod(shape[1:])))
            for row in rows:
                third = rng.choice([-1, 1, 1, 1]) if row.size > 1 else 1
                row[rng.integers(0, row.size, 3)] = (1, 1, third)
            parameters[name] = rows.reshape(shape)
        else:
            parameters[name] = rng.choice([-1.0, 0, 1, 2, 2], shape)
    return parameters, rng.integers(-3, 4, (images, *net.input_shape)).astype(float)


def real_numbers(
    net: Network, seed: int, images: int = 2, negative: float = 0.25
) -> tuple[Arrays, np.ndarray]:
    """Return parameters, a share of them negative, scaled so that values keep their size.

    A layer then brings two inputs no further apart than ``1 / (1 - 2 negative)`` times.
    """
    rng = np.random.default_rng(seed)
    parameters = {}
    for name, shape in net.parameter_shapes.items():
        sizes = rng.uniform(0.5, 1.5, shape) * np.where(rng.random(shape) < negative, -1, 1)
        layer = net[name.rpartition(".")[0]].layer
        fan_in: Any = prod(shape[1:]) if name.endswith(".weight") else 8
        if isinstance(layer, MaskedConv) and name.endswith(".weight"):
            fan_in, _ = layer.fans()
        scaled = sizes / ((1 - 2 * negative) * fan_in)
        parameters[name] = sizes if np.size(fan_in) == 1 and fan_in == 1 else scaled
    return parameters, rng.uniform(-1, 3, (images, *net.input_shape))


class Computed(NamedTuple):
    """What one implementation computes: all values forward, and all derivatives."""

    values: Arrays
    derivatives: Arrays  # of the parameters, and of the images as "input"


def cotangents(net: Network, seed: int, images: int) -> Arrays:
    """Return small integers for every output."""
    rng = np.random.default_rng(seed + 1)
    shapes = {name: (images, *net.shapes[name]) for name in net.outputs}
    return {name: rng.integers(-2, 4, shape).astype(float) for name, shape in shapes.items()}


def by_vjp(
    by: str | Implementation, net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays
) -> Computed:
    """Computed by an implementation, backward by its own verbs."""
    verbs = load_implementation(by) if isinstance(by, str) else by
    tape = forward(net, verbs, parameters, x)
    x_bar, gradients = vjp(tape, bars)
    return Computed(tape.values, {**gradients, "input": x_bar})


def by_autograd(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> Computed:
    """Computed by PyTorch, backward by its autograd."""
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in parameters.items()}
    image = torch.tensor(x, requires_grad=True)
    tape: Tape = forward(net, load_implementation("torch"), tensors, image)
    outputs = [tape.values[name] for name in net.outputs]
    torch.autograd.backward(outputs, [torch.from_numpy(bars[name]) for name in net.outputs])
    values = {name: value.detach().numpy() for name, value in tape.values.items()}
    return Computed(values, _grads({**tensors, "input": image}))


def _grads(tensors: Mapping[str, Any]) -> Arrays:
    return {name: tensor.grad.numpy() for name, tensor in tensors.items()}


def exact_case(name: str) -> tuple[Network, Arrays, np.ndarray, Arrays]:
    """Return a network of which no layer rounds, with whole numbers for it."""
    net = exact_form(name)
    return net, *whole_numbers(net, 0), cotangents(net, 0, images=2)


def real_case(name: str) -> tuple[Network, Arrays, np.ndarray, Arrays]:
    """Return a network with real numbers for it."""
    net, seed = small(name), SEEDS.get(name, 0)
    return net, *real_numbers(net, seed), cotangents(net, seed, images=2)


def bits(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> float:
    """Return the largest number that a sum holds, in units of its last place."""
    return largest_sum(net, parameters, x, bars) * denominator(net) ** 2


def derived(net: Network, parameters: Arrays, mine: Computed, bars: Arrays) -> Computed:
    """Return the bounds on how far another right computation may lie from this one."""
    deviation = Deviation(net, parameters, mine.values)
    deviation.forward()
    deviation.backward(bars)
    return Computed(deviation.apart, deviation.derivatives)


def assert_equal(one: Computed, other: Computed) -> None:
    """Assert it of every value and every derivative, and that none is left out."""
    for mine, theirs in zip(one, other, strict=True):
        assert mine.keys() == theirs.keys()
        for name, array in mine.items():
            np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def assert_within(one: Computed, other: Computed, apart: Computed, net: Network) -> None:
    """Assert that no value and no derivative is further away than its bound."""
    assert_same_way(net, one.values, other.values)
    for mine, theirs, bounds in zip(one, other, apart, strict=True):
        assert mine.keys() == theirs.keys() == bounds.keys()
        for name, array in mine.items():
            assert (np.abs(array - theirs[name]) <= bounds[name]).all(), name


def assert_tells(mine: Computed, apart: Computed) -> None:
    """Assert that zeros in the place of any answer or derivative would leave the bounds."""
    for found, bounds in zip(mine, apart, strict=True):
        for name, array in found.items():
            assert (np.abs(array) > bounds[name]).any(), name
