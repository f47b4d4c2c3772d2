"""What the library counts of networks: rows, depths, kernels, modules."""

from decimal import Decimal
from functools import cache
from math import prod
from typing import Any

from convproof.axes import Axis
from convproof.geometry import Geometry, receptive_field
from convproof.layers import Conv, Linear, LocalResponseNorm, MaxPool, ReLU
from convproof.networks.build import network
from convproof.networks.count import Row, rows, total
from convproof.networks.field import fields
from convproof.networks.graph import INPUT, Network
from convproof.networks.names import named


@cache
def _listed(name: str) -> tuple[Row, ...]:
    return rows(named(name))


def row(name: str, place: int) -> tuple[Any, ...]:
    """Return ``(parameters, operations, volume)`` of a row of a network's table."""
    return _counted(_listed(name)[place])


def _counted(found: Row) -> tuple[Any, ...]:
    volume = found.volume
    return found.parameters, found.operations, volume if len(volume) > 1 else volume[0]


def most(name: str, what: str) -> str:
    """Return which layer has the most ``parameters``, ``operations`` or ``memory``."""
    listed = _listed(name)[1:]
    return max(listed, key=lambda r: prod(r.shape) if what == "memory" else getattr(r, what)).name


def operations(name: str) -> int:
    """Return the operations of a network for one image."""
    return total(named(name)).operations


def depth(name: str) -> int:
    """Return how many layers with weights lie one behind the other, auxiliary ones left out."""
    found = {INPUT: 0}
    for node in named(name):
        before = max(found[read] for read in node.reads)
        found[node.name] = before + isinstance(node.layer, Conv | Linear)
    return found[named(name).outputs[0]]


def convolutions(name: str) -> list[Conv]:
    """Return the convolutions of a network, auxiliary classifiers left out."""
    return [node.layer for node in named(name).main() if isinstance(node.layer, Conv)]


def kernels(name: str) -> tuple[int, int]:
    """Return the smallest and the largest kernel size."""
    sizes = [layer.kernel_size[0] for layer in convolutions(name)]
    return min(sizes), max(sizes)


def kernel_and_stride(name: str, place: int) -> tuple[int, int]:
    """Return kernel size and stride of a convolution, the first at place 0."""
    layer = convolutions(name)[place]
    return layer.kernel_size[0], layer.stride[0]


def widths(name: str, first: int, last: int) -> tuple[int, ...]:
    """Return the output channels of a network's convolutions, counted from 1."""
    return tuple(layer.out_channels for layer in convolutions(name)[first - 1 : last])


def column(name: str) -> tuple[str, ...]:
    """Return the convolutions of a VGG as its table writes them, ``conv3-64``, and its poolings."""
    found = []
    for node in named(name):
        if isinstance(node.layer, Conv):
            found.append(f"conv{node.layer.kernel_size[0]}-{node.layer.out_channels}")
        elif isinstance(node.layer, MaxPool):
            found.append("maxpool")
        elif isinstance(node.layer, LocalResponseNorm):
            found.append("LRN")
    return tuple(found)


def after_pooling(name: str) -> tuple[str, ...]:
    """Return the rows of a network's table after its last pooling."""
    listed = _listed(name)
    last = max(place for place, each in enumerate(listed) if "pool" in each.kind)
    return tuple(
        f"fc-{prod(each.shape)}" if each.kind == "linear" else each.kind
        for each in listed[last + 1 :]
    )


def widened(one: str, other: str, first: int, last: int) -> str:
    """Return whether every convolution of some has more channels in the other network."""
    pairs = zip(widths(one, first, last), widths(other, first, last), strict=True)
    return "increased" if all(before < after for before, after in pairs) else "not increased"


def spared(**sizes: int) -> str:
    """Return whether a layer along an axis takes fewer operations than with stride 1."""
    made = [
        Conv(in_channels=1, out_channels=1, kernel_size=(sizes["r"],), stride=(stride,),
             padding=((0, 0),), dilation=(1,)).operations((1, 1, sizes["n"]))
        for stride in (sizes["s"], 1)
    ]  # fmt: skip
    return compared(made[0], made[1], "efficient", "not efficient")


def modules(name: str) -> int:
    """Return how many inception modules a network has."""
    return sum(each.kind == "inception" for each in _listed(name))


def rectified(name: str) -> int:
    """Return how many convolutions and fully connected layers have a ReLU after them."""
    read = {r for node in named(name) if isinstance(node.layer, ReLU) for r in node.reads}
    return sum(isinstance(n.layer, Conv | Linear) and n.name in read for n in named(name))


