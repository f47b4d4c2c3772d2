"""Which layers are measured: those of the networks, equal geometries once, and a few others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from math import prod

from convproof.errors import NetworkError
from convproof.layers import (
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Shape,
    Softmax,
    Tanh,
)
from convproof.networks.names import named

PRODUCTS = (Conv, ConvTranspose, Linear)
_OTHERS = (
    AvgPool, MaxPool, GlobalAvgPool, GlobalMaxPool, LocalResponseNorm, Softmax, ReLU, Tanh
)  # fmt: skip
OPERATIONS = ("forward", "input_vjp", "weight_vjp", "fused")
SPECIAL = "special"
NETWORKS = {  # name, as the zoo calls it
    "lenet5": "lenet5-simplified",
    "alexnet": "alexnet",
    "vgg16": "vgg16",
    "zfnet": "zfnet",
    SPECIAL: "",
    "nin": "nin",
    "googlenet": "googlenet-published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation of one layer.

    Attributes:
        name: ``network/node``.
        layer: without a bias, which only ``fused`` adds.
        input_shape: with the batch.
        operation: a verb, or ``fused``: bias and ReLU after the convolution.
        also: the names of layers of equal geometry, which are not measured again.
    """

    name: str
    layer: Layer
    input_shape: Shape
    operation: str
    also: tuple[str, ...] = ()

    @property
    def network(self) -> str:
        """The name before the slash."""
        return self.name.partition("/")[0]

    @property
    def output_shape(self) -> Shape:
        """With the batch."""
        return self.layer.output_shape(self.input_shape)

    @property
    def weight_shape(self) -> Shape | None:
        """None: the layer has no weight."""
        return self.layer.parameter_shapes.get("weight")

    @property
    def geometry(self) -> str:
        """In a few words, ``64x3x227x227 -> 64x96x55x55 Conv 11x11 s4``."""
        sizes = f"{_by(self.input_shape)} -> {_by(self.output_shape)}"
        words = [type(self.layer).__name__]
        if kernel := getattr(self.layer, "kernel_size", None):
            words.append(_by(kernel))
        for letter, name, usual in (("s", "stride", 1), ("t", "dilation", 1), ("g", "groups", 1)):
            value = getattr(self.layer, name, usual)
            number = max(value) if isinstance(value, tuple) else value
            words += [f"{letter}{number}"] if number != usual else []
        return f"{sizes} {' '.join(words)}"

    @property
    def key(self) -> tuple[Layer, Shape, str]:
        """What makes two rows equal to a stopwatch."""
        return self.layer, self.input_shape, self.operation

    def __str__(self) -> str:
        return f"{self.name} {self.operation}"


def rows(
    networks: Sequence[str] = tuple(NETWORKS),
    operations: Sequence[str] = OPERATIONS[:3],
    batch: int = 64,
    pattern: str = "*",
) -> tuple[Row, ...]:
    """Return the rows, in the order in which they are measured.

    Args:
        networks: of ``NETWORKS``, in the order in which they are measured.
        operations: of ``OPERATIONS``; a layer without a weight has no ``weight_vjp``.
        batch: images.
        pattern: of names, as a shell's, or several with commas between them: ``vgg16/*,alexnet/*``;
            a word without ``*`` is a whole node's name, ``conv1``, or a whole name.

    Raises:
        NetworkError: if a network is none of ours, or nothing is left.
    """
    found: dict[tuple[Layer, Shape, str], Row] = {}
    for network in networks:
        if network not in NETWORKS:
            msg = f"no network here is called {network!r}: there are {', '.join(NETWORKS)}."
            raise NetworkError(msg)
        for name, layer, shape in _layers(network):
            _add(found, f"{network}/{name}", layer, (batch, *shape), operations)
    kept = tuple(row for row in found.values() if _fits(row, pattern.split(",")))
    if not kept:
        msg = f"no layer of {', '.join(networks)} fits {pattern!r} and {', '.join(operations)}."
        raise NetworkError(msg)
    return kept


