"""Cross-correlation is convolution with the flipped kernel, and swaps with a flipped output.

::

    (h star x)[n] = sum_k h[k] x[k + n]  =  sum_j x[j] h[j + m] = (x star h)[m],    m = -n
    (w star x)[n] = sum_k w[k] x[k + n]  =  sum_l h[l] x[n - l] = (h * x)[n],       h[l] = w[-l]

for signals of finite support on the integers. A layer's kernel has taps ``0 <= k < r``; flipped in
place, to ``w[r - 1 - l]``, its convolution comes ``r - 1`` positions later.
"""

from dataclasses import replace

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.signals.commutativity import full, kernel_and_signal
from convproof.theorems.signals.signal import Signal
from convproof.theorems.variants.itself import Asked, flipped

_H, _X, _W = Signal("h"), Signal("x"), Signal("w")
_n, _m, _k, _j, _l = index("n"), index("m"), index("k"), index("j"), index("l")
_r = size("r")


def _correlated(kernel: Signal) -> GuardedSum:
    """Return ``sum_k w[k] x[k + n]``."""
    return GuardedSum(
        indices=(_k,),
        guard=(*kernel.inside(_k), *_X.inside(_k + _n)),
        entries=(kernel.at(_k), _X.at(_k + _n)),
    )


def _swapped() -> SameSum:
    return SameSum(
        name="swapped, the output is flipped",
        left=_correlated(_H),
        right=GuardedSum(
            indices=(_j,),
            guard=(*_X.inside(_j), *_H.inside(_j + _m)),
            entries=(_X.at(_j), _H.at(_j + _m)),
        ),
        to_right={_j: _k + _n},
        to_left={_k: _j - _n},
        hypotheses=(eq(_m, -_n),),
    )


def _flipped() -> SameSum:
    return SameSum(
        name="convolution with the flipped kernel",
        left=_correlated(_W),
        right=GuardedSum(
            indices=(_l,),
            guard=(*_W.inside(-_l), *_X.inside(_n - _l)),
            entries=(_W.at(-_l), _X.at(_n - _l)),
        ),
        to_right={_l: -_k},
        to_left={_k: -_l},
    )


def _flipped_in_place() -> SameSum:
    later = _n + _r - 1
    return SameSum(
        name="flipped in place, it comes r - 1 later",
        left=GuardedSum(
            indices=(_k,),
            guard=(*box(0, _k, _r), *_X.inside(_k + _n)),
            entries=(_W.at(_k), _X.at(_k + _n)),
        ),
        right=GuardedSum(
            indices=(_l,),
            guard=(*box(0, _l, _r), *_X.inside(later - _l)),
            entries=(_W.at(_r - 1 - _l), _X.at(later - _l)),
        ),
        to_right={_l: _r - 1 - _k},
        to_left={_k: _r - 1 - _l},
    )


def _steps() -> tuple[Step, ...]:
    return _swapped(), _flipped(), _flipped_in_place()


def _twin() -> Twin:
    step = _swapped()
    return Twin(
        changed="m = n in place of m = -n: as if cross-correlation were commutative",
        of=step,
        step=replace(step, hypotheses=(eq(_m, _n),)),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask ``h ⋆ x`` and ``x ⋆ h``, which come in opposite order."""
    ask = Asked(subject, function, request)
    h, x = kernel_and_signal(case)
    expected = flipped(full(ask, h, x))
    got = full(ask, x, h)
    law = "kernel and data may be swapped, if the full output is reversed: (h ⋆ x)[n] = (x ⋆ h)[-n]"
    return ask.agree(got, expected, law)


THEOREM = Theorem(
    name="swapped",
    statement="Kernel and data of a full cross-correlation swap if its output is reversed.",
    latex=r"(h \star x)_n = (x \star h)_{-n}",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"padding"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="cross_correlation",
    statement="Cross-correlation is convolution with the flipped kernel; its arguments swap if the "
    "output is flipped.",
    latex=r"(h \star x)_n = (x \star h)_{-n}, \quad (w \star x)_n = \sum_l w_{-l}\, x_{n-l}",
    source="lecture 7, cross-correlation",
    steps=_steps,
    twin=_twin,
    asked_as=("swapped", "commutative"),
)
