"""The input's gradient of few channels on the simulator: exactly the oracle's, however shared."""

from collections import Counter
from collections.abc import Callable
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
from convproof.index_maps.few_channels_input import MOST_STRIDE, FewSpread, Spreading
from convproof.layers import Conv, ConvTranspose
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import few_channels, few_channels_input, operands
from convproof_gpu.few_channels_input_plans import (
    HELD,
    channels_of,
    met,
    predicted,
    rows_of,
    shared,
    spreading,
    spreadings,
    takes,
    threads,
    threads_of,
)
from convproof_gpu.few_channels_plans import COMPILED
from convproof_gpu.layers import conv
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel, LaunchLawError
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import Wing

SIM = Simulated()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
few = settings(max_examples=max(3, settings().max_examples // 16))
of_taps = pytest.mark.parametrize(("width", "stride"), COMPILED)


@st.composite
def spread_cases(draw: st.DrawFn, width: int, stride: int) -> Case:
    """Draw a convolution of 1 to 4 channels: padding and strides may exceed the kernel."""
    axes = [(width, stride, 1)]
    for _ in range(draw(st.integers(0, 2))):
        axes.insert(0, (draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 3))))
    padding = tuple((draw(st.integers(0, 6)), draw(st.integers(0, 6))) for _ in axes)
    spans = [t * (k - 1) + 1 for k, _, t in axes]
    least = [max(1, span - low - high) for span, (low, high) in zip(spans, padding, strict=True)]
    more = [draw(st.integers(0, 5)) for _ in axes[1:]] + [draw(st.integers(0, 24))]
    layer = Conv(
        in_channels=draw(st.integers(1, 4)),
        out_channels=draw(st.sampled_from([1, 2, 8, 9])),
        kernel_size=tuple(k for k, _, _ in axes),
        stride=tuple(s for _, s, _ in axes),
        dilation=tuple(t for _, _, t in axes),
        padding=padding,
        bias=False,
    )
    images = draw(st.integers(1, 2))
    shape = images, layer.in_channels, *(i + m for i, m in zip(least, more, strict=True))
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def three_axes(case: Case) -> Sizes:
    layer: Any = case.layer
    return of_three_axes(sizes_of(layer, case.input_shape))


def plans(case: Case) -> st.SearchStrategy[Spreading]:
    return st.sampled_from(list(spreadings(three_axes(case))))


def gradient(case: Case, dtype: Any, plan: Spreading | None) -> tuple[np.ndarray, np.ndarray]:
    """Return what the kernel writes, and the oracle's."""
    layer: Any = case.layer
    held = case.integers(np.dtype(dtype)).astype(dtype)
    x_bar = np.full(case.input_shape, np.nan, dtype)
    args = sizes_of(layer, case.input_shape), held["y_bar"], held["w"], x_bar
    few_channels_input.conv_input_vjp(SIM, *args, plan=plan)
    return x_bar, oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])


@of_taps
@given(data=st.data())
@few
def test_every_plan_gives_the_oracles_integers(
    width: int, stride: int, data: st.DataObject
) -> None:
    """``kernel<RowTaps>(y_bar, w) == oracle(y_bar, w)``, over 1 to 3 axes, in every tile."""
    case = data.draw(spread_cases(width, stride))
    found, expected = gradient(case, np.float32, data.draw(plans(case)))
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@given(data=st.data())
@few
def test_every_format_gives_the_oracles(dtype: Any, data: st.DataObject) -> None:
    """Sums of half formats are float's, and rounded once; also where the threads are reordered."""
    case = data.draw(spread_cases(3, 1))
    with conditions(seed=data.draw(st.integers(0, 2**16))):
        found, expected = gradient(case, dtype, data.draw(plans(case)))
    assert np.array_equal(found, expected)


def of(shape: tuple[int, ...], out: int, kernel: tuple[int, int], **told: Any) -> Case:
    """Return a case of two axes; stride 1, no padding and no dilation unless told."""
    plain: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0),) * 2, "dilation": (1, 1)}
    held = plain | told
    layer = Conv(in_channels=shape[1], out_channels=out, kernel_size=kernel, bias=False, **held)
    return Case(layer=layer, input_shape=shape, seed=3)