def order(name: str) -> tuple[str, ...]:
    """Return whether the first pooling stands before the first norm."""
    kinds = [each.kind for each in _listed(name)]
    words = {"max_pool": "pool", "local_response_norm": "norm"}
    return tuple(sorted(words.values(), key=lambda w: kinds.index(_kind_of(w, words))))


def _kind_of(word: str, words: dict[str, str]) -> str:
    return next(kind for kind, each in words.items() if each == word)


def branches(name: str) -> tuple[int, int]:
    """Return how many convolutions and poolings a naive module joins."""
    kinds = [type(node.layer).__name__ for node in named(name)]
    return kinds.count("Conv"), kinds.count("MaxPool")


def channels(name: str) -> tuple[int, int]:
    """Return the channels of a network's input and output."""
    graph = named(name)
    return graph.input_shape[0], graph.shapes[graph.outputs[0]][0]


def compared(one: int | Decimal, other: int | Decimal, less: str, more: str) -> str:
    """Return a word for which of two numbers is the smaller."""
    return "as many" if one == other else less if one < other else more


def ratio(one: str, other: str) -> Decimal:
    """Return by which factor the first network has more parameters, to one decimal."""
    quotient = Decimal(total(named(one)).parameters) / Decimal(total(named(other)).parameters)
    return quotient.quantize(Decimal("0.1"))


def auxiliary(name: str) -> tuple[str, ...]:
    """Return the rows of the first auxiliary classifier, in the lecture's notation."""
    found = []
    for node in _beside(named(name)):
        layer = node.layer
        if isinstance(layer, Conv):
            found.append(f"conv({layer.kernel_size[0]}, {layer.out_channels})")
        elif isinstance(layer, Linear):
            found.append(f"fc({layer.out_features})")
        elif type(layer).__name__ == "AvgPool":
            found.append(f"avg({layer.kernel_size[0]}, {layer.stride[0]})")
        elif type(layer).__name__ == "Softmax":
            found.append("softmax")
    return tuple(found[: len(found) // 2])


def _beside(graph: Network) -> list[Any]:
    main = {node.name for node in graph.main()}
    return [node for node in graph if node.name not in main]


def auxiliary_size(name: str) -> int:
    """Return how many cells the pooling of an auxiliary classifier has, along an axis."""
    return rows(named(name), auxiliary=True)[0].shape[1]


def defaults() -> tuple[int, int, int]:
    """Return padding and stride of ``conv(2, 1)``, and the padding of ``pool(2)``."""
    graph = network("defaults", "input(9, 1) conv(2, 1) pool(2)")
    found: dict[str, Any] = {type(node.layer).__name__: node.layer for node in graph}
    conv, pool = found["Conv"], found["MaxPool"]
    return conv.padding[0][0], conv.stride[0], pool.padding[0][0]


def grows(name: str) -> tuple[str, str]:
    """Return what becomes of field and density of the cells, from layer to layer."""
    graph = named(name)
    found = [
        fields(graph)[node.name][0] for node in graph.main() if len(graph.shapes[node.name]) > 1
    ]
    sizes, steps = [f.size for f in found], [f.step for f in found]
    return (
        "larger" if sizes == sorted(sizes) and sizes[-1] > sizes[0] else "not larger",
        "decreases" if steps == sorted(steps) and steps[-1] > steps[0] else "does not decrease",
    )


def seen(kernel_size: int, layers: int) -> int:
    """Return the receptive field of a stack of layers of stride 1."""
    return receptive_field([(kernel_size, 1, 1)] * layers)[0]


def dimensions() -> tuple[int, int, int]:
    """Return of how many dimensions biases, data and weights of layers with two axes are."""
    layer = convolutions("vgg16")[0]
    shapes = layer.parameter_shapes
    return len(shapes["bias"]), len(named("vgg16").input_shape), len(shapes["weight"])


def map_dimensions() -> int:
    """Return of how many dimensions one feature of them is."""
    return len(named("vgg16").input_shape[1:])


def dimensions_pointwise() -> int:
    """Return the dimensions of the weights of a 1x1 layer that are not 1."""
    axis = Axis(input_size=5, kernel_size=1)
    geometry = Geometry(axes=(axis, axis), in_channels=2, out_channels=3)
    return sum(extent > 1 for extent in geometry.weight_shape)


def padded_poolings() -> str:
    """Return whether the poolings of the lecture's tables have padding."""
    names = ("mnist-convnet", "cifar10-convnet", "caffenet", "zfnet", "vgg16", "googlenet")
    pools = [
        node.layer
        for name in names
        for node in named(name).main()
        if isinstance(node.layer, MaxPool)
    ]
    padded = any(end for pool in pools for ends in pool.padding for end in ends)
    return "some have padding" if padded else "no padding"
