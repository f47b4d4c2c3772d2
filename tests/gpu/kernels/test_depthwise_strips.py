"""Depthwise convolution by strips on the simulator: its three products are exactly the oracle's."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.index_maps import depthwise as maps
from convproof.index_maps.depthwise_strips import SIDES, strip_of
from convproof.layers import Conv
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.addresses import int32_strips
from convproof_gpu import depthwise, depthwise_strips, operands
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import simulated
from tests.gpu.kernels.test_depthwise import (
    MOSTS,
    SIM,
    Verb,
    _reporting,
    few,
    of_formats,
    of_verbs,
)

of_sides = pytest.mark.parametrize("side", SIDES)


def _same(shape: tuple[int, ...], side: int, *, bias: bool = False, seed: int = 1) -> Case:
    """Return a convolution of as many outputs as inputs, of one channel to each group."""
    half = side // 2
    layer = Conv(
        in_channels=shape[1], out_channels=shape[1], kernel_size=(side, side), stride=(1, 1),
        padding=((half, half), (half, half)), dilation=(1, 1), groups=shape[1], bias=bias,
    )  # fmt: skip
    return Case(layer=layer, input_shape=shape, seed=seed)


@st.composite
def same_cases(draw: st.DrawFn) -> Case:
    """Return one of planes from a single element on, of several strips, of rows of any width."""
    rows, columns = draw(st.integers(1, 17)), draw(st.integers(1, 9))
    wide = draw(st.booleans())  # rows of whole vectors
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), rows, columns * (4 if wide else 1))
    side, bias = draw(st.sampled_from(SIDES)), draw(st.booleans())
    return _same(shape, side, bias=bias, seed=draw(st.integers(0, 2**16)))


def _layer(case: Case) -> Conv:
    assert isinstance(case.layer, Conv)
    return case.layer


def _sizes(case: Case) -> Sizes:
    return maps.of_three_axes(sizes_of(_layer(case), case.input_shape))


def _by_strips(verb: Verb, case: Case, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    before = len(SIM.kernels)
    answers = verb(case, dtype, MOSTS[0], strips=True)
    assert SIM.kernels[before].file == f"depthwise_strips_{verb.__name__}"
    return answers


@of_verbs
@given(same_cases())
@few
def test_a_product_is_the_oracles(verb: Verb, case: Case) -> None:
    """``kernel(x, w) == oracle(x, w)`` in integers."""
    found, expected = _by_strips(verb, case)
    assert np.array_equal(found, expected)


@of_sides
@pytest.mark.parametrize("columns", [12, 16], ids=("narrow", "wide"))
@of_formats
@of_verbs
def test_every_specialisation_is_reached(verb: Verb, dtype: Any, columns: int, side: int) -> None:
    """``SIDE``, and ``WIDTH`` of rows that are a multiple of 16 bytes."""
    before = len(SIM.kernels)
    found, expected = _by_strips(verb, _same((2, 2, 9, columns), side), dtype)
    assert np.array_equal(found, expected)
    vector = 16 // np.dtype(dtype).itemsize
    width = vector if columns % vector == 0 else 1
    assert SIM.kernels[before].arguments[1:] == (str(side), str(width))


@pytest.mark.parametrize("splits", [2, 5])
@given(same_cases())
@few
def test_a_sum_in_parts_is_the_sum(splits: int, case: Case) -> None:
    """``sum_s parts[s] == w_bar``, also of parts that are empty."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    w_bar = np.empty(layer.weight_shape, np.float32)
    arrays = held["y_bar"], held["x"], w_bar
    depthwise.conv_weight_vjp(SIM, sizes_of(layer, case.input_shape), *arrays, splits=splits)
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"]))


@of_verbs
def test_a_batch_in_slices_is_the_batch(verb: Verb) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    case = _same((3, 2, 9, 8), 3)
    with patch.object(operands, "_PER_LAUNCH", prod(case.input_shape[1:])):
        found, expected = _by_strips(verb, case)
    assert np.array_equal(found, expected)


