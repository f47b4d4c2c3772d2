"""Two linear layers are one: strides multiply, and the kernels are convolved.

Without an activation between them, and without padding of the second::

    sum_{q, k_2} w_2[m,q,k_2] sum_{c, k_1} w_1[q,c,k_1] x[c, s_1 (s_2 o + t_2 k_2) + t_1 k_1 - p]
        =  sum_{c, e} w[m,c,e] x[c, s_1 s_2 o + e - p]

    w[m,c,e] = sum_q sum of w_2[m,q,k_2] w_1[q,c,k_1] over t_1 k_1 + s_1 t_2 k_2 = e
    r = r̂_1 + s_1 (r̂_2 - 1),    s = s_1 s_2,    dilation 1,    padding that of the first

The sum over ``k_2`` is of those outputs of the first layer that exist, ``0 <= s_2 o + t_2 k_2 <
n'_1``, which are all. ``w`` is the full convolution of ``w_1`` and of ``w_2``, up-sampled by
``t_1`` and ``s_1 t_2``: a step of the second layer is ``s_1`` steps of the input. Where the second
is padded, its zeros are not what the one layer reads there.

The sums are proved along one axis and over a plane; the sizes are each axis's.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.proof import Proof, Twin

_FIRST, _SECOND = SymbolicAxis("_1"), SymbolicAxis("_2")
_o = index("o")
_k_2 = index("k_2")
_maps, _middle = size("C"), size("Q")  # feature maps of the input, and between
_m, _c, _d, _q, _p = (index(name) for name in ("m", "c", "c'", "q", "q'"))
_step = size("T")  # s_1 t_2
_STEP = eq(_step, _FIRST.s * _SECOND.t)
_of_first, _between, _room, _covered = (index(name) for name in ("N_1", "N_2", "N", "b"))


class _Both:
    """The letters of two layers along one axis: what is read through both of them."""

    def __init__(self, suffix: str = "") -> None:
        self.first, self.second = SymbolicAxis(f"_1{suffix}"), SymbolicAxis(f"_2{suffix}")
        self.o, self.e = index(f"o{suffix}"), index(f"e{suffix}")
        self.taps = index(f"k_1{suffix}"), index(f"k_2{suffix}")
        self.others = index(f"l_1{suffix}"), index(f"l_2{suffix}")
        self.stride, self.step = size(f"s{suffix}"), size(f"T{suffix}")  # s_1 s_2, and s_1 t_2

    @property
    def steps(self) -> Any:
        """``T = s_1 t_2``."""
        return eq(self.step, self.first.s * self.second.t)

    def through_both(self) -> Any:
        """Return where the second layer's output ``o`` reads, by its tap and the first's."""
        k_1, k_2 = self.taps
        return self.first.position(self.second.s * self.o + self.second.t * k_2, k_1)

    def at_once(self, taps: tuple[Any, Any]) -> Any:
        """Return the same of one layer of stride ``s``, of two taps."""
        k_1, k_2 = taps
        return self.stride * self.o + self.step * k_2 + self.first.t * k_1 - self.first.low

    def exists(self, k_2: Any) -> tuple[Any, ...]:
        """Return that what the second layer reads is an output of the first."""
        return box(0, self.second.s * self.o + self.second.t * k_2, self.second.n)

    def are_taps(self, taps: tuple[Any, Any]) -> tuple[Any, ...]:
        """Return that both taps exist."""
        return *self.first.is_tap(taps[0]), *self.second.is_tap(taps[1])

    def inside(self) -> tuple[Any, ...]:
        """Return that the window of the second layer begins and ends inside its input."""
        return (
            le(0, self.second.s * self.o),
            le(self.second.s * self.o + self.second.span, self.second.n),
        )


_LINE, _PLANE = (_Both(),), (_Both("_v"), _Both("_h"))


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


def _inner(maps: tuple[Any, Any], axes: Any, taps: Any, reads: Any, *more: Any) -> GuardedSum:
    """Return a sum over maps between, maps of the input, and taps of both layers on each axis."""
    q, c = maps
    firsts, seconds = (tuple(pair[layer] for pair in taps) for layer in (0, 1))
    return GuardedSum(
        indices=(q, c, *firsts, *seconds),
        guard=(
            *box(0, q, _middle),
            *box(0, c, _maps),
            *_each(a.are_taps(pair) for a, pair in zip(axes, taps, strict=True)),
            *more,
            *_each(a.first.is_input(i) for a, i in zip(axes, reads, strict=True)),
        ),
        entries=(("w_1", (q, c, *firsts)), ("w_2", (_m, q, *seconds)), ("x", (c, *reads))),
    )


def _each(conditions: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(part for parts in conditions for part in parts)


def _renamed(axes: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return the maps between the letters of two sums that are alike."""
    pairs = [(_q, _p), (_c, _d)]
    pairs += [pair for a in axes for pair in zip(a.taps, a.others, strict=True)]
    return {there: here for here, there in pairs}, dict(pairs)


