"""Padding preserves size: ``r = 2 l + 1`` and ``p = t l`` at both ends give ``n' = n`` at stride 1.

Exactly those paddings do which are, in all, what the window covers beside one position; with a
stride they give ``ceil(n/s)``::

    n' = n + p_low + p_high - r̂ + 1 = n       <=>       p_low + p_high = r̂ - 1 = t (r - 1)

An even kernel, undilated, has no equal paddings that do.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, count
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, eq, iff
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn, turn

_NAMED = ("same", "same", "same", "valid")  # that a target is asked
_AXIS = SymbolicAxis()
_l = count("l")
_HALF = eq(_AXIS.low + _AXIS.high, _AXIS.span - 1)


def _preserved(kernel: sp.Expr) -> Claim:
    return Claim(
        name="half the kernel on either side preserves the size",
        goal=both(eq(_AXIS.outputs, _AXIS.n), _HALF),
        hypotheses=(
            eq(_AXIS.r, kernel),
            eq(_AXIS.low, _AXIS.t * _l),
            eq(_AXIS.high, _AXIS.t * _l),
            eq(_AXIS.s, 1),
            *_AXIS.sizes(),
        ),
    )


def _steps() -> tuple[Step, ...]:
    strided = Claim(
        name="with a stride, the size is divided and rounded up",
        goal=eq(_AXIS.outputs, sp.ceiling(_AXIS.n / _AXIS.s)),
        hypotheses=(_HALF, *_AXIS.sizes()),
    )
    exactly = Claim(
        name="which paddings preserve the size",
        goal=iff(eq(_AXIS.outputs, _AXIS.n), _HALF),
        hypotheses=(eq(_AXIS.s, 1), *_AXIS.sizes()),
    )
    return _preserved(2 * _l + 1), strided, exactly


def _twin() -> Twin:
    odd = _preserved(2 * _l + 1)
    even = replace(odd, hypotheses=_preserved(2 * _l).hypotheses)
    return Twin(changed="r = 2 l, an even kernel", of=odd, step=even)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer of stride 1 padded by a name, and one of data that are padded already.

    ``"same"`` pads by ``r̂ - 1`` in all, what is odd at the high end; ``"valid"`` does not.
    """
    ask = Asked(subject, function, request)
    given: Any = case.layer
    name = _NAMED[turn(case, len(_NAMED))]
    spans = [t * (r - 1) + 1 for r, t in zip(given.kernel_size, given.dilation, strict=True)]
    more = [span - 1 if name == "same" else 0 for span in spans]
    ends = [(each // 2, each - each // 2) for each in more]
    layer = replace(given, stride=(1,) * len(spans), padding=name, padding_mode="zeros", bias=False)
    sizes = case.input_shape[2:]
    if name == "valid":
        sizes = tuple(map(max, zip(sizes, spans, strict=True)))
    x, w = drawn(case, *case.input_shape[:2], *sizes, of=1), drawn(case, *layer.weight_shape, of=2)
    bare = replace(layer, padding=((0, 0),) * len(spans))
    expected = ask(bare, np.pad(x, [(0, 0), (0, 0), *ends]), w=w)
    got = ask.in_words({"padding": name}, function, layer, x, w=w)
    return ask.agree(got, expected, f"padding={name!r} is zeros, {ends} of them around each axis")


THEOREM = Theorem(
    name="named",
    statement='Padding by the names "same" and "valid" is zeros around the data.',
    latex=r"p_\ell = \lfloor (\hat r - 1)/2 \rfloor,\ p_h = \hat r - 1 - p_\ell",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"padding"}),
    offered=frozenset({"named"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="same_padding",
    statement="A kernel of 2 l + 1 taps with padding t l at both ends preserves the size at "
    "stride 1, as do just those with p_low + p_high = r̂ - 1; at stride s these give ceil(n/s).",
    latex=r"n' = n \iff p_\ell + p_h = \hat r - 1 \quad (s = 1), \qquad "
    r"p_\ell + p_h = \hat r - 1 \implies n' = \lceil n/s \rceil",
    source="lecture 7, padding preserves size",
    steps=_steps,
    twin=_twin,
    asked_as=("named", "shape"),
)
