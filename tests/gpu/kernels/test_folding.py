"""The input's gradient of strided convolutions of few channels: columns of taps, folded."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.numeric.fast import implementation as oracle
from convproof_gpu import folding
from convproof_gpu.layers import conv
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.measuring.rows import Row
from convproof_gpu.planning import planned
from convproof_gpu.recording import Recorder, blank
from tests.gpu.kernels.tensor_cases import (
    SIM,
    conv_of,
    few,
    input_vjp,
    integers,
    layer_of,
    right,
    tensor_cases,
    told,
    without_bias,
)


def folded(case: Case) -> np.ndarray:
    held, x_bar = integers(case), np.empty(case.input_shape, np.float32)
    return np.asarray(folding.conv_input_vjp(SIM, told(case), held["y_bar"], held["w"], x_bar))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_folded_columns_are_the_gradient(dims: int) -> None:
    """``fold(w^T y_bar) == x_bar`` of any stride, dilation and padding, exactly."""

    @few
    @given(tensor_cases(dims))
    def holds(case: Case) -> None:
        case = replace(without_bias(case), layer=replace(conv_of(case), groups=1, bias=False))
        layer = conv_of(case)
        batch, _, *positions = case.input_shape
        case = replace(case, input_shape=(batch, layer.in_channels, *positions))
        assert np.array_equal(folded(case), right(input_vjp, case, integers(case)))

    holds()


ALEXNET = sizes_of(layer_of((3, 96), (11, 11), stride=(4, 4)), (1, 3, 227, 227))


@given(tensor_cases(2))
@few
def test_images_are_folded_some_at_a_time(case: Case) -> None:
    """As where a batch has more columns than are kept at once: the same."""
    case = replace(without_bias(case), layer=replace(conv_of(case), groups=1, bias=False))
    batch, _, *positions = case.input_shape
    case = replace(case, input_shape=(batch, conv_of(case).in_channels, *positions))
    whole = folded(case)
    with patch.object(folding, "_MOST_COLUMNS", 1):
        assert np.array_equal(folded(case), whole)


@pytest.mark.parametrize(
    ("changes", "dtype", "fits"),
    [
        ({}, np.float32, True),
        ({}, np.float16, False),  # columns would be rounded
        ({"in_channels": 9}, np.float32, False),
        ({"stride": (1, 2)}, np.float32, False),
        ({"groups": 2}, np.float32, False),
        ({"kernel": (351, 351)}, np.float32, False),  # 3 x 351^2 x 3025 columns of an image
        ({"batch": 0}, np.float32, False),
    ],
)
def test_narrow_phases_of_floats_are_folded(
    changes: dict[str, Any], dtype: Any, fits: bool
) -> None:
    """Few channels, four phases or more, and columns that 32 bits address."""
    sizes: Sizes = replace(ALEXNET, **changes)
    assert folding.fits(sizes, dtype) == fits


def test_a_first_layers_gradient_is_folded() -> None:
    """By the verb: the kernels launched are those of a product of one tap, then of col2im."""
    layer = replace(layer_of((3, 96), (11, 11), stride=(4, 4)), bias=False)
    machine = Recorder()
    y_bar, w = blank((2, 96, 55, 55), np.float32), blank((96, 3, 11, 11), np.float32)
    conv.input_vjp(machine, layer, (2, 3, 227, 227), y_bar, w)
    assert [kernel.file for kernel in machine.kernels][-1] == "fold_forward"


def test_a_folded_gradient_is_within_the_plans_bound() -> None:
    """``|x_bar' - x_bar| <= c u sum |w y_bar|``, of numbers of one sign and of many sizes."""
    layer, shape = replace(layer_of((3, 96), (5, 5), stride=(2, 2)), bias=False), (1, 3, 19, 21)
    row = Row(name="a/b", layer=layer, input_shape=shape, operation="input_vjp")
    plan = planned(row)
    assert [each.kernel.file for each in plan.launches][-1] == "fold_forward"
    assert any(each.tile for each in plan.products)
    rng = np.random.default_rng(0)
    for signs in ((1,), (-1, 1)):
        w, y_bar = (
            (rng.choice(signs, s) * rng.random(s) * np.exp2(rng.integers(-9, 9, s))).astype("f4")
            for s in (layer.weight_shape, layer.output_shape(shape))
        )
        found = conv.input_vjp(SIM, layer, shape, y_bar, w)
        exact, whole = (
            oracle.input_vjp(layer, shape, f(y_bar.astype(float)), f(w.astype(float)))
            for f in (np.asarray, np.abs)
        )
        assert (np.abs(found - exact) <= plan.coefficient * 2**-24 * whole * (1 + 2**-20)).all()
