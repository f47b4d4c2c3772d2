r"""Local response normalisation and softmax for all sizes, and their input derivatives.

::

    LRN        a[c]  = x[c] S[c]^-beta          S[c] = kappa + alpha/r sum_l [0 <= l < C] x[l]^2
               dx[c] = da[c] S[c]^-beta
                       - 2 alpha beta/r x[c] sum_j [c in window of j] da[j] x[j] S[j]^(-beta - 1)

    softmax    a[c]  = e^x[c] / Z                 Z = sum_l e^x[l]
               dx[c] = e^x[c]/Z da[c] - e^x[c]/Z^2 sum_j da[j] e^x[j]

The window of ``c`` is ``c - floor(r/2) <= l < c - floor(r/2) + r``: an even one has its extra
channel on the low side, as in torch. Both act on the channels alone, at every place of the batch
and of the axes.
"""

from functools import cache

import sympy as sp

from convproof.symbolic.index_sum.derive import derived
from convproof.symbolic.index_sum.form import Form, Shapes
from convproof.symbolic.index_sum.iverson import Iverson
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver.terms import box, quotient

CHANNEL = index("c")
CHANNELS = size("C")
WINDOW = size("r")
ALPHA, BETA, KAPPA = sp.symbols("alpha beta kappa", positive=True)
_SUMMED, _INNER = index("j"), index("l")
_SHAPES: Shapes = (("x", (CHANNELS,)), ("a", (CHANNELS,)), ("da", (CHANNELS,)))


def local_response_norm() -> Form:
    """Return the layer.

    Example:
        >>> for guard in local_response_norm().guards:
        ...     print(guard)
        0 <= l
        l < C
    """
    return _form("local response normalisation", _normalised(CHANNEL))


@cache
def local_response_norm_input() -> Form:
    """Return its input derivative.

    Example:
        >>> for guard in local_response_norm_input().guards:
        ...     print(guard)
        0 <= l
        l < C
        j - floor(r/2) <= c
        c < j + r - floor(r/2)
    """
    return _derived("local response normalisation", _normalised(_SUMMED))


def softmax() -> Form:
    """Return the layer.

    Example:
        >>> print(softmax())
        a[c] = exp(x[c])/Sum(exp(x[l]), (l, 0, C - 1))
    """
    return _form("softmax", _softened(CHANNEL))


@cache
def softmax_input() -> Form:
    """Return its input derivative.

    Example:
        >>> for term in softmax_input().expression.args:
        ...     print(term)
        exp(x[c])*da[c]/Sum(exp(x[l]), (l, 0, C - 1))
        -exp(x[c])*Sum(exp(x[j])*da[j], (j, 0, C - 1))/Sum(exp(x[l]), (l, 0, C - 1))**2
    """
    return _derived("softmax", _softened(_SUMMED))


def _form(name: str, output: sp.Expr) -> Form:
    left = sp.IndexedBase("a")[CHANNEL]
    return Form(name=f"{name}, forward", left=left, expression=output, shapes=_SHAPES)


def _derived(name: str, output: sp.Expr) -> Form:
    x, da = sp.IndexedBase("x"), sp.IndexedBase("da")
    loss = sp.Sum(da[_SUMMED] * output, (_SUMMED, 0, CHANNELS - 1))
    return derived(f"{name}, input derivative", loss, x[CHANNEL], _SHAPES, (_INNER.name,))


def _normalised(c: sp.Symbol) -> sp.Expr:
    x = sp.IndexedBase("x")
    low = c - quotient(WINDOW, 2)
    squares = Iverson(*box(0, _INNER, CHANNELS)) * x[_INNER] ** 2
    total = sp.Sum(squares, (_INNER, low, low + WINDOW - 1))
    return x[c] * (KAPPA + ALPHA / WINDOW * total) ** (-BETA)


def _softened(c: sp.Symbol) -> sp.Expr:
    x = sp.IndexedBase("x")
    return sp.exp(x[c]) / sp.Sum(sp.exp(x[_INNER]), (_INNER, 0, CHANNELS - 1))
