"""Output shape: ``n' = floor((n + low + high - span) / s) + 1`` per axis, in the given dtype.

Every other theorem takes its answers from here, so that none of them compares arrays that do not
correspond.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case, ask
from convproof.functions import Function
from convproof.layers import Conv, Shape
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.base import DisagreementError, Request, Seen, Subject, Theorem, Violation

_SHAPED_AS = {
    "input": ("x_bar has the shape of x", "x"),
    "second_input": ("its shape is that of x", "x"),
    "weight": ("w_bar has the shape of w", "w"),
    "second_weight": ("its shape is that of w", "w"),
    "bias": ("b_bar has one entry per output channel", "b"),
}


def answer(
    subject: Subject,
    function: Function,
    case: Case,
    arrays: Arrays,
    request: Request,
    *,
    layout: str = "plain",
) -> np.ndarray:
    """Return the target's answer; raise ``Violation`` unless its shape and dtype are lawful."""
    call = call_of(function, case, arrays).laid_out(layout)
    got = subject.ask(call).y
    expected, law = law_of_shape(function, case)
    if got.shape != expected:
        raise Violation(
            law=f"{law}; the shape must be {expected}, got {got.shape}",
            call=call,
            assertion=f"tuple(answer().shape) == {expected}",
        )
    if got.dtype != request.dtype:
        raise Violation(
            law=f"arrays of {request.dtype} give an answer of {request.dtype}, got {got.dtype}",
            call=call,
            assertion=f"str(answer().dtype).split('.')[-1] == {str(request.dtype)!r}",
        )
    return got


def law_of_shape(function: Function, case: Case) -> tuple[Shape, str]:
    """Return the lawful shape of an answer, and the law that says so."""
    if function.role in _SHAPED_AS:
        law, name = _SHAPED_AS[function.role]
        if name == "b":
            return (case.output_shape[-1 if function.layer == "linear" else 1],), law
        return (case.input_shape if name == "x" else case.weight_shape or ()), law
    if not isinstance(case.layer, Conv):
        return case.output_shape, "the output has the shape that the layer's law gives"
    terms = (
        f"floor(({axis.input_size} + {axis.padding[0]} + {axis.padding[1]} - {axis.span}) / "
        f"{axis.stride}) + 1 = {axis.output_size}"
        for axis in case.layer.axes(case.input_shape[2:])
    )
    return case.output_shape, f"n' = floor((n + low + high - span) / s) + 1: {', '.join(terms)}"


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    integers = case.integers(request.dtype)
    exact = integers.astype(np.float64) if function.family in ("mean", "smooth") else integers
    counted, lawful = ask(oracle, function.role, case, exact).shape, law_of_shape(function, case)[0]
    if counted != lawful:
        msg = (
            f"the size law and the oracle differ for {function.name} of {case}: {lawful} and "
            f"{counted}; this is a fault of convproof, not of the target. Please report it."
        )
        raise DisagreementError(msg)
    got = answer(subject, function, case, integers.astype(request.dtype), request)
    return Seen("every size is 1" if max(got.shape, default=1) == 1 else "")


THEOREM = Theorem(
    name="shape",
    statement="Sizes follow the window's arithmetic, and the dtype is kept.",
    latex=r"n' = \lfloor (n + p_\ell + p_h - \hat r) / s \rfloor + 1",
    check=_check,
)