def test_arrays_that_begin_between_vectors_are_taken_one_by_one() -> None:
    """``WIDTH == 1`` of a view that does not begin at a multiple of 16 bytes, as its rows do."""
    case = _same((1, 2, 9, 8), 3)
    held, layer = case.integers().astype(np.float32), _layer(case)
    x, y = np.empty(held["x"].size + 1, np.float32)[1:], np.empty(case.output_shape, np.float32)
    x = x.reshape(case.input_shape)
    x[:] = held["x"]
    depthwise.conv_forward(SIM, sizes_of(layer, x.shape), x, held["w"], None, y)
    assert SIM.kernels[-1].arguments[2] == "1"
    assert np.array_equal(y, oracle.forward(layer, held["x"], held["w"]))


@given(same_cases())
@few
def test_an_activation_is_applied_after_the_bias(case: Case) -> None:
    """``y = max(conv(x, w) + b, 0)``, and the same of the transposed convolution."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    sizes, y = sizes_of(layer, case.input_shape), np.empty(case.output_shape, np.float32)
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    relu: tuple[operands.Activation, float, float] = ("relu", 1.0, 1.0)
    plain = oracle.forward(replace(layer, bias=True), held["x"], held["w"], b)
    depthwise.conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=relu)
    assert np.array_equal(y, np.maximum(plain, 0))
    plain = oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])
    depthwise.conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], b, y, activation=relu)
    assert np.array_equal(y, np.maximum(plain + b.reshape(-1, 1, 1), 0))


@of_sides
def test_a_strips_tail_is_left_out_and_not_multiplied_by_zero(side: int) -> None:
    """Where the last row of the input is infinite, the taps that meet it are, and no others."""
    case = _same((1, 1, depthwise_strips.rows_of(side, 4) + 1, 4), side)
    layer = _layer(case)
    x, w_bar = np.ones(case.input_shape, np.float32), np.empty(layer.weight_shape, np.float32)
    x[:, :, -1] = np.inf
    y_bar = np.ones(case.output_shape, np.float32)
    depthwise.conv_weight_vjp(SIM, sizes_of(layer, x.shape), y_bar, x, w_bar)
    assert np.isinf(w_bar[:, :, side // 2 :]).all()
    assert np.isfinite(w_bar[:, :, : side // 2]).all()


@of_verbs
def test_each_array_is_moved_about_once(verb: Verb) -> None:
    """Of seven rows and four columns, nine and six are read: in all what is written, and those."""
    case = _same((2, 1, 56, 56), 3)
    reports: list[SimReport] = []
    with (
        patch("convproof_gpu.simulated.simulated", lambda k: _reporting(simulated(k), reports)),
        conditions(count=True),
    ):
        verb(case, np.float32, MOSTS[0], strips=True)
    (report, *_) = reports
    array = 4 * prod(case.input_shape)
    assert 2 * array <= (report.bytes or 0) <= (1 + 9 / 7 * 6 / 4) * array
    assert not report.conflicts


@given(
    st.integers(1, 3), st.integers(1, 20), st.integers(1, 9),
    st.sampled_from(SIDES), st.sampled_from([1, 4, 8]),
)  # fmt: skip
def test_every_element_is_of_one_strip(
    planes: int, rows: int, across: int, side: int, width: int
) -> None:
    """The strips of ``strip_of`` are disjoint and cover the planes."""
    each = depthwise_strips.rows_of(side, width)
    down = -(-rows // each)
    owned = [
        (plane, p, q)
        for number in range(planes * down * across)
        for plane, row, column in [strip_of(number, across, down, each, width)]
        for p in range(row, min(row + each, rows))
        for q in range(column, column + width)
    ]
    assert len(owned) == len({*owned}) == planes * rows * across * width


def test_what_has_no_strips_is_left_to_boxes() -> None:
    """Two outputs of a channel, a stride, a dilation, other padding, two depths, seven taps."""
    case = _same((1, 2, 9, 8), 3)
    sizes, arrays = _sizes(case), (np.empty(case.input_shape, np.float32),) * 2
    assert depthwise_strips.strips_of(sizes, *arrays) is not None
    for changed in (
        {"out_channels": 2},
        {"stride": (1, 2, 1)},
        {"dilation": (1, 1, 2)},
        {"low": (0, 0, 2)},
        {"input": (2, 9, 8)},
        {"output": (1, 8, 8)},
        {"kernel": (1, 3, 5)},
        {"kernel": (2, 3, 3)},
        {"kernel": (1, 7, 7), "low": (0, 3, 3)},
        {"groups": 2**30},
    ):
        assert depthwise_strips.strips_of(replace(sizes, **changed), *arrays) is None


def test_a_blocks_number_is_below_what_can_be_divided() -> None:
    """``splits C <= 2^30``: a gradient's block has a number that a quotient is taken of."""
    case = _same((1, 2, 9, 8), 3)
    x = np.empty(case.input_shape, np.float32)
    cut = depthwise_strips.strips_of(_sizes(case), x, x)
    assert cut is not None
    many = np.broadcast_to(np.float32(0), (2**29 + 1, 1))
    with pytest.raises(LaunchLawError, match=r"1073741826 blocks.* at most 1073741824"):
        depthwise_strips.add_up(SIM, cut, x, x, many)


