"""Kernels that own an element each, and the bias's sum: the oracle's, however arrays lie."""

from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import layers
from convproof.cases import Case
from convproof.functions import Function, Role
from convproof.layers import Bias, Layer
from convproof.numeric.reference import implementation as oracle
from convproof.strategies import cases
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import Request
from convproof_gpu import machine
from convproof_gpu.elementwise import width_of
from convproof_gpu.layers.bias import Channels, Shared
from convproof_gpu.machine import Kernel
from convproof_gpu.sim import SimFault
from convproof_gpu.simulated import simulated
from convproof_gpu.wing import sim

FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
by_name = ("float32", "float16", "bfloat16")
LARGE_SEED = 2**16
few = settings(max_examples=max(4, settings().max_examples // 5))
in_every_format = pytest.mark.parametrize("dtype", FORMATS, ids=by_name)
ELEMENTWISE: tuple[Layer, ...] = (
    layers.ReLU(),
    layers.Tanh(amplitude=1.7159, slope=2 / 3),
    Bias(channels=5, channel_axis=0),
    Bias(channels=5, channel_axis=1),
)


@st.composite
def biases(draw: st.DrawFn) -> tuple[Bias, np.ndarray]:
    """Draw a bias and small integers: few channels of many positions, or many of one."""
    outer = draw(st.lists(st.integers(0, 9), max_size=2))
    channels = draw(st.integers(0, 40))
    inner = draw(st.lists(st.integers(0, 20), max_size=2))
    rng = np.random.default_rng(draw(st.integers(0, LARGE_SEED)))
    layer = Bias(channels=channels, channel_axis=len(outer))
    return layer, rng.integers(-4, 5, (*outer, channels, *inner))


def lying(values: Any, dtype: Any, beyond: int) -> np.ndarray:
    """Return numbers that begin so many elements beyond a multiple of 16 bytes."""
    values = np.asarray(values)
    memory = np.empty(values.size + 32, dtype)
    first = -memory.ctypes.data // memory.itemsize % (16 // memory.itemsize) + beyond
    held = memory[first : first + values.size].reshape(values.shape)
    held[...] = values
    return held


def bits(array: np.ndarray) -> bytes:
    return array.tobytes()


@in_every_format
@pytest.mark.parametrize("name", ["relu", "maxout"])
def test_a_layer_that_chooses_gives_the_oracles_numbers(name: str, dtype: Any) -> None:
    """``kernel(x) == oracle(x)``, and so ``x_bar``."""

    @few
    @given(cases(name))
    def holds(case: Case) -> None:
        held = case.integers(np.dtype(dtype)).astype(dtype)
        x, y_bar = held["x"], held["y_bar"]
        assert np.array_equal(sim.forward(case.layer, x), oracle.forward(case.layer, x))
        expected = oracle.input_vjp(case.layer, x, y_bar)
        assert np.array_equal(sim.input_vjp(case.layer, x, y_bar), expected)

    holds()


@pytest.mark.parametrize("layer", [layers.ReLU(), layers.Maxout(pool_size=3)])
@given(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]), min_size=6, max_size=6))
@few
def test_nan_is_the_maximum_and_the_first_of_equals_takes_the_gradient(
    layer: Layer, values: list[float]
) -> None:
    """``x_bar`` is 0 at 0, ``y_bar`` at the first maximum or NaN, and 0 elsewhere."""
    x = np.array([values], np.float32)
    y = sim.forward(layer, x)
    assert np.array_equal(y, oracle.forward(layer, x), equal_nan=True)
    y_bar = np.array([np.inf, *range(1, y.size)], np.float32).reshape(y.shape)
    found, expected = sim.input_vjp(layer, x, y_bar), oracle.input_vjp(layer, x, y_bar)
    assert np.array_equal(found, expected)


