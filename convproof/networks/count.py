"""Parameters, operations and volumes of a network, layer by layer, counted as in the lecture.

A convolution has ``(r^2 k + 1) k'`` parameters and as many operations per position; a pooling
layer, a norm and a softmax take one operation per element of their input. Activations, dropout and
what only moves numbers have no rows. An inception module is one row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from convproof.layers import Conv, Linear, ReLU, Shape, Tanh
from convproof.networks.composed import Composed
from convproof.networks.field import Field, fields
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.rbf import Negate
from convproof.networks.wiring import Dropout, Flatten

_UNLISTED = (ReLU, Tanh, Dropout, Flatten, Negate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a network's table.

    Attributes:
        name: of the node.
        kind: of its layer.
        parameters: trainable numbers.
        operations: for one image, as the lecture counts.
        multiply_adds: of these, the products that are summed.
        shape: of the output, channels first.
        receptive_field: positions of the image that a cell depends on, per axis.
        stride: positions between neighbouring cells' fields, per axis.
    """

    name: str
    kind: str
    parameters: int
    operations: int
    multiply_adds: int
    shape: Shape
    receptive_field: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def volume(self) -> Shape:
        """As the lecture writes it: ``(width, height, channels)``, or ``(features,)``."""
        return tuple(reversed(self.shape))

    @property
    def activations(self) -> int:
        """Numbers in the output, for one image."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a network amounts to.

    Attributes:
        parameters: trainable numbers.
        operations: for one image.
        multiply_adds: of these, the products that are summed.
        activations: numbers in all outputs that are listed, for one image.
    """

    parameters: int
    operations: int
    multiply_adds: int
    activations: int


def rows(network: Network, *, auxiliary: bool = False) -> tuple[Row, ...]:
    """Return a row for the input and for every layer that the lecture lists.

    Args:
        network: what is counted.
        auxiliary: the rows of its auxiliary classifiers, in place of the main branch.
    """
    main = {node.name for node in network.main()}
    found = fields(network)
    chosen = [n for n in network if (n.name not in main) == auxiliary]
    result = []
    if not auxiliary:
        result.append(_row(network, INPUT, (), found[INPUT]))
    for group in _groups(chosen):
        last = group[-1]
        if len(group) > 1 or not isinstance(last.layer, _UNLISTED):
            result.append(_row(network, _listed(group), group, found[last.name]))
    return tuple(result)


def total(network: Network, *, auxiliary: bool = False) -> Total:
    """Return the sums over the rows of a network."""
    return summed(rows(network, auxiliary=auxiliary))


def summed(listed: Iterable[Row]) -> Total:
    """Return the sums over rows."""
    listed = tuple(listed)
    return Total(
        parameters=sum(row.parameters for row in listed),
        operations=sum(row.operations for row in listed),
        multiply_adds=sum(row.multiply_adds for row in listed),
        activations=sum(row.activations for row in listed),
    )


def _groups(nodes: Iterable[Node]) -> list[list[Node]]:
    """Return nodes one by one, those of a module together: their names have its before a dot."""
    found: list[list[Node]] = []
    for node in nodes:
        module = node.name.partition(".branch")[0].removesuffix(".pool")
        if found and _module(found[-1][0]) == module and _module(found[-1][0]) != found[-1][0].name:
            found[-1].append(node)
        else:
            found.append([node])
    return found


def _module(node: Node) -> str:
    return node.name.partition(".branch")[0].removesuffix(".pool")


def _listed(group: list[Node]) -> str:
    return _module(group[0]) if len(group) > 1 else group[0].name


def _row(network: Network, name: str, group: Iterable[Node], seen: tuple[Field, ...]) -> Row:
    nodes = list(group)
    last = nodes[-1].name if nodes else INPUT
    return Row(
        name=name,
        kind="inception" if len(nodes) > 1 else _kind(nodes[-1]) if nodes else "input",
        parameters=sum(node.layer.parameters for node in nodes),
        operations=sum(_operations(network, n) for n in nodes if not _is_free(n)),
        multiply_adds=sum(_multiply_adds(network, n) for n in nodes),
        shape=network.shapes[last],
        receptive_field=tuple(field.size for field in seen),
        stride=tuple(field.step for field in seen),
    )


def _kind(node: Node) -> str:
    name = type(node.layer).__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _is_free(node: Node) -> bool:
    return isinstance(node.layer, _UNLISTED)


def _operations(network: Network, node: Node) -> int:
    return node.layer.operations((1, *network.shapes[node.reads[0]]))


def _multiply_adds(network: Network, node: Node) -> int:
    """Return the products that are summed: without biases, and of layers with weights alone."""
    layer, shape = node.layer, network.shapes[node.name]
    if isinstance(layer, Composed):
        return layer.multiply_adds((1, *network.shapes[node.reads[0]]))
    if isinstance(layer, Conv):
        return prod(layer.weight_shape[1:]) * prod(shape)
    return layer.in_features * prod(shape) if isinstance(layer, Linear) else 0