def test_the_limits_of_the_proof_are_the_launchers() -> None:
    """Axes below 2^28, of 2^29 for an input and an output of as many; blocks, rows, halo, width."""
    held = int32_strips
    assert 2 * held.FAR == depthwise._MOST
    assert (held.THREADS, held.SHARERS) == (depthwise_strips.THREADS, depthwise_strips.SHARERS)
    assert maps.BELOW == held.DIVIDED
    assert max(SIDES) // 2 == held.HALO
    assert max(depthwise_strips.rows_of(s, w) for s in SIDES for w in (1, 4, 8)) == held.ROWS


@given(st.integers(1, 2000), st.integers(0, 64), st.sampled_from([7, 28, 56, 112]))
def test_a_gradient_has_no_more_parts_than_turns(channels: int, batch: int, side: int) -> None:
    """``1 <= splits <= max(1, ceil(strips / 512))``, and one of so many channels as a GPU's."""
    sizes = replace(_sizes(_same((1, channels, side, side), 3)), batch=batch)
    cut = depthwise_strips.strips_of(sizes, *(np.empty(4, np.float32),) * 2)
    assert cut is not None
    strips, *_ = cut
    of_a_channel = strips.batch * strips.down.by * strips.across.by
    splits = depthwise_strips.splits_of(strips)
    assert 1 <= splits <= max(1, -(-of_a_channel // depthwise_strips.SHARERS))
    if channels == depthwise_strips._SLOTS:
        assert splits == 1


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=("float16", "bfloat16"))
@pytest.mark.full
@of_verbs
@given(same_cases())
@few
def test_every_format_gives_the_oracles(verb: Verb, dtype: Any, case: Case) -> None:
    """Sums of half formats are float's, and rounded once."""
    found, expected = _by_strips(verb, case, dtype)
    assert np.array_equal(found, expected)


def test_an_empty_batch_has_no_answers_and_a_gradient_of_zero() -> None:
    """An empty sum is 0."""
    layer = _layer(_same((1, 2, 9, 8), 3))
    none = np.empty((0, 2, 9, 8), np.float32)
    w, sizes = np.ones(layer.weight_shape, np.float32), sizes_of(layer, none.shape)
    assert depthwise.conv_forward(SIM, sizes, none, w, None, none).size == 0
    assert depthwise.conv_input_vjp(SIM, sizes, none, w, None, none).size == 0
    assert not depthwise.conv_weight_vjp(SIM, sizes, none, none, w).any()