CORNERS = {
    "square": of((2, 3, 9, 12), 5, (3, 3), padding=((1, 1), (1, 1))),
    "stride beyond the kernel": of((1, 3, 13, 21), 3, (2, 3), stride=(5, 2)),
    "padding beyond the kernel": of((1, 2, 3, 5), 3, (1, 3), padding=((4, 1), (5, 6))),
    "dilated, of no common factor": of((1, 4, 17, 19), 9, (4, 5), stride=(4, 1), dilation=(3, 1)),
    "dilated, of a common factor": of((1, 3, 17, 19), 2, (3, 3), stride=(4, 1), dilation=(2, 1)),
    "three rows that are apart": of((1, 3, 12, 9), 2, (3, 3), dilation=(2, 1)),
    "a tile and one": of((1, 1, 5, 253), 1, (3, 3)),
    "a long row of taps": of((1, 3, 23, 47), 3, (11, 11), stride=(4, 4), padding=((2, 1), (0, 3))),
}


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@pytest.mark.parametrize("name", CORNERS)
def test_a_corner_is_the_oracles(name: str, dtype: Any) -> None:
    """In the tiles that it is launched with."""
    found, expected = gradient(CORNERS[name], dtype, None)
    assert np.array_equal(found, expected)


def test_an_input_that_no_tap_meets_has_no_gradient() -> None:
    """``x_bar[i] = 0``, whatever the cotangents are, for the rows and columns between windows."""
    case = CORNERS["stride beyond the kernel"]
    layer: Any = case.layer
    y_bar, w = (np.full(s, np.inf, np.float32) for s in (case.output_shape, layer.weight_shape))
    x_bar = np.full(case.input_shape, np.nan, np.float32)
    few_channels_input.conv_input_vjp(SIM, sizes_of(layer, case.input_shape), y_bar, w, x_bar)
    assert not x_bar[:, :, 2:5].any()
    assert np.isinf(x_bar[:, :, 0, 1]).all()


def test_the_products_of_an_input_are_added_by_channels_then_rows_then_columns() -> None:
    """``((w y + w y) + ...) + w y`` in float32, ``m``, then ``k``, ascending."""
    case = of((1, 3, 7, 9), 11, (4, 5), stride=(2, 1), padding=((1, 2), (2, 2)))
    layer: Any = case.layer
    rng = np.random.default_rng(0)
    y_bar = rng.standard_normal(case.output_shape).astype(np.float32)
    w = rng.standard_normal(layer.weight_shape).astype(np.float32)
    found, expected = np.zeros((2, *case.input_shape), np.float32)
    few_channels_input.conv_input_vjp(SIM, sizes_of(layer, case.input_shape), y_bar, w, found)
    for m, *k in np.ndindex(11, 4, 5):
        for o in np.ndindex(case.output_shape[2:]):
            i, j = 2 * o[0] + k[0] - 1, o[1] + k[1] - 2
            if 0 <= i < 7 and 0 <= j < 9:
                expected[0, :, i, j] += w[m, :, k[0], k[1]] * y_bar[0, m, o[0], o[1]]
    assert np.array_equal(found, expected)


def test_a_sum_is_within_the_bound_of_its_products() -> None:
    """``|x_bar - exact| <= h u / (1 - h u) sum |w y|``, of the ``h`` products an input meets."""
    case = CORNERS["a long row of taps"]
    layer: Any = case.layer
    rng = np.random.default_rng(1)
    shapes = case.output_shape, layer.weight_shape
    y_bar, w = (rng.standard_normal(s).astype(np.float32) for s in shapes)
    sizes, x_bar = sizes_of(layer, case.input_shape), np.empty(case.input_shape, np.float32)
    few_channels_input.conv_input_vjp(SIM, sizes, y_bar, w, x_bar)
    wide = [a.astype(np.float64) for a in (y_bar, w)]
    right, most = (
        oracle.input_vjp(layer, case.input_shape, *pair) for pair in (wide, [*map(np.abs, wide)])
    )
    products = 3 * max(c for _, c in met(of_three_axes(sizes), 1)) * 3
    bound = products * 2.0**-24 / (1 - products * 2.0**-24)
    assert products == 27
    assert (np.abs(x_bar - right) <= bound * most * (1 + 2.0**-29)).all()


