"""``ceil_mode`` admits one more window, which overhangs: ``n'_c = n'`` or ``n' + 1``.

Rounding the slack ``N = n + p_low + p_high - r̂`` up counts ``q = ceil(N/s) + 1`` windows; the last
of them is left out unless it starts in the input or the low padding. For ``p_high < r̂``, under
which no window lies wholly in the high padding, that counts the outputs ``o`` with::

    s (o - 1) + r̂ < n + p_low + p_high        the window before it leaves a position unread
    s o < n + p_low                           it starts in the input or the low padding

and with the remainder ``ρ = N mod s``, ``q = n' + [ρ > 0]``.
"""

from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import SymbolicAxis, count, index
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, either, eq, iff, le, lt, quotient, remainder
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_N, _REST = index("N"), count("ρ")
_DOWN, _UP, _OUTPUTS = index("n'"), index("q"), index("n'_c")
_START = _AXIS.n + _AXIS.low  # of the padded input, the first position of the high padding
_o, _o_after = index("o"), index("o'")

_ROUNDED_UP = (lt(_AXIS.s * (_UP - 2), _N), le(_N, _AXIS.s * (_UP - 1)))
_ROUNDED_DOWN = (eq(_N, _AXIS.s * (_DOWN - 1) + _REST), lt(_REST, _AXIS.s))
_ONE_MORE = eq(_UP, sp.Piecewise((_DOWN, eq(_REST, 0)), (_DOWN + 1, True), evaluate=False))


def _law(otherwise: sp.Expr) -> Boolean:
    """Return the law of ``n'_c``, given what it is where the last window starts too late."""
    starts = lt(_AXIS.s * (_UP - 1), _START)
    return eq(_OUTPUTS, sp.Piecewise((_UP, starts), (otherwise, True), evaluate=False))


def _last() -> Claim:
    return Claim(
        name="the last window is counted",
        goal=both(lt(_AXIS.s * (_OUTPUTS - 2), _N), lt(_AXIS.s * (_OUTPUTS - 1), _START)),
        hypotheses=(_law(_UP - 1), *_ROUNDED_UP, lt(_N, _START)),
    )


def _counted() -> tuple[Step, ...]:
    """Return that ``n'_c`` windows are counted: the last one is, and the next one is not."""
    return (
        Claim(
            name="all but the last start soon enough",
            goal=lt(_N, _START),
            hypotheses=(eq(_N, _AXIS.slack), lt(_AXIS.high, _AXIS.span)),
        ),
        _last(),
        Claim(
            name="and the next one is not",
            goal=either(le(_N, _AXIS.s * (_OUTPUTS - 1)), le(_START, _AXIS.s * _OUTPUTS)),
            hypotheses=(_law(_UP - 1), *_ROUNDED_UP),
        ),
        Claim(
            name="with a window, those before it are counted",
            goal=both(lt(_AXIS.s * (_o - 1), _N), lt(_AXIS.s * _o, _START)),
            hypotheses=(
                lt(_AXIS.s * _o_after, _START),
                lt(_AXIS.s * (_o_after - 1), _N),
                le(_o, _o_after),
            ),
        ),
    )


def _rounding() -> tuple[Step, ...]:
    down = both(eq(_DOWN, quotient(_N, _AXIS.s) + 1), eq(_REST, remainder(_N, _AXIS.s)))
    return (
        Claim(
            name="rounding up, as bounds",
            goal=iff(eq(_UP, sp.ceiling(_N / _AXIS.s) + 1), both(*_ROUNDED_UP)),
        ),
        Claim(name="rounding down, with a remainder", goal=iff(down, both(*_ROUNDED_DOWN))),
        Claim(
            name="rounding up, from rounding down",
            goal=_ONE_MORE,
            hypotheses=(*_ROUNDED_DOWN, *_ROUNDED_UP),
        ),
    )


def _steps() -> tuple[Step, ...]:
    given = (_law(_UP - 1), _ONE_MORE, *_ROUNDED_DOWN, lt(_N, _START))
    return (
        *_rounding(),
        *_counted(),
        Claim(
            name="floor's size, or one more",
            goal=both(le(_DOWN, _OUTPUTS), le(_OUTPUTS, _DOWN + 1)),
            hypotheses=given,
        ),
        Claim(
            name="when there is one more",
            goal=iff(eq(_OUTPUTS, _DOWN + 1), both(lt(0, _REST), lt(_AXIS.s * _DOWN, _START))),
            hypotheses=given,
        ),
    )


def _twin() -> Twin:
    last = _last()
    kept = replace(last, hypotheses=(_law(_UP), *last.hypotheses[1:]))
    return Twin(changed="a last window that starts too late is kept", of=last, step=kept)


PROOF = Proof(
    name="ceil_mode",
    statement="For p_high < r̂, ceil_mode has one window more than floor exactly when s does not "
    "divide the slack and that window starts in the input or the low padding.",
    latex=r"n'_c = n' + [s \nmid n + p_\ell + p_h - \hat r]\,[s n' < n + p_\ell]",
    source="lecture 7, spatial pooling; torch.nn.MaxPool2d, ceil_mode",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
