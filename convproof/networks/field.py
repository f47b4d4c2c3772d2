"""Receptive fields: which part of the image one cell depends on, along each axis.

A layer of span ``r̂`` and stride ``s`` after a cell of field ``R``, step ``J`` and start ``A``::

    R' = R + (r̂ - 1) J          J' = s J          A' = A - p_low J

The proof for all sizes is ``convproof prove receptive_field``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convproof.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Conv,
    GlobalMaxPool,
    Layer,
    MaxPool,
    Shape,
)
from convproof.networks.constrained import ConstrainedConv
from convproof.networks.graph import INPUT, Network
from convproof.networks.wiring import Flatten


@dataclass(frozen=True, slots=True)
class Field:
    """What cell ``o`` sees along one axis: ``start + step o <= i < start + step o + size``.

    Attributes:
        size: positions of the image, those of the padding counted.
        step: positions between the fields of neighbouring cells, the effective stride.
        start: of the first cell's field; negative in the padding.
    """

    size: int = 1
    step: int = 1
    start: int = 0

    def seen_by(self, span: int, stride: int, low: int) -> "Field":
        """Return the field of a window over cells of this one."""
        return Field(
            size=self.size + (span - 1) * self.step,
            step=stride * self.step,
            start=self.start - low * self.step,
        )


def fields(network: Network) -> dict[str, tuple[Field, ...]]:
    """Return the field of every node's first cell, along each spatial axis of the image.

    Example:
        Three 3x3 convolutions see what one of 7x7 sees:

        >>> from convproof.networks.build import network
        >>> stack = network("stack", "input(9, 1) conv(3, 1) conv(3, 1) conv(3, 1)")
        >>> fields(stack)["conv3"][0]
        Field(size=7, step=1, start=0)
    """
    axes = len(network.input_shape) - 1
    found: dict[str, tuple[Field, ...]] = {INPUT: (Field(),) * axes}
    for node in network:
        read = [found[name] for name in node.reads]
        shape = network.shapes[node.reads[0]]
        found[node.name] = _joined([_seen(node.layer, f, shape) for f in read])
    return found


def _seen(layer: Layer, read: tuple[Field, ...], shape: Shape) -> tuple[Field, ...]:
    if isinstance(layer, Conv | ConstrainedConv | MaxPool | AvgPool):
        axes = zip(read, layer.axes(shape[1:]), strict=True)
        return tuple(f.seen_by(axis.span, axis.stride, axis.padding[0]) for f, axis in axes)
    if isinstance(layer, GlobalMaxPool | Flatten):
        return tuple(f.seen_by(n, n, 0) for f, n in zip(read, shape[1:], strict=False))
    if isinstance(layer, AdaptiveMaxPool | AdaptiveAvgPool):
        sizes = zip(read, shape[1:], layer.sizes(shape[1:]), strict=True)
        return tuple(f.seen_by(-(-n // out), max(1, n // out), 0) for f, n, out in sizes)
    return read  # one cell by itself; a fully connected layer after Flatten sees all that it does


def _joined(read: Sequence[tuple[Field, ...]]) -> tuple[Field, ...]:
    """Return the hull of fields that lie around one position."""
    hull = []
    for along in zip(*read, strict=True):
        start = min(f.start for f in along)
        end = max(f.start + f.size for f in along)
        hull.append(Field(size=end - start, step=max(f.step for f in along), start=start))
    return tuple(hull)
