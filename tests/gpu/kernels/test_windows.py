"""Pooling: the kernels' ranges are the maps', readers invert taps, numbers are the oracle's."""

from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import layers
from convproof.errors import DTypeError, ShapeError, UnsupportedError
from convproof.index_maps import Counted, Range, Windows
from convproof.index_maps.lines import Planes
from convproof.layers import AdaptiveMaxPool, AvgPool, GlobalMaxPool, Layer, MaxPool, MaxUnpool
from convproof.numeric.reference import avg_pool, windows
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import machine
from convproof_gpu.cubin import KERNELS
from convproof_gpu.layers.avg_pool import _counted
from convproof_gpu.layers.max_unpool import last_entries
from convproof_gpu.machine import Kernel, packed
from convproof_gpu.pooling import adaptive, sliding, whole
from convproof_gpu.sim import SimModule
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import sim
from tests.numeric import cases
from tests.numeric.cases import CASES, answers, differences

INTEGERS = {"int": np.int32, "long long": np.int64}
HALVES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
POOLS: tuple[type[Layer], ...] = (
    layers.MaxPool, layers.AvgPool, layers.AdaptiveMaxPool, layers.AdaptiveAvgPool,
    layers.GlobalMaxPool, layers.GlobalAvgPool, layers.MaxUnpool,
)  # fmt: skip
PLANAR: dict[type[Layer], st.SearchStrategy[cases.Case]] = {
    layers.MaxPool: cases.pools(layers.MaxPool, dims=2),
    layers.AvgPool: cases.pools(layers.AvgPool, dims=2),
    layers.AdaptiveMaxPool: cases.adaptive_pools(layers.AdaptiveMaxPool, dims=2),
    layers.AdaptiveAvgPool: cases.adaptive_pools(layers.AdaptiveAvgPool, dims=2),
    layers.MaxUnpool: CASES[layers.MaxUnpool],
}
INF, NAN = np.inf, np.nan
some = settings(max_examples=settings().max_examples // 2)
few = settings(max_examples=max(4, settings().max_examples // 5))
of_each = pytest.mark.parametrize("kind", POOLS, ids=lambda kind: kind.__name__)


@st.composite
def geometries(
    draw: st.DrawFn, dims: int
) -> tuple[Windows, Counted, windows.Windows, dict[Any, int]]:
    """Draw windows: what the kernel is told, and the oracle's positions and divisors."""
    if draw(st.booleans()):
        size, layer = draw(_sliding(dims))
        told = sliding(layer, (1, 1, *size))
        positions = windows.sliding_windows(layer, size)
        return told, _counted(layer, told), positions, avg_pool._divisors(layer, size, positions)
    most = {1: 9, 2: 5, 3: 3}[dims]
    size = tuple(draw(st.integers(1, most)) for _ in range(dims))
    outputs = tuple(draw(st.integers(1, most)) for _ in range(dims))
    told = adaptive(AdaptiveMaxPool(output_size=outputs), (1, 1, *size))
    positions = windows.adaptive_windows(size, outputs)
    none = Counted((0,) * dims, (0,) * dims)
    return told, none, positions, {o: len(reads) for o, reads in positions}


@st.composite
def _sliding(draw: st.DrawFn, dims: int) -> tuple[tuple[int, ...], AvgPool]:
    """Draw the size of an input, and a pooling whose windows all read some of it."""
    axis = cases.pool_axis(small=dims > 1, torch=False, dilated=True)
    axes = [draw(axis) for _ in range(dims)]
    size, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    layer = AvgPool(
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        ceil_mode=draw(st.booleans()), count_include_pad=draw(st.booleans()),
    )  # fmt: skip
    return size, layer


def boxes(ranges: Any, sizes: tuple[int, ...]) -> np.ndarray:
    """Return begin, end and step along each axis of every position's range."""
    places = np.indices(sizes).reshape(len(sizes), -1)
    held = [ranges(axis, place) for axis, place in enumerate(places)]
    parts = [[getattr(r, part) for r in held] for part in ("begin", "end", "step")]
    columns = [[np.broadcast_to(p, places.shape[1]) for p in part] for part in parts]
    return np.moveaxis(np.array(columns), -1, 0)


def relation(told: Windows) -> np.ndarray:
    """Return whether window ``o`` reads ``i``, of all windows and inputs, by the ranges of taps."""
    found = np.ones((1, 1), bool)
    for axis, (inputs, outputs) in enumerate(zip(told.input, told.output, strict=True)):
        o, i = np.ix_(range(outputs), range(inputs))
        taps: Range = told.taps(axis, o)
        there = (taps.begin <= i) & (i < taps.end) & ((i - taps.begin) % taps.step == 0)
        found = np.kron(found, there)
    return found


def inverse(told: Windows) -> np.ndarray:
    """Return the same by the ranges of readers."""
    found = np.ones((1, 1), bool)
    for axis, (inputs, outputs) in enumerate(zip(told.input, told.output, strict=True)):
        o, i = np.ix_(range(outputs), range(inputs))
        readers = told.readers(axis, i)
        there = (readers.begin <= o) & (o < readers.end) & told.reads(axis, o, i)
        found = np.kron(found, there)
    return found


def ascending(there: np.ndarray) -> np.ndarray:
    """Return how far each column is in its row, of those that are there, from 1 on."""
    return np.where(there, np.cumsum(there, axis=1), 0)


@cache
def kernels(integer: str) -> SimModule:
    expressions = [f"window_ranges<{integer}, {dims}>" for dims in (1, 2, 3)]
    file = Path(__file__).with_name("window_ranges.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=expressions)


@pytest.mark.parametrize("integer", INTEGERS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_kernel_computes_the_ranges_of_its_map(dims: int, integer: str) -> None:
    """Every window's taps and divisor, every input's readers, and their row-major order."""

    @few
    @given(geometries(dims))
    def holds(drawn: Any) -> None:
        told, counted, _, _ = drawn
        there, outputs = relation(told), tuple(told.output)
        o = tuple(np.indices(outputs).reshape(dims, -1))
        expected = {
            "taps": boxes(
                lambda a, p: told.taps(a, p, counted.below[a], counted.above[a]), outputs
            ),
            "counts": np.broadcast_to(told.divisor(o, counted), len(o[0])),
            "visits": ascending(there),
            "readers": boxes(told.readers, told.input),
            "visitors": ascending(there.T),
        }
        found = {name: np.empty(array.shape, INTEGERS[integer]) for name, array in expected.items()}
        structs = packed(told, integer), packed(counted, integer)
        kernel = kernels(integer).get_function(f"window_ranges<{integer}, {dims}>")
        kernel((1,), (1,), (*found.values(), *structs), outputs=tuple(found))
        for name, array in expected.items():
            assert np.array_equal(found[name], array), name

    holds()


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_windows_and_their_divisors_are_the_oracles(dims: int) -> None:
    """``{(o, i)} ==`` the positions that the oracle writes out one by one."""

    @some
    @given(geometries(dims))
    def holds(drawn: Any) -> None:
        told, counted, positions, divisors = drawn
        expected = np.zeros((len(positions), int(np.prod(told.input))), bool)
        for number, (_, reads) in enumerate(positions):
            expected[number, [windows.flat(i, told.input) for i in reads]] = True
        assert np.array_equal(relation(told), expected)
        for o, divisor in divisors.items():
            assert told.divisor(o, counted) == divisor

    holds()


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_readers_are_the_inverse_of_the_taps(dims: int) -> None:
    """``o in readers(i) and reads(o, i) <=> i in taps(o)``."""

    @some
    @given(geometries(dims))
    def holds(drawn: Any) -> None:
        assert np.array_equal(inverse(drawn[0]), relation(drawn[0]))

    holds()


@given(geometries(1))
@settings(max_examples=4)
def test_a_range_is_a_formula(drawn: Any) -> None:
    """SymPy holds what NumPy runs: the ranges of symbols, at the numbers of a geometry."""
    told: Windows = drawn[0]
    fields = ("input", "output", "stride", "reach", "parts", "dilation", "low")
    symbols = {name: sp.Symbol(name, integer=True) for name in fields}
    formal = Windows(planes=1, **{name: (symbol,) for name, symbol in symbols.items()})
    p = sp.Symbol("p", integer=True)
    numbers = {symbol: getattr(told, name)[0] for name, symbol in symbols.items()}
    for ranges, size in (("taps", told.output[0]), ("readers", told.input[0])):
        of_symbols, of_integers = getattr(formal, ranges)(0, p), getattr(told, ranges)(0, size - 1)
        for part in ("begin", "end"):
            at = {symbol: sp.Integer(n) for symbol, n in {**numbers, p: size - 1}.items()}
            value = sp.sympify(getattr(of_symbols, part)).xreplace(at)
            assert value == getattr(of_integers, part)


@of_each
def test_a_pooling_gives_the_oracles_numbers(kind: type[Layer]) -> None:
    """``y``, ``indices`` and ``x_bar`` ``==`` the oracle's, of small integers over 1 to 3 axes."""

    @some
    @given(CASES[kind])
    def holds(drawn: cases.Case) -> None:
        case = drawn.astype(np.float32)
        assert differences(answers(sim, case), answers(oracle, case)) == []

    holds()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", PLANAR, ids=lambda kind: kind.__name__)
def test_a_pooling_of_halves_sums_in_float32(kind: type[Layer], dtype: str) -> None:
    """The same of ``float16`` and ``bfloat16``: one rounding, at the end."""

    @few
    @given(PLANAR[kind])
    def holds(drawn: cases.Case) -> None:
        case = drawn.astype(HALVES[dtype])
        assert differences(answers(sim, case), answers(oracle, case)) == []

    holds()


@pytest.mark.parametrize("kind", PLANAR, ids=lambda kind: kind.__name__)
def test_offsets_of_64_bits_give_the_same_numbers(kind: type[Layer]) -> None:
    """As where an array has more than 2^31 elements."""

    @few
    @given(PLANAR[kind])
    def holds(drawn: cases.Case) -> None:
        case = drawn.astype(np.float32)
        narrow = answers(sim, case)
        with patch.object(machine, "_INT", -1):
            assert differences(answers(sim, case), narrow) == []

    holds()


def test_an_axis_whose_parts_overflow_32_bits_takes_64() -> None:
    """``parts (i + 1) > 2^31`` of 50 000 windows of 50 000 inputs, which are no more."""
    layer, size = layers.AdaptiveAvgPool(output_size=(50_000,)), 50_000
    x = np.arange(size, dtype=np.float32).reshape(1, 1, size)
    assert np.array_equal(sim.forward(layer, x), x)
    assert np.array_equal(sim.input_vjp(layer, x.shape, x), x)


def pool(kernel_size: int, low: int = 0, high: int = 0, *, stride: int = 1) -> MaxPool:
    """A pooling over one axis."""
    return MaxPool(
        kernel_size=(kernel_size,), stride=(stride,), padding=((low, high),), dilation=(1,),
        return_indices=True,
    )  # fmt: skip


@given(st.lists(st.sampled_from([NAN, INF, -INF, 0.0, -0.0, 1.0]), min_size=6, max_size=6))
@some
def test_the_first_nan_is_the_maximum_of_its_windows_and_padding_never_is(
    values: list[float],
) -> None:
    """``y``, ``indices`` and ``x_bar`` are the oracle's, of NaN, infinities and both zeros."""
    x = np.array([[values]], np.float32)
    global_pool = GlobalMaxPool(dims=1)
    for layer in (pool(3, 1, 1), pool(4, 2, 1, stride=3), AdaptiveMaxPool(output_size=(4,))):
        found, expected = sim.forward(layer, x), oracle.forward(layer, x)
        if isinstance(found, tuple):
            assert found[0].tobytes() == expected[0].tobytes()
            assert np.array_equal(found[1], expected[1])
        y_bar = np.arange(1, 1 + np.size(expected[0]), dtype=np.float32).reshape(1, 1, -1)
        assert np.array_equal(sim.input_vjp(layer, x, y_bar), oracle.input_vjp(layer, x, y_bar))
    assert sim.forward(global_pool, x).tobytes() == oracle.forward(global_pool, x).tobytes()


def test_no_plane_has_no_windows() -> None:
    """``y`` and ``x_bar`` are empty; windows of four axes are refused, but global ones."""
    poolings: tuple[Layer, ...] = (
        pool(2), AdaptiveMaxPool(output_size=(3,)), GlobalMaxPool(dims=1),
        layers.AdaptiveAvgPool(output_size=(3,)), layers.GlobalAvgPool(dims=1),
    )  # fmt: skip
    for layer in poolings:
        for shape in ((0, 2, 4), (2, 0, 4)):
            x = np.empty(shape, np.float32)
            y = sim.forward(layer, x)
            y = y[0] if isinstance(y, tuple) else y
            assert y.shape == layer.output_shape(shape)
            assert sim.input_vjp(layer, x, y).shape == shape
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 2, 2, 2, 2)
    with pytest.raises(UnsupportedError, match="1 to 3 spatial axes"):
        sim.forward(AdaptiveMaxPool(output_size=(1, 1, 1, 1)), x)
    assert sim.forward(GlobalMaxPool(dims=4), x).ravel() == [15]
    assert whole(x.shape).input == (16,)


UNPOOL = MaxUnpool(kernel_size=(2,), stride=(2,), padding=((0, 0),))


def test_the_last_of_two_values_stays_and_takes_the_gradient() -> None:
    """``x = (5, 7)`` name position 3 both: ``y[3] = 7``, and only 7 moves it."""
    x, indices = np.array([[[5, 7]]], np.float32), np.array([[[3, 3]]])
    assert sim.forward(UNPOOL, x, indices).tolist() == [[[0, 0, 0, 7]]]
    y_bar = np.array([[[1, 2, 3, 4]]], np.float32)
    assert sim.input_vjp(UNPOOL, x.shape, y_bar, indices.astype(np.int32)).tolist() == [[[0, 4]]]
    assert sim.forward(UNPOOL, x[:0], indices[:0]).shape == (0, 1, 4)


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_the_output_is_refused_with_the_numbers(index: int) -> None:
    x, indices = np.zeros((1, 1, 2), np.float32), np.array([[[0, index]]], np.int32)
    law = (
        rf"^indices must lie in 0\.\.\.3, the positions of an output of \(4,\), but "
        rf"indices\[0, 0, 1\] = {index}\.$"
    )
    with pytest.raises(ShapeError, match=law):
        sim.forward(UNPOOL, x, indices)
    with pytest.raises(ShapeError, match=law):
        sim.input_vjp(UNPOOL, x, np.zeros((1, 1, 4), np.float32), indices)


def test_indices_of_another_shape_and_kind_are_refused() -> None:
    x = np.zeros((1, 1, 2), np.float32)
    with pytest.raises(ShapeError, match=r"must have the shape \(1, 1, 2\), got \(1, 1, 1\)"):
        sim.forward(UNPOOL, x, np.zeros((1, 1, 1), np.int64))
    with pytest.raises(DTypeError, match="indices must be integers, got an array of float32"):
        sim.forward(UNPOOL, x, x)


@pytest.mark.parametrize("integer", INTEGERS)
def test_a_kernel_passes_over_an_index_that_no_host_has_seen(integer: str) -> None:
    """Outside the plane nothing is written, and ``x_bar = 0``: as on a GPU, unchecked."""
    planes = Planes(2, 3, 4)
    far = 2**32  # 0 in 32 bits
    indices = np.array([[3, -1, 4], [far, 1, -far]])
    y_bar, x_bar = np.arange(1, 9, dtype=np.float32), np.empty((2, 3), np.float32)
    with patch.object(machine, "_INT", 2**31 - 2**16 if integer == "int" else -1):
        last = last_entries(Simulated(), planes, indices)
        assert last.tolist() == [-1, -1, -1, 0, -1, 4, -1, -1]
        kernel = simulated(Kernel("max_unpool_input_vjp", ("float", integer)))
        args = (indices, last, y_bar, x_bar, packed(planes, integer))
        kernel((1,), (256,), args, outputs=("x_bar",))
    assert x_bar.tolist() == [[4, 0, 0], [0, 6, 0]]
