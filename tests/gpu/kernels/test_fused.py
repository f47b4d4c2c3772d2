"""A convolution with bias, ReLU and pooling in one kernel, channels first or last, simulated."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.errors import UnsupportedError
from convproof.layers import MaxPool, Shape
from convproof.numeric.fast import implementation as oracle
from convproof_gpu import operands
from convproof_gpu.fused import Fused
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import SMALL as SMALL_TILE
from convproof_gpu.tiles import TENSOR_TILES, TensorTile, Tile
from convproof_gpu.wing import Wing
from tests.gpu.kernels.fused_cases import (
    POOL,
    Asked,
    Held,
    answer,
    apart,
    bits,
    conv_of,
    ends,
    fused_layers,
    right,
    taking,
)
from tests.gpu.kernels.tensor_cases import few
from tests.gpu.test_prepared import Repeating

LEAST = TensorTile(64, 64)
SIM = Simulated()
FORMATS = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def equal(asked: Asked, tile: TensorTile, dtype: Any = np.float32, splits: int = 1) -> bool:
    """Return whether integers are the oracle's."""
    held = asked.integers(dtype)
    with taking(tile, splits):
        found = answer(SIM, asked.layer, held)
    return found.dtype == dtype and np.array_equal(found, right(asked.layer, held).astype(dtype))


def same(asked: Asked, held: Held, tile: TensorTile, splits: int = 1) -> bool:
    """Return whether the bits are those of separate launches."""
    on = SIM.with_precision(tile.precision)
    with taking(tile, splits):
        found, expected = answer(on, asked.layer, held), apart(on, asked.layer, held)
    return found.shape == expected.shape and np.array_equal(bits(found), bits(expected))


of_tiles = pytest.mark.parametrize(  # each takes a compilation for every kernel
    "tile",
    [t if t == LEAST else pytest.param(t, marks=pytest.mark.full) for t in TENSOR_TILES],
    ids=[tile.argument for tile in TENSOR_TILES],
)
of_formats = pytest.mark.parametrize(
    "name", [n if n == "float16" else pytest.param(n, marks=pytest.mark.full) for n in FORMATS]
)


@of_tiles
@given(fused_layers())
@few
def test_a_fused_layer_gives_the_oracles_integers(tile: TensorTile, asked: Asked) -> None:
    """``kernel(x, w, b) == pool(max(conv(x, w) + b, 0))`` of any window, groups and channels."""
    assert equal(asked, tile)


@of_formats
@given(fused_layers(unit=8))
@few
def test_a_fused_layer_of_every_format_does(name: str, asked: Asked) -> None:
    """The same, rounded once."""
    assert equal(asked, LEAST, FORMATS[name])


@of_tiles
@given(fused_layers())
@few
def test_fused_and_apart_give_the_same_bits(tile: TensorTile, asked: Asked) -> None:
    """Of reals, in either precision: a sum is made in one order, and rounded before the maximum."""
    assert same(asked, asked.reals(), tile)


@pytest.mark.full
@of_formats
@given(fused_layers(unit=8))
@few
def test_fused_and_apart_do_in_every_format(name: str, asked: Asked) -> None:
    """The same of 16 bits, whose sums are rounded."""
    assert same(asked, asked.reals(FORMATS[name]), LEAST)


@pytest.mark.parametrize("splits", [2, pytest.param(40, marks=pytest.mark.full)])
@given(fused_layers())
@few
def test_sums_in_parts_are_fused_when_they_are_added(splits: int, asked: Asked) -> None:
    """``pool(max(sum_s parts[s] + b, 0))``, also of parts that have no slab; and the same bits."""
    assert equal(asked, LEAST, splits=splits)
    assert same(asked, asked.reals(), LEAST, splits)


SPECIAL = (np.inf, -np.inf, np.nan, -0.0, 3e38, -3e38, 1e-42)


