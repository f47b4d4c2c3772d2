"""im2col and its adjoint, launched: each is the other's derivative."""

from math import prod
from typing import Any

from convproof.index_maps import Folded, Sizes, Unfolded
from convproof.layers import Unfold
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed
from convproof_gpu.operands import check_dims


def unfold_forward(machine: Machine, sizes: Sizes, x: Any, y: Any) -> Any:
    """Write ``y (N, C K, O)``, the columns of ``x (N, C, *I)``, and return it."""
    return _gather(machine, "unfold_forward", Unfolded(sizes), x, y)


def fold_forward(machine: Machine, sizes: Sizes, x: Any, y: Any) -> Any:
    """Write ``y (N, C, *I)``, the sums of the columns ``x (N, C K, O)``, and return it."""
    return _gather(machine, "fold_forward", Folded(sizes), x, y)


def sizes_of(layer: Unfold, shape: tuple[int, ...]) -> Sizes:
    """Return what a kernel is told of the windows of an input of this shape."""
    axes = layer.axes(shape[2:])
    check_dims(len(axes))
    return Sizes(
        batch=shape[0],
        groups=1,
        in_channels=shape[1],
        out_channels=shape[1] * prod(layer.kernel_size),
        input=tuple(shape[2:]),
        kernel=layer.kernel_size,
        output=tuple(axis.output_size for axis in axes),
        stride=layer.stride,
        dilation=layer.dilation,
        low=tuple(axis.padding[0] for axis in axes),
    )


def _gather(machine: Machine, file: str, map_: Unfolded | Folded, x: Any, y: Any) -> Any:
    s = map_.sizes
    axes = zip(s.stride, s.output, s.dilation, s.kernel, s.low, strict=True)
    reach = (a * o + t * k + abs(low) for a, o, t, k, low in axes)
    integer = integer_type(x.size, y.size, *reach)
    kernel = Kernel(file, (type_of(x=x, y=y), integer, str(len(s.input))))
    args = {"x": x, "y": y, "sizes": packed(s, integer)}
    launch(machine, kernel, blocks_of(map_.extents[0]), 256, args, ("y",))
    return y
