"""Convolutions with what follows them, on the tensor cores or each layer by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from convproof.layers import Conv, MaxPool, ReLU, Shape
from convproof.numeric.fast import implementation as oracle
from convproof_gpu import choices, fused_products, pointwise, tensor_products
from convproof_gpu.fused import Fused
from convproof_gpu.layers import fused as room
from convproof_gpu.machine import Machine
from convproof_gpu.tiles import TensorTile, Tile
from convproof_gpu.wing import Wing

_MOST_DEPTH, _MOST_POSITIONS = 160, 90  # the simulator takes its time
Held = dict[str, np.ndarray]


@dataclass(frozen=True)
class Asked:
    """A layer, of an input of so many positions."""

    layer: Fused
    batch: int
    positions: Shape
    seed: int = 0

    @property
    def first(self) -> Shape:
        """The input's shape with its channels first."""
        return (self.batch, self.layer.conv.in_channels, *self.positions)

    def integers(self, dtype: Any = np.float32) -> Held:
        """Return small integers, of which no sum is rounded."""
        return self._drawn(lambda rng, shape: rng.integers(-2, 3, shape), dtype)

    def reals(self, dtype: Any = np.float32) -> Held:
        """Return normal numbers."""
        return self._drawn(lambda rng, shape: rng.standard_normal(shape), dtype)

    def _drawn(self, draw: Any, dtype: Any) -> Held:
        rng, conv = np.random.default_rng(self.seed), self.layer.conv
        shapes = {"x": self.first, **conv.parameter_shapes}
        return {name: draw(rng, shape).astype(dtype) for name, shape in shapes.items()}


POOL = MaxPool(kernel_size=(2, 2), stride=(2, 2), padding=((0, 0),) * 2, dilation=(1, 1))


def conv_of(
    channels: tuple[int, int], kernel: Shape = (3, 3), *, low: int = 1, **others: Any
) -> Conv:
    """Return a convolution with a bias, of any number of axes."""
    dims = len(kernel)
    told: dict[str, Any] = {"stride": (1,) * dims, "dilation": (1,) * dims, "bias": True}
    return Conv(
        in_channels=channels[0], out_channels=channels[1], kernel_size=kernel,
        padding=((low, low),) * dims, **told | others,
    )  # fmt: skip


@st.composite
def fused_layers(draw: st.DrawFn, unit: int = 4) -> Asked:
    """Return convolutions of two axes, of any window, with what follows them.

    Whole units of channels where they lie last; else any, of one or two groups. They shrink towards
    one channel and one window, without a ReLU or a pooling.
    """
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    most = _MOST_DEPTH // (kernel[0] * kernel[1])
    reads, writes = draw(st.booleans()), draw(st.booleans())
    pool = POOL if draw(st.booleans()) else None
    groups = draw(st.integers(1, 2)) if not (reads or writes) else 1
    units = st.integers(1, max(1, min(most, 72) // unit)).map(lambda n: n * unit)
    inner = draw(units if reads else st.integers(1, min(most, 40)))
    outer = draw(units if writes else st.integers(1, 70))
    told: dict[str, list[Any]] = {"stride": [], "dilation": [], "padding": []}
    positions, left = [], _MOST_POSITIONS
    for taps in kernel:
        s, t = draw(st.integers(1, 2)), draw(st.integers(1, 2))
        span = t * (taps - 1) + 1
        ends = draw(st.integers(0, span - 1)), draw(st.integers(0, span - 1))
        outputs = draw(st.integers(2 if pool else 1, max(2, min(9, left))))
        left //= outputs
        size = s * (outputs - 1) + span - sum(ends) + draw(st.integers(0, s - 1))
        positions.append(max(size, 1))
        told["padding"].append((ends[0], ends[1] + max(size, 1) - size))
        told["stride"].append(s)
        told["dilation"].append(t)
    layer = Fused(
        conv=Conv(
            in_channels=groups * inner, out_channels=groups * outer, kernel_size=kernel,
            stride=tuple(told["stride"]), dilation=tuple(told["dilation"]),
            padding=tuple(told["padding"]), groups=groups, bias=draw(st.booleans()),
        ),
        relu=draw(st.booleans()), pool=pool, reads_last=reads, writes_last=writes,
    )  # fmt: skip
    seed = draw(st.integers(0, 2**16))
    return Asked(layer, draw(st.integers(1, 2)), tuple(positions), seed)


@contextmanager
def taking(tile: Tile | TensorTile, splits: int = 1) -> Iterator[None]:
    """Take a tile for all products, and the depth in so many parts."""
    with (
        patch.object(choices, "tile_of", lambda *_: tile),
        patch.object(pointwise, "forward_fits", lambda *_: False),
        patch.object(tensor_products, "parted", lambda *_: (0.0, splits)),
        patch.object(fused_products, "parted", lambda *_: (0.0, splits)),
    ):
        yield


def answer(on: Machine, layer: Fused, held: Held) -> np.ndarray:
    """Return what a machine answers, of an input with its channels first."""
    x, *weights = held.values()
    x = np.ascontiguousarray(np.moveaxis(x, 1, -1)) if layer.reads_last else x
    return np.asarray(Wing(on).forward(layer, x, *weights))


def apart(on: Machine, layer: Fused, held: Held) -> np.ndarray:
    """Return the same in a launch for each layer, and for each array that is turned round."""
    with patch.object(room, "tile_for", lambda *_: None):
        return answer(on, layer, held)


def right(layer: Fused, held: Held) -> np.ndarray:
    """Return the oracle's answer, summed in float64."""
    x, *weights = (array.astype(np.float64) for array in held.values())
    y: Any = oracle.forward(layer.conv, x, *weights)
    y = oracle.forward(ReLU(), y) if layer.relu else y
    y = y if layer.pool is None else oracle.forward(layer.pool, y)
    return np.moveaxis(y, 1, -1) if layer.writes_last else np.asarray(y)


def bits(array: np.ndarray) -> np.ndarray:
    """Return the words of an array's elements."""
    kind = {2: np.uint16, 4: np.uint32}[array.itemsize]
    return np.ascontiguousarray(array).view(kind)


def ends(asked: Asked) -> Iterator[Asked]:
    """Yield a layer of whole units with its activations lying first or last, pooled or not."""
    for reads in (False, True):
        for writes in (False, True):
            for pool in (None, POOL):
                held = replace(asked.layer, reads_last=reads, writes_last=writes, pool=pool)
                yield replace(asked, layer=held)