@pytest.mark.parametrize("tile", [LEAST, pytest.param(TENSOR_TILES[-1], marks=pytest.mark.full)])
@given(fused_layers(), st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=6))
@few
def test_what_is_not_finite_is_that_of_separate_launches(
    tile: TensorTile, asked: Asked, special: list[float]
) -> None:
    """Inf, NaN, -0 and overflow, in ``x``, ``w`` and ``b``: bit for bit."""
    rng, held = np.random.default_rng(asked.seed), asked.reals()
    for number in special:
        array = held[str(rng.choice(list(held)))]
        array.flat[rng.integers(array.size)] = number
    assert same(asked, held, tile)


@pytest.mark.parametrize("at", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("last", [False, True])
def test_every_member_of_a_window_counts(at: tuple[int, int], last: bool) -> None:
    """``max(-1, ..., 5, ..., -1) = 5`` of each window, and NaN if that is one."""
    layer = Fused(conv=conv_of((4, 4), (1, 1), low=0, bias=False), pool=POOL, relu=False)
    layer = replace(layer, writes_last=last)
    x = np.full((1, 4, 6, 4), -1, np.float32)
    w = np.eye(4, dtype=np.float32)[:, :, None, None]
    for number in (5.0, np.nan):
        x[:, :, at[0] :: 2, at[1] :: 2] = number
        with taking(LEAST):
            assert np.array_equal(
                answer(SIM, layer, {"x": x, "w": w}),
                np.full((1, 3, 2, 4) if last else (1, 4, 3, 2), number),
                equal_nan=True,
            )


CORNERS = {  # channels, positions
    "one window": ((4, 4), (2, 2)),
    "a row and a column that no window has": ((8, 12), (7, 5)),
    "no row but one window of it": ((4, 8), (3, 2)),
    "rows that end within a tile": ((4, 68), (4, 4)),
    "two tiles of rows": ((4, 128), (2, 4)),
    "columns that end with a tile": ((8, 4), (8, 8)),
    "one window beyond a tile": ((8, 4), (2, 34)),
    "several slabs": ((40, 8), (2, 3)),
}
SOON = ("a row and a column that no window has", "one window beyond a tile")


@pytest.mark.parametrize("splits", [1, pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    "corner", [c if c in SOON else pytest.param(c, marks=pytest.mark.full) for c in CORNERS]
)
def test_a_corner_gives_the_oracles_integers(corner: str, splits: int) -> None:
    """Where windows, units, tiles and slabs end; each with its activations first and last."""
    channels, positions = CORNERS[corner]
    for asked in ends(Asked(Fused(conv=conv_of(channels)), 2, positions)):
        assert equal(asked, LEAST, splits=splits), asked


@pytest.mark.full
@given(fused_layers())
@few
def test_a_batch_in_slices_is_the_batch(asked: Asked) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    conv = asked.layer.conv
    outputs = prod(conv.output_shape(asked.first)[2:])
    counts = (conv.in_channels, prod(asked.positions)), (conv.out_channels, outputs + 3)
    most = max((channels + 4 * conv.groups) * positions for channels, positions in counts)
    with patch.object(operands, "_PER_LAUNCH", most):
        assert equal(replace(asked, batch=3), LEAST)


def test_an_empty_batch_has_no_answers() -> None:
    """Nothing is launched."""
    for asked in ends(Asked(Fused(conv=conv_of((8, 8))), 0, (4, 4))):
        with taking(LEAST):
            found = answer(SIM, asked.layer, asked.integers())
        assert found.shape == right(asked.layer, asked.integers()).shape
        assert found.size == 0


# What is not fused.


SMALL: dict[str, tuple[Fused, Shape]] = {
    "one axis": (Fused(conv=conv_of((4, 8), (3,)), reads_last=True, writes_last=True), (7,)),
    "three axes": (
        Fused(
            conv=conv_of((4, 8), (2, 2, 2)),
            pool=MaxPool(
                kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=((0, 0),) * 3, dilation=(1,) * 3
            ),
            reads_last=True,
            writes_last=True,
        ),
        (3, 4, 5),
    ),
    "a pooling with a border": (
        Fused(conv=conv_of((4, 8)), pool=replace(POOL, padding=((1, 1), (0, 1)))),
        (5, 6),
    ),
    "a pooling of three": (
        Fused(conv=conv_of((4, 8)), pool=replace(POOL, kernel_size=(3, 3)), writes_last=True),
        (5, 6),
    ),
    "depthwise": (Fused(conv=conv_of((6, 6), groups=6), pool=POOL), (5, 6)),
    "a circular border": (
        Fused(conv=conv_of((4, 8), padding_mode="circular"), pool=POOL, reads_last=True),
        (5, 6),
    ),
    "one position": (
        Fused(conv=conv_of((4, 8), (3, 2), low=0), reads_last=True, writes_last=True),
        (3, 2),
    ),
    "fully connected": (
        Fused(conv=conv_of((4, 8), (1, 1), low=0), reads_last=True, writes_last=True),
        (1, 1),
    ),
}


QUICK = ("three axes", "one position")  # the others are compiled by .ci/full


@pytest.mark.parametrize("tile", [SMALL_TILE, pytest.param(LEAST, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    "which", [w if w in QUICK else pytest.param(w, marks=pytest.mark.full) for w in SMALL]
)
def test_what_is_not_fused_is_the_oracles(which: str, tile: Tile | TensorTile) -> None:
    """Of any axes, pooling, border and groups; also where the tensor cores multiply."""
    layer, positions = SMALL[which]
    asked = Asked(layer, 2, positions)
    held = asked.integers()
    with taking(tile):
        assert np.array_equal(answer(SIM, layer, held), right(layer, held))


@pytest.mark.full
def test_indices_are_answered_too() -> None:
    """``(y, indices)`` of the pooling."""
    pool = replace(POOL, return_indices=True)
    layer = Fused(conv=conv_of((4, 8)), pool=pool)
    held = Asked(layer, 2, (5, 6)).integers()
    y, indices = Wing(SIM).forward(layer, *held.values())
    x, *weights = held.values()
    expected: Any = oracle.forward(pool, np.maximum(oracle.forward(layer.conv, x, *weights), 0))
    assert np.array_equal(y, expected[0])
    assert np.array_equal(indices, expected[1])


def test_operands_that_are_not_aligned_are_laid_out_anew() -> None:
    """Sixteen bytes are read at once: what begins between two of them is copied first."""
    asked = Asked(Fused(conv=conv_of((8, 8)), pool=POOL, reads_last=True), 2, (4, 5))
    held = asked.integers()
    last = np.moveaxis(held["x"], 1, -1)
    x = np.empty(last.size + 1, np.float32)[1:].reshape(last.shape)
    x[...] = last
    assert x.ctypes.data % 16 == 4
    with taking(LEAST):
        found = Wing(SIM).forward(asked.layer, x, held["weight"], held["bias"])
    assert np.array_equal(found, right(asked.layer, held))


@given(fused_layers())
@few
def test_prepared_launches_answer_as_the_verb_does(asked: Asked) -> None:
    """Bit for bit."""
    held = asked.integers()
    with taking(LEAST):
        on = Repeating()
        assert np.array_equal(answer(on, asked.layer, held), right(asked.layer, held))
    assert on.prepared[0] is not None


# What is refused.


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reads_last": True}, "in_channels % 4 = 0 of float, but 6 % 4 = 2: use reads_last=False"),
        ({"writes_last": True}, "out_channels % 4 = 0 of float, but 10 % 4 = 2: .* or 12 channels"),
    ],
)
def test_channels_that_are_no_whole_units_do_not_lie_last(
    changed: dict[str, Any], message: str
) -> None:
    """``C mod (16 / bytes) = 0``."""
    layer = Fused(conv=conv_of((6, 10)), **changed)
    with pytest.raises(UnsupportedError, match=message):
        answer(SIM, layer, Asked(layer, 1, (4, 4)).integers())


def test_units_are_those_of_the_elements() -> None:
    """Four channels are a unit of floats, and none of halves."""
    layer = Fused(conv=conv_of((4, 4)), reads_last=True)
    held = Asked(layer, 1, (4, 4)).integers(np.float16)
    with pytest.raises(UnsupportedError, match="4 % 8 = 4"):
        answer(SIM, layer, held)
