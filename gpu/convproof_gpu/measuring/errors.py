"""The error beside every time: against float64, on fresh data, into a poisoned answer."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from convproof_gpu.measuring.rows import Row, is_product, summands

_ROUNDING = {"float32": 2.0**-24, "tf32": 2.0**-24, "bfloat16": 2.0**-8, "float16": 2.0**-11}
_OPERANDS = {"tf32": 2.0**-9}  # both cut to 10 bits after the point
_SUM = 2.0**-23  # of a sum in float32 that is cut, not rounded
_SIGMAS = 8.0  # of a random walk of so many steps
_SMOOTH = 64.0  # roundings of a layer that divides, or calls pow and exp


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """How far an answer is from the right one.

    Attributes:
        rel_l2: ``|y - right|_2 / |right|_2``.
        worst: the largest ``|y - right| / sum |x w|``.
        poisoned: whether the answer lies where NaNs lay before the call.
    """

    rel_l2: float
    worst: float
    poisoned: bool


def of(call: Callable[[], Any], right: Any, scale: Any) -> Error:
    """Return the error of a call's answer; infinite if it is no number somewhere.

    The call is made twice. The first answer is overwritten with NaN and given back, so that the
    pool hands the same memory to the second call, which then cannot pass by not writing.
    """
    first = call()
    first.fill_(float("nan"))
    place = first.data_ptr()
    del first
    answer = call()
    poisoned = answer.data_ptr() == place
    difference = (answer.double().reshape(right.shape) - right).abs()
    if not bool(difference.isfinite().all()):
        return Error(rel_l2=float("inf"), worst=float("inf"), poisoned=poisoned)
    norm = float((right * right).sum().sqrt())
    rel_l2 = float((difference * difference).sum().sqrt()) / norm if norm else 0.0
    worst = float((difference / scale.clamp_min(1e-300)).amax())
    return Error(rel_l2=rel_l2, worst=worst, poisoned=poisoned)


def derived(relative: float, precision: str) -> float:
    """Return the largest ``worst`` of a product whose own error is bounded: ``r + e (1 + r)``.

    Args:
        relative: ``e``, of ``sum |x w|``, before the answer is rounded to its dtype.
        precision: ``r`` is the unit of an answer of 16 bits, else 0.
    """
    rounding = 0.0 if precision in ("float32", "tf32") else _ROUNDING[precision]
    return rounding + relative * (1 + rounding)


def allowed(row: Row, precision: str) -> float:
    """Return the largest ``worst`` of a right answer.

    The rounding of the answer and of the operands, and ``8 sqrt(n) 2^-23`` for a sum of ``n``
    random products: with independent roundings a chance of 1e-13 (Higham and Mary 2019, theorem
    2.4).
    """
    rounding = _ROUNDING.get(precision, 2.0**-8)
    if not is_product(row.layer):
        return _SMOOTH * rounding
    return rounding + _OPERANDS.get(precision, 0.0) + _SIGMAS * sqrt(summands(row)) * _SUM
