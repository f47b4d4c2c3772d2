"""Output shape: ``n' = floor((n + low + high - span) / s) + 1`` per axis, in the given dtype.

Every other theorem takes its answers from here, so that none of them compares arrays that do not
correspond.
"""

import numpy as np

from convproof.cases import Arrays, ConvCase, Function, ask
from convproof.layers import Shape
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.base import DisagreementError, Request, Subject, Theorem, Violation


def answer(
    subject: Subject, function: Function, case: ConvCase, arrays: Arrays, request: Request
) -> np.ndarray:
    """Return the target's answer; raise ``Violation`` unless its shape and dtype are lawful."""
    got = subject.answer(function, case, arrays)
    expected, law = _law(function, case)
    if got.shape != expected:
        raise Violation(
            law=f"{law}; the shape must be {expected}, got {got.shape}",
            arrays=arrays,
            assertion=f"tuple(answer().shape) == {expected}",
        )
    if got.dtype != request.dtype:
        raise Violation(
            law=f"arrays of {request.dtype} give an answer of {request.dtype}, got {got.dtype}",
            arrays=arrays,
            assertion=f"str(answer().dtype).split('.')[-1] == {str(request.dtype)!r}",
        )
    return got


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    counted = ask(oracle, function.role, case, case.integers()).shape
    if counted != _law(function, case)[0]:
        msg = (
            f"the size law and the oracle differ for {function.name} of {case}: "
            f"{_law(function, case)[0]} and {counted}; this is a fault of convproof, not of the "
            "target. Please report it."
        )
        raise DisagreementError(msg)
    got = answer(subject, function, case, case.integers().astype(request.dtype), request)
    return "every size is 1" if max(got.shape) == 1 else None


def _law(function: Function, case: ConvCase) -> tuple[Shape, str]:
    layer = case.layer
    if function.role == "input":
        return case.input_shape, "x_bar has the shape of x"
    if function.role == "weight":
        return layer.weight_shape, "w_bar has the shape of w"
    if function.role == "bias":
        return (layer.out_channels,), "b_bar has one entry per output channel"
    terms = (
        f"floor(({axis.input_size} + {axis.padding[0]} + {axis.padding[1]} - {axis.span}) / "
        f"{axis.stride}) + 1 = {axis.output_size}"
        for axis in layer.axes(case.input_size)
    )
    return case.output_shape, f"n' = floor((n + low + high - span) / s) + 1: {', '.join(terms)}"


THEOREM = Theorem(
    name="shape",
    statement="Sizes follow the window's arithmetic, and the dtype is kept.",
    latex=r"n' = \lfloor (n + p_\ell + p_h - \hat r) / s \rfloor + 1",
    check=_check,
)
