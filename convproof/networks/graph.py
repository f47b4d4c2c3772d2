"""A network: a directed acyclic graph of frozen layer specs, with every shape inferred.

Nodes are in an order in which each comes after what it reads. ``"input"`` names the image.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from convproof.errors import ConvProofError, NetworkError
from convproof.layers import Layer, Shape
from convproof.networks.wiring import Concat

INPUT = "input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One layer in its place.

    Attributes:
        name: of its own in the network; its parameters are called ``name.weight``.
        layer: what it computes.
        reads: names of the nodes before it; more than one of a ``Concat`` alone.
    """

    name: str
    layer: Layer
    reads: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Network:
    """A graph of layers.

    Attributes:
        name: of the network.
        input_shape: of one image, ``(channels, height, width)`` or ``(features,)``.
        nodes: in the order of computation.
        outputs: names of the nodes that are its answers; the main one first, auxiliary
            classifiers after it.

    Raises:
        NetworkError: if a node reads what does not come before it, two have one name, or a layer
            does not fit what it reads; the message names the node and the law.
    """

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.nodes:
            msg = f"{self.name} has no layers."
            raise NetworkError(msg)
        if not self.outputs:
            object.__setattr__(self, "outputs", (self.nodes[-1].name,))
        known = {INPUT}
        for node in self.nodes:
            self._check(node, known)
            known.add(node.name)
        for output in self.outputs:
            if output not in known:
                msg = f"{self.name} has no node {output!r} to be an output."
                raise NetworkError(msg)
        _ = self.shapes  # every one is legal

    def _check(self, node: Node, known: set[str]) -> None:
        if node.name in known:
            msg = f"{self.name}: two nodes are called {node.name!r}. Rename one."
            raise NetworkError(msg)
        for name in node.reads:
            if name not in known:
                msg = f"{self.name}: {node.name!r} reads {name!r}, which does not come before it."
                raise NetworkError(msg)
        joins = isinstance(node.layer, Concat)
        if not node.reads or (len(node.reads) > 1 and not joins):
            msg = (
                f"{self.name}: {node.name!r} reads {len(node.reads)} nodes; a "
                f"{type(node.layer).__name__} reads one, and a Concat any number."
            )
            raise NetworkError(msg)

    def __getitem__(self, name: str) -> Node:
        """Return a node by its name."""
        for node in self.nodes:
            if node.name == name:
                return node
        msg = f"{self.name} has no node {name!r}."
        raise NetworkError(msg)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of every node's output for one image, without the batch; that of the input too."""
        return self.shapes_of(self.input_shape)

    def shapes_of(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes for an image of another size.

        Raises:
            NetworkError: if a layer does not fit it.
        """
        shapes: dict[str, Shape] = {INPUT: input_shape}
        for node in self.nodes:
            try:
                shapes[node.name] = output_shape(node.layer, [shapes[r] for r in node.reads])
            except ConvProofError as error:
                msg = f"{self.name}: {node.name} ({type(node.layer).__name__}): {error}"
                raise NetworkError(msg) from None
        return shapes

    @cached_property
    def parameter_shapes(self) -> dict[str, Shape]:
        """Shape of every trainable array, by its stable name, ``conv1.weight``."""
        return {
            f"{node.name}.{name}": shape
            for node in self.nodes
            for name, shape in node.layer.parameter_shapes.items()
        }

    def main(self) -> tuple[Node, ...]:
        """Return the nodes that the first output is computed from: no auxiliary classifier."""
        wanted = {self.outputs[0]}
        for node in reversed(self.nodes):
            if node.name in wanted:
                wanted.update(node.reads)
        return tuple(node for node in self.nodes if node.name in wanted)


def output_shape(layer: Layer, read: list[Shape]) -> Shape:
    """Return the shape of a layer's output for one image, given those that it reads."""
    batched = tuple((1, *shape) for shape in read)
    if isinstance(layer, Concat):
        return layer.joined_shape(batched)[1:]
    return layer.output_shape(batched[0])[1:]
