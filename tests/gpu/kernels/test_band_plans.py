"""Which poolings run in bands, how their planes are cut, and what their kernels move."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convproof.index_maps import Windows
from convproof.index_maps.bands import Bands, read, readers
from convproof.layers import MaxPool
from convproof.layers.pooling import Pool
from convproof.numeric.fast import implementation as fast
from convproof_gpu import bands
from convproof_gpu.bands import SQUARES, STAGED, of_inputs, of_planes, of_windows
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import Kernel
from convproof_gpu.pooling import sliding, whole
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import Wing, sim
from tests.gpu.kernels.bands_cases import (
    axis_of,
    of_each,
    some,
)


def test_planes_of_one_window_are_known_and_fit() -> None:
    """Of 4...1024 elements; ``each size <= 4096``; a window that is less than a plane is none."""
    for size, known in ((3, False), (4, True), (196, True), (1024, True), (1025, False)):
        planned = of_planes(whole((64, 1024, size)))
        assert (planned is not None) is known
        if planned is not None:
            assert planned.each * size <= STAGED
            assert planned.blocks * planned.each >= 64 * 1024
    less = MaxPool(
        kernel_size=(8, 8), stride=(9, 9), padding=((0, 0), (0, 0)), dilation=(1, 1)
    )  # fmt: skip
    assert of_planes(sliding(less, (1, 1, 9, 9))) is None


@pytest.mark.parametrize("rows", [2_097_088, 2_097_160])
def test_a_plane_beyond_32_bits_is_not_cut(rows: int) -> None:
    """``I_0 I_1 <= 2^31 - 2^16``: every row of a plane begins at an int."""
    layer = MaxPool(
        kernel_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1)
    )  # fmt: skip
    windows = sliding(layer, (1, 1, rows, 1024))
    fits = rows * 1024 <= 2**31 - 2**16
    assert (of_windows(windows) is not None) is fits
    assert (of_inputs(windows) is not None) is fits


@pytest.mark.parametrize(("columns", "fits"), [(762_600, True), (762_601, False)])
def test_what_a_block_computes_of_a_wide_row_is_an_int(columns: int, fits: bool) -> None:
    """``e T W <= 2^24``: 22 rows of so many windows, nearly all of which would lie in padding."""
    windows = Windows(
        planes=1, input=(22, 30), output=(22, columns), stride=(1, 1), reach=(3, 3), parts=(1, 1),
        dilation=(1, 1), low=(1, columns),
    )  # fmt: skip
    assert (22 * columns <= 2**24) is fits
    assert (of_windows(windows) is not None) is fits


def _rows(cut: Bands, size: int) -> list[range]:
    return [range(b * cut.rows, min((b + 1) * cut.rows, size)) for b in range(cut.bands)]


@st.composite
def planes(draw: st.DrawFn) -> Windows:
    """Draw square windows of planes up to those that have to be cut, some of which barely fit."""
    side, stride = draw(st.sampled_from(SQUARES))
    sizes = [draw(axis_of(side, draw(st.sampled_from([6, 60, 300])))) for _ in range(2)]
    (rows, _), (_, padding) = sizes
    if rows >= 8 and draw(st.booleans()):
        sizes[1] = max(side, STAGED // rows + draw(st.integers(-1, 2))), padding
    layer = MaxPool(
        kernel_size=(side, side), stride=(stride, stride), padding=tuple(p for _, p in sizes),
        dilation=(1, 1), ceil_mode=draw(st.booleans()),
    )  # fmt: skip
    return sliding(layer, (draw(st.integers(1, 5000)), 1, *(size for size, _ in sizes)))


@some
@given(planes())
@example(  # the last row of inputs lies in no window, and does not fit
    Windows(
        planes=1, input=(65, 64), output=(32, 32), stride=(2, 2), reach=(2, 2), parts=(1, 1),
        dilation=(1, 1), low=(0, 0),
    )
)  # fmt: skip
@example(  # as many windows along an axis as inputs
    Windows(
        planes=1, input=(22, 187), output=(22, 185), stride=(1, 1), reach=(3, 3), parts=(1, 1),
        dilation=(1, 1), low=(1, 0),
    )
)  # fmt: skip
def test_what_a_band_reads_is_staged_and_fits(windows: Windows) -> None:
    """Every row has one band; of each, the rows that its windows read, by ``Windows.taps``."""
    (size, width), (outputs, columns) = windows.input, windows.output
    for plan, owned in ((of_windows, outputs), (of_inputs, size)):
        planned = plan(windows)
        assert planned is not None
        square, cut = planned
        cuts = _rows(cut, owned)
        tall, wide = max(cut.rows, *map(_windowed(plan, windows), cuts)), max(width, columns)
        groups = cut.window_groups.by, cut.input_groups.by if plan is of_inputs else 1
        assert cut.each * tall * wide <= 2**24
        assert max(groups) <= 2 * tall
        assert max(cut.window_columns.by, cut.input_columns.by) <= 4 * wide
        assert [row for rows in cuts for row in rows] == list(range(owned))
        assert 1 in (cut.each, cut.bands)
        assert cut.blocks == -(-windows.planes // cut.each) * cut.bands
        for rows in cuts:
            own, windowed = rows, rows
            if plan is of_inputs:
                windowed = readers(square, windows.low[0], outputs, rows)
                meeting = [
                    o
                    for o in range(outputs)
                    if set(_taps(windows, o)) & set(rows)
                ]  # fmt: skip
                assert meeting == list(windowed)
            staged = read(square, windows.low[0], size, windowed)
            reads = {i for o in windowed for i in _taps(windows, o)}
            assert reads == set(staged)
            most = STAGED if square.stride == 1 else STAGED // 2
            uncut = cut.bands == 1
            held = cut.each * width * (size if uncut else max(len(staged), 0))
            assert held <= STAGED
            if plan is of_inputs:
                assert cut.each * (size if uncut else len(own)) * width <= STAGED
                assert cut.each * (outputs if uncut else len(windowed)) * columns <= most


def _windowed(plan: Any, windows: Windows) -> Callable[[range], int]:
    """Return how many rows of windows a band has, of windows or of inputs."""
    square, low, outputs = bands.square_of(windows), windows.low[0], windows.output[0]
    assert square is not None
    if plan is of_windows:
        return len
    return lambda rows: len(readers(square, low, outputs, rows))


def _taps(windows: Windows, o: int) -> range:
    taps = windows.taps(0, o)
    return range(int(taps.begin), int(taps.end), int(taps.step))


@pytest.mark.parametrize(
    ("kernel_size", "stride", "dilation", "indices"),
    [((2, 3), (2, 2), (1, 1), False), ((2, 2), (2, 1), (1, 1), False),
     ((2, 2), (2, 2), (1, 2), False), ((4, 4), (4, 4), (1, 1), False),
     ((2, 2), (2, 2), (1, 1), True)],
)  # fmt: skip
def test_other_windows_and_indices_have_the_kernels_of_any_kind(
    kernel_size: Any, stride: Any, dilation: Any, indices: bool
) -> None:
    layer = MaxPool(
        kernel_size=kernel_size, stride=stride, padding=((0, 0), (0, 0)), dilation=dilation,
        return_indices=indices,
    )  # fmt: skip
    machine = Counting()
    Wing(machine).forward(layer, np.zeros((1, 1, 8, 8), np.float32))
    assert [kernel.name for kernel, _ in machine.reports] == [""]


def test_a_row_too_wide_to_stage_has_the_kernels_of_any_kind() -> None:
    """``K I > 4096`` elements: no band has even one row."""
    layer = MaxPool(
        kernel_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1)
    )  # fmt: skip
    for width, cut in ((STAGED // 2, True), (STAGED // 2 + 1, False)):
        windows = sliding(layer, (1, 1, 4, width))
        assert (of_windows(windows) is not None) is cut
        x = np.arange(4 * width, dtype=np.float32).reshape(1, 1, 4, width)
        assert np.array_equal(sim.forward(layer, x), fast.forward(layer, x))


class Counting(Simulated):
    """The simulator, which keeps its reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[Kernel, SimReport]] = []

    def run(self, kernel: Kernel, blocks: int, threads: int, args: Any, outputs: Any) -> None:
        """Run and count."""
        with conditions(count=True):
            report = simulated(kernel)((blocks,), (threads,), args, kernel.shared, outputs=outputs)
        self.reports.append((kernel, report))


