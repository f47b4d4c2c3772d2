"""Local response normalisation: two terms, one from the datum and one from every window it is in.

::

    a[c]  = x[c] S[c]^-beta             S[c] = kappa + alpha/r sum_l [0 <= l < C] x[l]^2
    dx[c] = da[c] S[c]^-beta
            - 2 alpha beta / r x[c] sum_j [c in window of j] da[j] x[j] S[j]^(-beta - 1)

The windows around ``c`` are read the other way round: ``c`` is in the window of ``j`` exactly for
``c - r + 1 + floor(r/2) <= j <= c + floor(r/2)``, which for an even ``r`` is not the window of
``c``. What SymPy derives for all sizes is this formula. A second derivation has one channel apart
from the rest ``R`` of its window, ``S[j] = kappa + alpha/r (R + x[c]^2)``.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.index_sum import Iverson, local_response_norm_input
from convproof.symbolic.index_sum.normalisation import ALPHA, BETA, CHANNEL, CHANNELS, KAPPA, WINDOW
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, box, iff, quotient
from convproof.theorems.proof import Proof, Twin

_j, _l = index("j"), index("l")
_x, _da = sp.IndexedBase("x"), sp.IndexedBase("da")
_HALF = quotient(WINDOW, 2)


def _sum(c: sp.Symbol) -> sp.Expr:
    squares = Iverson(*box(0, _l, CHANNELS)) * _x[_l] ** 2
    window = (_l, c - _HALF, c - _HALF + WINDOW - 1)
    return KAPPA + ALPHA / WINDOW * sp.Sum(squares, window)


def _formula() -> Identity:
    """Return that what is derived is the formula above."""
    met = Iverson(*box(_j - _HALF, CHANNEL, _j - _HALF + WINDOW))
    of_windows = sp.Sum(met * _da[_j] * _x[_j] * _sum(_j) ** (-BETA - 1), (_j, 0, CHANNELS - 1))
    return Identity(
        name="what is derived is the formula",
        left=local_response_norm_input().expression,
        right=_da[CHANNEL] * _sum(CHANNEL) ** (-BETA)
        - 2 * ALPHA * BETA / WINDOW * _x[CHANNEL] * of_windows,
    )


def _of_channel() -> tuple[Identity, Identity]:
    """Return the derivative of ``da[j] a[j]`` by ``x[c]``, of ``j != c`` and of ``j = c``."""
    x, other, da = sp.symbols("x_c x_j da_j", real=True)
    rest = sp.Symbol("R", nonnegative=True)
    inside = KAPPA + ALPHA / WINDOW * (rest + x**2)
    shared = 2 * ALPHA * BETA / WINDOW * x * da * inside ** (-BETA - 1)
    return (
        Identity(
            name="the derivative of another channel of the window",
            left=sp.diff(da * other * inside ** (-BETA), x),
            right=-shared * other,
        ),
        Identity(
            name="the derivative of the channel itself",
            left=sp.diff(da * x * inside ** (-BETA), x),
            right=da * inside ** (-BETA) - shared * x,
        ),
    )


def _turned() -> tuple[Claim, Claim]:
    """Return which windows a channel is in, its own among them."""
    low, own = _j - _HALF, CHANNEL - _HALF
    return (
        Claim(
            name="the windows that a channel is in",
            goal=iff(
                both(*box(low, CHANNEL, low + WINDOW)),
                both(*box(CHANNEL - WINDOW + 1 + _HALF, _j, CHANNEL + _HALF + 1)),
            ),
        ),
        Claim(name="a channel is in its window", goal=both(*box(own, CHANNEL, own + WINDOW))),
    )


def _steps() -> tuple[Step, ...]:
    obligations = local_response_norm_input().obligations
    return *obligations, _formula(), *_of_channel(), *_turned()


def _twin() -> Twin:
    _, given = _of_channel()
    terms = given.right.args
    turned = (-term if term.could_extract_minus_sign() else term for term in terms)
    return Twin(
        changed="+ for - before the second term",
        of=given,
        step=replace(given, right=sp.Add(*turned)),
    )


PROOF = Proof(
    name="lrn_derivative",
    statement="The derivative of local response normalisation by a channel is its own cotangent, "
    "normalised, less 2 alpha beta / r times its datum times a sum over the windows it is in.",
    latex=r"dx_c = da_c S_c^{-\beta} - \frac{2 \alpha \beta}{r} x_c "
    r"\sum_j [c \in W_j]\, da_j x_j S_j^{-\beta - 1}",
    source='lecture 7, "AlexNet": local response normalization; Krizhevsky et al. 2012, 3.3, '
    "with alpha over the window's size as in torch",
    steps=_steps,
    twin=_twin,
    asked_as=("rounding",),
)
