"""Convolutions of few channels on the simulator: exactly the oracle's, however they are shared."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import of_three_axes
from convproof.index_maps.few_channels import Forward, Gradient
from convproof.layers import Conv
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import few_channels, operands, products
from convproof_gpu.few_channels_plans import COMPILED, addressable, forward_plans, gradient_plans
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.operands import Activation
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.simulated import Simulated

SIM = Simulated()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
OTHERS = ((1, 1), (2, 3), (4, 2))
few = settings(max_examples=max(4, settings().max_examples // 8))


@st.composite
def firsts(draw: st.DrawFn, width: int, stride: int, *, dims: int = 0) -> Case:
    """Draw a convolution of 1 to 4 channels with so many taps and such a stride along its width."""
    dims = dims or draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2)) if (width, stride) not in COMPILED else 1
    axes = [(width, stride, dilation)]
    for _ in range(dims - 1):
        axes.insert(0, (draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2))))
    padding = tuple((draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in axes)
    spans = [t * (k - 1) + 1 for k, _, t in axes]
    least = [max(1, span - low - high) for span, (low, high) in zip(spans, padding, strict=True)]
    more = [draw(st.integers(0, 20 if axis == dims - 1 else 5)) for axis in range(dims)]
    layer = Conv(
        in_channels=draw(st.integers(1, 4)),
        out_channels=draw(st.sampled_from([1, 8, 9, 17, 24])),
        kernel_size=tuple(k for k, _, _ in axes),
        stride=tuple(s for _, s, _ in axes),
        dilation=tuple(t for _, _, t in axes),
        padding=padding,
        bias=draw(st.booleans()),
    )
    images = draw(st.integers(1, 2))
    shape = images, layer.in_channels, *(i + m for i, m in zip(least, more, strict=True))
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def arrays_of(case: Case, dtype: Any) -> tuple[Conv, Sizes, Any]:
    layer = case.layer
    assert isinstance(layer, Conv)
    return layer, sizes_of(layer, case.input_shape), case.integers(np.dtype(dtype)).astype(dtype)


def forward(
    case: Case, dtype: Any, plan: Forward, activation: Activation = "none"
) -> tuple[np.ndarray, np.ndarray]:
    layer, sizes, held = arrays_of(case, dtype)
    b = held.get("b")
    y = np.empty(case.output_shape, dtype)
    told: tuple[Activation, float, float] = (activation, 1.0, 1.0)
    few_channels.conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=told, plan=plan)
    more = () if b is None else (b,)
    return y, oracle.forward(layer, held["x"], held["w"], *more)


def gradient(case: Case, dtype: Any, plan: Gradient) -> tuple[np.ndarray, np.ndarray]:
    layer, sizes, held = arrays_of(case, dtype)
    w_bar = np.empty(layer.weight_shape, dtype)
    few_channels.conv_weight_vjp(SIM, sizes, held["y_bar"], held["x"], w_bar, plan=plan)
    return w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"])


def shares(case: Case) -> st.SearchStrategy[Forward]:
    return st.sampled_from(list(forward_plans(_three_axes(case))))


def gradient_shares(case: Case) -> st.SearchStrategy[Gradient]:
    """Draw a plan, with its own number of parts or another, of which some may be empty."""
    plans = st.sampled_from(list(gradient_plans(_three_axes(case))))
    return st.builds(
        lambda plan, splits: replace(plan, splits=splits or plan.splits), plans, st.integers(0, 5)
    )


def _three_axes(case: Case) -> Sizes:
    layer: Any = case.layer
    return of_three_axes(sizes_of(layer, case.input_shape))


@pytest.mark.parametrize(("width", "stride"), [*COMPILED, *OTHERS])
@given(data=st.data())
@few
def test_every_plan_gives_the_oracles_integers(
    width: int, stride: int, data: st.DataObject
) -> None:
    """``kernel<RowTaps>(x, w) == oracle(x, w)``, over 1 to 3 axes, whatever a block holds."""
    case = data.draw(firsts(width, stride))
    found, expected = forward(case, np.float32, data.draw(shares(case)))
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(("width", "stride"), COMPILED)
@given(data=st.data())
@few
def test_every_plan_gives_the_oracles_gradient(
    width: int, stride: int, data: st.DataObject
) -> None:
    """``sum_s parts[s] == w_bar``, over 1 to 3 axes, whatever a block holds."""
    case = data.draw(firsts(width, stride))
    found, expected = gradient(case, np.float32, data.draw(gradient_shares(case)))
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@given(data=st.data())
@few
def test_every_format_gives_the_oracles(dtype: Any, data: st.DataObject) -> None:
    """Sums of half formats are float's, and rounded once."""
    case = data.draw(firsts(3, 1))
    found, expected = forward(case, dtype, data.draw(shares(case)))
    assert np.array_equal(found, expected)
    found, expected = gradient(case, dtype, data.draw(gradient_shares(case)))
    assert np.array_equal(found, expected)


