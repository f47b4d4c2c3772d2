"""What the products on the tensor cores ask of memory: whole sectors, once, and no bank twice.

Of products of whole tiles, as the simulator counts them: sectors of 32 bytes that a warp's request
moves, and turns of a request through the 32 banks of shared memory. Counted are the accesses that
a CPU's compiler makes of the kernels: g++ keeps 16 bytes together where a GPU's compiler does, but
for what is said below, and others do not.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest

from convproof.cases import Case
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import SimKernel, SimReport, conditions
from convproof_gpu.sim.compiler import compiler
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import TensorTile
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.by_warps import by_warps
from tests.gpu.kernels.tensor_cases import (
    LEAST,
    SIM,
    Verb,
    forward,
    in_parts,
    input_vjp,
    integers,
    layer_of,
    weight_vjp,
    without_bias,
)

pytestmark = pytest.mark.skipif(
    compiler().family != "gcc", reason="another compiler than g++ stores a unit word by word"
)
CHANNELS, POSITIONS = 64, {1: (128,), 2: (8, 16), 3: (4, 4, 8)}  # of x and y; whole tiles of both
COUNT, SECTOR = 128, 32  # positions; bytes
WORDS, SLAB_BYTES, WARPS = replace(LEAST, precision="tf32"), 128, 4
PRODUCTS = ("conv_tensor", "conv_tensor_parts", "conv_tensor_weight_vjp")
of_elements = pytest.mark.parametrize(
    "dtype",
    [
        np.float32,
        *(pytest.param(d, marks=pytest.mark.full) for d in (np.float16, ml_dtypes.bfloat16)),
    ],
)
of_tiles = pytest.mark.parametrize(
    "tile",
    [
        LEAST,
        *(
            pytest.param(tile, marks=pytest.mark.full)
            for tile in (WORDS, *(TensorTile(rows, 128) for rows in (32, 64, 128)))
        ),
    ],
    ids=lambda tile: tile.argument,
)


def case_of(dims: int = 2, taps: int = 1) -> Case:
    """Return a convolution without padding, of taps along the first axis."""
    one, positions = (1,) * (dims - 1), POSITIONS[dims]
    layer = layer_of(
        (CHANNELS, CHANNELS), (taps, *one), low=(0,) * dims,
        stride=(1, *one), dilation=(1, *one),
    )  # fmt: skip
    shape = (1, CHANNELS, positions[0] + taps - 1, *positions[1:])
    return without_bias(Case(layer=layer, input_shape=shape, seed=0))


def traffic(
    verb: Verb, case: Case, tile: TensorTile, dtype: Any, splits: int = 1, on: Simulated = SIM
) -> dict[str, SimReport]:
    """Return what the verb's kernels asked for, each launched once, by their names."""
    reports: list[SimReport] = []
    launched = SimKernel.__call__

    def counted(kernel: SimKernel, *args: Any, **options: Any) -> SimReport:
        reports.append(launched(kernel, *args, **options))
        return reports[-1]

    with (
        patch.object(SimKernel, "__call__", counted),
        patch.object(tensor_cases, "SIM", on),
        conditions(count=True),
        in_parts(splits),
    ):
        verb(case, integers(case, dtype), tile)
    found = {report.kernel.partition("<")[0]: report for report in reports}
    assert len(found) == len(reports)
    return found


def product_of(reports: dict[str, SimReport]) -> SimReport:
    (name,) = reports.keys() & {*PRODUCTS}
    return reports[name]