@of_each
@pytest.mark.parametrize(
    ("square", "size", "low"), [((2, 2), (32, 64), 0), ((3, 2), (31, 31), 0), ((3, 1), (28, 28), 1)]
)
def test_a_band_moves_hardly_more_than_its_bytes(
    kind: type[Pool], square: Any, size: Any, low: int
) -> None:
    """Sectors of 32 bytes within a tenth of the least, and each array once: no index is stored."""
    side, stride = square
    layer = kind(
        kernel_size=(side, side), stride=(stride, stride), padding=((low, low), (low, low)),
        dilation=(1, 1),
    )  # fmt: skip
    x = np.zeros((2, 4, *size), np.float32)
    y = np.zeros(layer.output_shape(x.shape), np.float32)
    machine = Counting()
    wing = Wing(machine)
    wing.forward(layer, x)
    wing.input_vjp(layer, x, y)
    (_, forward), (_, vjp) = machine.reports
    again = x.nbytes if kind is MaxPool else 0
    assert forward.bytes == x.nbytes + y.nbytes
    assert vjp.bytes == x.nbytes + y.nbytes + again
    for report in (forward, vjp):
        assert report.sectors is not None
        assert report.least_sectors is not None
        assert report.sectors <= 1.1 * report.least_sectors


def test_the_kernels_and_the_plan_have_the_same_numbers() -> None:
    """``CREW``, ``STAGED``, and the units of rows of ``Square``."""
    text = (KERNELS / "bands.cuh").read_text(encoding="utf-8")
    found = re.search(r"CREW = (\d+), STAGED = (\d+);", text)
    assert found is not None
    assert tuple(map(int, found.groups())) == (bands.THREADS, STAGED)
