"""Convolutions of few channels to each group on the simulator: exactly the oracle's products."""

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
from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof.index_maps.depthwise import of_three_axes
from convproof.layers import Conv
from convproof.numeric.reference import implementation as oracle
from convproof_gpu import grouped, operands, products
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel
from convproof_gpu.operands import Activation
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import Simulated, simulated
from tests.gpu.kernels.test_few_channels_maps import fetched

FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
THREES = ((3, 3), (3, 3), (6, 3), (3, 6))
few = settings(max_examples=max(3, settings().max_examples // 20))
Verb = Callable[..., tuple[np.ndarray, np.ndarray]]
Map = Correlated | Spread | Paired


class Noting(Simulated):
    """The simulator, which also notes what it runs."""

    def __init__(self) -> None:
        self.kernels: list[Kernel] = []

    def run(self, kernel: Kernel, *args: Any) -> None:
        self.kernels.append(kernel)
        super().run(kernel, *args)


SIM = Noting()


@st.composite
def patched(draw: st.DrawFn) -> Case:
    """Draw one whose taps are unrolled: threes, neither dilated nor strided along the rows."""
    dims = draw(st.integers(2, 3))
    taps = (*(draw(st.integers(1, 2)) for _ in range(dims - 2)), *draw(st.sampled_from(THREES)))
    free = [draw(st.integers(1, 2)) for _ in range(dims - 2)]
    stride = (*free, 1, draw(st.integers(1, 2)))
    return _drawn(draw, taps, stride, (*reversed(free), 1, 1))


@st.composite
def single(draw: st.DrawFn) -> Case:
    """Draw one whose taps are taken one by one: not threes, or dilated, or strided."""
    dims = draw(st.integers(2, 3))
    taps, stride, dilation = (
        [draw(st.integers(1, most)) for _ in range(dims)] for most in (3, 3, 2)
    )
    one = draw(st.sampled_from([None, (stride, -2), (dilation, -2), (dilation, -1)]))
    if one is None:
        taps[-1] = 2
    else:
        taps[-2:], (which, axis) = (3, 3), one
        which[axis] = 2
    return _drawn(draw, tuple(taps), tuple(stride), tuple(dilation))


def _drawn(
    draw: st.DrawFn, taps: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Case:
    """Return a case with a plane of a few strips, some of them beyond its outputs."""
    spans = [t * (k - 1) + 1 for t, k in zip(dilation, taps, strict=True)]
    ends = [[draw(st.integers(0, span - 1)) for _ in range(2)] for span in spans]
    padding = tuple((low, high) for low, high in ends)
    outputs = [*(draw(st.integers(1, 2)) for _ in taps[2:]), *(
        draw(st.integers(1, most)) for most in (17, 9)
    )]  # fmt: skip
    least = [
        max(1, s * (o - 1) + span - sum(pair)) + draw(st.integers(0, s - 1))
        for s, o, span, pair in zip(stride, outputs, spans, padding, strict=True)
    ]
    groups, inner = draw(st.integers(2, 3)), draw(st.integers(2, 8))
    layer = Conv(
        in_channels=groups * inner, out_channels=groups * draw(st.integers(1, 8)), groups=groups,
        kernel_size=taps, stride=stride, padding=padding, dilation=dilation,
        bias=draw(st.booleans()),
    )  # fmt: skip
    shape = (draw(st.integers(1, 3)), groups * inner, *least)
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def of(shape: tuple[int, ...], groups: int, out: int, taps: tuple[int, ...], **more: Any) -> Case:
    """Return a convolution of stride 1, without a bias, unless more is told."""
    ones = (1,) * len(taps)
    told: dict[str, Any] = {"stride": ones, "dilation": ones, "padding": ((0, 0),) * len(taps)}
    layer = Conv(
        in_channels=shape[1], out_channels=out, groups=groups, kernel_size=taps, bias=False,
        **(told | more),
    )  # fmt: skip
    return Case(layer=layer, input_shape=shape, seed=1)


def arrays_of(case: Case, dtype: Any) -> tuple[Conv, Sizes, Any]:
    layer = case.layer
    assert isinstance(layer, Conv)
    return layer, sizes_of(layer, case.input_shape), case.integers(np.dtype(dtype)).astype(dtype)


def forward(case: Case, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    layer, sizes, held = arrays_of(case, dtype)
    b, y = held.get("b"), np.empty(case.output_shape, dtype)
    grouped.conv_forward(SIM, sizes, held["x"], held["w"], b, y)
    more = () if b is None else (b,)
    return y, oracle.forward(layer, held["x"], held["w"], *more)


def input_vjp(case: Case, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    layer, sizes, held = arrays_of(case, dtype)
    x_bar = np.empty(case.input_shape, dtype)
    grouped.conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], None, x_bar)
    return x_bar, oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])


def weight_vjp(
    case: Case, dtype: Any = np.float32, splits: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    layer, sizes, held = arrays_of(case, dtype)
    w_bar = np.empty(layer.weight_shape, dtype)
    grouped.conv_weight_vjp(SIM, sizes, held["y_bar"], held["x"], w_bar, splits=splits)
    return w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"])


VERBS: tuple[Verb, ...] = (forward, input_vjp, weight_vjp)
of_verbs = pytest.mark.parametrize("verb", VERBS)


@pytest.mark.parametrize("kind", [patched, single])
@of_verbs
def test_a_product_is_the_oracles(verb: Verb, kind: Callable[[], st.SearchStrategy[Case]]) -> None:
    """``kernel(x, w) == oracle(x, w)`` in integers, of two and three axes, any padding and tail."""

    @few
    @given(kind())
    def holds(case: Case) -> None:
        assert np.array_equal(*verb(case))

    holds()


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("taps", [(2, 2), (3, 3)], ids=str)
@pytest.mark.full  # each takes a compilation
@of_verbs
def test_every_specialisation_is_reached(
    verb: Verb, taps: tuple[int, int], channels: int, dtype: Any
) -> None:
    """``CHANNELS`` of so many output channels, and ``PATCH``; sums are float's, rounded once."""
    before = len(SIM.kernels)
    case = of((2, 2 * channels + 2, 11, 9), 2, 2 * channels, taps, padding=((1, 1), (1, 0)))
    if verb is input_vjp:
        case = of((2, 2 * channels, 11, 9), 2, 2 * channels + 2, taps, padding=((1, 1), (1, 0)))
    assert np.array_equal(*verb(case, dtype))
    held = next(c for c in grouped.CHANNELS if c >= channels)
    side = 3 if taps == (3, 3) else 1
    assert SIM.kernels[before].arguments[1:] == (str(held), str(side))


@of_verbs
def test_every_address_is_the_maps(verb: Verb) -> None:
    """``result[column] = sum_depth left right`` at the addresses of ``index_maps.contraction``."""
    case = of((2, 6, 9, 5), 2, 4, (3, 3), padding=((1, 2), (0, 1)), stride=(1, 1))
    _, sizes, held = arrays_of(case, np.float32)
    maps: dict[Verb, tuple[Map, str, str]] = {
        forward: (Correlated(sizes), "w", "x"),
        input_vjp: (Spread(sizes), "w", "y_bar"),
        weight_vjp: (Paired(sizes), "y_bar", "x"),
    }
    map_, left, right = maps[verb]
    groups, rows, columns, depth = map_.extents
    found = verb(case)[0].ravel()
    expected, written = np.full_like(found, np.nan), 0
    for g in range(groups):
        row, column, k = np.ix_(range(rows), range(columns), range(depth))
        products_ = fetched(held[left], map_.left(g, row, k)) * fetched(
            held[right], map_.right(g, column, k)
        )
        at = np.broadcast_to(map_.result(g, row, column), (rows, columns, 1))[..., 0]
        expected[at], written = products_.sum(-1), written + at.size
    assert written == expected.size
    assert np.array_equal(found, expected)


@of_verbs
@given(case=patched())
@few
def test_a_batch_in_slices_is_the_batch(verb: Verb, case: Case) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    most = max(prod(s[1:]) for s in (case.input_shape, case.output_shape))
    with patch.object(operands, "_PER_LAUNCH", most):
        assert np.array_equal(*verb(case))


@pytest.mark.parametrize("splits", [2, 5])
@given(case=patched())
@few
def test_a_sum_in_parts_is_the_sum(splits: int, case: Case) -> None:
    """``sum_s parts[s] == w_bar``, also of parts that are empty."""
    assert np.array_equal(*weight_vjp(case, splits=splits))


def test_a_blocks_warps_share_a_gradient_or_own_different_patches() -> None:
    """One patch of all has four sharers; of more there are two and one, and several blocks."""
    found = []
    for inner in (1, 2, 4, 8):
        case = of((2, 2 * inner, 9, 34), 2, 8, (3, 3), padding=((1, 1), (1, 1)))
        assert np.array_equal(*weight_vjp(case))
        sizes = of_three_axes(arrays_of(case, np.float32)[1])
        sharing = grouped._sharing(sizes, grouped._strips(sizes, grouped.SHORT), 0)
        found.append((sharing.chunks, sharing.beside, sharing.sharers))
    assert found == [(1, 1, 4), (1, 1, 4), (1, 2, 2), (1, 4, 1)]


@given(case=patched())
@few
def test_relu_is_applied_after_the_bias(case: Case) -> None:
    """``y = max(conv(x, w) + b, 0)``, and the same of the transposed convolution."""
    layer, sizes, held = arrays_of(case, np.float32)
    y, x_bar = (np.empty(s, np.float32) for s in (case.output_shape, case.input_shape))
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    relu: tuple[Activation, float, float] = ("relu", 1.0, 1.0)
    grouped.conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=relu)
    plain = oracle.forward(replace(layer, bias=True), held["x"], held["w"], b)
    assert np.array_equal(y, np.maximum(plain, 0))

    b = np.arange(layer.in_channels, dtype=np.float32) - 1
    grouped.conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], b, x_bar, activation=relu)
    plain = oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])
    plain = plain + b.reshape(-1, *(1 for _ in layer.kernel_size))
    assert np.array_equal(x_bar, np.maximum(plain, 0))


