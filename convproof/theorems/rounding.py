"""Rounding: on real data the error stays within a derived bound, element by element.

The bound is that of the precision the target promises (``convproof.numeric.rounding``); the exact
answer is computed in a wider format, whose own error bound is added.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case, ask
from convproof.functions import Function
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import PRECISIONS
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls, first
from convproof.theorems.output_shape import answer
from convproof.theorems.right import wider
from convproof.theorems.signatures import signature


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    arrays = case.reals(request.dtype)
    got = answer(subject, function, case, arrays, request)
    wide = arrays.astype(wider(request.dtype))
    exact = ask(oracle, function.role, case, wide)
    allowed = allowed_error(function, case, wide, exact, request)
    error = _error(got, exact)
    index = first(~(error <= allowed))  # a NaN is over every bound
    if index is not None:
        ratio = float(np.max(error / np.maximum(allowed, np.finfo(float).tiny)))
        raise Violation(
            law=f"|y - exact| <= {float(allowed[index]):.3g} for {request.precision} sums, but it "
            f"is {float(error[index]):.3g}",
            call=call_of(function, case, arrays),
            assertion=f"abs(float(y[{at(index)}]) - {float(exact[index])!r}) <= "
            f"{float(allowed[index])!r}",
            index=index,
            got=got[index],
            expected=exact[index],
            hint=signature(function, case, wide, got) or _hint(function, case, wide, got, request),
            ratio=ratio,
        )
    ratios = np.divide(error, allowed, where=allowed > 0, out=np.zeros_like(error))
    ratio = float(np.max(ratios, initial=0))
    return Seen(controls(lambda y: first(~(_error(y, exact) <= allowed)), got), ratio)


def _error(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(got.astype(exact.dtype) - exact))


def _hint(function: Function, case: Case, arrays: Arrays, got: np.ndarray, request: Request) -> str:
    exact = ask(oracle, function.role, case, arrays)
    for precision in PRECISIONS:
        if precision == request.precision:
            continue
        asked = Request(dtype=request.dtype, precision=precision)
        allowed = allowed_error(function, case, arrays, exact, asked)
        if (_error(got, exact) <= allowed).all():
            return f"the error is one that --precision {precision} allows"
    return ""


THEOREM = Theorem(
    name="rounding",
    statement="On real data every element lies within the rounding that its precision allows.",
    latex=r"|\hat y - y| \le \left((1+u_{in})^2 (1+\varepsilon(K)) (1+u_{out}) - 1\right)"
    r"\sum |w|\,|x|",
    check=_check,
    integer_too=False,
)