@in_every_format
@given(data=st.data())
@few
def test_tanh_lies_within_its_bound(data: st.DataObject, dtype: Any) -> None:
    """``|y - A tanh(S x)| <= 20 u |y|`` and ``|x_bar - exact| <= 30 u A S |y_bar|``."""
    drawn: Case = data.draw(cases("tanh"))
    layer = data.draw(st.sampled_from([drawn.layer, layers.Tanh(amplitude=1.7159, slope=2 / 3)]))
    case = Case(layer=layer, input_shape=drawn.input_shape, seed=drawn.seed)
    held = case.reals(np.dtype(dtype))
    wide = held.astype(np.float64)
    roles: tuple[Role, ...] = ("forward", "input")
    for role in roles:
        if role == "forward":
            found, exactly = sim.forward(layer, held["x"]), oracle.forward(layer, wide["x"])
        else:
            found = sim.input_vjp(layer, held["x"], held["y_bar"])
            exactly = oracle.input_vjp(layer, wide["x"], wide["y_bar"])
        request = Request(dtype=np.dtype(dtype), precision="float32")
        allowed = allowed_error(Function("tanh", role), case, wide, exactly, request)
        assert (np.abs(found.astype(np.float64) - exactly) <= allowed).all()


@in_every_format
@pytest.mark.parametrize("layer", ELEMENTWISE, ids=["relu", "tanh", "outer", "inner"])
def test_where_an_array_begins_changes_no_bit(layer: Layer, dtype: Any) -> None:
    """A load of 16 bytes, one element at a time, and the tail of either: the same numbers."""

    @few
    @given(st.integers(1, 9), st.sampled_from([0, 0, 1, 3]), st.integers(0, LARGE_SEED))
    def holds(columns: int, beyond: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = (5, columns) if layer == ELEMENTWISE[2] else (columns, 5)
        x, y_bar = rng.standard_normal((2, *shape)).astype(dtype)
        b = (rng.standard_normal(5).astype(dtype),) if isinstance(layer, Bias) else ()
        straight, askew = lying(x, dtype, 0), lying(x, dtype, beyond)
        wide = 16 // straight.itemsize
        assert width_of(straight) == (wide if x.size >= wide else 1)
        assert width_of(straight, askew) == (wide if x.size >= wide and not beyond else 1)
        with patch("convproof_gpu.elementwise.width_of", return_value=1):
            singly = sim.forward(layer, x, *b), sim.input_vjp(layer, x, y_bar)
        assert bits(sim.forward(layer, straight, *b)) == bits(singly[0])
        assert bits(sim.forward(layer, askew, *b)) == bits(singly[0])
        assert bits(sim.input_vjp(layer, straight, lying(y_bar, dtype, 0))) == bits(singly[1])
        assert bits(sim.input_vjp(layer, straight, lying(y_bar, dtype, beyond))) == bits(singly[1])

    holds()


@in_every_format
def test_where_units_begin_changes_no_bit(dtype: Any) -> None:
    """Maxout takes vectors of positions where it may, and the numbers are the same."""
    rng, layer = np.random.default_rng(0), layers.Maxout(pool_size=3)
    for shape in ((2, 6, 16), (2, 6, 9), (5, 6)):
        x = rng.integers(-2, 3, shape).astype(dtype)
        y_bar = rng.standard_normal(layer.output_shape(shape)).astype(dtype)
        expected = oracle.forward(layer, x), oracle.input_vjp(layer, x, y_bar)
        for beyond in (0, 1):
            held, cotangent = lying(x, dtype, beyond), lying(y_bar, dtype, 0)
            assert np.array_equal(sim.forward(layer, held), expected[0])
            assert np.array_equal(sim.input_vjp(layer, held, cotangent), expected[1])


def test_a_load_of_16_bytes_that_begins_elsewhere_is_a_fault() -> None:
    """So the width is what the machine may take, and no guess."""
    kernel = simulated(Kernel("relu_forward", ("float", "int", "4")))
    x, y = lying(np.zeros(8), np.float32, 1), lying(np.zeros(8), np.float32, 0)
    with pytest.raises(SimFault, match="misaligned"):
        kernel((1,), (256,), (x, y, np.int32(8)), outputs=("y",))


@in_every_format
@given(biases())
@few
def test_a_bias_is_added_to_its_channel_and_its_derivative_is_the_channels_sum(
    dtype: Any, drawn: tuple[Bias, np.ndarray]
) -> None:
    """``y[n, c, i] = x[n, c, i] + b[c]`` and ``b_bar[c] = sum_{n,i} y_bar[n, c, i]``."""
    layer, integers = drawn
    x, b = integers.astype(dtype), np.arange(layer.channels).astype(dtype)
    assert np.array_equal(sim.forward(layer, x, b), oracle.forward(layer, x, b))
    assert np.array_equal(sim.input_vjp(layer, x, x), x)
    others = tuple(axis for axis in range(x.ndim) if axis != layer.channel_axis)
    sums = integers.sum(others).astype(np.float32).astype(dtype)
    assert np.array_equal(sim.bias_vjp(layer, x), sums)


@st.composite
def many(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw sizes of an array whose channels are shared out, once blocks may have little to do."""
    inner = draw(st.sampled_from([1, 2, 49, 64, 700]))
    outer = draw(st.sampled_from([1, 3, 40] if inner > 1 else [1, 70, 1000]))
    return outer, draw(st.sampled_from([1, 2, 8, 33])), inner


@in_every_format
@given(sizes=many(), seed=st.integers(0, LARGE_SEED))
@few
def test_a_channel_that_blocks_share_has_the_same_sum(
    dtype: Any, sizes: tuple[int, int, int], seed: int
) -> None:
    """``b_bar[c] = sum_s parts[c, s]``: small integers are added up exactly, in any order."""
    integers = np.random.default_rng(seed).integers(-1, 2, sizes)
    layer, y_bar = Bias(channels=sizes[1]), integers.astype(dtype)
    sums = integers.sum((0, 2)).astype(np.float32).astype(dtype)
    assert np.array_equal(sim.bias_vjp(layer, y_bar), sums)
    with patch("convproof_gpu.layers.bias._LEAST", 1):
        assert np.array_equal(sim.bias_vjp(layer, y_bar), sums)
        assert np.array_equal(sim.bias_vjp(layer, lying(y_bar, dtype, 1)), sums)


@given(many(), st.sampled_from([1, 4, 8]), st.integers(0, 2**28))
def test_the_blocks_of_a_channel_share_all_its_vectors(
    sizes: tuple[int, int, int], width: int, more: int
) -> None:
    """``(splits - 1) each < count <= splits each``: none is left out and no block is idle.

    ``splits each < count + 2**15``, and ``channels splits < 2**31`` (``int32_shares``).
    """
    outer, channels, inner = sizes
    held = Channels(outer + more, channels, inner)
    shared = Shared.of(held, width)
    count = held.outer * inner // shared.width if inner > 1 else held.outer
    assert (shared.splits - 1) * shared.each < count <= shared.splits * shared.each
    assert shared.splits * shared.each < count + 2**15
    assert shared.splits == 1 or channels * shared.splits < 2**31
    assert shared.blocks <= max(4096, channels)


def test_the_sum_over_no_image_and_over_no_position_is_zero() -> None:
    """``b_bar == 0``, though there is no element to read."""
    for shape in ((0, 3, 2), (2, 3, 0), (0, 3)):
        assert sim.bias_vjp(Bias(channels=3), np.empty(shape, np.float32)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("layer", [*ELEMENTWISE[:2], layers.Maxout(pool_size=5), ELEMENTWISE[3]])
def test_offsets_of_64_bits_give_the_same_bits(layer: Layer) -> None:
    """As where an array has more than 2^31 elements."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, 5, 9)).astype(np.float32)
    y_bar = rng.standard_normal(layer.output_shape(x.shape)).astype(np.float32)
    b = (x[0, :, 0].copy(),) if isinstance(layer, Bias) else ()

    def answers() -> list[bytes]:
        found = [sim.forward(layer, x, *b), sim.input_vjp(layer, x, y_bar)]
        return [*map(bits, found), *([bits(sim.bias_vjp(layer, x))] if b else [])]

    narrow = answers()
    with patch.object(machine, "_INT", -1):
        assert machine.integer_type(prod(x.shape)) == "long long"
        assert answers() == narrow
