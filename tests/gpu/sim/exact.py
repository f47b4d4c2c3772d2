"""What is right, in fractions: every result is one rounding of the exact one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format of floating-point numbers.

    Attributes:
        digits: of the significand.
        least: exponent of the least normal number.
        greatest: exponent of the greatest number.
    """

    digits: int
    least: int
    greatest: int


FLOAT, DOUBLE = Format(24, -126, 127), Format(53, -1022, 1023)
HALF, BFLOAT16 = Format(11, -14, 15), Format(8, -126, 127)


def rounded(value: Fraction, direction: str, to: Format, *, zero: float = 0.0) -> float:
    """Return a fraction in a format, rounded ``rn``, ``rz``, ``ru`` or ``rd``.

    Args:
        value: what is exact.
        direction: to nearest with ties to even, toward zero, up or down.
        to: the format.
        zero: what an exact zero becomes.
    """
    if value == 0:
        return zero
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, to.least) - to.digits + 1)
    kept, rest = divmod(size / unit, 1)
    outward = direction == ("ru" if value > 0 else "rd")
    tie = rest * 2 - 1
    if (direction == "rn" and (tie > 0 or (tie == 0 and kept % 2))) or (outward and rest):
        kept += 1
    result = kept * unit
    most = (2 - Fraction(2) ** (1 - to.digits)) * Fraction(2) ** to.greatest
    if result > most:
        result_size = math.inf if direction == "rn" or outward else float(most)
    else:
        result_size = float(result)
    return result_size if value > 0 else -result_size


def _sum(a: float, b: float, direction: str, to: Format) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return a + b
    same = a == 0 and b == 0 and math.copysign(1, a) == math.copysign(1, b)
    zero = a if same else -0.0 if direction == "rd" else 0.0
    return rounded(Fraction(a) + Fraction(b), direction, to, zero=zero)


def _product(a: float, b: float, direction: str, to: Format) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b
    sign = math.copysign(1, a) * math.copysign(1, b)
    return rounded(Fraction(a) * Fraction(b), direction, to, zero=math.copysign(0, sign))


def _quotient(a: float, b: float, direction: str, to: Format) -> float:
    sign = math.copysign(1, a) * math.copysign(1, b)
    if math.isnan(a) or math.isnan(b) or (a == 0 and b == 0) or (math.isinf(a) and math.isinf(b)):
        return math.nan
    if math.isinf(a) or b == 0:
        return math.copysign(math.inf, sign)
    if math.isinf(b):
        return math.copysign(0, sign)
    return rounded(Fraction(a) / Fraction(b), direction, to, zero=math.copysign(0, sign))


def _fused(a: float, b: float, c: float, direction: str, to: Format) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c
    product, sign = Fraction(a) * Fraction(b), math.copysign(1, a) * math.copysign(1, b)
    same = product == 0 and c == 0 and sign == math.copysign(1, c)
    zero = c if same else -0.0 if direction == "rd" else 0.0
    return rounded(product + Fraction(c), direction, to, zero=zero)


def root_of(value: Fraction) -> Fraction:
    """Return a fraction between the same numbers of 300 bits as the root, and equal if they are."""
    shift = 4 ** (300 + 2 * max(0, value.denominator.bit_length()))
    scaled = value * shift
    low = math.isqrt(math.floor(scaled))
    inexact = low * low != scaled
    return Fraction(2 * low + inexact, 2 * math.isqrt(shift))


def _root(a: float, direction: str, to: Format) -> float:
    if not a > 0 or math.isinf(a):
        return a if a == 0 or a == math.inf else math.nan
    return rounded(root_of(Fraction(a)), direction, to)


def _reciprocal(a: float, direction: str, to: Format) -> float:
    return _quotient(1.0, a, direction, to)


def _reciprocal_root(a: float, direction: str, to: Format) -> float:
    if a == 0 or not a > 0 or math.isinf(a):
        return math.copysign(math.inf, a) if a == 0 else 0.0 if a == math.inf else math.nan
    return rounded(root_of(1 / Fraction(a)), direction, to)


def _difference(a: float, b: float, direction: str, to: Format) -> float:
    return _sum(a, -b, direction, to)


ARITHMETIC: dict[str, Callable[..., float]] = {
    "add": _sum, "sub": _difference, "mul": _product, "div": _quotient, "fma": _fused,
    "sqrt": _root, "rcp": _reciprocal, "rsqrt": _reciprocal_root,
}  # fmt: skip


def narrowed(value: float, direction: str, to: Format) -> float:
    """Return a number in a format that may be smaller."""
    if not math.isfinite(value):
        return value
    return rounded(Fraction(value), direction, to, zero=value)


def whole(value: float, direction: str, to: np.dtype, *, wide: bool) -> int:
    """Return the integer of a number: the nearest that there is; of NaN 0 or 100...0.

    Args:
        value: the number.
        direction: how it is rounded.
        to: the integer type.
        wide: whether the number is a double.
    """
    info = np.iinfo(to)
    if math.isnan(value):
        top = 1 << (8 * to.itemsize - 1)
        return (int(info.min) or top) if wide or to.itemsize == 8 else 0
    if math.isinf(value):
        return int(info.max if value > 0 else info.min)
    roundings: dict[str, Callable[[Fraction], int]] = {
        "rn": round, "rz": math.trunc, "ru": math.ceil, "rd": math.floor,
    }  # fmt: skip
    return max(int(info.min), min(int(info.max), roundings[direction](Fraction(value))))


def value_of(bits: int, name: str) -> float:
    """Return the number that a half's or a bfloat16's bits are."""
    if name == "half":
        return float(np.uint16(bits).view(np.float16))
    return float(np.uint32(bits << 16).view(np.float32))


def bits_of(value: float, name: str) -> int:
    """Return the bits of a number that is one of the format."""
    if math.isnan(value):
        return 0x7FFF
    if name == "half":
        return int(np.float16(value).view(np.uint16))
    return int(np.float32(value).view(np.uint32)) >> 16
