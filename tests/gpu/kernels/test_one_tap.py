"""Convolutions of one tap and few channels to sum over, as sums of outer products: the oracle's."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.index_maps import Sizes, outer
from convproof.layers import Conv, ConvTranspose
from convproof.numeric.fast import implementation as oracle
from convproof_gpu import operands
from convproof_gpu import pointwise as launcher
from convproof_gpu.elements import type_of
from convproof_gpu.fused import Fused
from convproof_gpu.machine import Kernel, Machine
from convproof_gpu.measuring.rows import Row
from convproof_gpu.planning import planned
from convproof_gpu.products import conv_forward, conv_input_vjp
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import simulated
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import FEW_DEPTHS, LARGE
from convproof_gpu.wing import Wing
from tests.gpu.kernels.tensor_cases import layer_of
from tests.gpu.kernels.test_depthwise import Noting
from tests.gpu.test_prepared import Repeating

SIM = Noting()
FILES = ("pointwise_forward", "pointwise_input_vjp")
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
CHANNELS = (1, 3, 4, 8, 9, 16, 64, 127, 128, 130)
POSITIONS = ((1,), (3, 4), (5, 7), (2, 4, 4), (130,))
few = settings(max_examples=max(6, settings().max_examples // 5))
PLAIN: tuple[operands.Activation, float, float] = ("none", 1.0, 1.0)
Case = tuple[int, ...]  # images, input and output channels, positions along each axis


def told(case: Case) -> Sizes:
    batch, inner, outer_, *positions = case
    one = (1,) * len(positions)
    return Sizes(
        batch=batch, groups=1, in_channels=inner, out_channels=outer_, input=tuple(positions),
        kernel=one, output=tuple(positions), stride=one, dilation=one, low=(0,) * len(one),
    )  # fmt: skip


def of_one_tap(case: Case, dtype: Any, seed: int = 0) -> dict[str, np.ndarray]:
    """Return all operands, of small integers."""
    (batch, inner, outer_, *positions), rng = case, np.random.default_rng(seed)
    shapes = {
        "x": (batch, inner, *positions), "w": (outer_, inner), "b": (outer_,),
        "y_bar": (batch, outer_, *positions),
    }  # fmt: skip
    return {name: rng.integers(-3, 4, shape).astype(dtype) for name, shape in shapes.items()}


def right(held: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return ``max(conv(x, w) + b, 0)`` and the adjoint."""
    wide = {name: array.astype(np.float64) for name, array in held.items()}
    y = np.einsum("mc,nc...->nm...", wide["w"], wide["x"])
    y += wide["b"].reshape(-1, *(1,) * (y.ndim - 2))
    return np.maximum(y, 0), np.einsum("mc,nm...->nc...", wide["w"], wide["y_bar"])


