"""À trous: at ``s`` times the resolution, dilate the filter by ``s``.

Let ``z`` be ``y`` at the lower resolution, ``z[j] = y[s j + c]`` for a phase ``0 <= c < s``. The
filter of dilation ``t`` and padding ``p`` on ``z`` is that of dilation ``s t`` and padding ``s p``
on ``y``, at every s-th output along an axis, zeros of the padding included::

    sum_k w[k] z[o + t k - p]  =  sum_k w[k] y[(s o + c) + s t k - s p]

A layer of stride ``s`` is the standard one at every s-th output (the proof ``strided``, whose steps
come first), and so is any function of each element after it. Hence with ``c = 0``: removing the
stride of a layer and dilating the next one by ``s`` computes the outputs of the strided network,
and all between them.

It is proved along one axis and over a plane; channels are summed over alike on both sides.
"""

from dataclasses import replace
from typing import Any

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants import strided
from convproof.theorems.variants.itself import Asked, drawn, paddings, turn


class _Scales:
    """The letters of one axis at two resolutions, ``n`` fine positions and ``m`` coarse ones."""

    def __init__(self, suffix: str = "") -> None:
        names = ("n", "m", "r", "s", "t", "T")
        self.fine, self.coarse, self.r, self.s, self.t, self.dilation = (
            size(f"{name}{suffix}") for name in names
        )
        paddings = ("p_low", "p_high", "P")
        self.low, self.high, self.padding = (count(f"{name}{suffix}") for name in paddings)
        self.o, self.k, self.l, self.c, self.i, self.j, self.e = (
            index(f"{name}{suffix}") for name in "oklcije"
        )
        self.dilated = eq(self.dilation, self.s * self.t)

    def resolutions(self) -> tuple[Any, ...]:
        """Return that ``m`` positions ``s j + c`` of the ``n`` fine ones are the coarse ones."""
        return (
            *box(0, self.c, self.s),
            lt(self.s * (self.coarse - 1) + self.c, self.fine),
            le(self.fine, self.s * self.coarse + self.c),
        )

    def read(self) -> tuple[Any, Any]:
        """Return what output ``o`` of the coarse layer and ``s o + c`` of the fine one read."""
        return (
            self.o + self.t * self.k - self.low,
            (self.s * self.o + self.c) + self.dilation * self.l - self.padding,
        )


_AXIS, _PLANE = _Scales(), (_Scales("_1"), _Scales("_2"))


def _positions() -> Claim:
    a = _AXIS
    return Claim(
        name="the coarse positions are the fine ones at s j + c",
        goal=iff(both(*box(0, a.i, a.fine)), both(*box(0, a.j, a.coarse))),
        hypotheses=(*a.resolutions(), eq(a.i, a.s * a.j + a.c)),
    )


def _filters(*axes: _Scales) -> SameSum:
    coarse, fine = zip(*(axis.read() for axis in axes), strict=True)
    taps, others = tuple(axis.k for axis in axes), tuple(axis.l for axis in axes)
    at_coarse = tuple(a.s * z + a.c for a, z in zip(axes, coarse, strict=True))
    return SameSum(
        name="the dilated filter sees at every s-th output what it saw at the lower resolution, "
        f"axes: {len(axes)}",
        left=GuardedSum(
            indices=taps,
            guard=tuple(
                part
                for a, z in zip(axes, coarse, strict=True)
                for part in (*box(0, a.k, a.r), *box(0, z, a.coarse))
            ),
            entries=(("w", taps), ("y", at_coarse)),
        ),
        right=GuardedSum(
            indices=others,
            guard=tuple(
                part
                for a, y in zip(axes, fine, strict=True)
                for part in (*box(0, a.l, a.r), *box(0, y, a.fine))
            ),
            entries=(("w", others), ("y", fine)),
        ),
        to_right=dict(zip(others, taps, strict=True)),
        to_left=dict(zip(taps, others, strict=True)),
        hypotheses=tuple(
            part for a in axes for part in (*a.resolutions(), a.dilated, eq(a.padding, a.s * a.low))
        ),
    )


