"""Penalties and their derivatives: equal to sums over entries, in integers and fractions."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from convproof.errors import ShapeError
from convproof.implementation import load_implementation
from convproof.layers import Conv, Linear
from convproof.networks.regularisers import Decay, Toeplitz, nearest_convolution

SIZES = [(1, 1), (1, 3), (2, 2), (3, 1), (3, 2), (4, 3), (5, 5)]  # n', r


def _drawn(outputs: int, taps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-5, 6, (outputs, outputs + taps - 1))


def _toeplitz(outputs: int, kernel: list[int]) -> np.ndarray:
    w = np.zeros((outputs, outputs + len(kernel) - 1))
    for o, k in np.ndindex(outputs, len(kernel)):
        w[o, o + k] = kernel[k]
    return w


def _by_entries(w: np.ndarray, taps: int) -> tuple[int, np.ndarray]:
    """Return the sum of squares and its derivative, written out entry by entry."""
    gradient, value = np.zeros_like(w), 0
    for o, i in np.ndindex(*w.shape):
        if not 0 <= i - o < taps:
            value += int(w[o, i]) ** 2
            gradient[o, i] += 2 * w[o, i]
        elif o + 1 < w.shape[0]:
            difference = w[o + 1, i + 1] - w[o, i]
            value += int(difference) ** 2
            gradient[o + 1, i + 1] += 2 * difference
            gradient[o, i] -= 2 * difference
    return value, gradient


@pytest.mark.parametrize(("outputs", "taps"), SIZES)
def test_the_toeplitz_penalty_and_its_derivative_are_those_sums(outputs: int, taps: int) -> None:
    """P(W) = sum_band (W[o+1,i+1] - W[o,i])^2 + sum_else W[o,i]^2, of strength 2."""
    w = _drawn(outputs, taps)
    value, gradient = _by_entries(w, taps)
    penalty = Toeplitz(strength=2, taps=taps)

    assert penalty.value(w) == value
    np.testing.assert_array_equal(penalty.gradient(w), gradient)


def test_it_is_the_lectures() -> None:
    """lambda/2 ((w6 - w2)^2 + (w5 - w1)^2 + w3^2 + w4^2) of ((w1, w2, w3), (w4, w5, w6))."""
    w1, w2, w3, w4, w5, w6 = (Fraction(n, 7) for n in (3, -1, 4, 1, -5, 9))
    w = np.array([[w1, w2, w3], [w4, w5, w6]])
    strength = Fraction(2, 3)
    printed = strength / 2 * ((w6 - w2) ** 2 + (w5 - w1) ** 2 + w3**2 + w4**2)
    slope = [[w1 - w5, w2 - w6, w3], [w4, w5 - w1, w6 - w2]]

    assert Toeplitz(strength=strength, taps=2).value(w) == printed
    assert Toeplitz(strength=strength, taps=2).gradient(w).tolist() == [
        [strength * each for each in row] for row in slope
    ]


@pytest.mark.parametrize("penalty", [Toeplitz(strength=3, taps=2), Decay(strength=3)])
def test_the_derivative_is_half_the_second_difference_apart(penalty: Toeplitz | Decay) -> None:
    """P(w + e) - P(w - e) = 2 <e, grad P(w)>: exact, for P is quadratic."""
    w, e = _drawn(4, 2), _drawn(4, 2, seed=1)
    assert penalty.value(w + e) - penalty.value(w - e) == 2 * (e * penalty.gradient(w)).sum()


@pytest.mark.parametrize("penalty", [Toeplitz(strength=2.0, taps=3), Decay(strength=2.0)])
def test_it_is_what_autograd_differentiates(penalty: Toeplitz | Decay) -> None:
    w = torch.tensor(np.stack([_drawn(4, 3), _drawn(4, 3, 1)]), dtype=torch.float64)
    w.requires_grad_()
    penalty.value(w).backward()
    np.testing.assert_array_equal(penalty.gradient(w.detach()), w.grad)


def _without_a_diagonal(w: np.ndarray) -> np.ndarray:
    """The derivative that forgets the last diagonal of the band."""
    return np.asarray(
        Toeplitz(strength=2, taps=2).gradient(w) * (np.tri(w.shape[0], w.shape[1]) > 0)
    )


def _one_ended(w: np.ndarray) -> np.ndarray:
    """The derivative of each difference at its lower end alone."""
    _, gradient = _by_entries(w, 2)
    gradient[0] = 0
    return gradient


@pytest.mark.parametrize("wrong", [_without_a_diagonal, _one_ended])
def test_a_missing_diagonal_and_a_missing_end_are_refuted(
    wrong: Callable[[np.ndarray], np.ndarray],
) -> None:
    w = _drawn(3, 2)
    assert np.any(wrong(w) != _by_entries(w, 2)[1])


def test_the_penalty_is_zero_of_banded_toeplitz_matrices_alone() -> None:
    """Those of convolutions; one entry off, in the band or not, and it is not."""
    for outputs, taps in SIZES:
        w = _toeplitz(outputs, list(range(1, taps + 1)))
        penalty = Toeplitz(strength=1, taps=taps)
        assert penalty.value(w) == 0
        assert not np.any(penalty.gradient(w))
        for place in np.ndindex(*w.shape):
            other = w.copy()
            other[place] += 1
            banded = 0 <= place[1] - place[0] < taps
            assert (penalty.value(other) > 0) == (not banded or outputs > 1)


def test_a_banded_toeplitz_layer_is_the_convolution() -> None:
    """W x = w * x where W[o, o + k] = w[k], whose nearest convolution is itself."""
    kernel = np.array([2.0, -1, 3])
    w = _toeplitz(5, [2, -1, 3])
    x, numpy = np.arange(7.0)[None] ** 2, load_implementation("numpy")
    conv = Conv(
        in_channels=1, out_channels=1, kernel_size=(3,), stride=(1,), padding=((0, 0),),
        dilation=(1,), bias=False,
    )  # fmt: skip
    linear = Linear(in_features=7, out_features=5, bias=False)
    found = nearest_convolution(w, 3)

    np.testing.assert_array_equal(found, kernel)
    np.testing.assert_array_equal(
        numpy.forward(conv, x[:, None], found.reshape(1, 1, 3))[:, 0],
        numpy.forward(linear, x, w),
    )


def _minimiser(v: np.ndarray, taps: int, strength: Fraction) -> np.ndarray:
    """Return where ``1/2 |W - V|^2 + P`` has derivative 0, by elimination in fractions."""
    penalty, size = Toeplitz(strength=strength, taps=taps), v.size
    rows = []
    for place in range(size):
        unit = np.array([Fraction(int(k == place)) for k in range(size)]).reshape(v.shape)
        column = unit + penalty.gradient(unit)
        rows.append([*column.ravel(), Fraction(int(v.ravel()[place]))])
    for p in range(size):  # symmetric and positive definite: no pivot is 0
        rows[p] = [a / rows[p][p] for a in rows[p]]
        for other in range(size):
            if other != p:
                share = rows[other][p]
                rows[other] = [a - share * b for a, b in zip(rows[other], rows[p], strict=True)]
    return np.array([row[-1] for row in rows]).reshape(v.shape)


@pytest.mark.parametrize(("outputs", "taps"), [(2, 2), (3, 2)])
def test_the_minimiser_tends_to_the_nearest_convolution_at_rate_1_by_lambda(
    outputs: int, taps: int
) -> None:
    """lambda |W_lambda - T| <= |V - T| / d, d the penalty's least eigenvalue across the band.

    Exact in fractions (``convproof prove regularisation``): with T the mean of every diagonal, zero
    off it, ``v = (1 + lambda D)^-1 v_0``. Links of 2 rows have d = 2, of 3 rows d = 1; off the band
    d = 1.
    """
    v = _drawn(outputs, taps)
    whole = np.array([Fraction(int(a)) for a in v.ravel()]).reshape(v.shape)
    means = nearest_convolution(whole, taps)
    limit = whole * 0
    for o, k in np.ndindex(outputs, taps):
        limit[o, o + k] = means[k]
    apart = ((whole - limit) ** 2).sum()
    for strength in (Fraction(1), Fraction(10), Fraction(1000)):
        found = _minimiser(v, taps, strength)
        assert 0 < strength**2 * ((found - limit) ** 2).sum() <= apart


def test_the_lectures_minimiser_is_known() -> None:
    """Of two rows: w1 = v1 + lambda (v5 - v1) / (1 + 2 lambda), w3 = v3 / (1 + lambda)."""
    v, strength = np.array([[3, 1, 4], [1, 5, 9]]), Fraction(7)
    w = _minimiser(v, 2, strength)
    assert w[0, 0] == 3 + strength * (5 - 3) / (1 + 2 * strength)
    assert w[1, 1] == 5 - strength * (5 - 3) / (1 + 2 * strength)
    assert w[0, 2] == 4 / (1 + strength)


def test_matrices_beside_one_another_are_penalised_each() -> None:
    """Axes before the last two: one matrix of each pair of channels."""
    w = np.stack([_drawn(3, 2, seed) for seed in range(4)]).reshape(2, 2, 3, 4)
    penalty = Toeplitz(strength=2, taps=2)
    flat = w.reshape(4, 3, 4)
    assert penalty.value(w) == sum(penalty.value(each) for each in flat)
    np.testing.assert_array_equal(
        penalty.gradient(w).reshape(4, 3, 4), np.stack([penalty.gradient(each) for each in flat])
    )
    assert nearest_convolution(w, 2).shape == (2, 2, 2)


def test_what_is_given_is_not_changed() -> None:
    w = _drawn(3, 2)
    before = w.copy()
    Toeplitz(strength=1, taps=2).gradient(w)
    Toeplitz(strength=1, taps=2).value(w)
    np.testing.assert_array_equal(w, before)


@pytest.mark.parametrize(
    ("shape", "taps", "told"),
    [
        ((3, 5), 2, r"ask for n = 3 \+ 2 - 1 = 4"),
        ((3, 2), 0, r"ask for n = 3 \+ 0 - 1 = 2"),
        ((3,), 2, r"ask for n = none"),
    ],
)
def test_a_shape_of_no_convolution_is_refused(shape: tuple[int, ...], taps: int, told: str) -> None:
    """n = n' + r - 1, r >= 1."""
    asked: list[Callable[[np.ndarray], Any]] = [
        Toeplitz(strength=1, taps=taps).value,
        Toeplitz(strength=1, taps=taps).gradient,
        lambda w: nearest_convolution(w, taps),
    ]
    for ask in asked:
        with pytest.raises(ShapeError, match=told):
            ask(np.zeros(shape))
