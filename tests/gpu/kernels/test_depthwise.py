"""Depthwise convolution on the simulator: its three products are exactly the oracle's.

Here of the kernels that stage boxes, also where there would be strips: ``test_depthwise_strips``.
"""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.index_maps import depthwise as maps
from convproof.layers import Conv, ConvTranspose
from convproof.numeric.reference import implementation as oracle
from convproof.strategies import TORCH, cases
from convproof_gpu import depthwise, depthwise_plans, operands
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import Wing

OFFERS = TORCH | {"asymmetric"}
MOSTS = (
    depthwise_plans.CREW * depthwise_plans.EACH,
    24,
)  # results of a block: a whole small case, a part of it
few = settings(max_examples=max(4, settings().max_examples // 8))
of_dims = pytest.mark.parametrize("dims", [1, 2, 3])
of_formats = pytest.mark.parametrize(
    "dtype",
    [
        np.float32,
        pytest.param(
            np.float16, marks=pytest.mark.full
        ),  # each takes a compilation for every kernel
        pytest.param(ml_dtypes.bfloat16, marks=pytest.mark.full),
    ],
    ids=("float32", "float16", "bfloat16"),
)
of_mosts = pytest.mark.parametrize("most", MOSTS, ids=("one block", "several blocks"))
Verb = Callable[..., tuple[np.ndarray, np.ndarray]]


class Noting(Simulated):
    """The simulator, which also notes what it runs."""

    def __init__(self) -> None:
        self.kernels: list[Kernel] = []

    def run(self, kernel: Kernel, *args: Any) -> None:
        self.kernels.append(kernel)
        super().run(kernel, *args)


SIM = Noting()


def depthwise_cases(dims: int) -> st.SearchStrategy[Case]:
    """Return convolutions of one input channel to each group, with any multiplier.

    Also of windows and planes that make the kernels unroll the taps and load vectors.
    """
    drawn = cases(f"conv{dims}d", OFFERS).map(_one_channel_to_each_group)
    return st.one_of(drawn, unrolled(dims)) if dims > 1 else drawn


def _one_channel_to_each_group(case: Case) -> Case:
    layer: Any = case.layer
    groups, (images, _, *positions) = layer.groups, case.input_shape
    outer = layer.out_channels // groups * groups
    layer = replace(layer, in_channels=groups, out_channels=outer)
    return replace(case, layer=layer, input_shape=(images, groups, *positions))


@st.composite
def unrolled(draw: st.DrawFn, dims: int) -> Case:
    """Return one of 3, 5 or 7 taps along the second last axis, whose outputs are more than four."""
    taps = draw(st.sampled_from(maps.TAPS))
    kernel = [*(draw(st.integers(1, 2)) for _ in range(dims - 2)), taps, draw(st.integers(1, 4))]
    stride = [*(draw(st.integers(1, 2)) for _ in range(dims - 2)), 1, draw(st.integers(1, 2))]
    dilation = [*(draw(st.integers(1, 2)) for _ in range(dims - 2)), 1, draw(st.integers(1, 2))]
    low = [draw(st.integers(0, t * (k - 1))) for t, k in zip(dilation, kernel, strict=True)]
    ends = tuple((n, draw(st.integers(0, n))) for n in low)
    outputs = [*(draw(st.integers(1, 2)) for _ in range(dims - 2)), draw(st.integers(5, 18))]
    least = [
        max(1, t * (k - 1) + 1 - sum(pair) + s * (o - 1))
        for t, k, pair, s, o in zip(dilation, kernel, ends, stride, [*outputs, 1], strict=True)
    ]
    wide = draw(st.booleans())  # rows of whole vectors
    least[-1] = _rounded(least[-1], 8) if wide else least[-1] + draw(st.integers(0, 8))
    groups, multiple = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    layer = Conv(
        in_channels=groups, out_channels=groups * multiple, kernel_size=tuple(kernel),
        stride=tuple(stride), padding=ends, dilation=tuple(dilation), groups=groups,
        bias=draw(st.booleans()),
    )  # fmt: skip
    shape = (draw(st.integers(1, 3)), groups, *least)
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def _rounded(size: int, each: int) -> int:
    return -(-size // each) * each


def forward(
    case: Case, dtype: Any, most: int, *, strips: bool = False, machine: Machine = SIM
) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    b, y = held.get("b"), np.empty(case.output_shape, dtype)
    sizes = sizes_of(layer, case.input_shape)
    depthwise.conv_forward(machine, sizes, held["x"], held["w"], b, y, most=most, strips=strips)
    more = () if b is None else (b,)
    return y, oracle.forward(layer, held["x"], held["w"], *more)


def input_vjp(
    case: Case, dtype: Any, most: int, *, strips: bool = False, machine: Machine = SIM
) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    sizes, x_bar = sizes_of(layer, case.input_shape), np.empty(case.input_shape, dtype)
    given = held["y_bar"], held["w"], None, x_bar
    depthwise.conv_input_vjp(machine, sizes, *given, most=most, strips=strips)
    return x_bar, oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])


def weight_vjp(
    case: Case,
    dtype: Any,
    most: int,
    *,
    strips: bool = False,
    machine: Machine = SIM,
    splits: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    sizes, w_bar = sizes_of(layer, case.input_shape), np.empty(layer.weight_shape, dtype)
    given = held["y_bar"], held["x"], w_bar
    depthwise.conv_weight_vjp(machine, sizes, *given, splits=splits, most=most, strips=strips)
    return w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"])


def _layer(case: Case) -> Conv:
    assert isinstance(case.layer, Conv)
    return case.layer


VERBS = (forward, input_vjp, weight_vjp)
of_verbs = pytest.mark.parametrize("verb", VERBS)


@of_mosts
@of_dims
@of_verbs
def test_a_product_is_the_oracles(verb: Verb, dims: int, most: int) -> None:
    """``kernel(x, w) == oracle(x, w)`` in integers, of any window, also in many small tiles."""

    @few
    @given(depthwise_cases(dims))
    def holds(case: Case) -> None:
        assert depthwise.fits(sizes_of(_layer(case), case.input_shape))
        found, expected = verb(case, np.float32, most)
        assert np.array_equal(found, expected)

    holds()


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=("float16", "bfloat16"))
@of_verbs
def test_every_format_gives_the_oracles(verb: Verb, dtype: Any) -> None:
    """Sums of half formats are float's, and rounded once."""

    @few
    @given(cases("conv2d", OFFERS).map(_one_channel_to_each_group))
    def holds(case: Case) -> None:
        found, expected = verb(case, dtype, MOSTS[0])
        assert np.array_equal(found, expected)

    holds()


@of_verbs
@given(depthwise_cases(2))
@few
def test_a_batch_in_slices_is_the_batch(verb: Verb, case: Case) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    most = max(prod(s[1:]) for s in (case.input_shape, case.output_shape))
    with patch.object(operands, "_PER_LAUNCH", most):
        found, expected = verb(case, np.float32, MOSTS[0])
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("splits", [2, 5])
@given(depthwise_cases(2))
@few
def test_a_sum_in_parts_is_the_sum(splits: int, case: Case) -> None:
    """``sum_s parts[s] == w_bar``, also of parts that are empty."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    sizes, w_bar = sizes_of(layer, case.input_shape), np.empty(layer.weight_shape, np.float32)
    arrays = held["y_bar"], held["x"], w_bar
    depthwise.conv_weight_vjp(SIM, sizes, *arrays, splits=splits, most=24, strips=False)
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"]))


@pytest.mark.parametrize("taps", [0, *maps.TAPS])
@pytest.mark.parametrize("columns", [12, 16], ids=("narrow", "wide"))
@of_formats
@of_verbs
def test_every_specialisation_is_reached(verb: Verb, dtype: Any, columns: int, taps: int) -> None:
    """``TAPS`` of a window of so many, and ``WIDTH`` of rows that are a multiple of 16 bytes."""
    rows = taps or 2
    case = _case((2, 2, 9, columns), (rows, 3), low=(rows // 2, 1))
    before = len(SIM.kernels)
    found, expected = verb(case, dtype, MOSTS[0])
    assert np.array_equal(found, expected)
    vector = 16 // np.dtype(dtype).itemsize
    width = vector if columns % vector == 0 else 1
    kernel = SIM.kernels[before]
    assert kernel.file == f"depthwise_{verb.__name__}"
    assert kernel.arguments[1:] == (str(taps), str(width))


def _case(
    shape: tuple[int, ...], kernel: tuple[int, ...], *, low: tuple[int, ...], multiple: int = 1
) -> Case:
    ones = (1,) * len(kernel)
    layer = Conv(
        in_channels=shape[1], out_channels=multiple * shape[1], kernel_size=kernel, stride=ones,
        padding=tuple((p, p) for p in low), dilation=ones, groups=shape[1], bias=False,
    )  # fmt: skip
    return Case(layer=layer, input_shape=shape, seed=1)


@given(depthwise_cases(2))
@few
def test_an_activation_is_applied_after_the_bias(case: Case) -> None:
    """``y = max(conv(x, w) + b, 0)`` in one kernel, and the same of the transposed convolution."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    sizes, y = sizes_of(layer, case.input_shape), np.empty(case.output_shape, np.float32)
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    relu: tuple[operands.Activation, float, float] = ("relu", 1.0, 1.0)
    plain = oracle.forward(replace(layer, bias=True), held["x"], held["w"], b)
    depthwise.conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=relu)
    assert np.array_equal(y, np.maximum(plain, 0))

    b, x_bar = b[: layer.groups], np.empty(case.input_shape, np.float32)
    plain = oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])
    plain = plain + b.reshape(-1, 1, 1)
    depthwise.conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], b, x_bar, activation=relu)
    assert np.array_equal(x_bar, np.maximum(plain, 0))


