"""Two linear layers are one: strides multiply, and the kernels are convolved.

Without an activation between them, and without padding of the second::

    sum_{k_2} w_2[k_2] sum_{k_1} w_1[k_1] x[s_1 (s_2 o + t_2 k_2) + t_1 k_1 - p]
        =  sum_e w[e] x[s_1 s_2 o + e - p]

    w[e] = sum of w_1[k_1] w_2[k_2] over all (k_1, k_2) with t_1 k_1 + s_1 t_2 k_2 = e
    r = r̂_1 + s_1 (r̂_2 - 1),    s = s_1 s_2,    dilation 1,    padding that of the first

``w`` is the full convolution of ``w_1`` and of ``w_2``, up-sampled by ``t_1`` and ``s_1 t_2``: a
step of the second layer is ``s_1`` steps of the input. Where the second is padded, its zeros are
not what the one layer reads there, which is the twin. Axes share no letter, so that the law holds
along each by itself.
"""

from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.proof import Proof, Twin, without

_FIRST, _SECOND = SymbolicAxis("_1"), SymbolicAxis("_2")
_o, _e = index("o"), index("e")
_k_1, _k_2, _l_1, _l_2 = (index(name) for name in ("k_1", "k_2", "l_1", "l_2"))
_stride, _step = size("s"), size("T")  # s_1 s_2, and s_1 t_2
_of_first, _between, _room, _covered = (index(name) for name in ("N_1", "N_2", "N", "b"))


def _whole() -> tuple[Any, ...]:
    """Return that the second layer reads outputs of the first only."""
    return eq(_SECOND.low, 0), eq(_SECOND.high, 0)


def _starts() -> Claim:
    return Claim(
        name="every window of the second layer begins inside",
        goal=le(0, _SECOND.position(_o, 0)),
        hypotheses=(*_SECOND.sizes(), *_SECOND.is_output(_o), *_whole()),
    )


def _ends() -> Claim:
    return Claim(
        name="and ends inside",
        goal=le(_SECOND.s * _o + _SECOND.span, _SECOND.n),
        hypotheses=(*_SECOND.sizes(), *_SECOND.is_output(_o), *_whole()),
    )


def _inside() -> tuple[Claim, Claim]:
    reads = _SECOND.s * _o + _SECOND.t * _k_2
    low = Claim(
        name="so that every tap reads an output of the first, not before them",
        goal=le(0, reads),
        hypotheses=(le(0, _SECOND.s * _o), *_SECOND.is_tap(_k_2)),
    )
    high = Claim(
        name="nor after them",
        goal=lt(reads, _SECOND.n),
        hypotheses=(_ends().goal, *_SECOND.is_tap(_k_2)),
    )
    return low, high


def _position() -> Claim:
    """Return that strides multiply, and that ``t_2`` taps of the second are ``s_1 t_2`` inputs."""
    of_one = (_FIRST.s * _SECOND.s) * _o + (_FIRST.s * _SECOND.t) * _k_2 + _FIRST.t * _k_1
    return Claim(
        name="where the taps meet",
        goal=eq(_FIRST.position(_SECOND.s * _o + _SECOND.t * _k_2, _k_1), of_one - _FIRST.low),
    )


def _sums() -> SameSum:
    """Return the law in ``s = s_1 s_2`` and ``T = s_1 t_2``."""
    reads = _stride * _o + _step * _k_2 + _FIRST.t * _k_1 - _FIRST.low
    place = _stride * _o + _e - _FIRST.low
    span = _FIRST.span + _step * (_SECOND.r - 1)
    return SameSum(
        name="two layers are one with the kernels convolved",
        left=GuardedSum(
            indices=(_k_1, _k_2),
            guard=(*_FIRST.is_tap(_k_1), *_SECOND.is_tap(_k_2), *_FIRST.is_input(reads)),
            entries=(("w_1", (_k_1,)), ("w_2", (_k_2,)), ("x", (reads,))),
        ),
        right=GuardedSum(
            indices=(_e, _l_1, _l_2),
            guard=(
                *box(0, _e, span),
                *_FIRST.is_tap(_l_1),
                *_SECOND.is_tap(_l_2),
                eq(_FIRST.t * _l_1 + _step * _l_2, _e),
                *_FIRST.is_input(place),
            ),
            entries=(("w_1", (_l_1,)), ("w_2", (_l_2,)), ("x", (place,))),
        ),
        to_right={_e: _FIRST.t * _k_1 + _step * _k_2, _l_1: _k_1, _l_2: _k_2},
        to_left={_k_1: _l_1, _k_2: _l_2},
    )


def _sizes() -> tuple[Claim, ...]:
    """Return Euclid's law of ``n'_2`` for the one layer, whose windows can move by ``N``.

    ``N = N_1 - s_1 (r̂_2 - 1)``, where ``N_1`` is how far those of the first can.
    """
    of_one = _FIRST.n + _FIRST.low + _FIRST.high - (_FIRST.span + _step * (_SECOND.r - 1))
    less = eq(_room, _of_first - _FIRST.s * (_SECOND.span - 1))
    moves = Claim(
        name="windows of the one layer can move by N",
        goal=eq(of_one, _room),
        hypotheses=(eq(_of_first, _FIRST.slack), eq(_step, _FIRST.s * _SECOND.t), less),
    )
    rounded = Claim(
        name="those of the second by floor(N / s_1)",
        goal=both(le(_FIRST.s * _between, _room), lt(_room, _FIRST.s * (_between + 1))),
        hypotheses=(
            le(_FIRST.s * (_SECOND.n - 1), _of_first),
            lt(_of_first, _FIRST.s * _SECOND.n),
            less,
            eq(_between, _SECOND.slack),
            *_whole(),
        ),
    )
    twice = Claim(
        name="so that the one layer has as many outputs, floor(N / (s_1 s_2)) + 1",
        goal=both(le(_FIRST.s * (_covered - _SECOND.s), _room), lt(_room, _FIRST.s * _covered)),
        hypotheses=(
            le(_FIRST.s * _between, _room),
            lt(_room, _FIRST.s * (_between + 1)),
            le(_covered - _SECOND.s, _between),
            lt(_between, _covered),
            eq(_covered, _SECOND.s * _SECOND.outputs),
        ),
    )
    return moves, rounded, twice


def _steps() -> tuple[Step, ...]:
    return _starts(), _ends(), *_inside(), _position(), _sums(), *_sizes()


def _twin() -> Twin:
    """Return the law of a second layer that is padded."""
    return without(_starts(), eq(_SECOND.low, 0))


PROOF = Proof(
    name="two_layers",
    statement="Two convolutions, the second without padding and nothing between them, are one of "
    "stride s_1 s_2 whose kernel is the first's convolved with the second's, up-sampled by s_1.",
    latex=r"w_2 \star (w_1 \star x) = w \star x, \quad w_e = \sum_{t_1 k_1 + s_1 t_2 k_2 = e} "
    r"w_{1,k_1} w_{2,k_2}, \quad s = s_1 s_2,\ r = \hat r_1 + s_1 (\hat r_2 - 1)",
    source='lecture 7, "effective receptive field"; "convolution": associativity',
    steps=_steps,
    twin=_twin,
)