@given(data=st.data())
@few
def test_where_an_array_begins_changes_no_bit(data: st.DataObject) -> None:
    """Copies of 16 bytes, or of one cotangent at a time: the same numbers."""
    case = CORNERS["square"].with_batch(data.draw(st.integers(1, 2)))
    layer: Any = case.layer
    held = case.integers().astype(np.float32)
    memory = np.empty(prod(case.output_shape) + 8, np.float32)
    first = -memory.ctypes.data // 4 % 4
    answers = []
    for beyond in (0, data.draw(st.integers(1, 3))):
        y_bar = memory[first + beyond :][: prod(case.output_shape)].reshape(case.output_shape)
        y_bar[...] = held["y_bar"]
        x_bar = np.empty(case.input_shape, np.float32)
        few_channels_input.conv_input_vjp(
            SIM, sizes_of(layer, case.input_shape), y_bar, held["w"], x_bar
        )
        answers.append(x_bar.tobytes())
    assert answers[0] == answers[1]


def test_a_batch_in_slices_is_the_batch() -> None:
    """Launches of one image each: the same gradient."""
    case = CORNERS["square"].with_batch(3)
    most = max(prod(s[1:]) for s in (case.input_shape, case.output_shape))
    with patch.object(operands, "_PER_LAUNCH", most):
        found, expected = gradient(case, np.float32, None)
    assert np.array_equal(found, expected)


def first_layer(channels: int, out: int, side: int, stride: int, padding: int = 0) -> Conv:
    return Conv(
        in_channels=channels, out_channels=out, kernel_size=(side, side), stride=(stride, stride),
        padding=((padding, padding),) * 2, dilation=(1, 1), bias=False,
    )  # fmt: skip


VGG, ALEXNET = first_layer(3, 64, 3, 1, 1), first_layer(3, 96, 11, 4)
FULL = ((VGG, (32, 3, 224, 224)), (ALEXNET, (32, 3, 227, 227)))


@pytest.mark.parametrize(("layer", "shape"), FULL, ids=("vgg16", "alexnet"))
def test_first_layers_of_many_images_take_it_and_of_one_do_not(
    layer: Conv, shape: tuple[int, ...]
) -> None:
    """``1.3 us <= us of the others``, as predicted: of 32 images, but not of one."""
    for images, takes_it in ((shape[0], True), (1, False)):
        recorder, of_images = Recorder(), (images, *shape[1:])
        x, y_bar = (blank(s, np.float32) for s in (of_images, layer.output_shape(of_images)))
        conv.input_vjp(recorder, layer, x, y_bar, blank(layer.weight_shape, np.float32))
        found = any(kernel.file == "few_channels_input_vjp" for kernel in recorder.kernels)
        assert found == takes_it


def test_what_the_kernel_takes() -> None:
    """1 to 4 channels in one group, taps that are compiled, padding and strides within bounds."""
    sizes = of_three_axes(sizes_of(VGG, (2, 3, 32, 32)))
    assert takes(sizes)
    assert takes(replace(sizes, dilation=(1, 3, 1), stride=(1, 4, 1)))
    assert [channels_of(replace(sizes, in_channels=c)) for c in (1, 2, 3, 4)] == [1, 3, 3, 4]
    for changed in (
        {"groups": 2},
        {"in_channels": HELD[-1] + 1},
        {"batch": 0},
        {"dilation": (1, 1, 2)},
        {"stride": (1, 1, 3)},
        {"stride": (1, MOST_STRIDE + 1, 1)},
        {"low": (0, -1, 1)},
        {"dilation": (1, 2**12, 1)},  # whose rows no shared memory holds
    ):
        assert not takes(replace(sizes, **changed)), changed


def test_what_it_does_not_take_is_told_with_what_does() -> None:
    """Three taps by a stride of three: an error with the law, and where to go."""
    layer, shape = first_layer(3, 8, 3, 3), (1, 3, 9, 9)
    sizes, w = sizes_of(layer, shape), blank(layer.weight_shape, np.float32)
    y_bar, x_bar = (blank(s, np.float32) for s in (layer.output_shape(shape), shape))
    with pytest.raises(LaunchLawError, match=r"3 by 1, 3 by 2.*Take products.conv_input_vjp"):
        few_channels_input.conv_input_vjp(Recorder(), sizes, y_bar, w, x_bar)


def test_a_transposed_convolution_takes_it_unless_it_has_a_bias() -> None:
    """Whose outputs are the inputs of the convolution; a bias is added by the products."""
    shape = (32, 64, 64, 64)
    for bias in (False, True):
        layer = ConvTranspose(
            in_channels=64, out_channels=3, kernel_size=(3, 3), stride=(1, 1),
            padding=((1, 1), (1, 1)), dilation=(1, 1), output_padding=(0, 0), bias=bias,
        )  # fmt: skip
        recorder = Recorder()
        given = [blank(s, np.float32) for s in layer.parameter_shapes.values()]
        Wing(recorder).forward(layer, blank(shape, np.float32), *given)
        found = any(kernel.file == "few_channels_input_vjp" for kernel in recorder.kernels)
        assert found != bias


