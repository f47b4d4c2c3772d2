"""The products of a convolution on the simulator: exactly the oracle's in every tile, format."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings

from convproof.cases import Case
from convproof.errors import DTypeError
from convproof.layers import Conv
from convproof.numeric.reference import implementation as oracle
from convproof.strategies import TORCH, cases
from convproof_gpu import operands
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import LARGE, TENSOR_TILES, TILES, TensorTile, Tile

SIM = Simulated()
OFFERS = TORCH | {"asymmetric"}
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
few = settings(max_examples=max(4, settings().max_examples // 8))
Verb = Callable[[Case, Any, Tile | None], tuple[np.ndarray, np.ndarray]]


def forward(case: Case, dtype: Any, tile: Tile | None) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    b = held.get("b")
    y = np.empty(case.output_shape, dtype)
    conv_forward(SIM, sizes_of(layer, case.input_shape), held["x"], held["w"], b, y, tile=tile)
    more = () if b is None else (b,)
    return y, oracle.forward(layer, held["x"], held["w"], *more)


def input_vjp(case: Case, dtype: Any, tile: Tile | None) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    sizes, x_bar = sizes_of(layer, case.input_shape), np.empty(case.input_shape, dtype)
    conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], None, x_bar, tile=tile)
    return x_bar, oracle.input_vjp(layer, case.input_shape, held["y_bar"], held["w"])


def weight_vjp(case: Case, dtype: Any, tile: Tile | None) -> tuple[np.ndarray, np.ndarray]:
    layer, held = _layer(case), case.integers(np.dtype(dtype)).astype(dtype)
    sizes, w_bar = sizes_of(layer, case.input_shape), np.empty(layer.weight_shape, dtype)
    conv_weight_vjp(SIM, sizes, held["y_bar"], held["x"], w_bar, tile=tile)
    return w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"])


def _layer(case: Case) -> Conv:
    assert isinstance(case.layer, Conv)
    return case.layer


VERBS = (forward, input_vjp, weight_vjp)


@pytest.mark.parametrize("tile", TILES, ids=("large", "small", "flat"))
@pytest.mark.parametrize("verb", VERBS)
@given(cases("conv2d", OFFERS))
@few
def test_every_tile_gives_the_same_integers(verb: Verb, tile: Tile, case: Case) -> None:
    """``kernel<Tile>(x, w) == oracle(x, w)``, also where a case has a few elements of a tile."""
    found, expected = verb(case, np.float32, tile)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("dims", [1, 3])
def test_every_format_and_number_of_axes_gives_the_oracles(
    verb: Verb, dims: int, dtype: Any
) -> None:
    """Sums of half formats are float's, and rounded once."""

    @few
    @given(cases(f"conv{dims}d", OFFERS))
    def holds(case: Case) -> None:
        found, expected = verb(case, dtype, None)
        assert np.array_equal(found, expected)

    holds()


@pytest.mark.parametrize("verb", VERBS)
@given(cases("conv2d", OFFERS))
@few
def test_a_batch_in_slices_is_the_batch(verb: Verb, case: Case) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    most = max(prod(s[1:]) for s in (case.input_shape, case.output_shape))
    with patch.object(operands, "_PER_LAUNCH", most):
        found, expected = verb(case, np.float32, None)
    assert np.array_equal(found, expected)


def test_a_launch_with_an_array_that_does_not_fit_its_sizes_is_refused() -> None:
    """A kernel would read beyond it: ``x`` must have ``N G C I`` elements, and be contiguous."""
    layer = Conv(
        in_channels=2, out_channels=4, kernel_size=(2,), stride=(1,), padding=((0, 0),),
        dilation=(1,), groups=2, bias=True,
    )  # fmt: skip
    sizes = sizes_of(layer, (3, 2, 5))
    x, w, b, y = (np.ones(s, np.float32) for s in ((3, 2, 5), (4, 1, 2), (4,), (3, 4, 4)))
    conv_forward(SIM, sizes, x, w, b, y)
    faults: tuple[tuple[dict[str, Any], str], ...] = (
        ({"x": x[:2]}, r"x must have N G C I = 30 elements, but its shape \(2, 2, 5\) has 20"),
        ({"w": w[:3]}, r"w must have G M C K = 8 elements"),
        ({"b": b[:3]}, r"b must have G M = 4 elements"),
        ({"y": y[:, :, :3]}, r"y must have N G M O = 48 elements"),
        ({"x": np.ones((3, 2, 10), np.float32)[:, :, ::2]}, r"reads x as one C-contiguous block"),
    )
    for wrong, told in faults:
        given: dict[str, Any] = {"x": x, "w": w, "b": b, "y": y} | wrong
        with pytest.raises(LaunchLawError, match=told):
            conv_forward(SIM, sizes, **given)
    with pytest.raises(DTypeError, match="w is float64"):
        conv_forward(SIM, sizes, x, w.astype(np.float64), b, y)


