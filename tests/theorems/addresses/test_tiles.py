"""The tiles that are proved are the kernels': each sum is of the thread that the formulas name."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from convproof.index_maps.address import unflat
from convproof.theorems.addresses.tiles import part_of, sum_of
from convproof_gpu.cubin import KERNELS
from convproof_gpu.sim import SimModule
from convproof_gpu.tiles import TILES, Tile

PRODUCTS = ((1, 1, 1, 1), (2, 5, 70, 3), (3, 66, 17, 9))
SPLITS = (1, 3)


@cache
def kernels() -> SimModule:
    names = [f"sums_of_tiles<{tile.argument}>" for tile in TILES]
    file = Path(__file__).with_name("tiles.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=names)


@pytest.mark.parametrize("extents", PRODUCTS)
@pytest.mark.parametrize("tile", TILES, ids=lambda tile: f"{tile.rows}x{tile.columns}")
def test_each_sum_is_of_the_thread_that_the_formulas_name(
    tile: Tile, extents: tuple[int, int, int, int]
) -> None:
    """``unflat(block)``, then row and column of every sum of every thread, once."""
    products, rows, columns, _ = extents
    for splits in SPLITS:
        shape = (splits, products, rows, columns)
        owner, times = np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
        tiles = -(-rows // tile.rows), -(-columns // tile.columns)
        blocks = products * splits * tiles[0] * tiles[1]
        kernel = kernels().get_function(f"sums_of_tiles<{tile.argument}>")
        sizes = map(np.int32, (*extents, splits))
        none = np.zeros(1, np.float32)
        kernel((blocks,), (tile.threads,), (none, owner, times, *sizes))

        block, thread, i, j = np.ix_(
            range(blocks), range(tile.threads), range(tile.thread_rows), range(tile.thread_columns)
        )
        product, split, *firsts = unflat(block, (products, splits, *tiles))
        grid = tile.rows // tile.thread_rows, tile.columns // tile.thread_columns
        row, column = sum_of(firsts[0] * tile.rows, firsts[1] * tile.columns, thread, i, j, grid)
        everywhere = np.broadcast_arrays(split, product, row, column, block * tile.threads + thread)
        s, p, r, c, number = (axis.ravel() for axis in everywhere)
        within = (r < rows) & (c < columns)
        expected = np.full(shape, -1, np.int32)
        expected[s[within], p[within], r[within], c[within]] = number[within]

        assert np.array_equal(owner, expected)
        assert (times == 1).all()


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: f"{tile.depth}")
def test_the_parts_of_the_depth_are_a_partition(tile: Tile) -> None:
    """``0 <= begin_0 <= end_0 = begin_1 ...``, of all depths and splits that are small."""
    for depths in range(1, 40):
        for splits in range(1, 6):
            parts = [part_of(split, depths, splits, tile.depth) for split in range(splits)]
            found = [d for begin, end in parts for d in range(begin, min(end, depths))]
            assert found == list(range(depths))