def product_case(verb: Verb, dims: int = 2) -> Case:
    """Return a convolution whose product has 64 rows and 128 columns."""
    return case_of(dims, taps=COUNT // CHANNELS if verb is weight_vjp else 1)


def tiled(verb: Verb, tile: TensorTile) -> tuple[int, int, int, int, int]:
    """Return rows, columns and depth of the product, and the tiles along rows and columns."""
    depth = COUNT if verb is weight_vjp else CHANNELS
    return CHANNELS, COUNT, depth, -(-CHANNELS // tile.rows), COUNT // tile.columns


def assert_every_line_once(
    verb: Verb, tile: TensorTile, dtype: Any, splits: int = 1, on: Simulated = SIM
) -> None:
    size = 4 if verb is weight_vjp else np.dtype(dtype).itemsize
    told = 4 if verb is weight_vjp or splits > 1 else size
    rows, columns, depth, down, across = tiled(verb, tile)
    copied = depth * (rows * across + columns * down) * size // SECTOR
    stored = splits * rows * columns * told // SECTOR
    report = product_of(traffic(verb, product_case(verb), tile, dtype, splits, on))
    assert report.sectors == report.least_sectors == copied + stored
    assert report.requests == copied // 16 + stored // told  # of 512 bytes; of 32 neighbours


@of_tiles
@pytest.mark.parametrize(
    ("verb", "splits"),
    [
        (forward, 1),
        pytest.param(forward, 2, marks=pytest.mark.full),
        pytest.param(input_vjp, 1, marks=pytest.mark.full),
        (weight_vjp, 1),
    ],
)
def test_a_tile_copies_every_line_of_its_operands_once(
    verb: Verb, splits: int, tile: TensorTile
) -> None:
    """``depth (rows tiles_across + columns tiles_down) size / 32`` sectors, by 16 a request.

    And ``rows columns size / 32`` of results, of each part, a warp's side by side.
    """
    assert_every_line_once(verb, tile, np.float32, splits)


@pytest.mark.parametrize(
    ("splits", "dtype"),
    [
        (1, np.float16),
        *(
            pytest.param(splits, dtype, marks=pytest.mark.full)
            for splits, dtype in ((2, np.float16), (1, ml_dtypes.bfloat16), (2, ml_dtypes.bfloat16))
        ),
    ],
)
def test_so_does_one_of_elements_of_16_bits(splits: int, dtype: Any) -> None:
    """The same, of half the bytes."""
    assert_every_line_once(forward, LEAST, dtype, splits)


def of_tables(verb: Verb, tile: TensorTile, dims: int, dtype: Any) -> int:
    """Return turns beyond the least, at most, of all blocks' tables of spots and units."""
    _, _, depth, down, across = tiled(verb, tile)
    pairs = verb is weight_vjp
    size = 4 if pairs else np.dtype(dtype).itemsize
    slabs = depth * size // SLAB_BYTES
    pages = -(-slabs // (4 if pairs else 16))
    words, apart = dims + 1, 2 if dims == 1 else 4  # of an entry: those it has, and takes
    warps = WARPS * pages + -(-tile.columns // 32)
    return down * across * warps * words * (apart - 1)


def assert_no_conflicts(
    verb: Verb, tile: TensorTile, dims: int, dtype: Any, on: Simulated = SIM
) -> None:
    report = product_of(traffic(verb, product_case(verb, dims), tile, dtype, 1, on))
    assert report.conflicts is not None
    assert report.conflicts <= of_tables(verb, tile, dims, dtype)


@of_tiles
@pytest.mark.parametrize("verb", [forward, weight_vjp])
def test_no_bank_is_asked_twice_but_for_tables(verb: Verb, tile: TensorTile) -> None:
    """Copies, low words, operands and sums that change hands: a turn for every 128 bytes.

    The entries of a page of a table, of 4, 16 slabs, are written one after another: words of 32
    neighbours lie 16 bytes apart, 8 of one axis, which are ``3 (dims + 1)`` turns too many of a
    warp where every word is written by itself. (A GPU writes 8 or 16 bytes at once: of one and of
    three axes none is too many, of two 5 of a warp and page.) A page is written while slabs of
    thousands of turns are multiplied. Tiles of 16 rows are not asked: a CPU's compiler stores their
    low words one by one; `tests/gpu/static` has a GPU's, by 16 bytes.
    """
    assert_no_conflicts(verb, tile, 2, np.float32)


@pytest.mark.parametrize("verb", [forward, pytest.param(weight_vjp, marks=pytest.mark.full)])
def test_nor_where_warps_multiply(verb: Verb) -> None:
    """Each of them reads what it multiplies from lines that are swizzled: by `ldmatrix`."""
    assert_no_conflicts(verb, LEAST, 2, np.float32, by_warps())


@pytest.mark.full
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("verb", [forward, weight_vjp])
def test_nor_with_other_axes_and_elements(verb: Verb, dims: int, dtype: Any) -> None:
    """The same."""
    assert_no_conflicts(verb, LEAST, dims, dtype)


def assert_source_is_turned(dtype: Any, verb: Verb = forward, on: Simulated = SIM) -> None:
    size, word = np.dtype(dtype).itemsize, 4 if verb is weight_vjp else np.dtype(dtype).itemsize
    report = traffic(verb, case_of(), LEAST, dtype, 1, on)["conv_tensor_source"]
    assert report.sectors == report.least_sectors == CHANNELS * COUNT * (size + word) // SECTOR
    assert report.requests == CHANNELS * COUNT // 32 + CHANNELS * COUNT * word // 512
    assert report.conflicts == 0


@of_elements
@pytest.mark.parametrize("verb", [forward, pytest.param(weight_vjp, marks=pytest.mark.full)])
def test_a_source_is_turned_round_by_whole_sectors(verb: Verb, dtype: Any) -> None:
    """Each is read once and written once, by 16 bytes, and no bank is asked twice."""
    assert_source_is_turned(dtype, verb)


@of_elements
def test_weights_are_stored_by_whole_lines_and_read_by_units(dtype: Any) -> None:
    """A thread reads the weights of its unit one by one: of all of them a sector is read again.

    ``unit`` times forward, where the channels of a tap lie side by side, and ``32 / (4 size)`` of
    the adjoint, where those of four neighbouring rows do. The first cache has them again; from
    memory each comes once. Weights are few beside the sources.
    """
    size = np.dtype(dtype).itemsize
    once = CHANNELS * CHANNELS * size // SECTOR
    adjoint = traffic(input_vjp, case_of(), LEAST, dtype)["conv_tensor_weights"]
    assert adjoint.sectors == once + 32 // (4 * size) * once
    weights = traffic(forward, case_of(taps=2), LEAST, dtype)["conv_tensor_weights"]
    assert weights.sectors == 2 * once + 16 // size * 2 * once
    for report, count in ((adjoint, once), (weights, 2 * once)):
        assert report.bytes == 2 * SECTOR * count


@pytest.mark.parametrize(
    ("dtype", "tile"),
    [(np.float16, LEAST), pytest.param(np.float32, WORDS, marks=pytest.mark.full)],
)
def test_rows_are_stored_by_whole_lines_and_read_by_units(dtype: Any, tile: TensorTile) -> None:
    """A thread reads its four depths one by one: each sector four times, from memory once."""
    size = np.dtype(dtype).itemsize
    report = traffic(weight_vjp, case_of(), tile, dtype)["conv_tensor_rows"]
    assert report.sectors == CHANNELS * COUNT * (4 * size + 4) // SECTOR
    assert report.bytes == CHANNELS * COUNT * (size + 4)


@pytest.mark.parametrize("splits", [2, pytest.param(3, marks=pytest.mark.full)])
def test_parts_are_added_sector_by_sector(splits: int) -> None:
    """``splits + 1`` times those of the result, 32 neighbours at once."""
    report = traffic(forward, case_of(), LEAST, np.float32, splits)["conv_tensor_finish"]
    assert report.sectors == report.least_sectors == (splits + 1) * CHANNELS * COUNT * 4 // SECTOR
    assert report.requests == (splits + 1) * CHANNELS * COUNT // 32


@pytest.mark.parametrize("splits", [2, pytest.param(1, marks=pytest.mark.full)])
def test_parts_of_weights_are_read_sector_by_sector_and_stored_by_taps(splits: int) -> None:
    """A thread stores the sums of its unit one by one: a sector four times, the second cache once.

    Of ``splits`` parts each sector is read once, by 16 bytes, as `tests/gpu/static` has it, or four
    times where a CPU's compiler reads words.
    """
    report = traffic(weight_vjp, case_of(taps=2), LEAST, np.float32, splits)["conv_tensor_sum"]
    once = CHANNELS * CHANNELS * 2 * 4 // SECTOR
    assert report.bytes == (splits + 1) * once * SECTOR
    assert report.sectors is not None
    assert (splits + 4) * once <= report.sectors <= 4 * (splits + 1) * once


def _lines(verb: Verb) -> Callable[[Simulated], None]:
    return lambda on: assert_every_line_once(verb, LEAST, np.float32, on=on)


def _banks(verb: Verb) -> Callable[[Simulated], None]:
    return lambda on: assert_no_conflicts(verb, LEAST, 2, np.float32, on)


_TILE = "tensor_contraction.cuh"
FAULTS: dict[str, tuple[tuple[str, str, str], Callable[[Simulated], None], Verb]] = {
    "columns of units are not swizzled": (
        (_TILE, "(c ^ (d & 3) * 8)", "c"),
        _banks(weight_vjp),
        weight_vjp,
    ),
    "sums change hands where they lie": (
        (_TILE, "(c ^ (r / 2 & 3) * 8)", "c"),
        _banks(forward),
        forward,
    ),
    "neighbours copy other lines": (
        (
            _TILE,
            "unit = thread % ABREAST, other = thread / ABREAST;",
            "unit = thread / APART * 3 % ABREAST, other = thread % APART;",
        ),
        _lines(forward),
        forward,
    ),
    "neighbours store other columns": (
        (_TILE, "my_column = thread % COLUMNS,", "my_column = thread % COLUMNS * 9 % COLUMNS,"),
        _lines(forward),
        forward,
    ),
    "a source is turned without a column to spare": (
        ("conv_tensor.cu", "turned[CHANNELS][POSITIONS + 1];", "turned[CHANNELS][POSITIONS];"),
        lambda on: assert_source_is_turned(np.float32, on=on),
        forward,
    ),
    "a source is read across": (
        (
            "conv_tensor.cu",
            "c = warp + 8 * (j / 2), p = lane + 32 * (j % 2);",
            "c = lane, p = 8 * j + warp;",
        ),
        lambda on: assert_source_is_turned(np.float32, on=on),
        forward,
    ),
}
UNSWIZZLED = (
    _TILE,
    '#include "warps.cuh"\n',
    '#include "warpgroup.cuh"\n#define swizzled(n, k) ((n) * 32 + (k))\n#include "warps.cuh"\n',
)


@cache  # its folder lasts as long as the tests
def machine(file: str, old: str, new: str) -> Patched:
    return Patched(file, old, new)


@pytest.mark.parametrize(
    "fault",
    [
        name
        if name == "sums change hands where they lie"
        else pytest.param(name, marks=pytest.mark.full)
        for name in FAULTS
    ],
)
def test_a_fault_that_no_answer_shows_is_seen(fault: str) -> None:
    """The answers are right, and slow."""
    patched, holds, verb = FAULTS[fault]
    assert_right_and_slow(machine(*patched), holds, verb)


@pytest.mark.full
def test_lines_that_are_not_swizzled_are_seen() -> None:
    """Where warps multiply: what stands for wgmma has the swizzle of the hardware."""
    assert_right_and_slow(by_warps(UNSWIZZLED), _banks(forward), forward)


def assert_right_and_slow(on: Simulated, holds: Callable[[Simulated], None], verb: Verb) -> None:
    case = case_of()
    held = integers(case)
    with patch.object(tensor_cases, "SIM", on):
        found = verb(case, held, LEAST)
    assert np.array_equal(found, tensor_cases.right(verb, case, held))
    with pytest.raises(AssertionError):
        holds(on)
