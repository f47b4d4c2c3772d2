"""Adjoint: the trilinear identity ``<f(x, w), y_bar> = <x, x_bar> = <w, w_bar>``, in integers.

It holds the target's own derivatives against its own forward, without an oracle. For maxima and
ReLU, homogeneous of degree one, it is Euler's identity ``f(x) = f'(x) x``.

Beside a forward that is right it refutes no derivative first: ``exact`` asks the same of it, on
like data. What it adds: it needs no derivation of convproof's, so that it would see a fault which
oracle and triples share; and where derivatives are asked alone (``--only``) it refutes the one
whose forward, which nobody asked, is wrong.

The proof: the three sums have the same terms, over outputs and taps, taps and inputs, or outputs
and taps again::

    sum_{o,k} da[o] w[k] x[e]  =  sum_i dx[i] x[i]  =  sum_k dw[k] w[k]        e = s o + t k - p_low

with ``dx`` and ``dw`` as they are derived, for a convolution and for its transpose. With batch,
channels, groups and two axes they are the sums over forward pairs of ``input_derivative`` and
``weight_derivative``, summed over all entries.
"""

from dataclasses import replace

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.symbolic.index_sum import Convolution, Form
from convproof.symbolic.solver import SameSum, Step
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    controls,
    not_rounded,
)
from convproof.theorems.derivatives.forms import inner, primed, same
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    forward = Function(function.layer)
    small = Case(
        layer=case.layer, input_shape=case.input_shape, seed=case.seed, magnitude=3
    ).integers(request.dtype)
    arrays = Arrays({name: array for name, array in small.items() if name != "b"})
    given = arrays.astype(request.dtype)
    y = answer(subject, forward, case, given, request)
    derivative = answer(subject, function, case, given, request)
    at_, name = ("x", "x_bar") if function.role == "input" else ("w", "w_bar")
    left, right = _inner(y, arrays["y_bar"]), _inner(derivative, arrays[at_])
    if left != right:
        raise Violation(
            law=f"<f(x), y_bar> = <{at_}, {name}>, but {left:.17g} != {right:.17g}",
            call=call_of(function, case, given),
            assertion=f"(np.asarray(y, np.float64) * np.asarray({_listed(arrays[at_])})).sum() "
            f"== {left!r}",
            got=right,
            expected=left,
        )
    held = arrays[at_]
    return Seen(controls(lambda y: None if _inner(y, held) == left else (), derivative))


def _inner(one: np.ndarray, other: np.ndarray) -> float:
    """Return the inner product of integers, exactly."""
    return float((one.astype(np.float64) * other.astype(np.float64)).sum())


def _listed(array: np.ndarray) -> str:
    return repr(array.tolist())


_AXIS = Convolution()


def _same(forward: Form, derived: Form) -> SameSum:
    """Return ``<da, a> = <dx, x>``, or ``<dw, w>``."""
    held = str(derived.left.base).removeprefix("d")
    return same(
        f"<da, {forward.left}> = <{derived.left}, {held}>, {forward.name}",
        primed(inner(forward, "da")),
        inner(derived, held),
    )


def _steps() -> tuple[Step, ...]:
    transposed = _AXIS.transposed
    return (
        _same(_AXIS.forward, _AXIS.input_gather),
        _same(_AXIS.forward, _AXIS.weight),
        _same(transposed.forward, transposed.input),
        _same(transposed.forward, transposed.weight),
    )


def _twin() -> Twin:
    form = _AXIS.input_gather
    divided, _, _ = form.guards
    step = _same(_AXIS.forward, form)
    false = replace(step, right=inner(form.without(divided), "x"))
    return Twin(changed="dx without s | i + p_low - t k", of=step, step=false)


THEOREM = Theorem(
    name="adjoint",
    statement="The derivatives are the adjoints of the target's own forward.",
    latex=r"\langle f(x, w), \bar y \rangle = \langle x, \bar x \rangle"
    r" = \langle w, \bar w \rangle",
    check=_check,
    families=("bilinear", "linear", "maximum", "pointwise"),
    roles=("input", "weight"),
    beside=("forward",),
    share=5,
    wants=not_rounded,
)
PROOF = Proof(
    name="adjoint",
    statement="The derivatives are adjoints: the output against its cotangent is the input against "
    "its derivative, and the weights against theirs, of a convolution and of its transpose.",
    latex=r"\langle da, w \star x \rangle = \langle dx, x \rangle = \langle dw, w \rangle",
    source='lecture 7, "standard convolution: input derivative": C = AB, dA = (dC) B^T',
    steps=_steps,
    twin=_twin,
    asked_as=("adjoint",),
)
