"""Sizes to compare closed forms at, by family, each with the triples that are right for them."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from convproof import Axis, Geometry, GeometryError, TransposedAxis
from convproof.axes import PaddingMode
from convproof.symbolic.index_sum import Convolution, Form, Relation, differing
from convproof.triples import Triples

PLANE = Convolution(dims=2, groups=True, channels=True, batch=True)
SPACE = Convolution(dims=3, groups=True, channels=True, batch=True)
FORMS: dict[str, tuple[Form, ...]] = {
    "zeros": Convolution().forms,
    "ceil_mode": Convolution().forms,
    "circular": Convolution(padding_mode="circular").forms,
    "transposed": Convolution().transposed.forms,
    "plane": PLANE.forms,
    "space": SPACE.forms,
}
_BATCH = 2

Instances = tuple[list[Mapping[Any, int]], list[Triples]]


@cache
def axes(family: str) -> tuple[Axis | TransposedAxis, ...]:
    """Return about a thousand axes of a one-dimensional family."""
    if family == "transposed":
        return tuple(_transposed_axes())[::4]
    mode: PaddingMode = "circular" if family == "circular" else "zeros"
    return tuple(_axes(mode, ceil_mode=family == "ceil_mode"))[::4]


@cache
def instances(family: str) -> Instances:
    """Return sizes and the triples that are right for them."""
    if family in ("plane", "space"):
        convolution = PLANE if family == "plane" else SPACE
        some = geometries(convolution.dims, "zeros")
        return [sizes_of(convolution, each) for each in some], [batched(each) for each in some]
    some_axes = axes(family)
    sizes: list[Mapping[Any, int]] = [Relation().at(axis) for axis in some_axes]
    return sizes, [axis.triples() for axis in some_axes]


def is_right(form: Form, family: str) -> bool:
    """Return whether a form has the triples of every instance of a family."""
    return differing(form, *instances(family)) is None


def _axes(mode: PaddingMode, *, ceil_mode: bool) -> Iterator[Axis]:
    """Yield the axes of n <= 7, r <= 4, s <= 4, t <= 3, low and high <= 3."""
    grid = product(range(1, 8), range(1, 5), range(1, 5), range(1, 4), range(4), range(4))
    for n, r, s, t, low, high in grid:
        try:
            yield Axis(
                input_size=n, kernel_size=r, stride=s, dilation=t, padding=(low, high),
                padding_mode=mode, ceil_mode=ceil_mode,
            )  # fmt: skip
        except GeometryError:  # the dilated kernel is wider than the padded input
            continue


def _transposed_axes() -> Iterator[TransposedAxis]:
    """Yield the transposed axes of n <= 4, r <= 3, s <= 4, t <= 3 with every output padding."""
    grid = product(range(1, 5), range(1, 4), range(1, 5), range(1, 4), range(3), range(3), range(4))
    for n, r, s, t, low, high, extra in grid:
        try:
            yield TransposedAxis(
                input_size=n, kernel_size=r, stride=s, dilation=t, padding=(low, high),
                output_padding=extra,
            )  # fmt: skip
        except GeometryError:
            continue


def geometries(dims: int, mode: PaddingMode) -> list[Geometry]:
    """Return geometries of 2 and 1 channels in, 1 and 3 out per group; every axis has its turn."""
    some = [
        Axis(input_size=4, kernel_size=2, stride=2, dilation=3, padding=(1, 2), padding_mode=mode),
        Axis(input_size=3, kernel_size=3, stride=1, dilation=1, padding=(1, 0), padding_mode=mode),
        Axis(input_size=2, kernel_size=2, stride=3, dilation=2, padding=(3, 1), padding_mode=mode),
        Axis(input_size=5, kernel_size=1, stride=2, dilation=1, padding=(0, 1), padding_mode=mode),
    ]
    return [
        Geometry(
            axes=tuple((some[turn:] + some[:turn])[:dims]),
            groups=g, in_channels=g * c, out_channels=g * m,
        )
        for turn in range(len(some))
        for g, c, m in ((2, 2, 1), (1, 1, 3))
    ]  # fmt: skip


def sizes_of(convolution: Convolution, geometry: Geometry) -> dict[Any, int]:
    """Return the numbers for the letters of a convolution."""
    N, G, C, M = sp.symbols("N G C M", integer=True, positive=True)
    sizes: dict[Any, int] = {N: _BATCH, G: geometry.groups}
    sizes |= {C: geometry.in_channels // geometry.groups}
    sizes |= {M: geometry.out_channels // geometry.groups}
    for relation, axis in zip(convolution.relations, geometry.axes, strict=True):
        assert isinstance(axis, Axis)
        sizes |= relation.at(axis)
    return sizes


def batched(geometry: Geometry) -> Triples:
    """Return the triples of a batch: the same weights for each."""
    b = np.arange(_BATCH)
    return Triples(b, np.zeros_like(b), b, sizes=(_BATCH, 1, _BATCH)) * geometry.triples()
