"""Two linear layers are one: strides multiply, and the kernels are convolved.

Without an activation between them, and without padding of the second, along an axis::

    sum_{q, k_2} w_2[m,q,k_2] sum_{c, k_1} w_1[q,c,k_1] x[c, s_1 (s_2 o + t_2 k_2) + t_1 k_1 - p]
        =  sum_{c, e} w[m,c,e] x[c, s_1 s_2 o + e - p]

    w[m,c,e] = sum_q sum of w_2[m,q,k_2] w_1[q,c,k_1] over t_1 k_1 + s_1 t_2 k_2 = e
    r = r̂_1 + s_1 (r̂_2 - 1),    s = s_1 s_2,    dilation 1,    padding that of the first

The sum over ``k_2`` is of those outputs of the first layer that exist, ``0 <= s_2 o + t_2 k_2 <
n'_1``, which are all. ``w`` is the full convolution of ``w_1`` and of ``w_2``, up-sampled by
``t_1`` and ``s_1 t_2``: a step of the second layer is ``s_1`` steps of the input. Where the second
is padded, its zeros are not what the one layer reads there.

Of several axes the bijection of indices is the product of those along each.
"""

from dataclasses import replace
from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.proof import Proof, Twin

_FIRST, _SECOND = SymbolicAxis("_1"), SymbolicAxis("_2")
_o, _e = index("o"), index("e")
_k_1, _k_2, _l_1, _l_2 = (index(name) for name in ("k_1", "k_2", "l_1", "l_2"))
_stride, _step = size("s"), size("T")  # s_1 s_2, and s_1 t_2
_maps, _middle = size("C"), size("Q")  # feature maps of the input, and between
_m, _c, _d, _q, _p = (index(name) for name in ("m", "c", "c'", "q", "q'"))
_STEP = eq(_step, _FIRST.s * _SECOND.t)
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


def _inner(q: Any, c: Any, taps: tuple[Any, Any], reads: Any, *more: Any) -> GuardedSum:
    """Return a sum over maps between, maps of the input, and taps of both layers."""
    k_1, k_2 = taps
    return GuardedSum(
        indices=(q, c, k_1, k_2),
        guard=(
            *box(0, q, _middle),
            *box(0, c, _maps),
            *_FIRST.is_tap(k_1),
            *_SECOND.is_tap(k_2),
            *more,
            *_FIRST.is_input(reads),
        ),
        entries=(("w_1", (q, c, k_1)), ("w_2", (_m, q, k_2)), ("x", (c, reads))),
    )


def _reads(k_1: Any, k_2: Any) -> Any:
    return _stride * _o + _step * k_2 + _FIRST.t * k_1 - _FIRST.low


def _exists(k_2: Any) -> tuple[Any, ...]:
    """Return that what the second layer reads is an output of the first."""
    return box(0, _SECOND.s * _o + _SECOND.t * k_2, _SECOND.n)


def _nested() -> SameSum:
    """Return that strides multiply, and that ``t_2`` of the second is ``s_1 t_2`` inputs."""
    of_two = _FIRST.position(_SECOND.s * _o + _SECOND.t * _k_2, _k_1)
    return SameSum(
        name="two layers read where one reads of stride s_1 s_2",
        left=_inner(_q, _c, (_k_1, _k_2), of_two, *_exists(_k_2)),
        right=_inner(_p, _d, (_l_1, _l_2), _reads(_l_1, _l_2), *_exists(_l_2)),
        to_right={_p: _q, _d: _c, _l_1: _k_1, _l_2: _k_2},
        to_left={_q: _p, _c: _d, _k_1: _l_1, _k_2: _l_2},
        hypotheses=(*_SECOND.is_output(_o), eq(_stride, _FIRST.s * _SECOND.s), _STEP),
    )


def _whole_windows() -> SameSum:
    return SameSum(
        name="which leaves out nothing, as no window is cut",
        left=_inner(_q, _c, (_k_1, _k_2), _reads(_k_1, _k_2), *_exists(_k_2)),
        right=_inner(_p, _d, (_l_1, _l_2), _reads(_l_1, _l_2)),
        to_right={_p: _q, _d: _c, _l_1: _k_1, _l_2: _k_2},
        to_left={_q: _p, _c: _d, _k_1: _l_1, _k_2: _l_2},
        hypotheses=(le(0, _SECOND.s * _o), _ends().goal),
    )


def _sums() -> SameSum:
    """Return that this is one layer, with ``w[m,c,e]`` written out: it has tap ``e`` of all."""
    place = _stride * _o + _e - _FIRST.low
    convolved = eq(_FIRST.t * _l_1 + _step * _l_2, _e)
    taps = *box(0, _e, _FIRST.span + _step * (_SECOND.r - 1)), convolved
    one = _inner(_p, _d, (_l_1, _l_2), place, *taps)
    return SameSum(
        name="and one layer with the kernels convolved",
        left=_inner(_q, _c, (_k_1, _k_2), _reads(_k_1, _k_2)),
        right=replace(one, indices=(_e, *one.indices)),
        to_right={_e: _FIRST.t * _k_1 + _step * _k_2, _p: _q, _d: _c, _l_1: _k_1, _l_2: _k_2},
        to_left={_q: _p, _c: _d, _k_1: _l_1, _k_2: _l_2},
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
        hypotheses=(eq(_of_first, _FIRST.slack), _STEP, less),
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
    return _starts(), _ends(), *_inside(), _nested(), _whole_windows(), _sums(), *_sizes()


def _twin() -> Twin:
    """Return the law with the second kernel as it is, not up-sampled by ``s_1``."""
    given = _nested()
    as_it_is = tuple(eq(_step, _SECOND.t) if h == _STEP else h for h in given.hypotheses)
    return Twin(
        changed="the second kernel is not up-sampled by s_1, T = t_2",
        of=given,
        step=replace(given, hypotheses=as_it_is),
    )


PROOF = Proof(
    name="two_layers",
    statement="Along an axis two convolutions, the second without padding and nothing between, are "
    "one of stride s_1 s_2, its kernel the first's convolved with the second's, up-sampled by s_1.",
    latex=r"w_2 \star (w_1 \star x) = w \star x, \quad w_{mce} = \sum_q "
    r"\sum_{t_1 k_1 + s_1 t_2 k_2 = e} w_{1,qck_1} w_{2,mqk_2}, \quad "
    r"s = s_1 s_2,\ r = \hat r_1 + s_1 (\hat r_2 - 1)",
    source='lecture 7, "effective receptive field"; "convolution": associativity',
    steps=_steps,
    twin=_twin,
)
