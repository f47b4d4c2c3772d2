"""The tensor cores' arithmetic in NumPy, as ``convproof_gpu.bounds`` takes it to be.

Every number below is one of float64, exactly: a product of words has 22 bits, and a sum is a
multiple of the unit, less than ``2^31`` of them.
"""

from collections.abc import Callable

import numpy as np

CUT = np.uint32(0xFFFFE000)
NAN = np.array(0x7FFFFFFF, np.uint32).view(np.float32)
Words = tuple[np.ndarray, np.ndarray]


def instruction(c: np.ndarray, a: np.ndarray, b: np.ndarray, *, least: int = -126) -> np.ndarray:
    """Return ``c + sum_k a[..., k] b[..., k]``: aligned to the largest exponent, cut, added, cut.

    The exponent of a product is the sum of its operands', which are at least the format's least;
    what is zero has none. A sum beyond the floats is infinite, zero is +0, and NaN is one pattern.

    Args:
        c: float32 sums.
        a: words, exact in float32, the products' axis last.
        b: words.
        least: the exponent of the words' least normal number.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # a signalling NaN is invalid to look at
        wide, other, held = (each.astype(np.float64) for each in (a, b, c))
        products = wide * other
        plain = products.sum(axis=-1) + held
        exponents = [_exponent(a, least) + _exponent(b, least), _exponent(c, -126)[..., None]]
        unit = np.ldexp(1.0, np.maximum(np.concatenate(exponents, axis=-1).max(axis=-1), -300) - 25)
        total = np.trunc(products / unit[..., None]).sum(axis=-1) + np.trunc(held / unit)
        cut = _cut_to_float(total * unit)
        whole = plain.astype(np.float32)
    finite = np.isfinite(held) & np.isfinite(wide).all(axis=-1) & np.isfinite(other).all(axis=-1)
    found = np.where(finite, cut, whole) + np.float32(0)
    return np.where(np.isnan(found), NAN, found)


def _exponent(x: np.ndarray, least: int) -> np.ndarray:
    return np.where(x == 0, -1000, np.maximum(np.frexp(x)[1] - 1, least))


def _cut_to_float(x: np.ndarray) -> np.ndarray:
    near = x.astype(np.float32)
    over = (np.abs(near) > np.abs(x)) & (np.abs(x) < 2.0**128)
    return np.where(over, np.nextafter(near, np.float32(0)), near)


def high(x: np.ndarray) -> np.ndarray:
    """Return a float without its last 13 bits."""
    return (x.view(np.uint32) & CUT).view(np.float32)


def nearest(x: np.ndarray) -> np.ndarray:
    """Return the nearest word of tf32, ties away from zero."""
    return ((x.view(np.uint32) + np.uint32(0x1000)) & CUT).view(np.float32)


def three(a: np.ndarray, b: np.ndarray) -> list[Words]:
    """Return the words that stand for products of floats: low high, high low, high high."""
    high_a, high_b = high(a), high(b)
    return [(nearest(a - high_a), high_b), (high_a, nearest(b - high_b)), (high_a, high_b)]


def rounded(a: np.ndarray, b: np.ndarray) -> list[Words]:
    """Return the words of products in tf32."""
    return [(nearest(a), nearest(b))]


def as_they_are(a: np.ndarray, b: np.ndarray) -> list[Words]:
    """Return the words of elements that are words."""
    return [(a, b)]


def summed(
    a: np.ndarray,
    b: np.ndarray,
    words: Callable[[np.ndarray, np.ndarray], list[Words]],
    *,
    slab: int = 32,
    splits: int = 1,
    products: int = 8,
    least: int = -126,
) -> np.ndarray:
    """Return ``sum_k a[..., k] b[..., k]`` in slabs, and these in parts, as the kernels do.

    Args:
        a: operands, the products' axis last.
        b: operands.
        words: that stand for them.
        slab: depths between two additions of floats.
        splits: parts.
        products: of an instruction.
        least: the exponent of the words' least normal number.
    """
    depth = a.shape[-1]
    each = -(-depth // (slab * splits)) * slab
    total = np.zeros(a.shape[:-1], np.float32)
    for begin in range(0, depth, each):
        part = np.zeros_like(total)
        for first in range(begin, min(begin + each, depth), slab):
            last = min(first + slab, begin + each, depth)
            held = np.zeros_like(total)
            for k in range(first, last, products):
                at = (..., slice(k, min(k + products, last)))
                for left, right in words(a[at], b[at]):
                    held = instruction(held, left, right, least=least)
            part = part + held
        total = total + part
    return total