def _outputs() -> Claim:
    """Return that ``s o + c`` is an output of the fine layer exactly if ``o`` is a coarse one.

    Either layer has ``e`` outputs more than inputs, counted in steps of its own: ``s e`` and ``e``.
    """
    a = _AXIS
    more = a.low + a.high - a.t * (a.r - 1)
    shifted = eq(a.j, a.o - a.e), eq(a.i, a.s * a.j + a.c)
    return Claim(
        name="the outputs at s o + c are those of the lower resolution",
        goal=both(
            iff(le(0, a.s * a.o + a.c), le(0, a.o)),
            iff(lt(a.s * a.o + a.c, a.fine + a.s * a.e), lt(a.o, a.coarse + a.e)),
        ),
        hypotheses=(*a.resolutions(), eq(a.e, more), *shifted),
    )


def _growth() -> Claim:
    """Return the size of the fine layer, of dilation ``s t`` and paddings ``s p``."""
    a = _AXIS
    slack = a.fine + a.s * a.low + a.s * a.high - (a.dilation * (a.r - 1) + 1)
    return Claim(
        name="the fine layer has n + s e outputs",
        goal=eq(slack + 1, a.fine + a.s * a.e),
        hypotheses=(a.dilated, eq(a.e, a.low + a.high - a.t * (a.r - 1))),
    )


def _steps() -> tuple[Step, ...]:
    sums = _filters(_AXIS), _filters(*_PLANE)
    return *strided.PROOF.steps(), _positions(), *sums, _growth(), _outputs()


def _twin() -> Twin:
    """Return that the stride can be removed without dilating the next layer."""
    given = _filters(_AXIS)
    hypotheses = tuple(
        eq(_AXIS.dilation, _AXIS.t) if h == _AXIS.dilated else h for h in given.hypotheses
    )
    return Twin(
        changed="the next layer is not dilated, T = t",
        of=given,
        step=replace(given, hypotheses=hypotheses),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer, and the dilated one of finer data that hold the coarse ones among others."""
    ask = Asked(subject, function, request)
    given: Any = case.layer
    dims = len(given.stride)
    finer = tuple(2 if dims == 1 or axis == turn(case, dims) else 1 for axis in range(dims))
    coarse = replace(given, stride=(1,) * dims, padding=paddings(case))
    scaled = zip(finer, coarse.dilation, coarse.padding, strict=True)
    rows = [(f * t, (f * low, f * high)) for f, t, (low, high) in scaled]
    fine = replace(coarse, dilation=tuple(t for t, _ in rows), padding=tuple(p for _, p in rows))
    x, w = drawn(case, *case.input_shape, of=1), drawn(case, *coarse.weight_shape, of=2)
    sizes = (f * n for f, n in zip(finer, x.shape[2:], strict=True))
    y = drawn(case, *x.shape[:2], *sizes, of=3)
    phase = turn(case, 2, of=1)
    places: Any = (..., *(slice(phase if f > 1 else 0, None, f) for f in finer))
    y[places] = x
    others = {"b": drawn(case, coarse.out_channels, of=4)} if coarse.bias else {}
    whole = ask(fine, y, w=w, **others)
    got = ask(coarse, x, w=w, **others)
    law = f"at {finer} times the resolution the filter dilated as much gives the same there"
    return ask.agree(got, whole[places], law)


THEOREM = Theorem(
    name="atrous",
    statement="At s times the resolution the filter dilated by s gives what it gave.",
    latex=r"(w \star z)_o = (w {\uparrow}^s \star y)_{so + c}, \quad z_j = y_{sj + c}",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"dilation"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="atrous",
    statement="At s times the resolution the filter dilated by s gives at every s-th output what "
    "it gave before; so a stride is removed by dilating the next layer.",
    latex=r"\sum_k w_k z_{o + tk - p} = \sum_k w_k y_{(so + c) + stk - sp}, \quad z_j = y_{sj + c}",
    source='lecture 7, "dilated convolution (up-sampling)", the à trous algorithm',
    steps=_steps,
    twin=_twin,
    asked_as=("atrous", "strided"),
)