@given(cases("conv2d", OFFERS))
@few
def test_an_image_beyond_32_bits_is_refused(case: Case) -> None:
    """One image must have less than 2^31 elements."""
    with patch.object(operands, "MOST", 0), pytest.raises(LaunchLawError, match="Split the layer"):
        forward(case, np.float32, None)


@pytest.mark.parametrize("tile", [LARGE, TENSOR_TILES[0]])
def test_a_sum_in_more_parts_than_fit_32_bits_is_refused(tile: Tile | TensorTile) -> None:
    """``splits * depth < 2^16 - 2^11``: the end of the last share is an int."""
    layer = Conv(
        in_channels=3, out_channels=2, kernel_size=(1,), stride=(1,), padding=((0, 0),),
        dilation=(1,), bias=False,
    )  # fmt: skip
    sizes = sizes_of(layer, (4, 3, 1))
    y_bar, x, w_bar = (np.ones(s, np.float32) for s in ((4, 2, 1), (4, 3, 1), (2, 3, 1)))
    most = (2**16 - 2**11 - 1) // tile.depth
    with pytest.raises(LaunchLawError, match=f"at most {most} parts.* got splits={most + 1}"):
        conv_weight_vjp(SIM, sizes, y_bar, x, w_bar, tile=tile, splits=most + 1)


@pytest.mark.parametrize("splits", [2, 5])
@given(cases("conv2d", OFFERS))
@few
def test_a_sum_in_parts_is_the_sum(splits: int, case: Case) -> None:
    """``sum_s parts[s] == w_bar``, also of parts that are empty."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    sizes, w_bar = sizes_of(layer, case.input_shape), np.empty(layer.weight_shape, np.float32)
    conv_weight_vjp(SIM, sizes, held["y_bar"], held["x"], w_bar, splits=splits)
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, held["x"], held["y_bar"]))


@given(cases("conv2d", OFFERS))
@few
def test_an_activation_is_applied_after_the_bias(case: Case) -> None:
    """``y = max(conv(x, w) + b, 0)`` and ``y = A tanh(S (conv(x, w) + b))`` in one kernel."""
    layer, held = _layer(case), case.integers().astype(np.float32)
    sizes, y = sizes_of(layer, case.input_shape), np.empty(case.output_shape, np.float32)
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    plain = oracle.forward(replace(layer, bias=True), held["x"], held["w"], b)

    conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=("relu", 1.0, 1.0))
    assert np.array_equal(y, np.maximum(plain, 0))

    conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=("tanh", 2.0, 0.25))
    exact = 2.0 * np.tanh(0.25 * plain.astype(np.float64))
    assert (np.abs(y - exact) <= 20 * 2.0**-24 * np.abs(exact)).all()


def test_nothing_is_launched_for_an_empty_batch_and_zeros_for_no_channels() -> None:
    """An empty sum is the bias."""
    layer = Conv(
        in_channels=1, out_channels=2, kernel_size=(1,), stride=(1,), padding=((0, 0),),
        dilation=(1,), bias=True,
    )  # fmt: skip
    none, b = np.empty((0, 1, 3), np.float32), np.array([1, 2], np.float32)
    w = np.ones((2, 1, 1), np.float32)
    assert conv_forward(SIM, sizes_of(layer, none.shape), none, w, b, none[:, :1]).size == 0

    sizes = replace(sizes_of(layer, (1, 1, 3)), in_channels=0)
    y = np.empty((1, 2, 3), np.float32)
    empty_x, empty_w = np.empty((1, 0, 3), np.float32), np.empty((2, 0, 1), np.float32)
    conv_forward(SIM, sizes, empty_x, empty_w, b, y)
    assert y.tolist() == [[[1, 1, 1], [2, 2, 2]]]
