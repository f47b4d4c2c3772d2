"""Every small geometry, decided: the matrix that a target computes is compared at each of them.

Given linearity, equal matrices are equal maps (``convproof.theorems.matrix``), so a target that is
linear and passes computes *all* data of *all* these geometries rightly, not a sample of them.
Linearity itself is asked of a sample of data (``convproof.verify.deciding``).

``conv1d``
    one channel; input 1..8, kernel 1..4, stride 1..4, dilation 1..3, padding 0..3 at each end, the
    two equal unless the target declares ``"asymmetric"``: every one whose kernel fits.
    1272 geometries, 5184 with unequal ends.
``conv2d``
    input (3, 4) and (5, 5), kernels {1, 2, 3}^2, strides {1, 2} x {1, 2, 3}, paddings
    {0, 1} x {0, 1, 2}, dilations {1, 2}^2 (1 where there is one tap), channels (in, out, groups)
    (1, 1, 1), (4, 2, 2), (3, 3, 3), (2, 3, 1).
    6624 geometries.
``conv_transpose1d``, ``conv_transpose2d``
    the same parameters, the input in two dimensions (2, 3) and (3, 2), with output padding 0 and,
    where the stride or the dilation of every axis allows it, 1; every one that leaves an output.
    2687 geometries, 10845 with unequal ends; 10204 in two dimensions.

``conv2d`` of a target that lacks ``"rectangular"``
    input 1..6 and the other parameters of ``conv1d``, alike on both axes (dilation 1 where there is
    one tap), with the channels above; the transposed one likewise. One that lacks ``"anisotropic"``
    alone is asked the inputs above as well.
    2832 and 6668 geometries; 3296 and 8804 with those inputs.

Of other functions there are none.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from convproof.axes import Pair
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose, Layer

_SIZES_1D, _KERNELS_1D, _STRIDES_1D = range(1, 9), range(1, 5), range(1, 5)
_DILATIONS_1D, _PADDINGS_1D = range(1, 4), range(4)
_SIZES_2D = {"conv": ((3, 4), (5, 5)), "conv_transpose": ((2, 3), (3, 2))}
_KERNELS_2D = tuple(product((1, 2, 3), (1, 2, 3)))
_STRIDES_2D = tuple(product((1, 2), (1, 2, 3)))
_PADDINGS_2D = tuple(product((0, 1), (0, 1, 2)))
_DILATIONS_2D = tuple(product((1, 2), (1, 2)))
_SQUARES = tuple((n, n) for n in range(1, 7))
_ALIKE = tuple(
    tuple((n, n) for n in each) for each in (_KERNELS_1D, _STRIDES_1D, _DILATIONS_1D, _PADDINGS_1D)
)
_CHANNELS_2D = ((1, 1, 1), (4, 2, 2), (3, 3, 3), (2, 3, 1))
_STEMS = ("conv", "conv_transpose")
_Axis = tuple[int, int, int, int, Pair]  # size, taps, stride, dilation, padding


def is_decidable(function: Function) -> bool:
    """Return whether there is a set of small geometries for a function."""
    known = function.stem in _STEMS and function.dims in (1, 2)
    return known and function.role in ("forward", "input", "weight")


def exhaustive_cases(
    function: Function, supports: frozenset[str], lacks: frozenset[str] = frozenset()
) -> list[Case]:
    """Return every geometry of the set that a target with these declarations can be asked.

    Of ``lacks``, only ``"anisotropic"`` and ``"rectangular"`` choose another set.
    """
    if not is_decidable(function) or function.dims is None:
        return []
    asymmetric = "asymmetric" in supports
    alike = next((word for word in ("rectangular", "anisotropic") if word in lacks), "")
    return list(geometries(function.dims, stem=function.stem, asymmetric=asymmetric, alike=alike))


def geometries(
    dims: int, *, stem: str = "conv", asymmetric: bool = False, alike: str = ""
) -> Iterator[Case]:
    """Yield the legal geometries of the set, one image each, with no bias.

    Args:
        dims: 1 or 2.
        stem: ``"conv"`` or ``"conv_transpose"``.
        asymmetric: whether the two ends of an axis may be padded differently; in one dimension.
        alike: ``"anisotropic"``: windows are alike on both axes; ``"rectangular"``: so are inputs.
    """
    drawn = _line(asymmetric=asymmetric) if dims == 1 else _plane(stem, alike)
    for axes, channels in drawn:
        if stem == "conv":
            if all(map(_fits, axes)):
                yield _case(Conv, axes, channels)
            continue
        for extra in (0, 1):
            if all(_leaves_output(axis, extra) for axis in axes):
                yield _case(ConvTranspose, axes, channels, output_padding=(extra,) * dims)


def _line(*, asymmetric: bool) -> Iterator[tuple[tuple[_Axis, ...], tuple[int, int, int]]]:
    every = product(_SIZES_1D, _KERNELS_1D, _STRIDES_1D, _DILATIONS_1D, _PADDINGS_1D, _PADDINGS_1D)
    for n, r, s, t, low, high in every:
        if low == high or asymmetric:
            yield ((n, r, s, t, (low, high)),), (1, 1, 1)


def _plane(stem: str, alike: str) -> Iterator[tuple[tuple[_Axis, ...], tuple[int, int, int]]]:
    windows: tuple[tuple[Pair, ...], ...]
    windows = _KERNELS_2D, _STRIDES_2D, _DILATIONS_2D, _PADDINGS_2D
    sizes: tuple[Pair, ...] = _SIZES_2D[stem]
    if alike:
        sizes = _SQUARES if alike == "rectangular" else (*_SQUARES, *sizes)
        windows = _ALIKE
    every: Iterator[Any] = product(dict.fromkeys(sizes), *windows, _CHANNELS_2D)
    for *rows, padding, channels in every:
        ends = tuple((p, p) for p in padding)
        axes = tuple(zip(*rows, ends, strict=True))
        if all(t == 1 or r > 1 for _, r, _, t, _ in axes):
            yield axes, channels


def _fits(axis: _Axis) -> bool:
    n, r, _, t, (low, high) = axis
    return t * (r - 1) + 1 <= n + low + high


def _leaves_output(axis: _Axis, extra: int) -> bool:
    n, r, s, t, (low, high) = axis
    return extra < max(s, t) and s * (n - 1) + t * (r - 1) + 1 + extra > low + high


def _case(
    kind: Callable[..., Layer], axes: tuple[_Axis, ...], channels: tuple[int, int, int], **more: Any
) -> Case:
    sizes, kernel_size, stride, dilation, padding = zip(*axes, strict=True)
    reads, writes, groups = channels
    layer = kind(
        in_channels=reads, out_channels=writes, groups=groups, kernel_size=kernel_size,
        stride=stride, dilation=dilation, padding=padding, bias=False, **more,
    )  # fmt: skip
    return Case(layer=layer, input_shape=(1, reads, *sizes))
