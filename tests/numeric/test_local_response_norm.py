"""Local response normalisation: its window, and its values within a few units in the last place."""

import numpy as np
import pytest
from hypothesis import given

from convproof.implementation import ByLayer
from convproof.layers import LocalResponseNorm
from convproof.numeric.reference import implementation as reference
from tests.numeric.calls import answers_of_torch
from tests.numeric.cases import SMOOTH, Case, answers, both
from tests.numeric.precision import Precision, every_precision


@every_precision
@given(SMOOTH[LocalResponseNorm])
def test_the_norm_and_its_gradient_are_within_their_bounds(
    precision: Precision, case: Case
) -> None:
    """|y^ - y| <= 13 u |y| and |x_bar^ - x_bar| <= (size + 24) u T, see ``bounds``."""
    exact, error = precision.errors(case)

    for verb, bound in bounds(case, exact["forward"], precision.u).items():
        assert (error[verb] <= bound).all()


@given(SMOOTH[LocalResponseNorm])
def test_the_norm_agrees_with_torch(case: Case) -> None:
    """Both are within their bounds of the oracle in longdouble, for alpha of order 1."""
    functional = pytest.importorskip("torch.nn.functional")
    theirs = answers_of_torch(functional, case)
    exact = answers(reference, case.astype(np.longdouble))

    for verb, bound in bounds(case, exact["forward"], 2.0**-53).items():
        assert (abs(theirs[verb] - exact[verb]) <= bound).all()


def bounds(case: Case, y: np.ndarray, u: float) -> dict[str, np.ndarray]:
    """Return the bound of each verb for small integers ``x``, whose squares and sums are exact.

    s = k + alpha/size sum has 3 u; s^-beta has 3 beta u + 8 u, the product u: 12 u. In the gradient
    T adds up the sizes of all terms::

        T[c] = |y_bar[c]| s[c]^-beta + 2 alpha beta/size |x[c]| sum_j |y_bar[j] x[j]| s[j]^(-beta-1)

    of which each has at most 17 u in its factors, up to ``size`` u from the sum, 4 u from the
    outer product and u from the difference.
    """
    layer, x, _, y_bar = case
    assert isinstance(layer, LocalResponseNorm)
    channels, h = x.shape[1], layer.size // 2
    near = np.array(
        [[0 <= j - c + h < layer.size for j in range(channels)] for c in range(channels)], int
    )
    scale = layer.k + layer.alpha / layer.size * np.einsum("cj,nj...->nc...", near, x * x)
    pulled = np.einsum("jc,nj...->nc...", near, abs(y_bar * x) * scale ** (-layer.beta - 1))
    direct = abs(y_bar) * scale**-layer.beta
    terms = direct + 2 * layer.alpha * layer.beta / layer.size * abs(x) * pulled
    return {"forward": 13 * u * abs(y), "input_vjp": (layer.size + 24) * u * terms}


@both
def test_an_even_window_has_its_extra_channel_on_the_low_side(implementation: ByLayer) -> None:
    """For size = 2 and alpha = 6, s[c] = 1 + 3 (x[c-1]^2 + x[c]^2): x = (1, 2) has s = (4, 16)."""
    layer = LocalResponseNorm(size=2, alpha=6.0, beta=1.0)
    x = np.array([1.0, 2.0, 0.0]).reshape(1, 3, 1)

    assert implementation.forward(layer, x)[0, :, 0].tolist() == [1 / 4, 2 / 16, 0]


@both
def test_a_window_wider_than_the_channels_takes_them_all(implementation: ByLayer) -> None:
    """For size = 9 and alpha = 27, x = (1, 2) has s = 1 + 3 (1 + 4) = 16 in both channels."""
    layer = LocalResponseNorm(size=9, alpha=27.0, beta=1.0)
    x = np.array([1.0, 2.0]).reshape(1, 2, 1)

    assert implementation.forward(layer, x)[0, :, 0].tolist() == [1 / 16, 2 / 16]