def answers(
    machine: Machine, case: Case, held: dict[str, np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each answer, whatever tile the sizes would take, with what is right."""
    sizes, dtype = told(case), held["x"].dtype
    y, x_bar = (np.full(held[like].shape, np.nan, dtype) for like in ("y_bar", "x"))
    launcher.forward(machine, sizes, held["x"], held["w"], held["b"], y, "relu")
    launcher.input_vjp(machine, sizes, held["y_bar"], held["w"], x_bar)
    yield from zip((y, x_bar), (each.astype(dtype) for each in right(held)), strict=True)


@given(
    st.integers(0, 3), st.sampled_from(CHANNELS), st.sampled_from(CHANNELS),
    st.sampled_from(POSITIONS), st.integers(0, 99),
)  # fmt: skip
@few
def test_a_product_is_the_oracles(
    batch: int, inner: int, outer_: int, positions: tuple[int, ...], seed: int
) -> None:
    """Forward with a bias and ReLU, and the adjoint, in integers."""
    case = (batch, inner, outer_, *positions)
    for found, expected in answers(SIM, case, of_one_tap(case, np.float32, seed)):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("case", [(3, 20, 132, 8, 8), (2, 9, 131, 5, 7)])
@pytest.mark.parametrize(
    "dtype", [np.float32, np.float16, pytest.param(ml_dtypes.bfloat16, marks=pytest.mark.full)]
)
def test_every_specialisation_is_reached(dtype: Any, case: Case) -> None:
    """Of each format, by fours where channels and positions are multiples of four."""
    held = of_one_tap(case, dtype)
    for found, expected in answers(SIM, case, held):
        assert np.array_equal(found, expected)
    quad = "4" if case[1] % 4 == prod(case[3:]) % 4 == 0 else "1"
    assert [kernel.file for kernel in SIM.kernels[-2:]] == list(FILES)
    for kernel in SIM.kernels[-2:]:
        assert kernel.arguments == (type_of(**held), quad)
        assert kernel.expression in {each.expression for each in specialisations(kernel.file)}


@pytest.mark.parametrize("which", ["x", "w", "y_bar"])
def test_arrays_that_begin_between_vectors_are_taken_one_by_one(which: str) -> None:
    """``QUAD == 1`` of a view that does not begin at a multiple of 16 bytes."""
    case = (2, 8, 12, 3, 4)
    held = of_one_tap(case, np.float32)
    moved = np.empty(held[which].size + 1, np.float32)[1:].reshape(held[which].shape)
    moved[...] = held[which]
    for found, expected in answers(SIM, case, held | {which: moved}):
        assert np.array_equal(found, expected)
    assert "1" in {kernel.arguments[1] for kernel in SIM.kernels[-2:]}


@pytest.mark.parametrize("case", [(2, 32, 72, 6, 6), (1, 33, 65, 7, 5)])
def test_the_bits_are_those_of_a_tile_of_floats(case: Case) -> None:
    """The same sums in the same order, and the bias after them."""
    rng, sizes = np.random.default_rng(1), told(case)
    held = {
        name: rng.standard_normal(array.shape).astype(np.float32)
        for name, array in of_one_tap(case, np.float32).items()
    }
    x, w, b, y_bar = (held[name] for name in ("x", "w", "b", "y_bar"))
    found, by_tile = np.empty_like(y_bar), np.empty_like(y_bar)
    launcher.forward(SIM, sizes, x, w, b, found, "none")
    conv_forward(SIM, sizes, x, w, b, by_tile, tile=LARGE)
    assert found.tobytes() == by_tile.tobytes()
    found, by_tile = np.empty_like(x), np.empty_like(x)
    launcher.input_vjp(SIM, sizes, y_bar, w, found)
    conv_input_vjp(SIM, sizes, y_bar, w, None, by_tile, tile=LARGE)
    assert found.tobytes() == by_tile.tobytes()


def test_an_infinite_weight_is_of_its_channel_alone() -> None:
    """What fills a tile and a slab is zero, and is not multiplied by what lies beyond it."""
    case = (1, 3, 130, 5, 7)
    held = {name: np.ones_like(a) for name, a in of_one_tap(case, np.float32).items()}
    held["w"][-1] = np.inf
    ((y, _), (x_bar, _)) = answers(SIM, case, held)
    assert np.isinf(y[:, -1]).all()
    assert (y[:, :-1] == 4).all()
    assert np.isinf(x_bar).all()


def test_nan_stays_nan_after_an_activation() -> None:
    case = (1, 3, 130, 5, 7)
    held = of_one_tap(case, np.float32)
    held["x"][0, 1, 2, 3] = np.nan
    ((y, _), _) = answers(SIM, case, held)
    assert np.isnan(y[0, :, 2, 3]).all()
    assert np.isnan(y).sum() == 130


# Which convolutions these are.


def test_a_layer_of_one_tap_takes_outer_products() -> None:
    """As ``Wing`` calls it, and of a transposed one, whose input's cotangent is a convolution."""
    rng, wing = np.random.default_rng(3), Wing(SIM)
    layer = layer_of((9, 120), (1, 1))
    x, w, b = (
        rng.integers(-3, 4, shape).astype(np.float32)
        for shape in ((2, 9, 6, 7), layer.weight_shape, (120,))
    )
    expected = oracle.forward(layer, x, w, b)
    for relu in (False, True):
        y = wing.forward(Fused(conv=layer, relu=relu), x, w, b)
        assert SIM.kernels[-1].file == "pointwise_forward"
        assert np.array_equal(y, np.maximum(expected, 0) if relu else expected)

    turned = ConvTranspose(
        in_channels=9, out_channels=120, kernel_size=(1, 1), stride=(1, 1), dilation=(1, 1),
        padding=((0, 0), (0, 0)), output_padding=(0, 0), bias=False,
    )  # fmt: skip
    w = np.ascontiguousarray(w.reshape(120, 9).T).reshape(9, 120, 1, 1)
    y = wing.forward(turned, x, w)
    assert SIM.kernels[-1].file == "pointwise_input_vjp"
    assert np.array_equal(y, oracle.forward(turned, x, w))


def test_its_launches_are_prepared_once() -> None:
    """And repeated, of arrays of which a launch knows no more than how they are aligned."""
    layer = replace(layer_of((12, 120), (1, 1)), bias=False)
    x, w = np.ones((2, 12, 6, 6), np.float32), np.ones(layer.weight_shape, np.float32)
    machine = Repeating()
    y = Wing(machine).forward(layer, x, w)
    adjoint = replace(layer, in_channels=120, out_channels=12)
    turned = np.ones(adjoint.weight_shape, np.float32)
    x_bar = Wing(machine).input_vjp(adjoint, y, x, turned)
    held = [each for each in machine.prepared if each is not None]
    assert [step.kernel.expression for each in held for step in each.launches] == [
        f"{file}<float, 4>" for file in FILES
    ]
    assert (y == 12).all()
    assert (x_bar == 12).all()


def test_another_geometry_takes_other_kernels() -> None:
    """A group, tap, step, zero or position more is no single tap of each input."""
    sizes = told((2, 9, 120, 6, 7))
    assert launcher.forward_fits(sizes, PLAIN)
    for changed in (
        {"groups": 2},
        {"kernel": (1, 2)},
        {"stride": (1, 2)},
        {"low": (0, 1)},
        {"output": (6, 8)},
    ):
        assert not outer.is_pointwise(replace(sizes, **changed)), changed
    assert outer.is_pointwise(replace(sizes, dilation=(3, 2)))


def test_a_convolution_takes_them_that_had_a_large_tile_of_floats() -> None:
    """More than 8 rows and 64^2 sums, of fewer channels than the tensor cores are as exact for."""
    most = FEW_DEPTHS - 1
    for case, is_theirs in (
        ((32, 64, 64, 56, 56), True),
        ((1, most, 120, 6, 7), True),
        ((1, FEW_DEPTHS, 120, 6, 7), False),
        ((2, most, 8, 28, 28), False),
        ((1, most, 64, 8, 8), False),
        ((32, most, 128, 1, 1), False),
        ((33, most, 128, 1, 1), True),
    ):
        batch, inner, outer_, *positions = case
        adjoint = told((batch, outer_, inner, *positions))
        assert launcher.forward_fits(told(case), PLAIN) == is_theirs, case
        assert launcher.input_vjp_fits(adjoint, None, PLAIN) == is_theirs, case
    sizes = told((32, 64, 64, 56, 56))
    assert not launcher.forward_fits(sizes, ("tanh", 1.0, 1.0))
    assert not launcher.input_vjp_fits(sizes, np.ones(64), PLAIN)
    assert not launcher.input_vjp_fits(sizes, None, ("relu", 1.0, 1.0))


def test_a_batch_in_slices_is_the_batch() -> None:
    """As where an array has more than 2^31 elements: here a launch for two images."""
    case = (5, 8, 68, 6, 7)
    with patch.object(operands, "_PER_LAUNCH", 2 * 68 * 42):
        before = len(SIM.kernels)
        for found, expected in answers(SIM, case, of_one_tap(case, np.float32)):
            assert np.array_equal(found, expected)
    assert len(SIM.kernels) == before + 2 * 3


def test_a_plan_tells_the_kernel_and_the_bound_of_its_channels() -> None:
    """``c`` is the number of channels that are summed over, of a bottleneck's two convolutions."""
    layer = Conv(
        in_channels=64, out_channels=256, kernel_size=(1, 1), stride=(1, 1), dilation=(1, 1),
        padding=((0, 0), (0, 0)), bias=False,
    )  # fmt: skip
    plan = planned(Row(name="conv", layer=layer, input_shape=(32, 64, 56, 56), operation="forward"))
    (launch,) = plan.products
    assert launch.kernel.expression == "pointwise_forward<float, 4>"
    assert (launch.blocks, launch.threads, plan.coefficient) == (2 * 784, 256, 64)

    layer = replace(layer, in_channels=256, out_channels=64)
    row = Row(name="conv", layer=layer, input_shape=(32, 256, 56, 56), operation="input_vjp")
    plan = planned(row)
    (launch,) = plan.products
    assert launch.kernel.expression == "pointwise_input_vjp<float, 4>"
    assert (launch.blocks, launch.threads, plan.coefficient) == (2 * 784, 256, 64)


@pytest.mark.parametrize("quad", [1, pytest.param(4, marks=pytest.mark.full)])
def test_each_operand_is_read_once_for_a_tile_and_no_bank_is_asked_twice(quad: int) -> None:
    """Columns and rows of whole tiles, of eight images: bytes of every block, no conflict."""
    case = (8, 16, 256, 4, 4)
    sizes, held = told(case), of_one_tap(case, np.float32)
    y = np.empty(held["y_bar"].shape, np.float32)
    numbers = np.array((16, 256, 128, 16), np.int32).tobytes()
    kernel = simulated(Kernel("pointwise_forward", ("float", str(quad))))
    args = (held["x"], held["w"], held["b"], y, numbers, np.int32(1))
    with conditions(count=True):
        report = kernel((2,), (outer.CREW,), args, outputs=("y",))
    assert isinstance(report, SimReport)
    biases = 2 * outer.CREW * outer.EACH**2 // quad  # at most one of every vector's row
    moved = 4 * (y.size + 2 * held["x"].size + held["w"].size)
    assert moved <= (report.bytes or 0) <= moved + 4 * quad * biases
    assert report.conflicts == 0
    assert sizes.batch * 16 == outer.SIDE