@pytest.mark.parametrize("taps", [(3, 3), (2, 1)], ids=str)
@pytest.mark.parametrize("rows", [6, 7, 8, 9])
def test_a_strips_tail_is_left_out_and_not_multiplied_by_zero(
    taps: tuple[int, int], rows: int
) -> None:
    """Where the last row of the input is infinite, the last row of taps is, and no other."""
    case = of((1, 4, rows, 3), 2, 4, taps)
    layer, sizes, _ = arrays_of(case, np.float32)
    x, y_bar = np.ones(case.input_shape, np.float32), np.ones(case.output_shape, np.float32)
    x[:, :, -1] = np.inf
    w_bar = np.empty(layer.weight_shape, np.float32)
    grouped.conv_weight_vjp(SIM, sizes, y_bar, x, w_bar)
    assert (w_bar[..., :-1, :] == prod(case.output_shape[2:])).all()
    assert (w_bar[..., -1, :] == np.inf).all()


@given(case=patched())
@few
def test_what_these_kernels_do_not_compute_the_products_do(case: Case) -> None:
    """Tanh, and the input VJP of a stride: the same numbers as theirs."""
    layer, sizes, held = arrays_of(case, np.float32)
    tanh: tuple[Activation, float, float] = ("tanh", 1.0, 0.5)
    found, expected = np.empty((2, *case.output_shape), np.float32)
    x, w = held["x"], held["w"]
    grouped.conv_forward(SIM, sizes, x, w, None, found, activation=tanh)
    products.conv_forward(SIM, sizes, x, w, None, expected, activation=tanh)
    assert np.array_equal(found, expected)
    found, expected = np.empty((2, *case.input_shape), np.float32)
    grouped.conv_input_vjp(SIM, sizes, held["y_bar"], w, None, found, activation=tanh)
    products.conv_input_vjp(SIM, sizes, held["y_bar"], w, None, expected, activation=tanh)
    assert np.array_equal(found, expected)

    before = len(SIM.kernels)
    assert np.array_equal(*input_vjp(case))
    assert SIM.kernels[before].file.startswith("grouped") == (max(layer.stride) == 1)


