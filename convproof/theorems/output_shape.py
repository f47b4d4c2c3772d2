"""Output shape: ``n' = floor((n + low + high - span) / s) + 1`` per axis, in the given dtype.

Every other theorem takes its answers from here, so that none of them compares arrays that do not
correspond.

Its own judge sees sizes and the dtype but no value: in the place of zeros and of a permuted answer
it is shown answers of a wrong size and of a wrong dtype.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case, ask
from convproof.functions import Function
from convproof.layers import Conv, Shape
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.base import (
    DisagreementError,
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    unseen,
)

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
    wrong = misfit(got, function, case, request)
    if wrong is not None:
        law, assertion = wrong
        raise Violation(law=law, call=call, assertion=assertion)
    return got


def misfit(
    got: np.ndarray, function: Function, case: Case, request: Request
) -> tuple[str, str] | None:
    """Return the law of shape or dtype that an answer breaks, and the same as Python, or None."""
    expected, law = law_of_shape(function, case)
    if got.shape != expected:
        return (
            f"{law}; the shape must be {expected}, got {got.shape}",
            f"tuple(answer().shape) == {expected}",
        )
    if got.dtype != request.dtype:
        return (
            f"arrays of {request.dtype} give an answer of {request.dtype}, got {got.dtype}",
            f"str(answer().dtype).split('.')[-1] == {str(request.dtype)!r}",
        )
    return None


def misfits(answer: np.ndarray) -> Iterator[tuple[str, Sequence[np.ndarray]]]:
    """Yield answers of a wrong size and of a wrong dtype, by kind."""
    size, *more = answer.shape or (0,)
    yield "an answer of another size", (np.zeros((size + 1, *more), answer.dtype),)
    other = np.float32 if answer.dtype == np.float64 else np.float64
    yield "an answer of another dtype", (np.zeros(answer.shape, other),)


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
    if max(got.shape, default=1) == 1:
        return Seen("every size is 1")
    return Seen(unseen(lambda y: misfit(y, function, case, request), misfits(got)))


THEOREM = Theorem(
    name="shape",
    statement="Sizes follow the window's arithmetic, and the dtype is kept.",
    latex=r"n' = \lfloor (n + p_\ell + p_h - \hat r) / s \rfloor + 1",
    check=_check,
)
