"""The hyperbolic tangent, within a few units in the last place."""

import numpy as np
import pytest
from hypothesis import given

from convproof.errors import DTypeError
from convproof.implementation import ByLayer
from convproof.layers import Layer, LocalResponseNorm, Softmax, Tanh
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from tests.numeric.calls import answers_of_torch
from tests.numeric.cases import SMOOTH, Case, answers, both, elementwise
from tests.numeric.precision import Precision, every_precision


@every_precision
@given(SMOOTH[Tanh])
def test_tanh_is_within_twenty_units(precision: Precision, case: Case) -> None:
    """|y^ - y| <= 20 u |y|.

    The slope and its product (2 u) reach y with condition z/(sinh z cosh z) <= 1; tanh itself
    takes 8 u, or as -expm1(-2z) / (1 + exp(-2z)) 8 u + 4 u + u + u; the amplitude and its product
    2 u: 18 u in all.
    """
    exact, error = precision.errors(case)

    assert (error["forward"] <= 20 * precision.u * abs(exact["forward"])).all()


@every_precision
@given(SMOOTH[Tanh])
def test_the_derivative_is_within_thirty_units(precision: Precision, case: Case) -> None:
    """|x_bar^ - x_bar| <= 30 u A B |y_bar|.

    With t off by 10 u, 1 - t^2 is off by 2 t^2 10 u <= 20 u, and five products add 5 u; by
    exponentials, q = exp(-2z) is off by (4z + 8) u, and z 4q/(1+q)^2 < 1/2 makes that 2 u + 8 u,
    twice 5 u come from the square, and five products.
    """
    layer = case.layer
    assert isinstance(layer, Tanh)
    _, error = precision.errors(case)

    unit = layer.amplitude * layer.slope * abs(case.y_bar)
    assert (error["input_vjp"] <= 30 * precision.u * unit).all()


@given(elementwise(Tanh()))
def test_tanh_agrees_with_torch(case: Case) -> None:
    """Both are within their bounds of the oracle in longdouble."""
    functional = pytest.importorskip("torch.nn.functional")
    theirs = answers_of_torch(functional, case)
    exact, u = answers(reference, case.astype(np.longdouble)), 2.0**-53

    assert (abs(theirs["forward"] - exact["forward"]) <= 20 * u * abs(exact["forward"])).all()
    assert (abs(theirs["input_vjp"] - exact["input_vjp"]) <= 30 * u * abs(case.y_bar)).all()


@both
def test_tanh_saturates_at_its_amplitude(implementation: ByLayer) -> None:
    """tanh(-inf) = -1, tanh(1000) = 1, both with derivative 0; NaN stays NaN."""
    x = np.array([-np.inf, 1000.0, np.nan])
    y = implementation.forward(Tanh(amplitude=2.0), x)
    x_bar = implementation.input_vjp(Tanh(), x, np.ones(3))

    assert np.array_equal(y, [-2, 2, np.nan], equal_nan=True)
    assert np.array_equal(x_bar, [0, 0, np.nan], equal_nan=True)


@both
@pytest.mark.parametrize("dtype", [np.int64, object])
@pytest.mark.parametrize("layer", [Tanh(), Softmax(dim=1), LocalResponseNorm(size=3)], ids=repr)
def test_integers_and_objects_have_no_exponential(
    implementation: ByLayer, layer: Layer, dtype: type
) -> None:
    x: np.ndarray = np.ones((1, 2, 3), dtype)
    law = rf" of {np.dtype(dtype)} arrays is not defined: use a floating type\.$"
    with pytest.raises(DTypeError, match=law):
        implementation.forward(layer, x)
    with pytest.raises(DTypeError, match=law):
        implementation.input_vjp(layer, x, x)


def test_an_array_without_axes_stays_one() -> None:
    """``tanh`` of shape ``()``, and its gradient, by the reference and the fast path."""
    x, layer = np.array(0.5), Tanh(amplitude=1.7159, slope=2 / 3)
    for room in (reference, fast):
        for answer in (room.forward(layer, x), room.input_vjp(layer, x, x)):
            assert isinstance(answer, np.ndarray)
            assert answer.shape == ()
