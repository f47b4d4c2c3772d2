"""Which answers are right: the expected one, derived twice, and how far a correct one may be.

On integers with ``max over outputs of sum |w| |x| <= 2^24`` every partial sum in any order, tree,
FMA or tensor-core mode is an integer that float32 holds, so a correct answer is *equal*. Where a
layer divides by more than powers of two, or has no integers, a derived bound takes its place.

The expected answer is derived twice, by the oracle and by the triples (by the fast path where the
derivation has no layer), and the two must agree before anything is judged.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from convproof.cases import EXACT_BITS, FLOAT32_BITS, Arrays, Case, ask
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import PRECISIONS
from convproof.symbolic.implementation import implementation as derivation
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import DisagreementError, Request, first_difference
from convproof.theorems.base import first as first_where

_HELD = 512  # answers of as many cases are kept, for several theorems ask the same


@dataclass(frozen=True, slots=True, eq=False)
class Right:
    """The right answer of a function on given data.

    Attributes:
        arrays: the data, in the dtype of the request.
        expected: the answer, in that dtype.
        allowed: how far each element may be; None: not at all.
        weak: why these data decide nothing, or "".
    """

    arrays: Arrays
    expected: np.ndarray
    allowed: np.ndarray | None = None
    weak: str = ""

    def judge(self, got: np.ndarray) -> tuple[int, ...] | None:
        """Return the first element that no correct answer has, or None."""
        if self.allowed is None:
            return first_difference(got, self.expected)
        wide = self.expected.dtype
        with np.errstate(invalid="ignore"):
            error = np.abs(got.astype(wide) - self.expected)
        return first_where(~(error <= self.allowed))

    def assertion(self, index: tuple[int, ...], place: str) -> str:
        """Return the law for one element, as Python."""
        value = self.expected[index].item()
        if self.allowed is None:
            return f"y[{place}] == {value!r}"
        return f"abs(float(y[{place}]) - {float(value)!r}) <= {float(self.allowed[index])!r}"


def right(function: Function, case: Case, request: Request) -> Right:
    """Return the right answer on the case's own integers."""
    return _right(function, case, request.dtype, request.precision)


@lru_cache(maxsize=_HELD)
def _right(function: Function, case: Case, dtype: np.dtype, precision: str) -> Right:
    request = Request(dtype=dtype, precision=precision)
    kept = PRECISIONS[precision].operand_unit
    if kept and dtype.kind != "i":  # larger operands may be cut: that is the rounding theorem's
        limit = int(1 / kept)
        drawn = replace(case, magnitude=min(case.magnitude or limit, limit))
    else:
        drawn = case
    return right_of(function, case, drawn.integers(summed_format(request)), request)


def right_of(function: Function, case: Case, integers: Arrays, request: Request) -> Right:
    """Return the right answer on given integers."""
    dtype = request.dtype
    arrays = integers.astype(dtype)
    if function.family in ("mean", "smooth"):
        wide = arrays.astype(wider(dtype))
        if function.family == "smooth":
            exact = agreed(function, case, wide, same=False)
        else:
            exact = _mean(function, case, wide)
        allowed = None
        if function.family == "smooth" or not _is_power_of_two(case.common_divisor):
            allowed = allowed_error(function, case, wide, exact, request)
        expected = exact if allowed is not None else exact.astype(dtype)
        return Right(arrays=arrays, expected=expected, allowed=allowed)
    if function.family == "maximum" and dtype.kind != "i":
        integers = arrays.astype(np.int64)  # as the dtype holds them, which may make ties of them
    weak, integers = _within_budget(function, case, integers, request)
    expected = agreed(function, case, integers)
    return Right(arrays=integers.astype(dtype), expected=expected.astype(dtype), weak=weak)


def summed_format(request: Request) -> str:
    """Return the number format in which an answer is summed, as far as that is promised."""
    name = request.dtype.name
    narrow = name == "float64" and PRECISIONS[request.precision].accumulator != name
    return "float32" if narrow else name


def wider(dtype: np.dtype) -> np.dtype:
    """Return the format that an answer in the dtype is compared in."""
    return np.dtype(np.longdouble if dtype == np.float64 else np.float64)


def agreed(function: Function, case: Case, arrays: Arrays, *, same: bool = True) -> np.ndarray:
    """Return the oracle's answer, after comparing it with the second derivation's.

    Args:
        function: which one.
        case: the case.
        arrays: its data.
        same: whether the two must be equal; else only their shapes.

    Raises:
        DisagreementError: if the two differ.
    """
    by_oracle = ask(oracle, function.role, case, arrays)
    try:
        second = ask(derivation, function.role, case, arrays)
    except UnsupportedError:
        second = ask(fast, function.role, case, arrays)
    if by_oracle.shape == second.shape and (not same or np.array_equal(by_oracle, second)):
        return by_oracle
    msg = (
        f"the derivation and the oracle of {function.name} differ for {case} (seed {case.seed}): "
        "this is a fault of convproof, not of the target. Please report it."
    )
    raise DisagreementError(msg)


def _mean(function: Function, case: Case, arrays: Arrays) -> np.ndarray:
    """Return the exact mean: in floats where every quotient is whole, else in fractions.

    A half cannot hold every multiple of the divisors, so its data may be no multiples of them.
    """
    whole = all((array % case.common_divisor == 0).all() for array in arrays.values())
    if whole:
        return agreed(function, case, arrays)
    fractions = arrays.map(np.vectorize(_fraction, otypes=[object]))
    return agreed(function, case, fractions).astype(arrays["x"].dtype)


def _fraction(number: Any) -> Fraction:
    return Fraction(*number.as_integer_ratio())  # of a long double too, which is no Rational


def _within_budget(
    function: Function, case: Case, integers: Arrays, request: Request
) -> tuple[str, Arrays]:
    """Return the integers, thinned until every sum of products is exact in the format.

    Arithmetic of int64 is that of the integers modulo 2^64, which needs no budget; the oracle
    wraps around alike. A float target is asked in parts: entries set to zero, others in another
    case, as ``f`` is linear.
    """
    name = summed_format(request)
    if request.dtype.kind == "i" or function.family != "bilinear":
        return "", integers
    budget = 1 << EXACT_BITS.get(name, FLOAT32_BITS)
    rng = np.random.default_rng([case.seed, 2])
    for _ in range(8):
        largest = ask(fast, function.role, case, integers.map(np.abs)).max(initial=0)
        if largest <= budget:
            return "", integers
        integers = integers.map(lambda array: array * rng.integers(0, 2, array.shape))
    return f"sum |w||x| = {largest} is not exact in {name}", integers


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0