def _nested(*axes: _Both) -> SameSum:
    """Return that strides multiply, and that ``t_2`` of the second is ``s_1 t_2`` inputs."""
    taps, others = [a.taps for a in axes], [a.others for a in axes]
    of_two = tuple(a.through_both() for a in axes)
    of_one = tuple(a.at_once(a.others) for a in axes)
    there, back = _renamed(axes)
    return SameSum(
        name=f"two layers read where one reads of stride s_1 s_2, axes: {len(axes)}",
        left=_inner((_q, _c), axes, taps, of_two, *_each(a.exists(a.taps[1]) for a in axes)),
        right=_inner((_p, _d), axes, others, of_one, *_each(a.exists(a.others[1]) for a in axes)),
        to_right=there,
        to_left=back,
        hypotheses=_each(
            (*a.second.is_output(a.o), eq(a.stride, a.first.s * a.second.s), a.steps) for a in axes
        ),
    )


def _whole_windows(*axes: _Both) -> SameSum:
    taps, others = [a.taps for a in axes], [a.others for a in axes]
    one, other = (tuple(a.at_once(pair) for a, pair in zip(axes, each, strict=True))
                  for each in (taps, others))  # fmt: skip
    there, back = _renamed(axes)
    return SameSum(
        name=f"which leaves out nothing, as no window is cut, axes: {len(axes)}",
        left=_inner((_q, _c), axes, taps, one, *_each(a.exists(a.taps[1]) for a in axes)),
        right=_inner((_p, _d), axes, others, other),
        to_right=there,
        to_left=back,
        hypotheses=_each(a.inside() for a in axes),
    )


def _sums(*axes: _Both) -> SameSum:
    """Return that this is one layer, with ``w[m,c,e]`` written out: it has tap ``e`` of all."""
    taps, others = [a.taps for a in axes], [a.others for a in axes]
    places = tuple(a.stride * a.o + a.e - a.first.low for a in axes)
    convolved = _each(
        (
            *box(0, a.e, a.first.span + a.step * (a.second.r - 1)),
            eq(a.first.t * a.others[0] + a.step * a.others[1], a.e),
        )
        for a in axes
    )
    one = _inner((_p, _d), axes, others, places, *convolved)
    there, back = _renamed(axes)
    sums = {a.e: a.first.t * a.taps[0] + a.step * a.taps[1] for a in axes}
    return SameSum(
        name=f"and one layer with the kernels convolved, axes: {len(axes)}",
        left=_inner((_q, _c), axes, taps, tuple(a.at_once(a.taps) for a in axes)),
        right=replace(one, indices=(*(a.e for a in axes), *one.indices)),
        to_right=sums | there,
        to_left=back,
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
    sums = (law(*axes) for axes in (_LINE, _PLANE) for law in (_nested, _whole_windows, _sums))
    return _starts(), _ends(), *_inside(), *sums, *_sizes()


def _twin() -> Twin:
    """Return the law with the second kernel as it is, not up-sampled by ``s_1``."""
    given, (line,) = _nested(*_LINE), _LINE
    as_it_is = tuple(
        eq(line.step, line.second.t) if h == line.steps else h for h in given.hypotheses
    )
    return Twin(
        changed="the second kernel is not up-sampled by s_1, T = t_2",
        of=given,
        step=replace(given, hypotheses=as_it_is),
    )


PROOF = Proof(
    name="two_layers",
    statement="Two convolutions, the second without padding and nothing between, are "
    "one of stride s_1 s_2, its kernel the first's convolved with the second's, up-sampled by s_1.",
    latex=r"w_2 \star (w_1 \star x) = w \star x, \quad w_{mce} = \sum_q "
    r"\sum_{t_1 k_1 + s_1 t_2 k_2 = e} w_{1,qck_1} w_{2,mqk_2}, \quad "
    r"s = s_1 s_2,\ r = \hat r_1 + s_1 (\hat r_2 - 1)",
    source='lecture 7, "effective receptive field"; "convolution": associativity',
    steps=_steps,
    twin=_twin,
    asked_as=("two_layers",),
)
