"""Pooling in bands gives the oracle's bits, and a fault of it is seen."""

from collections.abc import Iterator
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convproof.layers import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, Layer, MaxPool
from convproof.layers.pooling import Pool
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import bands
from convproof_gpu.bands import SQUARES, STAGED, of_planes
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import SimFault
from convproof_gpu.wing import Wing, sim
from tests.gpu.kernels.bands_cases import cut_small, few, of_each, some, squares, without_bands
from tests.numeric.cases import Case, answers, differences

FORMATS = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
INF, NAN = np.inf, np.nan
in_every_format = pytest.mark.parametrize("dtype", FORMATS)


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
def test_a_row_that_no_window_reads_is_staged_only_where_it_fits(kind: type[Pool]) -> None:
    """``65 * 64 > 4096``: one band of all windows would stage the last row, too."""
    layer = kind(kernel_size=(2, 2), stride=(2, 2), padding=((0, 0),) * 2, dilation=(1, 1))
    x = np.arange(65 * 64, dtype=np.float32).reshape(1, 1, 65, 64) % 17
    np.testing.assert_array_equal(sim.forward(layer, x), oracle.forward(layer, x))


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
