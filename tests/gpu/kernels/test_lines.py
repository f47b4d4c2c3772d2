"""Lines, neighbours, walks and tiles: the kernels' numbers are those of the maps."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.index_maps.address import flat
from convproof.index_maps.lines import Matrices, Planes, Shared, Strided, neighbour
from convproof.index_maps.norm import CHUNK, Tiles, Window, walker
from convproof.layers import Bias
from convproof_gpu.cubin import KERNELS
from convproof_gpu.layers import bias
from convproof_gpu.layers.layout import to_channels_last
from convproof_gpu.layers.maxout import Units
from convproof_gpu.lines import THREADS, Lines
from convproof_gpu.machine import blocks_of, packed
from convproof_gpu.operands import add_parts
from convproof_gpu.sim import SimModule
from convproof_gpu.simulated import Simulated
from tests.gpu.kernels.test_pointwise import lying

SIM = Simulated()
INTEGERS = {"int": np.int32, "long long": np.int64}
VECTORS = {1: 8, 4: 2}
few = settings(max_examples=max(4, settings().max_examples // 5))
of_integers = pytest.mark.parametrize("integer", INTEGERS)
small = st.integers(1, 5)


def expressions() -> list[str]:
    found = [f"neighbours<{i}, {width}>" for i in INTEGERS for width in (1, 4)]
    for name in ("windows_of_channels", "walks", "firsts", "named_positions"):
        found += [f"{name}<{i}>" for i in INTEGERS]
    return found + [f"portions<{i}, {w}, {v}>" for i in INTEGERS for w, v in VECTORS.items()]


@cache
def kernels() -> SimModule:
    file = Path(__file__).with_name("line_addresses.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=expressions())


def run(expression: str, blocks: int, threads: int, *args: Any) -> None:
    """Run a kernel of ``line_addresses.cu``."""
    kernels().get_function(expression)((blocks,), (threads,), args)


@of_integers
@few
@given(
    count=st.integers(1, 70), size=st.integers(1, 40), inner=st.sampled_from([1, 1, 3, 40]),
    lanes=st.sampled_from([4, 8, 32, 256]),
)  # fmt: skip
def test_a_thread_has_the_line_and_the_elements_of_the_map(
    integer: str, count: int, size: int, inner: int, lanes: int
) -> None:
    """``first(line)``, line and lane of every thread; of every element the only thread that has it.

    ``a[element(line, taken(lane, k, i))]`` is of that thread's vector ``k``.
    """
    count = blocks_of(count, inner) * inner
    width = 4 if inner == 1 and size % 4 == 0 else 1
    vectors, each = VECTORS[width], THREADS // lanes
    blocks = blocks_of(count, each)
    told = Lines(count, size, inner, lanes)
    found = np.zeros((blocks * THREADS, 3), INTEGERS[integer])
    one_by_one, in_vectors = (np.zeros(count * size, np.int32) for _ in range(2))
    name = f"portions<{integer}, {width}, {vectors}>"
    run(name, blocks, THREADS, found, one_by_one, in_vectors, packed(told, integer))

    array, thread = Strided(size, inner), np.arange(blocks * THREADS)
    parted = thread // THREADS, thread % THREADS
    shared = Shared(each, lanes, 1)
    line, lane = shared.adjacent(*parted) if inner == 1 else shared.apart(*parted)
    there = line < count
    first = np.where(there, array.first(line), 0)
    assert np.array_equal(found, np.stack([line, lane, first], axis=1))
    for held, many, owner in ((shared, size, one_by_one), (Shared(each, lanes, width), vectors,
                                                           in_vectors)):  # fmt: skip
        k, i = np.arange(many)[:, None, None], np.arange(held.width)[:, None]
        e, own = held.taken(lane, k, i), thread + 0 * k + 0 * i
        if owner is in_vectors:
            own = (thread * many + k) * width + i
        taken = there & (e < size)
        expected = np.zeros_like(owner)
        np.add.at(expected, array.element(line, e)[taken], 1 + own[taken])
        assert np.array_equal(owner, expected)
        if owner is one_by_one:
            assert np.array_equal(np.sort(array.element(line, e)[taken]), np.arange(count * size))


@of_integers
@pytest.mark.parametrize("width", [1, 4])
def test_a_thread_owns_the_neighbours_of_the_map(integer: str, width: int) -> None:
    """``y[neighbour(block, thread, k)]`` is of that thread, of whole vectors and of the rest."""
    for n in (1, 7, 64, 257, 300):
        x, y = lying(np.zeros(n), np.float32, 0), lying(np.full(n, -1), np.float32, 0)
        blocks, threads = blocks_of(n, 32 * width), 32
        run(f"neighbours<{integer}, {width}>", blocks, threads, x, y, INTEGERS[integer](n))
        block, thread, k = np.ix_(range(blocks), range(threads), range(width))
        at = neighbour(block, thread, k, threads, width)
        own = np.broadcast_to(block * threads + thread, at.shape)
        expected = np.full(n, -1, np.float32)
        expected[at[at < n]] = own[at < n]
        assert np.array_equal(y, expected)


@of_integers
@few
@given(channels=st.integers(1, 12), size=st.integers(1, 30))
def test_a_channel_reads_and_is_read_as_the_map_says(
    integer: str, channels: int, size: int
) -> None:
    """``begin``, ``end`` and those of the readers, of every channel."""
    window = Window(1, channels, 1, size)
    found, c = np.zeros((channels, 4), INTEGERS[integer]), np.arange(channels)
    run(f"windows_of_channels<{integer}>", 1, 1, found, packed(window, integer))
    ranges = (window.begin, window.end, window.begin_of_readers, window.end_of_readers)
    assert np.array_equal(found, np.stack([each(c) for each in ranges], axis=1))


@of_integers
@few
@given(st.integers(1, 3), st.sampled_from([1, 31, 32, 33, 70]), st.integers(1, 30))
def test_a_thread_walks_where_the_map_says(
    integer: str, outer: int, channels: int, inner: int
) -> None:
    """Origin and channels of every thread; every element is of one walk."""
    window, threads, chunks = Window(outer, channels, inner, 5), 32, blocks_of(channels, CHUNK)
    blocks = blocks_of(outer * inner, threads) * chunks
    found = np.zeros((blocks, threads, 4), INTEGERS[integer])
    run(f"walks<{integer}>", blocks, threads, found, packed(window, integer))
    block, thread = np.ix_(range(blocks), range(threads))
    position, begin = walker(block, thread, threads, chunks)
    begin = np.broadcast_to(begin, position.shape)
    array, there = Strided(channels, inner), position < outer * inner
    expected = (
        there,
        np.where(there, array.first(position), 0),
        begin,
        np.minimum(begin + CHUNK, channels),
    )
    assert np.array_equal(found, np.stack(expected, axis=2))
    c = begin[..., None] + np.arange(CHUNK)
    walked = array.element(position[..., None], c)[there[..., None] & (c < channels)]
    assert np.array_equal(np.sort(walked), np.arange(outer * channels * inner))


TILE = (
    r"const Int position = ([^,;]*), channel = ([^;]*);",
    r"const Int c = (channel[^;]*);",
    r"const int row = ([^,;]*), lane = ([^;]*);",
)


def tile_of_the_derivative(text: str) -> None:
    """Assert that the derivative of the normalisation has the outputs of ``Tiles``."""
    (position, channel), c, (row, lane) = (re.findall(pattern, text)[0] for pattern in TILE)
    positions, channels, rows, across = 32, 32, 8, 3
    tiles = Tiles(positions, channels, rows, across)
    block, thread, e = np.ix_(range(7), range(rows * positions), range(channels // rows))
    names = {"tiles": across, "CHANNELS": channels, "POSITIONS": positions, "ROWS": rows, "e": e}

    def number(formula: str) -> Any:
        words = formula.replace("blockIdx.x", "block").replace("threadIdx.x", "thread")
        return eval(words.replace("/", "//"), {}, names)  # a formula of ours

    names |= {"block": block, "thread": thread}
    names |= {"row": number(row), "lane": number(lane), "channel": number(channel)}
    assert np.array_equal(number(position), tiles.output(block, thread, e)[0])
    assert np.array_equal(number(c), tiles.output(block, thread, e)[1])


def test_a_thread_of_the_derivative_has_the_outputs_of_the_map() -> None:
    """As its text has it; and one that takes neighbouring channels has others."""
    text = (KERNELS / "local_response_norm_input_vjp.cu").read_text(encoding="utf-8")
    tile_of_the_derivative(text)
    with pytest.raises(AssertionError):
        tile_of_the_derivative(text.replace("channel + row + e * ROWS", "channel + 4 * row + e"))


@of_integers
@few
@given(small, small, small)
def test_a_unit_lies_where_the_map_says(integer: str, units: int, pool: int, inner: int) -> None:
    """``first(output)`` of lines of ``pool`` channels."""
    told = Units(units * inner, pool, inner)
    found = np.zeros(told.count, INTEGERS[integer])
    run(f"firsts<{integer}>", 1, 1, found, packed(told, integer))
    assert np.array_equal(found, Strided(pool, inner).first(np.arange(told.count)))


@of_integers
@few
@given(small, small, small)
def test_an_entry_names_the_position_of_the_map(
    integer: str, count: int, inputs: int, outputs: int
) -> None:
    """``named``, or -1 of an index that is none of the plane's."""
    planes = Planes(count, inputs, outputs)
    entry, index = np.ix_(range(count * inputs), range(-1, outputs + 1))
    found = np.zeros((count * inputs, outputs + 2), INTEGERS[integer])
    run(f"named_positions<{integer}>", 1, 1, found, packed(planes, integer))
    inside = (index >= 0) & (index < outputs)
    assert np.array_equal(found, np.where(inside, planes.named(entry, index), -1))