@given(data=st.data())
@few
def test_relu_is_applied_after_the_bias(data: st.DataObject) -> None:
    """``y = max(conv(x, w) + b, 0)``."""
    case = data.draw(firsts(3, 1))
    found, expected = forward(case, np.float32, data.draw(shares(case)), "relu")
    assert np.array_equal(found, np.maximum(expected, 0))


@given(data=st.data())
@few
def test_an_infinity_that_no_window_has_changes_no_gradient(data: st.DataObject) -> None:
    """Inputs beyond the last window are staged, and meet no cotangent: ``0 inf`` is NaN."""
    case = data.draw(firsts(3, 2, dims=2))
    layer, sizes, held = arrays_of(case, np.float32)
    x, y_bar = held["x"], held["y_bar"]
    plain, ones = replace(layer, bias=False), np.ones(layer.weight_shape, np.float32)
    read = oracle.input_vjp(plain, x.shape, np.ones_like(y_bar), ones)
    x = np.where(read == 0, np.float32(np.inf), x)
    w_bar = np.empty(layer.weight_shape, np.float32)
    plan = data.draw(gradient_shares(case))
    few_channels.conv_weight_vjp(SIM, sizes, y_bar, x, w_bar, plan=plan)
    finite = np.where(read == 0, np.float32(0), x)
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, finite, y_bar))


@given(data=st.data())
@few
def test_where_an_answer_begins_changes_no_bit(data: st.DataObject) -> None:
    """A store of 16 bytes, or of one output at a time: the same numbers."""
    case = data.draw(firsts(3, 1))
    _, sizes, held = arrays_of(case, np.float32)
    memory = np.empty(np.prod(case.output_shape) + 8, np.float32)
    first = -memory.ctypes.data // 4 % 4
    answers = []
    for beyond in (0, 1):
        y = memory[first + beyond : first + beyond + np.prod(case.output_shape)]
        args = held["x"], held["w"], None, y.reshape(case.output_shape)
        answers.append(few_channels.conv_forward(SIM, sizes, *args).tobytes())
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("width", "stride"), [(3, 1), (4, 2)])
@given(data=st.data())
@few
def test_what_these_kernels_do_not_compute_the_products_do(
    width: int, stride: int, data: st.DataObject
) -> None:
    """Tanh, taps that are not compiled, and a batch in slices: the same numbers as theirs."""
    case = data.draw(firsts(width, stride))
    layer, sizes, held = arrays_of(case, np.float32)
    x, w, y_bar = held["x"], held["w"], held["y_bar"]
    tanh: tuple[Activation, float, float] = ("tanh", 1.0, 0.5)
    found, expected = np.empty((2, *case.output_shape), np.float32)
    few_channels.conv_forward(SIM, sizes, x, w, None, found, activation=tanh)
    products.conv_forward(SIM, sizes, x, w, None, expected, activation=tanh)
    assert np.array_equal(found, expected)

    most = max(prod(s[1:]) for s in (case.input_shape, case.output_shape))
    w_bar = np.empty(layer.weight_shape, np.float32)
    with patch.object(operands, "_PER_LAUNCH", most):
        few_channels.conv_forward(SIM, sizes, x, w, None, found)
        few_channels.conv_weight_vjp(SIM, sizes, y_bar, x, w_bar)
    assert np.array_equal(found, oracle.forward(replace(layer, bias=False), x, w))
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, x, y_bar))


def test_first_layers_fit_and_others_do_not() -> None:
    """1 to 4 channels in one group, and enough outputs."""

    def sizes(channels: int, groups: int = 1, images: int = 64, dilation: int = 1) -> Sizes:
        layer = Conv(
            in_channels=channels * groups, out_channels=64, kernel_size=(3, 3), stride=(1, 1),
            padding=((1, 1), (1, 1)), dilation=(1, dilation), groups=groups, bias=True,
        )  # fmt: skip
        return sizes_of(layer, (images, channels * groups, 32, 32))

    assert few_channels.fits(sizes(3))
    assert few_channels.fits(sizes(1, dilation=2))
    for other in (sizes(5), sizes(1, groups=64), sizes(3, images=1), sizes(3, images=0)):
        assert not few_channels.fits(other)
    assert not few_channels.fits(replace(sizes(3), dilation=(1, -1)))


