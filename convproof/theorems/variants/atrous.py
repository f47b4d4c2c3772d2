"""À trous: at ``s`` times the resolution, dilate the filter by ``s``.

Let ``z`` be ``y`` at the lower resolution, ``z[j] = y[s j + c]`` for a phase ``0 <= c < s``. The
filter of dilation ``t`` and padding ``p`` on ``z`` is that of dilation ``s t`` and padding ``s p``
on ``y``, at every s-th output along an axis, zeros of the padding included::

    sum_k w[k] z[o + t k - p]  =  sum_k w[k] y[(s o + c) + s t k - s p]

A layer of stride ``s`` is the standard one at every s-th output (the proof ``strided``, whose steps
come first), and so is any function of each element after it. Hence with ``c = 0``: removing the
stride of a layer and dilating the next one by ``s`` computes the outputs of the strided network,
and all between them.

Of several axes the bijection of indices is the product of those along each; channels are summed
over alike on both sides.
"""

from dataclasses import replace
from typing import Any

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants import strided

_fine, _coarse = size("n"), size("m")
_r, _s, _t, _dilation = size("r"), size("s"), size("t"), size("T")
_low, _high, _padding = count("p_low"), count("p_high"), count("P")
_o, _k, _l, _c, _i, _j, _e = (index(name) for name in "oklcije")
_DILATED = eq(_dilation, _s * _t)


def _resolutions() -> tuple[Any, ...]:
    """Return that ``m`` positions ``s j + c`` of the ``n`` fine ones are the coarse ones."""
    return (
        *box(0, _c, _s),
        lt(_s * (_coarse - 1) + _c, _fine),
        le(_fine, _s * _coarse + _c),
    )


def _positions() -> Claim:
    return Claim(
        name="the coarse positions are the fine ones at s j + c",
        goal=iff(both(*box(0, _i, _fine)), both(*box(0, _j, _coarse))),
        hypotheses=(*_resolutions(), eq(_i, _s * _j + _c)),
    )


def _filters() -> SameSum:
    coarse = _o + _t * _k - _low
    fine = (_s * _o + _c) + _dilation * _l - _padding
    return SameSum(
        name="the dilated filter sees at every s-th output what it saw at the lower resolution",
        left=GuardedSum(
            indices=(_k,),
            guard=(*box(0, _k, _r), *box(0, coarse, _coarse)),
            entries=(("w", (_k,)), ("y", (_s * coarse + _c,))),
        ),
        right=GuardedSum(
            indices=(_l,),
            guard=(*box(0, _l, _r), *box(0, fine, _fine)),
            entries=(("w", (_l,)), ("y", (fine,))),
        ),
        to_right={_l: _k},
        to_left={_k: _l},
        hypotheses=(*_resolutions(), _DILATED, eq(_padding, _s * _low)),
    )


def _outputs() -> Claim:
    """Return that ``s o + c`` is an output of the fine layer exactly if ``o`` is a coarse one.

    Either layer has ``e`` outputs more than inputs, counted in steps of its own: ``s e`` and ``e``.
    """
    more = _low + _high - _t * (_r - 1)
    shifted = eq(_j, _o - _e), eq(_i, _s * _j + _c)
    return Claim(
        name="the outputs at s o + c are those of the lower resolution",
        goal=both(
            iff(le(0, _s * _o + _c), le(0, _o)),
            iff(lt(_s * _o + _c, _fine + _s * _e), lt(_o, _coarse + _e)),
        ),
        hypotheses=(*_resolutions(), eq(_e, more), *shifted),
    )


def _growth() -> Claim:
    """Return the size of the fine layer, of dilation ``s t`` and paddings ``s p``."""
    slack = _fine + _s * _low + _s * _high - (_dilation * (_r - 1) + 1)
    return Claim(
        name="the fine layer has n + s e outputs",
        goal=eq(slack + 1, _fine + _s * _e),
        hypotheses=(_DILATED, eq(_e, _low + _high - _t * (_r - 1))),
    )


def _steps() -> tuple[Step, ...]:
    return *strided.PROOF.steps(), _positions(), _filters(), _growth(), _outputs()


def _twin() -> Twin:
    """Return that the stride can be removed without dilating the next layer."""
    given = _filters()
    hypotheses = tuple(eq(_dilation, _t) if h == _DILATED else h for h in given.hypotheses)
    return Twin(
        changed="the next layer is not dilated, T = t",
        of=given,
        step=replace(given, hypotheses=hypotheses),
    )


PROOF = Proof(
    name="atrous",
    statement="Along an axis, at s times the resolution, the filter dilated by s gives at every "
    "s-th output what it gave before; so a stride is removed by dilating the next layer.",
    latex=r"\sum_k w_k z_{o + tk - p} = \sum_k w_k y_{(so + c) + stk - sp}, \quad z_j = y_{sj + c}",
    source='lecture 7, "dilated convolution (up-sampling)", the à trous algorithm',
    steps=_steps,
    twin=_twin,
)