@few
@given(st.integers(1, 3), st.sampled_from([1, 31, 33, 70]), st.sampled_from([1, 7, 33]))
def test_an_element_is_transposed_to_where_the_map_says(
    batch: int, rows: int, columns: int
) -> None:
    """``y[result] = source``, of the rows and columns of every block's tile."""
    x = np.arange(batch * rows * columns, dtype=np.float32).reshape(batch, rows, columns)
    y, told, side = to_channels_last(SIM, x).ravel(), Matrices(batch, rows, columns), 32
    tiles = blocks_of(rows, side), blocks_of(columns, side)
    block, r, c = np.ix_(range(batch * tiles[0] * tiles[1]), range(side), range(side))
    n, row, column = told.tile(block, tiles, side)
    n, row, column = np.broadcast_arrays(n, row + r, column + c)
    there = (row < rows) & (column < columns)
    at = n[there], row[there], column[there]
    assert np.array_equal(y[told.result(*at)], told.source(*at))
    assert np.array_equal(np.sort(told.result(*at)), np.arange(x.size))


@few
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**16))
def test_a_bias_belongs_to_the_channel_of_the_map(
    outer: int, channels: int, inner: int, seed: int
) -> None:
    """``y[i] = b[place(i)]`` of no input; ``b_bar[c]`` sums ``y_bar[element(line, c)]``."""
    layer, array = Bias(channels=channels, channel_axis=1), Strided(channels, inner)
    shape, b = (outer, channels, inner), np.arange(channels, dtype=np.float32)
    y = bias.forward(SIM, layer, np.zeros(shape, np.float32), b)
    assert np.array_equal(y.ravel(), array.place(np.arange(y.size)))
    y_bar = np.random.default_rng(seed).integers(0, 2**10, y.shape).astype(np.float32)
    line, c = np.ix_(range(outer * inner), range(channels))
    expected = y_bar.ravel()[array.element(line, c)].sum(axis=0)
    assert np.array_equal(bias.bias_vjp(SIM, layer, y_bar), expected)


@few
@given(st.integers(1, 4), st.integers(1, 300), st.integers(0, 2**16))
def test_a_part_of_a_sum_lies_where_the_map_says(splits: int, n: int, seed: int) -> None:
    """``y[i] = sum_s parts[flat((s, i))]``, of integers that are exact."""
    parts = np.random.default_rng(seed).integers(0, 2**20, (splits, n)).astype(np.float32)
    y, (s, i) = np.empty(n, np.float32), np.ix_(range(splits), range(n))
    add_parts(SIM, "float", parts, y)
    assert np.array_equal(y, parts.ravel()[flat((s, i), (splits, n))].sum(axis=0))