@pytest.mark.parametrize("rows", [2, 3])
def test_a_tiles_tail_is_left_out_and_not_multiplied_by_zero(rows: int) -> None:
    """Where the last row of the input is infinite, the last row of taps is, and no other."""
    case = _case((1, 1, 9, 8), (rows, 1), low=(0, 0))
    layer = _layer(case)
    x = np.ones(case.input_shape, np.float32)
    x[:, :, -1] = np.inf
    y_bar = np.ones(case.output_shape, np.float32)
    w_bar = np.empty(layer.weight_shape, np.float32)
    depthwise.conv_weight_vjp(SIM, sizes_of(layer, x.shape), y_bar, x, w_bar)
    assert w_bar.ravel().tolist() == [y_bar.size] * (rows - 1) + [np.inf]


@of_verbs
def test_each_array_is_moved_about_once(verb: Verb) -> None:
    """The bytes that blocks ask for are those of the arrays, the borders of tiles and the taps."""
    case = _case((2, 1, 56, 56), (3, 3), low=(1, 1))
    reports: list[SimReport] = []
    with (
        patch("convproof_gpu.simulated.simulated", lambda k: _reporting(simulated(k), reports)),
        patch.object(depthwise_plans, "_WAVE", 1),
        conditions(count=True),
    ):
        verb(case, np.float32, MOSTS[0])
    arrays = 4 * (prod(case.input_shape) + prod(case.output_shape))
    assert arrays <= (reports[0].bytes or 0) <= 1.15 * arrays


