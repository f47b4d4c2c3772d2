"""Rounding: on real data the error stays within a derived bound, element by element.

The bound is that of the precision the target promises (``convproof.numeric.rounding``); the exact
answer is computed in a wider format, whose own error bound is added.
"""

import numpy as np

from convproof.cases import Arrays, ConvCase, Function, Role, ask
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import PRECISIONS, bound, oracle_error
from convproof.theorems.base import Request, Subject, Theorem, Violation, at
from convproof.theorems.output_shape import answer


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    arrays = case.reals(request.dtype)
    got = answer(subject, function, case, arrays, request)
    wide = np.dtype(np.longdouble if request.dtype == np.float64 else np.float64)
    exact = ask(oracle, function.role, case, arrays.astype(wide))
    allowed = _allowed(function.role, case, arrays.astype(wide), request)
    error = np.abs(got.astype(wide) - exact)
    over = ~(error <= allowed)  # a NaN is over every bound
    if over.any():
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(over)), got.shape))
        raise Violation(
            law=f"|y - exact| <= {float(allowed[index]):.3g} for {request.precision} sums, but it "
            f"is {float(error[index]):.3g}",
            arrays=arrays,
            assertion=f"abs(float(y[{at(index)}]) - {float(exact[index])!r}) <= "
            f"{float(allowed[index])!r}",
            index=index,
            got=got[index],
            expected=exact[index],
            hint=_hint(function.role, case, arrays.astype(wide), request, error),
        )
    return None if exact.any() else "the exact answer is all zero"


def _allowed(role: Role, case: ConvCase, arrays: Arrays, request: Request) -> np.ndarray:
    ones = arrays.map(np.ones_like)
    sizes = arrays.map(np.abs)
    magnitude = ask(oracle, role, case, sizes)
    products = ask(oracle, role, case, ones)
    operands = ask(oracle, role, case, _mixed(sizes, ones)) + ask(
        oracle, role, case, _mixed(ones, sizes)
    )
    allowed = bound(
        magnitude.astype(np.float64),
        products.astype(np.float64),
        precision=request.precision,
        dtype=request.dtype,
        operands=operands.astype(np.float64),
    )
    return np.asarray(allowed + oracle_error(magnitude, products, magnitude.dtype))


def _mixed(of_data: Arrays, of_weights: Arrays) -> Arrays:
    return Arrays(x=of_data.x, w=of_weights.w, b=of_weights.b, y_bar=of_weights.y_bar)


def _hint(role: Role, case: ConvCase, arrays: Arrays, request: Request, error: np.ndarray) -> str:
    for precision in PRECISIONS:
        if precision == request.precision:
            continue
        asked = Request(dtype=request.dtype, precision=precision)
        if (error <= _allowed(role, case, arrays, asked)).all():
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
