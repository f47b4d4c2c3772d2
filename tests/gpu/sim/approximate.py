"""The functions that a GPU does not round correctly: the exact value, and the error allowed.

The bounds are those of the CUDA C++ Programming Guide, "Mathematical Functions": the table of
maximal errors in ulp of the standard functions, and what it says of each intrinsic function. Where
it says nothing, nothing is promised, and the error is only told.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.gpu.sim.rows import Row

Array = Any  # of float64, or of the host's long double
Bound = Callable[[Sequence[Array], Array], Array]  # of the operands and the exact values


def ulp(value: Array, of: np.dtype) -> Array:
    """Return a unit of the last place of numbers, in a format; beyond the greatest, its."""
    info = np.finfo(of)
    size = np.minimum(np.abs(value), float(info.max))
    exponent = np.frexp(np.maximum(size, float(info.tiny)).astype(np.float64))[1] - 1
    return np.ldexp(1.0, exponent - info.nmant)


def _ulps(count: float) -> Bound:
    return lambda _, value: count * ulp(value, np.dtype(np.float32))


def _wide_ulps(count: float) -> Bound:
    return lambda _, value: count * ulp(value, np.dtype(np.float64))


def _unbounded(_: Sequence[Array], value: Array) -> Array:
    return np.full(value.shape, np.inf)


def _within(limit: float, error: float) -> Bound:
    """Return the bound of what is promised in an interval alone: an absolute error."""
    return lambda x, value: np.where(np.abs(x[0]) <= limit, error, np.inf + 0 * value)


def _fast_logarithm(error: float, count: float) -> Bound:
    """Return an absolute error in [0.5, 2], and ulps outside."""

    def bound(x: Sequence[Array], value: Array) -> Array:
        near = (x[0] >= 0.5) & (x[0] <= 2)
        return np.where(near, error, count * ulp(value, np.dtype(np.float32)))

    return bound


def _growing(slope: float) -> Bound:
    """Return ``2 + floor(|slope x|)`` ulps."""

    def bound(x: Sequence[Array], value: Array) -> Array:
        return (2 + np.floor(np.abs(slope * x[0]))) * ulp(value, np.dtype(np.float32))

    return bound


def _fast_quotient(x: Sequence[Array], value: Array) -> Array:
    size = np.abs(x[1])
    promised = (size >= 2.0**-126) & (size <= 2.0**126)
    return np.where(promised, 2 * ulp(value, np.dtype(np.float32)), np.inf)


def _sinpi(x: Array) -> Array:
    whole = np.rint(x)
    return np.sin(np.pi * (x - whole)) * np.where(np.fmod(whole, 2) == 0, 1.0, -1.0)


def _cospi(x: Array) -> Array:
    turned = np.abs(np.fmod(x, 2))
    return np.where(turned - np.floor(turned) == 0.5, 0.0, _sinpi(turned + 0.5))


def _norm(*x: Array) -> Array:
    infinite = np.isinf(np.stack(x)).any(axis=0)
    return np.where(infinite, np.inf, np.sqrt(sum(each * each for each in x)))


_erf, _erfc = (np.vectorize(f, otypes=[float]) for f in (math.erf, math.erfc))


@dataclass(frozen=True, slots=True)
class Approximate:
    """A function that is not exact.

    Attributes:
        value: of float64 numbers.
        bound: what the guide allows.
        own: ulps that the simulator's may be off, for it is the host's.
    """

    value: Callable[..., Array]
    bound: Bound
    own: float = 1


FUNCTIONS: dict[str, Approximate] = {
    "fast_expf": Approximate(np.exp, _growing(1.173)),
    "fast_exp10f": Approximate(lambda x: 10.0**x, _growing(2.97), 2),
    "fast_logf": Approximate(np.log, _fast_logarithm(2**-21.41, 3)),
    "fast_log2f": Approximate(np.log2, _fast_logarithm(2**-22, 2)),
    "fast_log10f": Approximate(np.log10, _fast_logarithm(2**-24, 3), 2),
    "fast_sinf": Approximate(np.sin, _within(math.pi, 2**-21.41)),
    "fast_cosf": Approximate(np.cos, _within(math.pi, 2**-21.19)),
    "fast_sine": Approximate(np.sin, _within(math.pi, 2**-21.41)),
    "fast_cosine": Approximate(np.cos, _within(math.pi, 2**-21.19)),
    "fast_tanf": Approximate(np.tan, _unbounded),
    "fast_powf": Approximate(np.power, _unbounded),
    "fast_fdividef": Approximate(np.divide, _fast_quotient),
    "fdividef": Approximate(np.divide, _fast_quotient),
    "rsqrtf": Approximate(lambda x: 1 / np.sqrt(x), _ulps(2)),
    "rcbrtf": Approximate(lambda x: 1 / np.cbrt(x), _ulps(1)),
    "cbrtf": Approximate(np.cbrt, _ulps(1)),
    "hypotf": Approximate(_norm, _ulps(3)),
    "rhypotf": Approximate(lambda x, y: 1 / _norm(x, y), _ulps(2)),
    "norm3df": Approximate(_norm, _ulps(3)),
    "rnorm3df": Approximate(lambda *x: 1 / _norm(*x), _ulps(3)),
    "normcdff": Approximate(lambda x: 0.5 * _erfc(-x * math.sqrt(0.5)), _ulps(6)),
    "sinpif": Approximate(_sinpi, _ulps(2)),
    "cospif": Approximate(_cospi, _ulps(2)),
    "expf": Approximate(np.exp, _ulps(2)),
    "exp2f": Approximate(np.exp2, _ulps(2)),
    "exp10f": Approximate(lambda x: 10.0**x, _ulps(2)),
    "expm1f": Approximate(np.expm1, _ulps(1)),
    "logf": Approximate(np.log, _ulps(1)),
    "log2f": Approximate(np.log2, _ulps(1)),
    "log10f": Approximate(np.log10, _ulps(2), 2),
    "log1pf": Approximate(np.log1p, _ulps(1)),
    "sinf": Approximate(np.sin, _ulps(2)),
    "cosf": Approximate(np.cos, _ulps(2)),
    "sine": Approximate(np.sin, _ulps(2)),
    "cosine": Approximate(np.cos, _ulps(2)),
    "tanf": Approximate(np.tan, _ulps(4)),
    "asinf": Approximate(np.arcsin, _ulps(4)),
    "acosf": Approximate(np.arccos, _ulps(3)),
    "atanf": Approximate(np.arctan, _ulps(2)),
    "atan2f": Approximate(np.arctan2, _ulps(3), 2),
    "sinhf": Approximate(np.sinh, _ulps(3), 2),
    "coshf": Approximate(np.cosh, _ulps(2), 2),
    "tanhf": Approximate(np.tanh, _ulps(2), 2),
    "erff": Approximate(_erf, _ulps(2)),
    "erfcf": Approximate(_erfc, _ulps(6), 3),
    "powf": Approximate(np.power, _ulps(9)),
    "rsqrt": Approximate(lambda x: 1 / np.sqrt(x), _wide_ulps(2), 2),
    "exp": Approximate(np.exp, _wide_ulps(1)),
    "log": Approximate(np.log, _wide_ulps(1)),
    "tanh": Approximate(np.tanh, _wide_ulps(2), 2),
    "double_sine": Approximate(np.sin, _wide_ulps(2)),
    "double_cosine": Approximate(np.cos, _wide_ulps(2)),
}


def of(row: Row) -> Approximate | None:
    """Return what a row approximates, or None if it is exact."""
    return FUNCTIONS.get(row.name.removeprefix("of_")) if row.file == "functions" else None


def errors(found: Array, value: Array) -> Array:
    """Return how far numbers are from the exact ones; of two infinities of a sign, and two NaN, 0.

    An infinite number stands for the first power of two that the format has not.
    """
    one, other = found.astype(value.dtype), value
    beyond = np.ldexp(value.dtype.type(1), np.finfo(found.dtype).maxexp)
    sides = (np.where(np.abs(x) > beyond, np.copysign(beyond, x), x) for x in (one, other))
    one, other = sides
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(
            same, 0.0, np.where(np.isnan(one) | np.isnan(other), np.inf, np.abs(one - other))
        )


def exact_values(row: Row, operands: Sequence[Array]) -> Array:
    """Return the exact values, in float64; of a double, in the host's long double."""
    held: Any = of(row)
    wide = np.float64 if row.result == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        return held.value(*(x.astype(wide) for x in operands))


def allowed(row: Row, operands: Sequence[Array], value: Array) -> Array:
    """Return the error that the guide allows, infinite where it promises nothing."""
    held: Any = of(row)
    with np.errstate(all="ignore"):
        bound = held.bound([x.astype(np.float64) for x in operands], value)
        bound = bound + ulp(value, row.result) * 0.5  # its errors are of correctly rounded results
    return np.where(np.isnan(bound), 0.0, bound)


def own(row: Row, value: Array) -> Array:
    """Return the error that the simulator's may have."""
    held: Any = of(row)
    return held.own * ulp(value, row.result)
