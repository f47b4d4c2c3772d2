"""Which nodes of a network are computed as one layer: a convolution, its ReLU and its pooling.

::

    conv -> relu -> max pool       y = pool(relu(conv(x, w) + b))

where nothing else reads what is between. A pooling is taken in if its windows are 2 x 2 and side by
side, for which there is a kernel.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from convproof.layers import Conv, Layer, MaxPool, ReLU
from convproof.networks.graph import Network, Node
from convproof_gpu.fused import Fused

_TWO = (2, 2)


@dataclass(frozen=True, slots=True)
class FusedNodes:
    """Nodes that are computed at once.

    Attributes:
        layer: what is computed.
        reads: names of the nodes before it.
        parameters: their names, in the order in which the layer takes them.
        name: of the last of the nodes, whose answer it is.
    """

    layer: Layer
    reads: tuple[str, ...]
    parameters: tuple[str, ...]
    name: str


def fused_nodes(network: Network) -> Iterator[FusedNodes]:
    """Yield what the main answer needs, in order: no auxiliary classifier."""
    readers: dict[str, list[Node]] = {}
    for node in network.main():
        for name in node.reads:
            readers.setdefault(name, []).append(node)

    def after(node: Node, kind: type[Layer]) -> Node | None:
        read_by = readers.get(node.name, [])
        is_one = len(read_by) == 1 and type(read_by[0].layer) is kind
        return read_by[0] if is_one else None

    done: set[str] = set()
    for node in network.main():
        if node.name in done:
            continue
        last, layer = node, node.layer
        if type(layer) is Conv and (relu := after(node, ReLU)) is not None:
            pool = after(relu, MaxPool)
            last, found = relu, None
            if pool is not None and (found := _of_two(pool.layer)) is not None:
                last = pool
                done.add(pool.name)
            done.add(relu.name)
            layer = Fused(conv=layer, pool=found)
        names = tuple(f"{node.name}.{parameter}" for parameter in node.layer.parameter_shapes)
        yield FusedNodes(layer, node.reads, names, last.name)


def _of_two(layer: Layer) -> MaxPool | None:
    """Return a pooling of 2 x 2 windows side by side, or None if it is another."""
    assert isinstance(layer, MaxPool), layer
    is_plain = layer.dilation == (1, 1) and layer.padding == ((0, 0), (0, 0))
    is_two = layer.kernel_size == layer.stride == _TWO and is_plain and not layer.return_indices
    return layer if is_two else None