def test_of_few_channels_the_products_add_a_bias() -> None:
    """``few_channels.conv_input_vjp`` with a bias and without, on the simulator."""
    case = CORNERS["square"]
    layer: Any = case.layer
    held, sizes = case.integers().astype(np.float32), sizes_of(layer, case.input_shape)
    b = np.arange(3, dtype=np.float32)
    found = np.empty((2, *case.input_shape), np.float32)
    with patch.object(few_channels_input, "GAIN", 0):
        for to, bias in zip(found, (None, b), strict=True):
            few_channels.conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], bias, to)
    expected = oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])
    assert np.array_equal(found[0], expected)
    assert np.array_equal(found[1], expected + b[:, None, None])


@pytest.mark.parametrize("images", [1, 32])
@pytest.mark.parametrize(("layer", "shape"), FULL, ids=("vgg16", "alexnet"))
def test_a_plan_keeps_the_kernels_preconditions(
    layer: Conv, shape: tuple[int, ...], images: int
) -> None:
    """Tiles cover the quotients, threads a tile, and shared memory two blocks."""
    sizes = of_three_axes(sizes_of(layer, (images, *shape[1:])))
    _, height, width = (
        (i - 1 + low) // s - low // s + 1
        for i, low, s in zip(sizes.input, sizes.low, sizes.stride, strict=True)
    )
    found = list(spreadings(sizes))
    for plan in found:
        assert plan.quads * plan.lines <= threads(plan) <= threads_of(sizes)
        assert rows_of(sizes) * plan.lines * plan.bands >= height
        assert 4 * plan.quads * plan.tiles >= width
        assert 2 * (shared(sizes, plan) + 1024) <= 227 << 10
    least = min(predicted(sizes, plan, 4) for plan in found)
    assert predicted(sizes, spreading(sizes) or found[0], 4) == least


def test_a_warps_lanes_are_side_by_side() -> None:
    """A request of global memory has at most 16 + 2 sectors: 512 bytes, of a row and the next.

    In all, the cotangents are read once and the rows between tiles twice, the weights by each tile.
    """
    reports: list[SimReport] = []

    def reporting(kernel: Kernel) -> Callable[..., None]:
        return lambda *args, **options: reports.append(simulated(kernel)(*args, **options))

    case = of((1, 3, 32, 60), 16, (3, 3), padding=((1, 1), (1, 1)))
    plan = Spreading(quads=16, lines=4, tiles=1, bands=3, slab=4)
    with patch("convproof_gpu.simulated.simulated", reporting), conditions(count=True):
        found, expected = gradient(case, np.float32, plan)
    assert np.array_equal(found, expected)
    (report,) = reports
    layer: Any = case.layer
    outputs, inputs, weights = map(prod, (case.output_shape, case.input_shape, layer.weight_shape))
    between = outputs // 32 * (17 + 17 + 1 - 32)  # staged of rows -1 .. 16, 15 .. 32 and 31 .. 48
    assert 0 < (report.sectors or 0) <= 18 * (report.requests or 0)
    arrays = outputs + inputs
    assert 4 * arrays <= (report.bytes or 0) <= 4 * (arrays + between + plan.bands * weights)


@pytest.mark.parametrize(("layer", "shape"), FULL, ids=("vgg16", "alexnet"))
def test_a_bank_is_asked_twice_only_where_a_line_ends(layer: Conv, shape: tuple[int, ...]) -> None:
    """Eight lanes read quads of 16 bytes in one turn, and in two if they are of two lines."""
    sizes = of_three_axes(sizes_of(layer, shape))
    plan = spreading(sizes)
    assert plan is not None
    held = FewSpread(sizes, plan, rows_of(sizes), channels_of(sizes))
    (taps, _), *_ = met(sizes, 1)
    reach = held.reach * sizes.stride[2]
    for first in range(0, plan.quads * plan.lines - 8, 8):
        lanes = range(first, first + 8)
        places = [held.read(lane, taps, 0, (0, 0, reach)) for lane in lanes]
        words = [row * held.columns + column + j for row, column in places for j in range(4)]
        assert all(place % 4 == 0 for place in words[::4])
        turns = max(Counter(word % 32 for word in words).values())
        assert turns <= len({held.thread(lane)[0] for lane in lanes})
