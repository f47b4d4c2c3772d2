"""Two layers have the size of one: span ``r̂_1 + (r̂_2 - 1) s_1``, stride ``s_1 s_2``.

::

    floor((floor((n + p_1 - r̂_1)/s_1) + 1 + p_2 - r̂_2)/s_2) + 1  =  floor((n + p - r̂)/s) + 1

    s = s_1 s_2        r̂ = r̂_1 + (r̂_2 - 1) s_1        p = p_1 + p_2 s_1

where ``p_1``, ``p_2`` are the paddings of both ends together. The one layer's window is what the
two layers' window reaches, ``i = s_1 m - low_1`` for ``m = s_2 o - low_2``.
"""

from dataclasses import replace

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt, quotient
from convproof.theorems.proof import Proof, Twin

_n, _s1, _s2 = size("n"), size("s_1"), size("s_2")
_r1, _r2 = size("r̂_1"), size("r̂_2")
_p1, _p2 = count("p_1"), count("p_2")
_stride, _span, _padding = size("s"), size("r̂"), count("p")
_ONE = (
    eq(_stride, _s1 * _s2),
    eq(_span, _r1 + (_r2 - 1) * _s1),
    eq(_padding, _p1 + _p2 * _s1),
)


def _same_size() -> Claim:
    first, second = index("n'_1"), index("n'_2")
    return Claim(
        name="the sizes are equal",
        goal=both(
            le(_stride * (second - 1), _n + _padding - _span),
            lt(_n + _padding - _span, _stride * second),
        ),
        hypotheses=(
            *_ONE,
            eq(first, quotient(_n + _p1 - _r1, _s1) + 1),
            eq(second, quotient(first + _p2 - _r2, _s2) + 1),
        ),
    )


def _steps() -> tuple[Step, ...]:
    outputs, o = index("n'"), index("o")
    low1, low2, low = count("low_1"), count("low_2"), count("low")
    middle = _s2 * o - low2
    last = middle + _r2 - 1
    return (
        _same_size(),
        Claim(
            name="such bounds are the size law",
            goal=eq(outputs, quotient(_n + _padding - _span, _stride) + 1),
            hypotheses=box(_stride * (outputs - 1), _n + _padding - _span, _stride * outputs),
        ),
        Claim(
            name="the windows are the same",
            goal=both(
                eq(_s1 * middle - low1, _stride * o - low),
                eq(_s1 * last - low1 + _r1 - 1, _stride * o - low + _span - 1),
            ),
            hypotheses=(*_ONE[:2], eq(low, low1 + low2 * _s1)),
        ),
    )


def _twin() -> Twin:
    same = _same_size()
    unscaled = eq(_padding, _p1 + _p2)
    hypotheses = tuple(unscaled if h == _ONE[2] else h for h in same.hypotheses)
    return Twin(
        changed="the second padding not scaled by s_1",
        of=same,
        step=replace(same, hypotheses=hypotheses),
    )


PROOF = Proof(
    name="stacked_sizes",
    statement="Two layers have the output size of one whose span is r̂_1 + (r̂_2 - 1) s_1, whose "
    "stride is s_1 s_2 and whose padding is p_1 + p_2 s_1.",
    latex=r"\left\lfloor \frac{n'_1 + p_2 - \hat r_2}{s_2} \right\rfloor = "
    r"\left\lfloor \frac{n + p_1 + p_2 s_1 - \hat r_1 - (\hat r_2 - 1)s_1}{s_1 s_2} \right\rfloor",
    source="lecture 7, convolutional layer arithmetic; effective receptive field",
    steps=_steps,
    twin=_twin,
    asked_as=("two_layers",),
)
