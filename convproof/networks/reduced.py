"""A network made narrower and smaller, with the same graph, taps, strides and norms.

Whatever a network is wrong in, but its sizes, its reduced form is wrong in too, and is computed in
milliseconds: so it can be compared with the slowest of implementations.
"""

from collections.abc import Callable
from dataclasses import replace
from math import lcm

from convproof.errors import ConvProofError, NetworkError
from convproof.layers import AvgPool, Conv, Layer, Linear, Maxout, MaxPool, Shape
from convproof.networks.graph import INPUT, Network, Node, output_shape


def reduced(network: Network, *, divisor: int = 1, size: int | None = None) -> Network:
    """Return the network with every layer's output channels divided, for smaller images.

    ``k'`` channels become ``ceil(k' / divisor)``, then the next multiple of what groups and maxout
    need; so do the outputs of fully connected layers. The channels of the image stay. A pooling
    window that covers a whole map without padding covers the smaller map; all others stay.

    Args:
        network: what is made smaller.
        divisor: of all widths, at least 1.
        size: of the image, along each axis; None: as it is.

    Raises:
        NetworkError: if a layer does not fit the smaller image; the message names it.

    Example:
        >>> from convproof.networks.names import named
        >>> small = reduced(named("vgg16"), divisor=16, size=32)
        >>> small["conv13"].layer.out_channels, small.shapes["pool5"], small.shapes["fc3"]
        (32, (32, 1, 1), (63,))
    """
    if divisor < 1:
        msg = f"divisor must be at least 1, got divisor={divisor}."
        raise NetworkError(msg)
    channels, *axes = network.input_shape
    shapes: dict[str, Shape] = {INPUT: (channels, *(size or n for n in axes))}
    unit = _unit(network)
    nodes = []
    for node in network:
        read = [shapes[name] for name in node.reads]
        before = network.shapes[node.reads[0]]
        layer = _reduced(node.layer, before, read[0], lambda k: -(-k // (divisor * unit)) * unit)
        nodes.append(replace(node, layer=layer))
        shapes[node.name] = _shape(network, nodes[-1], read)
    return replace(network, nodes=tuple(nodes), input_shape=shapes[INPUT])


def _reduced(layer: Layer, before: Shape, shape: Shape, width: Callable[[int], int]) -> Layer:
    """Return a layer for an input of ``shape``, where it was for one of ``before``."""
    if type(layer) is Conv:
        if layer.groups > 1 and layer.groups == layer.in_channels:  # depthwise
            groups, out = shape[0], layer.out_channels // layer.groups * shape[0]
        else:
            groups, out = layer.groups, width(layer.out_channels)
        return replace(layer, in_channels=shape[0], out_channels=out, groups=groups)
    if type(layer) is Linear:
        return replace(layer, in_features=shape[-1], out_features=width(layer.out_features))
    if isinstance(layer, MaxPool | AvgPool) and _covers(layer, before):
        return replace(layer, kernel_size=shape[1:], stride=shape[1:])
    return layer


def _covers(layer: MaxPool | AvgPool, before: Shape) -> bool:
    """Return whether the only window is the whole map."""
    return layer.kernel_size == before[1:] and all(
        not any(axis.padding) for axis in layer.axes(before[1:])
    )


def _unit(network: Network) -> int:
    """Return what every width must be a multiple of."""
    layers = [node.layer for node in network]
    groups = [
        layer.groups
        for layer in layers
        if isinstance(layer, Conv) and layer.groups < layer.in_channels
    ]
    return lcm(1, *groups, *(layer.pool_size for layer in layers if isinstance(layer, Maxout)))


def _shape(network: Network, node: Node, read: list[Shape]) -> Shape:
    try:
        return output_shape(node.layer, read)
    except ConvProofError as error:
        msg = f"{network.name}, reduced: {node.name} ({type(node.layer).__name__}): {error}"
        raise NetworkError(msg) from None