def _reporting(kernel: Any, reports: list[SimReport]) -> Callable[..., None]:
    def run(*args: Any, **options: Any) -> None:
        reports.append(kernel(*args, **options))

    return run


@given(st.integers(1, 2**30 - 1), st.integers(0, 2**30 - 1))
def test_a_product_and_a_shift_divide(by: int, number: int) -> None:
    """``number factor / 2^shift`` rounds down to ``number // by``, and fits in 64 bits."""
    q = maps.quotient(by)
    assert number * q.factor >> q.shift == number // by
    assert q.factor < 2**31
    assert number * q.factor < 2**63
    multiple = number // by * by
    assert multiple * q.factor >> q.shift == multiple // by


@given(depthwise_cases(1), st.integers(1, 9))
@few
def test_a_box_holds_what_a_tile_meets(case: Case, length: int) -> None:
    """``begin <= i < begin + size`` of every tap of a tile's outputs; so of its inputs."""
    s = sizes_of(_layer(case), case.input_shape)
    (stride,), (dilation,), (low,) = s.stride, s.dilation, s.low
    for first in range(0, s.output[0], length):
        begin, size = maps.inputs_begin(s, 0, first), maps.inputs_of(s, 0, length)
        met = [
            stride * o + dilation * k - low
            for o in range(first, first + length)
            for k in range(s.kernel[0])
        ]
        assert (min(met), max(met)) == (begin, begin + size - 1)
    for first in range(0, s.input[0], length):
        begin, size = maps.outputs_begin(s, 0, first), maps.outputs_of(s, 0, length)
        scaled = [
            i + low - dilation * k for i in range(first, first + length) for k in range(s.kernel[0])
        ]
        met = [q // stride for q in scaled if q % stride == 0]
        assert all(begin <= o < begin + size for o in met)


def test_an_axis_begins_by_a_formula() -> None:
    """SymPy prints what NumPy runs: ``s first - p``, and ``ceil((first + p - t (K - 1)) / s)``."""
    names = ["I", "K", "O", "s", "t", "p", "first"]
    I, K, O, s, t, p, first = sp.symbols(names, integer=True, positive=True)
    sizes = Sizes(
        batch=1, groups=1, in_channels=1, out_channels=1,
        input=(I,), kernel=(K,), output=(O,), stride=(s,), dilation=(t,), low=(p,),
    )  # fmt: skip
    assert maps.inputs_begin(sizes, 0, first) == s * first - p
    assert maps.outputs_begin(sizes, 0, first) == -sp.floor((t * (K - 1) - first - p) / s)


def test_what_does_not_fit_is_left_to_the_products() -> None:
    """Two input channels to a group, a step backwards, a window larger than a box, four axes."""
    case = _case((1, 2, 9, 9), (3, 3), low=(1, 1))
    sizes = sizes_of(_layer(case), case.input_shape)
    assert depthwise.fits(sizes)
    far = replace(sizes, dilation=(100, 20), input=(300, 60))
    more = replace(sizes, **dict.fromkeys(("input", "kernel", "output"), (1, 1, 1, 1)))
    for other in (replace(sizes, in_channels=2), replace(sizes, dilation=(-1, 1)), far, more):
        assert not depthwise.fits(other)


def test_a_launch_with_an_array_that_does_not_fit_its_sizes_is_refused() -> None:
    """A kernel would read beyond it."""
    case = _case((1, 2, 9, 9), (3, 3), low=(1, 1))
    held = case.integers().astype(np.float32)
    sizes, y = sizes_of(_layer(case), case.input_shape), np.empty(case.output_shape, np.float32)
    with pytest.raises(LaunchLawError, match="x must have N G C I = 162 elements"):
        depthwise.conv_forward(SIM, sizes, held["x"][:, :1], held["w"], None, y)


@pytest.mark.parametrize("verb", ["forward", "input_vjp", "weight_vjp"])
def test_a_blocks_number_is_below_what_can_be_divided(verb: str) -> None:
    """``blocks <= 2^30``: a block for each group here, whose number a quotient is taken of."""

    def run(groups: int) -> list[Kernel]:
        one = (1, 1)
        sizes = Sizes(
            batch=1, groups=groups, in_channels=1, out_channels=1,
            input=one, kernel=one, output=one, stride=one, dilation=one, low=(0, 0),
        )  # fmt: skip
        assert depthwise.fits(sizes)
        x, w, y = (blank((*s, 1, 1), np.float32) for s in ((1, groups), (groups, 1), (1, groups)))
        arrays = {"forward": (x, w, None, y), "input_vjp": (y, w, None, x), "weight_vjp": (y, x, w)}
        recorder = Recorder()
        getattr(depthwise, f"conv_{verb}")(recorder, sizes, *arrays[verb])
        return [*recorder.kernels]

    assert [kernel.file for kernel in run(2**30)] == [f"depthwise_{verb}"]
    told = rf"{2**30 + 1} blocks.* at most {2**30}. Split the groups into 2 parts"
    with pytest.raises(LaunchLawError, match=told):
        run(2**30 + 1)


def test_a_tiles_number_is_below_what_can_be_divided() -> None:
    """``tiles <= 2^30``: a gradient of so many images goes over more tiles than have quotients."""
    images = 306_774_016  # of seven outputs: just fewer than 2^31 - 2^16 elements
    sizes = Sizes(
        batch=images, groups=1, in_channels=1, out_channels=1,
        input=(1,), kernel=(1,), output=(7,), stride=(7000,), dilation=(1,), low=(21000,),
    )  # fmt: skip
    assert depthwise.fits(sizes)
    x, w_bar, y_bar = (blank(s, np.float32) for s in ((images, 1, 1), (1, 1, 1), (images, 1, 7)))
    with pytest.raises(LaunchLawError, match=r"tiles.* at most 1073741824. Split the images"):
        depthwise.conv_weight_vjp(Recorder(), sizes, y_bar, x, w_bar)


def test_an_empty_batch_has_no_answers_and_a_gradient_of_zero() -> None:
    """An empty sum is 0."""
    layer = _layer(_case((1, 2, 9, 9), (3, 3), low=(1, 1)))
    none = np.empty((0, 2, 9, 9), np.float32)
    w, sizes = np.ones(layer.weight_shape, np.float32), sizes_of(layer, none.shape)
    assert depthwise.conv_forward(SIM, sizes, none, w, None, none).size == 0
    assert depthwise.conv_input_vjp(SIM, sizes, none, w, None, none).size == 0
    assert not depthwise.conv_weight_vjp(SIM, sizes, none, none, w).any()


def test_a_layer_of_one_channel_to_a_group_takes_these_kernels() -> None:
    """A convolution, and the transposed one, whose forward is the input VJP."""
    conv = _layer(_case((1, 2, 9, 9), (3, 3), low=(1, 1), multiple=2))
    turned = ConvTranspose(
        in_channels=4, out_channels=2, kernel_size=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1)),
        dilation=(1, 1), groups=2, bias=True, output_padding=(0, 0),
    )  # fmt: skip
    for layer, verb in ((conv, "forward"), (turned, "input_vjp")):
        recorder = Recorder()
        x = blank((1, layer.in_channels, 9, 9), np.float32)
        w = blank(layer.weight_shape, np.float32)
        Wing(recorder).forward(layer, x, w, blank((layer.out_channels,), np.float32))
        assert {kernel.file for kernel in recorder.kernels} == {f"depthwise_{verb}"}
