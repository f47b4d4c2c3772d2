"""Convolutions whose source is staged once for all taps, and the tiles that they are asked of."""

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.layers import Conv
from convproof_gpu.halo_plans import HALO_TILES, KINDS, HaloTile
from convproof_gpu.products import conv_forward, conv_input_vjp
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.tensor_cases import Held, layer_of, told

Verb = Callable[[Case, Held, HaloTile], np.ndarray]
LEAST = HaloTile(64, 1)
TILES = tuple(replace(tile, kind=kind) for tile in HALO_TILES for kind in KINDS)
_CHANNELS = (1, 3, 4, 5, 8, 9, 31, 32, 33, 40, 66)
_MOST_DEPTH = 200  # taps times channels: the simulator takes its time


def forward(case: Case, held: Held, tile: HaloTile) -> np.ndarray:
    sizes, y = told(case), np.empty(case.output_shape, held["x"].dtype)
    conv_forward(tensor_cases.SIM, sizes, held["x"], held["w"], held.get("b"), y, tile=tile)
    return y


def input_vjp(case: Case, held: Held, tile: HaloTile) -> np.ndarray:
    sizes, x_bar = told(case), np.empty(case.input_shape, held["w"].dtype)
    conv_input_vjp(tensor_cases.SIM, sizes, held["y_bar"], held["w"], None, x_bar, tile=tile)
    return x_bar


VERBS = (forward, input_vjp)
ORACLES: dict[Verb, tensor_cases.Verb] = {
    forward: tensor_cases.forward,
    input_vjp: tensor_cases.input_vjp,
}


def right(verb: Verb, case: Case, held: Held) -> np.ndarray:
    """Return the oracle's answer."""
    return tensor_cases.right(ORACLES[verb], case, held)


@st.composite
def halo_cases(draw: st.DrawFn, *, strides: int = 1) -> Case:
    """Return convolutions of two taps or more, of one axis or two, of any padding and dilation.

    A stride ``s`` is of an adjoint, whose phases have the taps of each rest modulo ``s``: there are
    ``2 s`` along the first axis, so that each has two.
    """
    dims = draw(st.integers(1, 2))
    stride = [draw(st.integers(1, strides)) for _ in range(dims)]
    kernel = [2 * stride[0] + draw(st.integers(0, 1))]
    kernel += [draw(st.integers(s, s + 2)) for s in stride[1:]]
    channels = [c for c in _CHANNELS if c * prod(kernel) <= _MOST_DEPTH]
    inner, outer = draw(st.sampled_from(channels)), draw(st.sampled_from(channels))
    groups, batch = draw(st.integers(1, 2)) if inner + outer < 50 else 1, draw(st.integers(1, 2))
    dilation, padding, positions, most = [], [], [], 10 if dims == 2 else 300
    for taps, s in zip(kernel, stride, strict=True):
        t = draw(st.integers(1, 2)) if s == 1 else 1
        span = t * (taps - 1) + 1
        ends = [draw(st.integers(0, span + 1)) for _ in range(2)]
        least = max(1, span - sum(ends))
        dilation.append(t)
        padding.append((ends[0], ends[1]))
        positions.append(least + draw(st.integers(0, most)))
    layer = Conv(
        in_channels=groups * inner, out_channels=groups * outer, kernel_size=tuple(kernel),
        stride=tuple(stride), padding=tuple(padding), dilation=tuple(dilation), groups=groups,
        bias=draw(st.booleans()),
    )  # fmt: skip
    shape = (batch, groups * inner, *positions)
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def _case(layer: Conv, batch: int, *positions: int) -> Case:
    return Case(layer=layer, input_shape=(batch, layer.in_channels, *positions), seed=5)


CORNERS = {
    "an image smaller than a tile": _case(layer_of((9, 5), (3, 3), low=(1, 1)), 2, 4, 5),
    "one output": _case(layer_of((3, 1), (3, 3)), 1, 3, 3),
    "one unit of channels": _case(layer_of((4, 8), (2, 2)), 1, 9, 9),
    "units that are no eight": _case(layer_of((45, 12), (2, 2), low=(1, 0)), 1, 9, 10),
    "several slabs of channels": _case(layer_of((140, 6), (1, 2), low=(0, 1)), 1, 3, 9),
    "tails of lines, columns and rows": _case(layer_of((5, 70), (3, 3), low=(1, 1)), 1, 17, 19),
    "whole squares": _case(layer_of((8, 64), (3, 3), low=(1, 1)), 2, 16, 16),
    "padding on one side": _case(layer_of((5, 7), (3, 2), low=(2, 0), high=(0, 1)), 1, 7, 8),
    "padding larger than the kernel": _case(layer_of((3, 5), (3, 3), low=(5, 4)), 1, 2, 3),
    "groups": _case(layer_of((5, 7), (2, 3), low=(0, 1), groups=2), 2, 4, 5),
    "dilation": _case(layer_of((3, 5), (3, 3), low=(4, 0), high=(0, 5), dilation=(1, 2)), 1, 9, 12),
    "a column": _case(layer_of((6, 5), (3, 1), low=(1, 0)), 1, 150, 1),
    "five by five": _case(layer_of((3, 5), (5, 5), low=(2, 2)), 1, 8, 9),
}  # fmt: skip
of_verbs = pytest.mark.parametrize("verb", VERBS)
of_verbs_soon = pytest.mark.parametrize(
    "verb", [forward, pytest.param(input_vjp, marks=pytest.mark.full)]
)
of_tiles = pytest.mark.parametrize("tile", TILES, ids=lambda t: f"{t.argument} {t.kind}")
of_corners = pytest.mark.parametrize("case", CORNERS.values(), ids=CORNERS)
