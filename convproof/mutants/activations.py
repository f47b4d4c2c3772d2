"""Faults in ReLU and tanh."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("relu", "exact")
def magnitude_in_place_of_relu(x):
    """What is negative is reflected."""
    return np.abs(x)


@mutant("relu", "special")
def relu_of_nan_is_zero(x):
    """A comparison that is false for NaN."""
    return np.where(x > 0, x, x.dtype.type(0))


@mutant("relu", "exact")
def leaky_relu(x):
    """A hundredth of what is negative passes."""
    return np.where(x < 0, x * x.dtype.type(0.01), x)


@mutant("relu_input", "exact")
def relu_gradient_where_the_cotangent_is_positive(x, y_bar):
    """The cotangent is rectified instead of masked by the input."""
    del x
    return np.maximum(y_bar, 0)


@mutant("relu_input", "ties")
def relu_gradient_of_one_at_zero(x, y_bar):
    """The derivative at 0 is 1."""
    return np.where(x >= 0, y_bar, y_bar.dtype.type(0))


@mutant("tanh", "rounding")
def tanh_by_its_series(x):
    """Three terms of the power series, for small arguments."""
    return np.where(np.abs(x) < 0.25, x - x**3 / 3 + 2 * x**5 / 15, np.tanh(x)).astype(x.dtype)


@mutant("tanh", "rounding")
def logistic_in_place_of_tanh(x):
    """The logistic function, scaled to -1..1 but not in its argument."""
    return (2 / (1 + np.exp(-x)) - 1).astype(x.dtype)


@mutant("tanh", "rounding")
def tanh_by_one_exponential(x):
    """The exponential of 2x, which overflows from 45 on."""
    power = np.expm1(2 * x)
    return power / (power + 2)


@mutant("tanh_input", "rounding")
def tanh_gradient_of_one_minus_y(x, y_bar):
    """1 - y in place of 1 - y^2."""
    return y_bar * (1 - np.tanh(x))
