"""Softmax, within a few units in the last place and without overflow."""

import numpy as np
import pytest
from hypothesis import given

from convproof.implementation import ByLayer
from convproof.layers import Softmax
from convproof.numeric.reference import implementation as reference
from tests.numeric.calls import answers_of_torch
from tests.numeric.cases import SMOOTH, Case, answers, both
from tests.numeric.precision import Precision, every_precision


@every_precision
@given(SMOOTH[Softmax])
def test_softmax_and_its_gradient_are_within_their_bounds(precision: Precision, case: Case) -> None:
    """|y^ - y| <= (n + 17) u y and |x_bar^ - x_bar| <= (4n + 56) u y max|y_bar|."""
    exact, error = precision.errors(case)

    for verb, bound in bounds(case, exact["forward"], precision.u).items():
        assert (error[verb] <= bound).all()


@given(SMOOTH[Softmax])
def test_softmax_agrees_with_torch(case: Case) -> None:
    """Both are within their bounds of the oracle in longdouble."""
    functional = pytest.importorskip("torch.nn.functional")
    theirs = answers_of_torch(functional, case)
    exact = answers(reference, case.astype(np.longdouble))

    for verb, bound in bounds(case, exact["forward"], 2.0**-53).items():
        assert (abs(theirs[verb] - exact[verb]) <= bound).all()


def bounds(case: Case, y: np.ndarray, u: float) -> dict[str, np.ndarray]:
    """Return the bound of each verb for integers ``x``, so that ``x - max x`` is exact.

    exp has 8 u, in the numerator and in the sum, which adds (n - 1) u, the quotient u: so
    d = (n + 16) u. In y (y_bar - S), S is off by (d + n u) B, B = max|y_bar|, y by d; the
    difference and the product round numbers up to 2 B: y B (3 d + n u + 4 u).
    """
    layer = case.layer
    assert isinstance(layer, Softmax)
    n = case.x.shape[layer.dim]
    largest = abs(case.y_bar).max(axis=layer.dim, keepdims=True)
    return {"forward": (n + 17) * u * y, "input_vjp": (4 * n + 56) * u * y * largest}


@both
def test_large_inputs_do_not_overflow(implementation: ByLayer) -> None:
    """softmax(x) = softmax(x - max x): (1000, 1000, -inf) gives (1/2, 1/2, 0)."""
    y = implementation.forward(Softmax(dim=0), np.array([1000.0, 1000.0, -np.inf]))

    assert y.tolist() == [0.5, 0.5, 0.0]


@both
def test_an_empty_axis_stays_empty(implementation: ByLayer) -> None:
    """No entry, no sum."""
    x = np.zeros((2, 0, 3))

    assert implementation.forward(Softmax(dim=1), x).shape == (2, 0, 3)
    assert implementation.input_vjp(Softmax(dim=1), x, x).shape == (2, 0, 3)
