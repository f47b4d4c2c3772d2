"""An input that no output reads has the derivative 0, and which inputs these are.

With ``u = i + p_low`` and dilation 1, outputs read the first ``r`` of every ``s`` positions, up to
the end of the last window::

    i is read by no output   <=>   r <= u mod s   or   s (n' - 1) + r <= u

A stride larger than the kernel leaves holes, and a stride that does not divide leaves a rest at the
end. With dilation, a divisor ``d`` of stride and dilation leaves holes too, at every ``i`` with
``u mod d != 0``: a layer of even stride and dilation reads every second position at most.

The derivative of such an input is a sum over no pair: every term of the gather form is masked.
"""

from typing import Any

from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import (
    both,
    box,
    divides,
    eq,
    le,
    lt,
    negation,
    put,
    quotient,
    remainder,
)
from convproof.theorems.proof import Proof, Twin, without

_LAYER = Convolution()
(_AXIS,) = _LAYER.relations
_o, _k, _i, _u = index("o"), index("k"), index("i"), index("u")
_DENSE = {_AXIS.t: 1}
_PLACE = eq(_u, _i + _AXIS.low)
_END = _AXIS.s * (_AXIS.outputs - 1) + _AXIS.r
_BETWEEN = le(_AXIS.r, remainder(_u, _AXIS.s))


def _after() -> Claim:
    return Claim(
        name="after the last window: no output reads it",
        goal=lt(_AXIS.s * _o + _k, _u),
        hypotheses=(*box(0, _o, _AXIS.outputs), *box(0, _k, _AXIS.r), le(_END, _u)),
    )


def _between() -> tuple[Claim, Claim]:
    """Return that windows up to the one begun last end before ``u``, and later ones begin after."""
    q, rest = index("q"), index("rho")
    read, place = _AXIS.s * _o + _k, _AXIS.s * q + rest
    tap = box(0, _k, _AXIS.r)
    return (
        Claim(
            name="between windows: those before have ended",
            goal=lt(read, place),
            hypotheses=(le(_o, q), *tap, le(_AXIS.r, rest)),
        ),
        Claim(
            name="between windows: those after begin later",
            goal=lt(place, read),
            hypotheses=(lt(q, _o), *tap, lt(rest, _AXIS.s)),
        ),
    )


def _masked(name: str, *unread: Boolean) -> Claim:
    """Return that some guard of the derived form fails at every tap."""
    form = _LAYER.input_gather
    guards = (put(guard, _DENSE) for guard in form.guards)
    return Claim(
        name=f"{name}: every term of its derivative is masked",
        goal=negation(both(*guards)),
        hypotheses=(*form.given, *box(0, _k, _AXIS.r), _PLACE, *unread),
    )


def _read_by(name: str, o: Any, k: Any, *case: Boolean) -> Claim:
    """Return that the rest is read, by the output ``o`` at the tap ``k``."""
    return Claim(
        name=f"{name}: it is read",
        goal=both(*box(0, o, _AXIS.outputs), *box(0, k, _AXIS.r), eq(_AXIS.s * o + k, _u)),
        hypotheses=(le(0, _u), lt(remainder(_u, _AXIS.s), _AXIS.r), lt(_u, _END), *case),
    )


def _in_the_last() -> Claim:
    last = _AXIS.outputs - 1
    begun = le(_AXIS.outputs, quotient(_u, _AXIS.s))
    return _read_by("in the last window", last, _u - _AXIS.s * last, begun)


def _dilated() -> Claim:
    d, a, b = size("d"), size("s'"), size("t'")
    read = eq(_u, _AXIS.s * _o + _AXIS.t * _k)
    return Claim(
        name="a divisor of stride and dilation divides what is read",
        goal=divides(d, _u),
        hypotheses=(read, eq(_AXIS.s, d * a), eq(_AXIS.t, d * b)),
    )


def _steps() -> tuple[Step, ...]:
    q = quotient(_u, _AXIS.s)
    return (
        *_between(),
        _masked("between windows", _BETWEEN),
        _after(),
        _masked("after the last window", le(_END, _u)),
        _read_by("in a window of its own", q, remainder(_u, _AXIS.s), lt(q, _AXIS.outputs)),
        _in_the_last(),
        _dilated(),
    )


def _twin() -> Twin:
    """Return that all inputs but those between windows are read: the rest is forgotten."""
    return without(_in_the_last(), lt(_u, _END))


PROOF = Proof(
    name="unread_input",
    statement="With dilation 1 an input is read by no output, and has the derivative 0, exactly "
    "if it lies between windows, r <= i + p mod s, or after the last one; with dilation also "
    "where a divisor of stride and dilation does not divide i + p.",
    latex=r"dx_i = 0 \text{ for all } w, da \iff r \le u \bmod s \text{ or } "
    r"u \ge s(n' - 1) + r, \quad u = i + p, t = 1",
    source='lecture 7, "strided convolution: input derivative": rows of W that are empty',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