@given(case=patched())
@few
def test_a_sum_of_reals_is_within_the_bound_of_any_order(case: Case) -> None:
    """``|y_hat - y| <= N u sum |a b|`` of a sum of ``N`` products, with ``u = 2^-24``.

    The right sum, in float64, is off by ``2^-29`` of that.
    """
    layer, sizes, held = arrays_of(case, np.float32)
    rng, plain = np.random.default_rng(case.seed), replace(layer, bias=False)
    names = ("x", "w", "y_bar")
    x, w, y_bar = (rng.standard_normal(held[name].shape).astype(np.float32) for name in names)
    y, x_bar, w_bar = np.empty_like(y_bar), np.empty_like(x), np.empty_like(w)
    grouped.conv_forward(SIM, sizes, x, w, None, y)
    grouped.conv_input_vjp(SIM, sizes, y_bar, w, None, x_bar)
    grouped.conv_weight_vjp(SIM, sizes, y_bar, x, w_bar)

    def rights(x: Any, w: Any, y_bar: Any) -> tuple[Any, ...]:
        return (
            oracle.forward(plain, x, w),
            oracle.input_vjp(plain, x.shape, y_bar, w),
            oracle.weight_vjp(plain, x, y_bar),
        )

    taps, wide = prod(layer.kernel_size), [a.astype(np.float64) for a in (x, w, y_bar)]
    counts = sizes.in_channels * taps, sizes.out_channels * taps, sizes.batch * prod(sizes.output)
    exact, most = rights(*wide), rights(*map(np.abs, wide))
    for found, right, sums, count in zip((y, x_bar, w_bar), exact, most, counts, strict=True):
        assert (np.abs(found - right) <= count * 2.0**-24 * (1 + 2.0**-29) * sums).all()


@pytest.mark.parametrize("verb", [forward, weight_vjp])
def test_a_warps_lanes_are_side_by_side(verb: Verb) -> None:
    """They have 128 bytes in a row, or in two, which begin anywhere: at most 4 + 2 sectors.

    And no bank of the shared memory is asked twice.
    """
    reports: list[SimReport] = []

    def reporting(kernel: Kernel) -> Callable[..., None]:
        return lambda *args, **options: reports.append(simulated(kernel)(*args, **options))

    case = of((1, 8, 24, 56), 2, 8, (3, 3), padding=((1, 1), (1, 1)))
    with patch("convproof_gpu.simulated.simulated", reporting), conditions(count=True):
        verb(case)
    assert 0 < (reports[0].sectors or 0) <= 6 * (reports[0].requests or 0)
    assert reports[0].conflicts == 0