def test_long_sums_are_left_to_the_tensor_cores_where_these_take_them() -> None:
    """363 products, but not 147 of which a corner of the padding leaves 48."""
    assert not few_channels.fits(sizes_of(CONV1, (64, 3, 227, 227)))
    padded = replace(CONV1, kernel_size=(7, 7), stride=(2, 2), padding=((3, 3), (3, 3)))
    assert few_channels.fits(sizes_of(padded, (64, 3, 224, 224)))


CONV1 = Conv(
    in_channels=3, out_channels=96, kernel_size=(11, 11), stride=(4, 4),
    padding=((0, 0), (0, 0)), dilation=(1, 1), bias=True,
)  # fmt: skip


@pytest.mark.parametrize("images", [1, 7, 64, 300])
def test_a_plan_keeps_the_kernels_preconditions(images: int) -> None:
    """Whole warps for every side, no part of the sum empty, and shared memory for two blocks."""
    sizes = of_three_axes(sizes_of(CONV1, (images, 3, 227, 227)))
    for plan in forward_plans(sizes):
        assert plan.quads * plan.lines <= 256 // plan.sides
        assert plan.chunk % (8 * plan.sides) == 0
        assert 4 * plan.quads * plan.tiles >= 55
        assert 2 * plan.lines * plan.bands >= 55
    for gradient in gradient_plans(sizes):
        assert gradient.warps <= 6
        strips = images * gradient.tiles * gradient.bands
        assert (gradient.splits - 1) * -(-strips // gradient.splits) < strips


def test_no_thread_computes_an_offset_of_more_than_32_bits() -> None:
    """``((N - 1) M + chunk ceil(M / chunk) - 7) O <= 2^31 - 2^16``, of the channels of all blocks.

    Of one channel a block of 16 has a thread for the ninth, which would begin at ``8 O``.
    """
    one = Conv(
        in_channels=1, out_channels=1, kernel_size=(3, 3), stride=(1, 1),
        padding=((1, 1), (1, 1)), dilation=(1, 1), bias=False,
    )  # fmt: skip
    shape = (1, 1, 2**14, 2**14)
    small, large = (of_three_axes(sizes_of(one, s)) for s in ((1, 1, 64, 64), shape))
    plans, positions = list(forward_plans(large)), prod(large.output)
    assert {plan.chunk for plan in plans} == {8}
    assert {plan.chunk for plan in forward_plans(small)} > {8}

    other = replace(plans[0], sides=2, chunk=16)
    for plan in (*plans, other):
        last = (plan.sides * plan.passes - 1) * 8  # the first channel of the last thread
        fitting = last * positions + positions - 1 < 2**31
        assert addressable(large, plan) == fitting == (plan.chunk == 8)
    x, w, y = (blank(s, np.float32) for s in (shape, (1, 1, 3, 3), shape))
    with pytest.raises(LaunchLawError, match=r"blocks of 16 channels, of which there are 1"):
        few_channels.conv_forward(Recorder(), sizes_of(one, shape), x, w, None, y, plan=other)
    assert few_channels.fits(sizes_of(one, (2**9, *shape[1:])))  # a launch takes seven of them


def test_a_sum_is_not_in_more_parts_than_32_bits_count() -> None:
    """``strips + splits - 1 < 2^31``, as ``strips <= 2^31 - 2^16`` and ``splits < 2^16 - 2^11``."""
    sizes = of_three_axes(sizes_of(CONV1, (64, 3, 227, 227)))
    plan = next(gradient_plans(sizes))
    assert max(p.splits for p in gradient_plans(sizes)) < 2**13
    x, y_bar, w_bar = (
        blank(s, np.float32) for s in ((64, 3, 227, 227), (64, 96, 55, 55), (96, 3, 11, 11))
    )
    with pytest.raises(LaunchLawError, match="at most 63487 parts"):
        few_channels.conv_weight_vjp(
            Recorder(), sizes_of(CONV1, x.shape), y_bar, x, w_bar, plan=replace(plan, splits=2**16)
        )
