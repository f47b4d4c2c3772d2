"""Pooling in bands: they cover their planes, stage all that they read, give the oracle's bits."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convproof.index_maps import Windows
from convproof.index_maps.bands import Bands, read, readers
from convproof.layers import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, Layer, MaxPool
from convproof.layers.pooling import Pool
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import bands
from convproof_gpu.bands import SQUARES, STAGED, of_inputs, of_planes, of_windows
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import Kernel
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.pooling import sliding, whole
from convproof_gpu.sim import SimFault, SimReport, conditions
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import Wing, sim
from tests.numeric.cases import Case, answers, differences, with_data

FORMATS = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
INF, NAN = np.inf, np.nan
few = settings(max_examples=max(4, settings().max_examples // 5))
some = settings(max_examples=settings().max_examples // 2)
of_each = pytest.mark.parametrize("kind", [MaxPool, AvgPool], ids=lambda kind: kind.__name__)
in_every_format = pytest.mark.parametrize("dtype", FORMATS)


@st.composite
def squares(draw: st.DrawFn, kind: type[Pool], most: int = 9) -> Case:
    """Draw a pooling whose windows are squares that run in bands, with integers."""
    side, stride = draw(st.sampled_from(SQUARES))
    axes = [draw(_axis(side, most)) for _ in range(2)]
    options: dict[str, Any] = {}
    if kind is AvgPool:
        override = draw(st.none() | st.sampled_from([1, 3, -2]))
        options = {"count_include_pad": draw(st.booleans()), "divisor_override": override}
    layer = kind(
        kernel_size=(side, side), stride=(stride, stride), padding=tuple(p for _, p in axes),
        dilation=(1, 1), ceil_mode=draw(st.booleans()), **options,
    )  # fmt: skip
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *(size for size, _ in axes))
    return draw(with_data(layer, shape, unit=1 if kind is MaxPool else 36))


@st.composite
def _axis(draw: st.DrawFn, side: int, most: int) -> tuple[int, tuple[int, int]]:
    """Draw a size and a padding of which every window reads some input."""
    low, high = draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1))
    least = max(1, side - low - high)
    return draw(st.integers(least, least + most)), (low, high)


@contextmanager
def cut_small(staged: int) -> Iterator[None]:
    """Plan as if so few elements fit: small planes are cut, some blocks have several of them."""
    with patch.object(bands, "STAGED", staged), patch.object(bands, "FILLED", 2):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    of_windows.cache_clear()
    of_inputs.cache_clear()


@contextmanager
def without_bands() -> Iterator[None]:
    """Run the kernels of windows of any kind."""
    with patch.object(bands, "SQUARES", ()):
        _forget()
        try:
            yield
        finally:
            _forget()


@of_each
@in_every_format
def test_bands_give_the_oracles_numbers(kind: type[Pool], dtype: str) -> None:
    """``y`` and ``x_bar`` ``==`` the oracle's, of whole planes and of bands of a few rows."""

    @some
    @given(squares(kind), st.sampled_from([24, 48, 100, STAGED]))
    def holds(drawn: Case, staged: int) -> None:
        case = drawn.astype(FORMATS[dtype])
        with cut_small(staged):
            assert differences(answers(sim, case), answers(oracle, case)) == []

    holds()


