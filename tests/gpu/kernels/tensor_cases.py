"""Convolutions that end within tiles, slabs and units, and the verbs that are asked of them.

A verb is a product on the tensor cores of the simulator, and ``right`` the oracle's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.layers import Conv
from convproof.numeric.fast import implementation as oracle
from convproof_gpu import tensor_products
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import TensorTile

SIM = Simulated()
LEAST = TensorTile(64, 64)
few = settings(max_examples=max(4, settings().max_examples // 10))
_CHANNELS = (1, 3, 4, 5, 7, 8, 9, 12, 17, 31, 32, 33, 40, 66)
_MOST_DEPTH = 200  # taps times channels: the simulator takes its time
_MOST_POSITIONS = 90


@st.composite
def tensor_cases(draw: st.DrawFn, dims: int) -> Case:
    """Return convolutions of one or two groups, of any stride, dilation and padding.

    They shrink towards one channel, one tap and one position.
    """
    kernel = [draw(st.integers(1, 3)) for _ in range(dims)]
    channels = [c for c in _CHANNELS if c * prod(kernel) <= _MOST_DEPTH]
    inner, outer = draw(st.sampled_from(channels)), draw(st.sampled_from(channels))
    groups = draw(st.integers(1, 2)) if inner + outer < 50 else 1
    stride, dilation, padding, positions = [], [], [], []
    most, batch = _MOST_POSITIONS, draw(st.integers(1, 3))
    for taps_of_axis in kernel:
        s, t = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        ends = [draw(st.integers(0, t * (taps_of_axis - 1))) for _ in range(2)]
        least = max(1, t * (taps_of_axis - 1) + 1 - sum(ends))
        size = draw(st.integers(least, least + max(0, min(12, most // (s * batch) - 1))))
        most = max(1, most // size)
        stride.append(s)
        dilation.append(t)
        padding.append((ends[0], ends[1]))
        positions.append(size)
    layer = Conv(
        in_channels=groups * inner, out_channels=groups * outer, kernel_size=tuple(kernel),
        stride=tuple(stride), padding=tuple(padding), dilation=tuple(dilation), groups=groups,
        bias=draw(st.booleans()),
    )  # fmt: skip
    shape = (batch, groups * inner, *positions)
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def layer_of(
    channels: tuple[int, int],
    kernel: tuple[int, ...],
    *,
    low: tuple[int, ...] = (0, 0),
    high: tuple[int, ...] | None = None,
    stride: tuple[int, ...] = (1, 1),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Conv:
    """Return a convolution with a bias."""
    return Conv(
        in_channels=channels[0] * groups, out_channels=channels[1] * groups, kernel_size=kernel,
        stride=stride, padding=tuple(zip(low, high or low, strict=True)), dilation=dilation,
        groups=groups, bias=True,
    )  # fmt: skip


def _case(layer: Conv, batch: int, *positions: int) -> Case:
    return Case(layer=layer, input_shape=(batch, layer.in_channels, *positions), seed=5)


CORNERS = {
    "one product": _case(layer_of((1, 1), (1, 1)), 1, 1, 1),
    "no padding": _case(layer_of((9, 5), (2, 2)), 2, 4, 5),
    "several tiles": _case(layer_of((66, 70), (1, 1)), 2, 6, 7),
    "several slabs": _case(layer_of((20, 12), (3, 3), low=(1, 1)), 2, 5, 6),
    "long sums over positions": _case(layer_of((4, 9), (2, 2), low=(1, 0)), 3, 7, 8),
    "channels just above a unit": _case(layer_of((9, 17), (1, 2)), 1, 3, 5),
    "channels just above eight units": _case(layer_of((33, 41), (2, 1)), 1, 3, 3),
    "many channels of x": _case(layer_of((1061, 3), (1, 1)), 1, 1, 2),
    "many channels of y": _case(layer_of((3, 1061), (1, 1)), 1, 1, 2),
    "many positions": _case(layer_of((3, 5), (1, 1)), 1, 19, 31),
    "channels as weights lie": _case(layer_of((40, 64), (1, 1)), 1, 3, 4),
    "groups": _case(layer_of((5, 7), (2, 3), low=(0, 1), groups=2), 2, 4, 5),
    "strides": _case(layer_of((5, 9), (3, 2), low=(2, 0), high=(0, 1), stride=(2, 3)), 2, 7, 8),
    "phases without taps": _case(layer_of((5, 9), (1, 2), stride=(3, 2), dilation=(1, 2)), 2, 7, 8),
    "dilation beyond the stride": _case(
        layer_of((3, 5), (3, 3), low=(3, 1), high=(0, 4), stride=(2, 2), dilation=(3, 2)), 1, 7, 6
    ),
    "windows that meet nothing": _case(
        layer_of((3, 5), (2, 2), low=(1, 1), dilation=(4, 3)), 1, 4, 3
    ),
}


Held = dict[str, np.ndarray]
Verb = Callable[[Case, Held, TensorTile], np.ndarray]


def forward(case: Case, held: Held, tile: TensorTile) -> np.ndarray:
    sizes, y = told(case), np.empty(case.output_shape, held["x"].dtype)
    conv_forward(SIM, sizes, held["x"], held["w"], held.get("b"), y, tile=tile)
    return y


def input_vjp(case: Case, held: Held, tile: TensorTile) -> np.ndarray:
    sizes, x_bar = told(case), np.empty(case.input_shape, held["w"].dtype)
    conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], None, x_bar, tile=tile)
    return x_bar


def weight_vjp(case: Case, held: Held, tile: TensorTile) -> np.ndarray:
    sizes, w_bar = told(case), np.empty(conv_of(case).weight_shape, held["x"].dtype)
    conv_weight_vjp(SIM, sizes, held["y_bar"], held["x"], w_bar, tile=tile)
    return w_bar


def right(verb: Verb, case: Case, held: Held, dtype: Any = np.float64) -> np.ndarray:
    """Return the oracle's answer, summed in another format."""
    layer, wide = conv_of(case), {name: array.astype(dtype) for name, array in held.items()}
    if verb is forward:
        more = (wide["b"],) if "b" in wide else ()
        return np.asarray(oracle.forward(layer, wide["x"], wide["w"], *more))
    if verb is input_vjp:
        return np.asarray(oracle.input_vjp(layer, case.input_shape, wide["y_bar"], wide["w"]))
    return np.asarray(oracle.weight_vjp(layer, wide["x"], wide["y_bar"]))


def conv_of(case: Case) -> Conv:
    assert isinstance(case.layer, Conv)
    return case.layer


def told(case: Case) -> Sizes:
    return sizes_of(conv_of(case), case.input_shape)


def integers(case: Case, dtype: Any = np.float32) -> Held:
    return dict(case.integers(np.dtype(dtype)).astype(dtype))


@contextmanager
def in_parts(splits: int) -> Iterator[None]:
    """Take the depth in so many parts, however little there is."""
    with patch.object(tensor_products, "parted", lambda *_: (0.0, splits)):
        yield


def without_bias(case: Case) -> Case:
    return replace(case, layer=replace(conv_of(case), bias=False))


VERBS = (forward, input_vjp, weight_vjp)
OPERANDS: dict[Verb, tuple[str, str]] = {
    forward: ("x", "w"),
    input_vjp: ("y_bar", "w"),
    weight_vjp: ("y_bar", "x"),
}
of_verbs = pytest.mark.parametrize("verb", VERBS)
of_precisions = pytest.mark.parametrize("precision", ["float32", "tf32"])