def part_of(every: Sequence[Row], number: int, parts: int) -> tuple[Row, ...]:
    """Return the rows of one part: each one is in one of the parts 1 to ``parts``.

    All operations of a layer are in one part; parts take turns, so that they take equally long.
    """
    layers = list(dict.fromkeys(row.name for row in every))
    mine = set(layers[number - 1 :: parts])
    return tuple(row for row in every if row.name in mine)


def is_product(layer: Layer) -> bool:
    """Return whether a layer is a sum of products with weights, which has other precisions."""
    return isinstance(layer, PRODUCTS)


def _fits(row: Row, patterns: Sequence[str]) -> bool:
    names = (row.name, *row.also)
    nodes = tuple(name.partition("/")[2] for name in names)
    return any(fnmatchcase(name, p.strip()) for name in (*names, *nodes) for p in patterns)


def _add(
    found: dict[tuple[Layer, Shape, str], Row],
    name: str,
    layer: Layer,
    shape: Shape,
    operations: Sequence[str],
) -> None:
    for operation in operations:
        if not _has(layer, operation):
            continue
        row = Row(name=name, layer=layer, input_shape=shape, operation=operation)
        first = found.setdefault(row.key, row)
        if first is not row:
            found[row.key] = replace(first, also=(*first.also, name))


def _has(layer: Layer, operation: str) -> bool:
    if operation == "weight_vjp":
        return is_product(layer)
    return operation != "fused" or isinstance(layer, Conv)


def _layers(network: str) -> list[tuple[str, Layer, Shape]]:
    """Return name, layer and shape of an image of every layer that is measured."""
    if network == SPECIAL:
        return [(name, make(), shape) for name, (make, shape) in _SPECIAL.items()]
    graph = named(NETWORKS[network])
    return [
        (node.name, _plain(node.layer), graph.shapes[node.reads[0]])
        for node in graph
        if isinstance(node.layer, (*PRODUCTS, *_OTHERS))
    ]


def _plain(layer: Layer) -> Layer:
    names = {field.name for field in fields(layer)}
    return replace(layer, bias=False) if "bias" in names else layer  # type: ignore[call-arg]


def _conv(
    channels: int, kernel: Shape, padding: int, *, groups: int = 1, dilation: int = 1
) -> Callable[[], Layer]:
    return lambda: Conv(
        in_channels=channels,
        out_channels=channels,
        kernel_size=kernel,
        stride=(1,) * len(kernel),
        padding=((padding, padding),) * len(kernel),
        dilation=(dilation,) * len(kernel),
        groups=groups,
        bias=False,
    )


def _transposed() -> Layer:
    return ConvTranspose(
        in_channels=128, out_channels=64, kernel_size=(4, 4), stride=(2, 2),
        padding=((1, 1), (1, 1)), dilation=(1, 1), output_padding=(0, 0), bias=False,
    )  # fmt: skip


_SPECIAL: dict[str, tuple[Callable[[], Layer], Shape]] = {
    "depthwise3x3": (_conv(128, (3, 3), 1, groups=128), (128, 56, 56)),
    "grouped3x3": (_conv(128, (3, 3), 1, groups=32), (128, 56, 56)),
    "conv1d-short": (_conv(128, (9,), 4), (128, 1024)),
    "conv1d-long": (_conv(32, (256,), 128), (32, 4096)),
    "dilated3x3": (_conv(128, (3, 3), 2, dilation=2), (128, 28, 28)),
    "transposed4x4": (_transposed, (128, 28, 28)),
}


def summands(row: Row) -> int:
    """Return how many products are added in one number of the answer, at most."""
    layer = row.layer
    if isinstance(layer, Linear):
        sums = {"input_vjp": layer.out_features, "weight_vjp": prod(row.input_shape[:-1])}
        return sums.get(row.operation, layer.in_features)
    assert isinstance(layer, Conv | ConvTranspose)
    taps = prod(layer.kernel_size)
    if row.operation == "weight_vjp":
        of = row.input_shape if isinstance(layer, ConvTranspose) else row.output_shape
        return of[0] * prod(of[2:])
    reads_outputs = row.operation == "input_vjp"
    channels = layer.out_channels if reads_outputs else layer.in_channels
    return channels // layer.groups * taps


def _by(shape: Shape) -> str:
    return "x".join(map(str, shape))
