"""``bands.cuh`` finds taps, windows and inputs in shared memory where ``bands.Run`` puts them."""

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convproof.index_maps import Windows
from convproof.index_maps.bands import Bands, Run, read, readers
from convproof_gpu.bands import SQUARES, THREADS, argument, of_inputs, of_windows
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimModule
from tests.gpu.kernels.bands_cases import cut_small
from tests.gpu.kernels.test_band_rows import planes

SEVERAL = Windows(  # bands of a plane, of 128 elements
    planes=2, input=(23, 19), output=(12, 10), stride=(2, 2), reach=(3, 3), parts=(1, 1),
    dilation=(1, 1), low=(1, 1),
)  # fmt: skip
staged = st.sampled_from([128, 4096])


@cache
def kernels() -> SimModule:
    names = [f"{k}<{argument(s)}>" for k in ("taps_of_units", "readers_of_units") for s in SQUARES]
    return SimModule(Path(__file__).with_name("band_places.cu"), [f"-I{KERNELS}"],
                     name_expressions=names)  # fmt: skip


def _parts(cut: Bands, size: int) -> list[tuple[range, range]]:
    """Return planes and rows of every block."""
    firsts, begins = range(0, cut.planes, cut.each), range(0, cut.bands * cut.rows, cut.rows)
    return [
        (range(first, min(first + cut.each, cut.planes)), range(b, min(b + cut.rows, size)))
        for first, b in product(firsts, begins)
    ]


def _run(rows: range, width: int) -> Run:
    return Run(rows.start, len(rows), width)


@given(planes(), staged)
@example(SEVERAL, 128)
def test_a_tap_lies_where_the_map_says(windows: Any, most: int) -> None:
    """``Taps.at(j, k)`` is at ``image + tap = place``, of all that lie in the input."""
    with cut_small(most):
        planned = of_windows(windows)
    assert planned is not None
    square, cut = planned
    (outputs, columns), (inputs, width) = cut.output, cut.input
    each = 4 if square.stride == 1 else 1
    deep, side = square.stride * (each - 1) + square.side, square.side
    found = np.full((cut.planes, outputs, columns, deep, side), -2, np.int32)
    kernel = kernels().get_function(f"taps_of_units<{argument(square)}>")
    kernel((cut.blocks,), (THREADS,), (np.arange(10**4, dtype=np.int32), found, packed(cut, "int")))

    for own, rows in _parts(cut, outputs):
        taken = read(square, cut.low[0], inputs, rows) if cut.bands > 1 else range(inputs)
        run = _run(taken, width)
        for plane, o, column in product(range(len(own)), rows[::each], range(columns)):
            i = square.stride * o - cut.low[0] + np.arange(deep)[:, None]
            j = square.stride * column - cut.low[1] + np.arange(side)
            place = run.place(plane, i, j)
            assert np.array_equal(run.image(plane) + run.tap(i, j), place)
            there = (i >= taken.start) & (i < taken.stop) & (j >= 0) & (j < width)
            assert np.array_equal(found[own.start + plane, o, column], np.where(there, place, -1))


@given(planes(), staged)
@example(SEVERAL, 128)
def test_inputs_and_their_readers_lie_where_the_map_says(windows: Any, most: int) -> None:
    """``made[place(i)] = sum_o (place(o) + 1)``, of the windows that read an input."""
    with cut_small(most):
        planned = of_inputs(windows)
    assert planned is not None
    square, cut = planned
    (outputs, columns), (inputs, width) = cut.output, cut.input
    held = max(len(own) * len(rows) * width for own, rows in _parts(cut, inputs))
    made = np.zeros((cut.blocks, held), np.float32)
    kernel = kernels().get_function(f"readers_of_units<{argument(square)}>")
    kernel((cut.blocks,), (THREADS,), (made, np.int32(held), packed(cut, "int")))

    expected = np.zeros_like(made)
    for block, (own, rows) in enumerate(_parts(cut, inputs)):
        them = readers(square, cut.low[0], outputs, rows) if cut.bands > 1 else range(outputs)
        of_these, of_those = _run(rows, width), _run(them, columns)
        for plane, o, column in product(range(len(own)), them, range(columns)):
            place = of_those.place(plane, o, column)
            for r, s in product(range(square.side), repeat=2):
                i = square.stride * o - cut.low[0] + r
                j = square.stride * column - cut.low[1] + s
                if i in rows and 0 <= j < width:
                    expected[block, of_these.place(plane, i, j)] += 1 + place
    assert np.array_equal(made, expected)


@pytest.mark.parametrize("map_", ["image", "place"])
def test_a_map_that_forgets_where_its_rows_begin_is_not_the_kernels(
    map_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of bands after the first."""
    right = getattr(Run, map_)
    monkeypatch.setattr(Run, map_, lambda run, *at: right(Run(0, run.count, run.width), *at))
    with pytest.raises(AssertionError):
        test_a_tap_lies_where_the_map_says()
