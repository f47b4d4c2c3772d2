"""ReLU at its corner."""

import numpy as np

from convproof.implementation import ByLayer
from convproof.layers import ReLU
from tests.numeric.cases import both


@both
def test_the_derivative_at_zero_is_zero_and_nan_passes(implementation: ByLayer) -> None:
    """X = (-1, 0, 1, NaN): y = (0, 0, 1, NaN), dy/dx = (0, 0, 1, 1)."""
    x = np.array([-1.0, 0.0, 1.0, np.nan])

    y = implementation.forward(ReLU(), x)
    assert np.array_equal(y, [0.0, 0.0, 1.0, np.nan], equal_nan=True)
    assert implementation.input_vjp(ReLU(), x, np.full(4, 5.0)).tolist() == [0, 0, 5, 5]


@both
def test_a_scalar_has_no_axis(implementation: ByLayer) -> None:
    """An array of shape () stays one."""
    assert implementation.forward(ReLU(), np.array(-2)).shape == ()
    assert implementation.input_vjp(ReLU(), np.array(2), np.array(3)) == np.array(3)
