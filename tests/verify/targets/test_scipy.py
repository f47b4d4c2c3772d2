"""SciPy's correlation and convolution answer what the oracle answers: equal."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from convproof import layers
from convproof.errors import UnsupportedError
from convproof.layers import Layer
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.reference import implementation as reference
from tests.numeric import cases
from tests.numeric.cases import CASES, Case, answers, differences, few
from tests.verify.targets.cases import circular

pytest.importorskip("scipy")

from convproof.verify.targets.scipy import implementation

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
CONV: dict[str, Any] = {"in_channels": 1, "out_channels": 1, "padding": ((0, 0),), "dilation": (1,)}


@every_dtype
@given(case=circular)
def test_the_convolution_and_its_gradients_equal_the_oracle(dtype: str, case: Case) -> None:
    """y, x_bar, w_bar and b_bar == the oracle's, over one to three axes, padded in every way."""
    case = case.astype(dtype)

    assert differences(answers(implementation, case), answers(reference, case)) == []


@few
@given(case=circular)
def test_the_gradient_in_the_input_needs_its_shape_alone(case: Case) -> None:
    """x_bar(x.shape) == x_bar(x)."""
    layer, x, (w, *_), y_bar = case
    by_shape = implementation.input_vjp(layer, x.shape, y_bar, w)

    assert np.array_equal(by_shape, implementation.input_vjp(layer, x, y_bar, w))


def test_a_nan_between_the_taps_is_not_read() -> None:
    """y[o] = x[o] + x[o + 2]: no zero is put where it could meet x[o + 1]."""
    layer = layers.Conv(
        in_channels=1, out_channels=1, kernel_size=(2,), stride=(1,), padding=((0, 0),),
        dilation=(2,),
    )  # fmt: skip
    y = implementation.forward(layer, np.array([[[1, np.nan, 2]]]), np.ones((1, 1, 2)))

    assert y.tolist() == [[[3]]]


@every_dtype
@few
@given(case=CASES[layers.Bias])
def test_the_bias_and_its_gradients_equal_the_oracle(dtype: str, case: Case) -> None:
    """y, x_bar and b_bar == the oracle's."""
    case = case.astype(dtype)

    assert differences(answers(implementation, case), answers(reference, case)) == []


@every_dtype
@given(case=cases.signals())
def test_the_true_convolution_equals_the_oracle(dtype: str, case: Case) -> None:
    """y == the oracle's, "full", "same" and "valid"."""
    case = case.astype(dtype)

    assert differences(answers(implementation, case), answers(reference, case)) == []


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), BFLOAT16], ids=str)
def test_half_precision_exists_over_one_axis_alone(dtype: np.dtype) -> None:
    """y[o] = x[o] + x[o + 1]; SciPy refuses the same in the plane."""
    row = layers.Conv(kernel_size=(2,), stride=(1,), **CONV)
    plane = layers.Conv(
        in_channels=1, out_channels=1, kernel_size=(1, 2), stride=(1, 1),
        padding=((0, 0), (0, 0)), dilation=(1, 1),
    )  # fmt: skip
    x, w = np.ones((1, 1, 3), dtype), np.ones((1, 1, 2), dtype)

    assert implementation.forward(row, x, w).tolist() == [[[2, 2]]]
    with pytest.raises(UnsupportedError, match="along one axis alone, not 2"):
        implementation.forward(plane, x[:, :, None], w[:, :, None])


@pytest.mark.parametrize(
    "layer",
    [
        layers.ReLU(),
        layers.LocallyConnected(kernel_size=(2,), stride=(1,), output_size=(2,), **CONV),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_scipy_lacks_is_unsupported(layer: Layer) -> None:
    x = np.ones((1, 1, 3))

    verbs: list[Callable[[], Any]] = [
        lambda: implementation.forward(layer, x, x),
        lambda: implementation.input_vjp(layer, x, x, x),
        lambda: implementation.weight_vjp(layer, x, x),
    ]
    for ask in verbs:
        with pytest.raises(UnsupportedError, match=f"has no {type(layer).__name__}"):
            ask()
