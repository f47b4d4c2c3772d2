"""``bands.cuh`` has the rows of ``index_maps.bands``, and its units have each window once."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.index_maps.bands import read, readers
from convproof.layers import MaxPool
from convproof_gpu.bands import SQUARES, THREADS, argument, of_inputs, of_windows
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import packed
from convproof_gpu.pooling import sliding
from convproof_gpu.sim import SimModule
from tests.gpu.kernels.bands_cases import axis_of, cut_small

few = settings(max_examples=max(40, settings().max_examples))


@cache
def kernels() -> SimModule:
    names = [f"band_rows<{argument(square)}>" for square in SQUARES]
    return SimModule(Path(__file__).with_name("band_rows.cu"), [f"-I{KERNELS}"],
                     name_expressions=names)  # fmt: skip


@st.composite
def planes(draw: st.DrawFn) -> Any:
    """Draw a square pooling, as its windows."""
    side, stride = draw(st.sampled_from(SQUARES))
    axes = [draw(axis_of(side, 20)) for _ in range(2)]
    layer = MaxPool(
        kernel_size=(side, side), stride=(stride, stride), padding=tuple(p for _, p in axes),
        dilation=(1, 1), ceil_mode=draw(st.booleans()),
    )  # fmt: skip
    return sliding(layer, (draw(st.integers(1, 7)), 1, *(size for size, _ in axes)))


@pytest.mark.parametrize("plan", [of_windows, of_inputs], ids=["windows", "inputs"])
@few
@given(windows=planes(), staged=st.sampled_from([128, 4096]))
def test_a_block_owns_and_reads_the_rows_of_the_map(plan: Any, windows: Any, staged: int) -> None:
    """Planes and rows that are owned, the windows that read them, the rows that these read."""
    with cut_small(staged):
        planned = plan(windows)
    assert planned is not None
    (square, cut), of = planned, plan is of_inputs
    size, outputs = (cut.input if of else cut.output)[0], cut.output[0]
    most = cut.each * outputs * cut.output[1]
    found, visits = np.zeros((cut.blocks, 8), np.int32), np.zeros((cut.blocks, most), np.int32)
    kernel = kernels().get_function(f"band_rows<{argument(square)}>")
    told = found, visits, np.int32(most), np.int32(of), packed(cut, "int")
    kernel((cut.blocks,), (THREADS,), told)

    for block, row in enumerate(found):
        group, band = divmod(block, cut.bands)
        own = range(band * cut.rows, min(band * cut.rows + cut.rows, size))
        windowed = readers(square, cut.low[0], outputs, own) if of else own
        taken = read(square, cut.low[0], cut.input[0], windowed)
        if cut.bands == 1:  # whole planes
            windowed, taken = range(outputs), range(cut.input[0])
        many = min(cut.each, cut.planes - group * cut.each)
        ends = (end for rows in (own, windowed, taken) for end in (rows.start, rows.stop))
        assert row.tolist() == [group * cut.each, many, *ends]
        held = many * len(windowed) * cut.output[1]
        assert (visits[block, :held] == 1).all()
        assert not visits[block, held:].any()