@of_each
@in_every_format
def test_bands_and_windows_of_any_kind_give_the_same_bits(kind: type[Pool], dtype: str) -> None:
    """Of numbers that round, of ties and of both zeros: the same sums in the same order.

    What a sum's NaN has for a sign, IEEE 754 leaves open.
    """

    @few
    @given(squares(kind), st.sampled_from([48, STAGED]), st.integers(0, 2**16))
    def holds(drawn: Case, staged: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        special = np.array([0.0, -0.0, INF, -INF, NAN, 1.0])

        def numbers(array: np.ndarray) -> np.ndarray:
            real = rng.standard_normal(array.shape)
            kinds = rng.integers(0, 4, array.shape)
            held = np.where(kinds == 0, rng.choice(special, array.shape), real)
            return np.where(kinds == 1, array, held).astype(FORMATS[dtype])

        case = drawn.map(numbers)
        with np.errstate(all="ignore"), cut_small(staged):
            found = answers(sim, case)
        with without_bands():
            expected = answers(sim, case)
        assert found.keys() == expected.keys()
        for verb, array in expected.items():
            assert bits(found[verb]) == bits(array), verb

    def bits(array: np.ndarray) -> bytes:
        if kind is MaxPool:
            return array.tobytes()
        return np.where(np.isnan(array), array.dtype.type(NAN), array).tobytes()  # any NaN is one

    holds()


@few
@given(st.lists(st.sampled_from([NAN, INF, -INF, 0.0, -0.0, 1.0]), min_size=12, max_size=12))
@example([-INF] * 12)
@example([NAN] * 12)
def test_in_bands_the_first_nan_is_the_maximum_and_padding_never_is(values: list[float]) -> None:
    """``y`` and ``x_bar`` are the oracle's, of a window of minus infinities beside padding too."""
    x = np.array(values, np.float32).reshape(1, 1, 3, 4)
    for side, stride in SQUARES:
        low = side - 1
        layer = MaxPool(
            kernel_size=(side, side), stride=(stride, stride), padding=((low, 1), (low, 0)),
            dilation=(1, 1),
        )  # fmt: skip
        expected = oracle.forward(layer, x)
        assert sim.forward(layer, x).tobytes() == expected.tobytes()
        y_bar = np.arange(1, 1 + expected.size, dtype=np.float32).reshape(expected.shape)
        assert np.array_equal(sim.input_vjp(layer, x, y_bar), oracle.input_vjp(layer, x, y_bar))


@in_every_format
@pytest.mark.parametrize(
    "layer",
    [GlobalAvgPool(dims=2), GlobalMaxPool(dims=2), AdaptiveAvgPool(output_size=(1, 1))],
    ids=lambda layer: type(layer).__name__,
)
def test_planes_with_one_window_each_have_the_same_bits(layer: Layer, dtype: str) -> None:
    """Global pooling stages planes, and a thread takes one in order, as without; and so back."""

    @few
    @given(
        st.tuples(*(st.integers(1, most) for most in (3, 3, 6, 6))),
        st.integers(1, 9),
        st.integers(0, 2**16),
    )
    def holds(shape: tuple[int, ...], filled: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        special = np.array([0.0, -0.0, INF, -INF, NAN, 1.0])
        real = rng.standard_normal(shape)
        x = np.where(rng.integers(0, 3, shape) == 0, rng.choice(special, shape), real)
        y_bar = rng.choice(np.array([-0.0, INF, 0.1, 3.0]), (*shape[:2], 1, 1))
        case = Case(layer, x, (), y_bar).astype(FORMATS[dtype])
        with np.errstate(all="ignore"), patch.object(bands, "FILLED", filled):
            of_planes.cache_clear()
            found = answers(sim, case)
        with patch.object(bands, "LARGEST", 0):
            of_planes.cache_clear()
            expected = answers(sim, case)
        of_planes.cache_clear()
        for verb, array in expected.items():
            assert found[verb].tobytes() == array.tobytes(), verb

    holds()


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


def _rows(cut: Bands, size: int) -> list[range]:
    return [range(b * cut.rows, min((b + 1) * cut.rows, size)) for b in range(cut.bands)]


@st.composite
def planes(draw: st.DrawFn) -> Windows:
    """Draw square windows of planes up to those that have to be cut."""
    side, stride = draw(st.sampled_from(SQUARES))
    sizes = [draw(_axis(side, draw(st.sampled_from([6, 60, 300])))) for _ in range(2)]
    layer = MaxPool(
        kernel_size=(side, side), stride=(stride, stride), padding=tuple(p for _, p in sizes),
        dilation=(1, 1), ceil_mode=draw(st.booleans()),
    )  # fmt: skip
    return sliding(layer, (draw(st.integers(1, 5000)), 1, *(size for size, _ in sizes)))


@some
@given(planes())
def test_what_a_band_reads_is_staged_and_fits(windows: Windows) -> None:
    """Every row has one band; of each, the rows that its windows read, by ``Windows.taps``."""
    (size, width), (outputs, columns) = windows.input, windows.output
    for plan, owned in ((of_windows, outputs), (of_inputs, size)):
        planned = plan(windows)
        assert planned is not None
        square, cut = planned
        cuts = _rows(cut, owned)
        assert [row for rows in cuts for row in rows] == list(range(owned))
        assert 1 in (cut.each, cut.bands)
        assert cut.blocks == -(-windows.planes // cut.each) * cut.bands
        for rows in cuts:
            own, windowed = rows, rows
            if owned is size:
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
            if owned is size:
                assert cut.each * (size if uncut else len(own)) * width <= STAGED
                assert cut.each * (outputs if uncut else len(windowed)) * columns <= most


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


def square_cases(kind: type[Pool]) -> Iterator[Case]:
    """Padded and overhanging squares over tied integers, in planes of several bands."""
    rng = np.random.default_rng(0)
    for side, stride in SQUARES:
        layer = kind(
            kernel_size=(side, side), stride=(stride, stride), padding=((1, 1), (1, 1)),
            dilation=(1, 1), ceil_mode=True,
        )  # fmt: skip
        for size in ((9, 6), (8, 7)):
            x = rng.integers(-2, 1, (2, 2, *size)).astype(np.float32)
            shape = layer.output_shape(x.shape)
            yield Case(layer, x, (), (36 * rng.integers(1, 4, shape)).astype(np.float32))


FAULTS = {
    "the last of equal maxima takes the gradient": (
        MaxPool, "bands.cuh",
        "if (!(w <= wide) && wide == wide) {", "if (!(w < wide) && wide == wide) {",
    ),
    "a tap's number has that of the next": (
        MaxPool, "bands.cuh", "r * ROW + row.number", "r * ROW + row.number + 1",
    ),
    "the first window of a row has no gradient": (
        AvgPool, "bands.cuh", "(top + j) && 0 <= left + k &&", "(top + j) && 0 < left + k &&",
    ),
    "a band's first row of readers is left out": (
        AvgPool, "bands.cuh",
        "missed < 0 ? 0 : missed / Pane::STRIDE + 1", "missed < 0 ? 0 : missed / Pane::STRIDE + 2",
    ),
    "a band stages a row too few": (
        MaxPool, "bands.cuh", "Pane::SIDE, input[0])}", "Pane::SIDE - 1, input[0])}",
    ),
    "a mean divides by taps beyond the padded input": (
        AvgPool, "bands.cuh",
        "min(begin + Pane::SIDE, bands.input[d] + counted.above[d])", "(begin + Pane::SIDE)",
    ),
    "the gradient of a mean is that of a sum": (
        AvgPool, "avg_pool_input_vjp.cu",
        "/ divisor<Pane>(bands, counted, fixed, row + e, column);", ";",
    ),
    "the last row of a band belongs to the next": (
        MaxPool, "max_pool_forward.cu", "(row + e < own.end) to[", "(row + e < own.end - 1) to[",
    ),
}  # fmt: skip


def wrong_or_faulty(wing: Wing, kind: type[Pool]) -> bool:
    """Return whether an answer is not the oracle's, or a kernel does what it must not."""
    with cut_small(24):
        try:
            return any(
                differences(answers(wing, case), answers(oracle, case))
                for case in square_cases(kind)
            )
        except SimFault:
            return True


@of_each
def test_the_cases_that_show_faults_have_none(kind: type[Pool]) -> None:
    assert not wrong_or_faulty(sim, kind)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_bands_is_seen(fault: str) -> None:
    kind, file, old, new = FAULTS[fault]
    machine = Patched(file, old, new)
    try:
        assert wrong_or_faulty(Wing(machine), kind)
    finally:
        machine._folder.cleanup()
