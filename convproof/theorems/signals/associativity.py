"""Convolution is associative: ``(w * v) * x = w * (v * x)``.

::

    sum_i (sum_k w[k] v[i - k]) x[o - i]  =  sum_k w[k] (sum_l v[l] x[(o - k) - l])

for signals of finite support on the integers; both are one sum over pairs, mapped by ``l = i - k``.
Two layers one after the other are therefore one, with the kernel ``w * v``. Written with a sign as
in ``commutativity``, cross-correlation is ``e = -1``, for which the law is false. Two layers that
cross-correlate are one with the kernel ``w * v``, which is how an implementation is asked.
"""

from dataclasses import replace

from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, eq, le, lt
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.signals.signal import Signal

_W, _V, _X = Signal("w"), Signal("v"), Signal("x")
_o, _i, _k, _m, _l, _e = index("o"), index("i"), index("k"), index("k'"), index("l"), index("e")


def _sums(sign: int = 1) -> SameSum:
    """Return that both orders of two operations are equal, for one sign ``e``."""
    of_v, of_x = _i - _e * _k, _o - _e * _i
    last = (_o - _e * _m) - _e * _l
    return SameSum(
        name="both orders",
        left=GuardedSum(
            indices=(_i, _k),
            guard=(*_W.inside(_k), *_V.inside(of_v), *_X.inside(of_x)),
            entries=(_W.at(_k), _V.at(of_v), _X.at(of_x)),
        ),
        right=GuardedSum(
            indices=(_m, _l),
            guard=(*_W.inside(_m), *_V.inside(_l), *_X.inside(last)),
            entries=(_W.at(_m), _V.at(_l), _X.at(last)),
        ),
        to_right={_m: _k, _l: _i - _e * _k},
        to_left={_k: _m, _i: _l + _e * _m},
        hypotheses=(eq(_e, sign),),
    )


def _support() -> Claim:
    """Return that ``w * v`` has finite support too, so that it is a kernel again."""
    begin = _W.begin + _V.begin
    return Claim(
        name="w * v lies in b_w + b_v <= i < b_w + b_v + n_w + n_v - 1",
        goal=both(le(begin, _i), lt(_i, begin + _W.size + _V.size - 1)),
        hypotheses=(*_W.inside(_k), *_V.inside(_i - _k)),
    )


def _steps() -> tuple[Step, ...]:
    return _sums(), _support()


def _twin() -> Twin:
    step = _sums()
    return Twin(
        changed="e = -1, cross-correlations, in place of e = 1",
        of=step,
        step=replace(step, hypotheses=_sums(-1).hypotheses),
    )


PROOF = Proof(
    name="associativity",
    statement="Convolution of signals of finite support is associative, so two kernels one after "
    "the other are one kernel of finite support.",
    latex=r"(w * v) * x = w * (v * x)",
    source="lecture 7, LTI system = convolution",
    steps=_steps,
    twin=_twin,
    asked_as=("two_layers",),
)
