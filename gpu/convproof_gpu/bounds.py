r"""How far a product on the tensor cores may be from the exact one, per element.

With ``u = 2^-24``, ``S = sum_k |a_k b_k|`` and ``X = sum_k |a_k| + |b_k|``::

    |y_hat - y|  <=  bound(N) u S  +  underflow(N)_0 X  +  underflow(N)_1

before it is rounded to its own format, where that is of 16 bits.

===========  ==========================================================  ======  ======
precision    operands                                                     ``n``   slab
===========  ==========================================================  ======  ======
``float32``  floats, each the sum of two words of tf32: three products        8      32
``tf32``     floats, each rounded to a word                                   8      32
``words``    floats that are words: a weight's gradient of 16-bit ones        8      32
``bf16``     elements of 16 bits, as they are: forward, and backward         16      64
``f16``      the same                                                        16      64
===========  ==========================================================  ======  ======

**Facts**, which give every bit of 479616 sums that a Hopper GPU was asked for. One instruction adds
``n`` products, which it has exactly, to an accumulator ``c``. Let ``2^E`` be the largest of
``2^(e(a_k) + e(b_k))`` and ``2^e(c)``; every addend is cut, towards zero, to a multiple of ``2^(E -
25)``, their sum is exact, and is cut to a float. Sums of floats are rounded to nearest.

**An instruction.** ``2^E <= M = |c| + sum |a_k b_k|``. A float is a multiple of ``2^(e - 23)``, a
product of words of at most 11 bits one of ``2^(e - 20)``: an addend of exponent ``E`` is not cut,
and at most ``n`` of the ``n + 1`` are, each by less than ``2^-25 M``; the sum is then at most
``M``, and loses at most ``2^-23 M``::

    |c' - (c + sum a_k b_k)|  <=  (n 2^-25 + 2^-23) M,        |c'| <= M

which is ``6 u M`` of eight products, and ``10 u M`` of sixteen. The second says that magnitudes
never grow by rounding, so there is no ``(1 + u)^n``.

**A slab** of ``L = slab / n`` groups of depths starts at zero. Let ``S_q`` be the part of
group ``q`` in ``S``. In ``float32`` a float is ``x = h + l``: ``h`` its bits without the last 13,
towards zero; ``l`` is exact, ``|l| <= r |x|`` with ``r = 2^-10``, and is fed as ``l'``, nearest,
``|l'| <= r |x|`` too. A group asks three instructions, ``l' h``, ``h l'``, ``h h``. With ``A = (1 +
2r) (S_1 + ... + S_{q-1})`` they meet at most ``A + r S_q``, ``A + 2 r S_q`` and ``A + (1 + 2r)
S_q``; in all, ``S_1`` weighs most (the proof ``promotion``)::

    sum of M  <=  (1 + 5r + 3 (L - 1) (1 + 2r)) S_slab

With one product of magnitude at most ``g |a b|`` per group, it is ``L g S_slab``. Groups of zeros,
which fill the last slab, lose nothing: ``L`` is at most ``ceil(N / n)``.

**The words.** ``|l - l'| <= 2^-22 |x|`` and, where ``l' < l``, ``<= 2^-23 |x|``: ``l`` has 13 bits,
of which two are cut. What ``l' h + h l' + h h`` lacks of ``a b`` is ``l l + (l - l') h + h (l -
l')``, whose first term has the sign of ``a b``::

    -2 2^-22 |a b|  <=  lacking  <=  (r^2 + 2 2^-23) |a b|  =  20 u |a b|

In ``tf32`` a word is nearest or, where that is Inf, cut, ``|x - x'| <= v |x|`` with ``v = 2^-11``:
``(2 v + v^2) |a b|``. The others are words as they are.

**Promotion.** ``m = ceil(N / slab)`` slabs of magnitude ``g S_slab`` each are summed by ``m - 1``
additions of floats, to zero at first, which is exact: ``(m - 1) u g S`` in any order (Jeannerod and
Rump 2013, theorem 3.1). In ``P`` parts, a slab passes at most ``h = ceil(m / P) + P - 2``
additions, so that ``h u / (1 - h u)`` is enough too.

**Underflow.** A word of tf32 is a multiple of ``2^-136``, so that near zero it is off by up to
``2^-137``, times the other operand. A subnormal operand has the exponent ``e`` of the least normal
number, -126 or, of ``f16``, -14: it raises ``2^E`` to at most ``2^e`` times the other operand, or
``2^(2 e)``; a subnormal accumulator, to ``2^-126``. Of that ``n`` addends lose ``2^-25`` each. A
float is a multiple of ``2^-149``. Nothing is said of sums that overflow, nor of Inf and NaN.
"""

from fractions import Fraction
from math import ceil

ALIGNED_BITS = 25  # behind the largest exponent, that an addend keeps
FLOAT32_BITS = 23  # of fraction
TF32_BITS = 10
LEAST_EXPONENT, F16_LEAST_EXPONENT = -126, -14  # of normal numbers
PRECISIONS = ("float32", "tf32", "words", "bf16", "f16")

UNIT = Fraction(1, 2 ** (FLOAT32_BITS + 1))
_LOW = Fraction(1, 2**TF32_BITS)  # |l| / |x|
_NEAREST = _LOW / 2
_LOW_CUT = Fraction(1, 2**FLOAT32_BITS)  # l - l', where it has l's sign


def products(precision: str) -> int:
    """Return the products of one instruction: 32 bytes of them."""
    return 16 if precision in ("bf16", "f16") else 8


def slab_of(precision: str) -> int:
    """Return the depths between two additions of floats: four instructions'."""
    return 4 * products(precision)


def per_instruction(precision: str) -> Fraction:
    """Return how much of what it meets an instruction may lose."""
    cut = Fraction(products(precision), 2**ALIGNED_BITS)
    return cut + Fraction(1, 2**FLOAT32_BITS)


def bound(depth: int, precision: str, *, slab: int = 0, splits: int = 1) -> Fraction:
    """Return the coefficient of ``u S`` in the bound.

    Args:
        depth: ``N``, the products of one sum, at least 1.
        precision: one of ``PRECISIONS``.
        slab: depths between two additions of floats, a multiple of ``n``; 0: as the kernels do.
        splits: parts of the depth, of equally many slabs, that are summed one after another.

    Raises:
        ValueError: if a size is out of range, or there is no such precision.

    Example:
        A 3x3 kernel over 512 channels; one sum of floats in order may be 4608 units off:

        >>> round(float(bound(4608, "float32")), 1)
        223.4
    """
    slab = _checked(depth, precision, slab, splits)
    groups = ceil(Fraction(min(depth, slab), products(precision)))
    slabs = ceil(Fraction(depth, slab))
    operands = _operands(precision)
    growth = 1 + operands  # |what is fed| / |a b|
    met = groups * growth
    if precision == "float32":
        growth = 1 + 2 * _LOW
        met = 1 + 5 * _LOW + 3 * (groups - 1) * growth
        operands = _LOW**2 + 2 * _LOW_CUT
    lost = per_instruction(precision) * met
    return (operands + lost + _additions(slabs, splits) * growth) / UNIT


def underflow(depth: int, precision: str) -> tuple[Fraction, Fraction]:
    """Return the coefficient of ``X`` in the bound, and the term that no data is in.

    Raises:
        ValueError: if the depth is not positive, or there is no such precision.

    Example:
        >>> underflow(8, "tf32") == (Fraction(1, 2**136), Fraction(3, 2**148))
        True
    """
    _checked(depth, precision, 0, 1)
    n, is_split = products(precision), precision == "float32"
    instructions = ceil(Fraction(depth, n)) * (3 if is_split else 1)
    least = Fraction(2) ** LEAST_EXPONENT
    operand = Fraction(2) ** (F16_LEAST_EXPONENT if precision == "f16" else LEAST_EXPONENT)
    cut = Fraction(n, 2**ALIGNED_BITS)
    raised = max(least, operand**2) * cut  # what two operands cost, or an accumulator
    of_operands = operand * cut
    if is_split or precision == "tf32":
        of_operands = 2 * least * _LOW / 2  # a word's, and what is less than another
    return of_operands, instructions * (2 * raised + 2 * least / 2**FLOAT32_BITS)


def _operands(precision: str) -> Fraction:
    """Return how far the product of words may be from that of the operands, for one product."""
    return 2 * _NEAREST + _NEAREST**2 if precision == "tf32" else Fraction(0)


def _additions(slabs: int, splits: int) -> Fraction:
    """Return the error of the sum of all slabs, over the sum of their magnitudes."""
    in_any_order = (slabs - 1) * UNIT
    passed = (ceil(Fraction(slabs, splits)) + splits - 2) * UNIT
    if splits == 1 or passed >= 1:
        return in_any_order
    return min(in_any_order, passed / (1 - passed))


def _checked(depth: int, precision: str, slab: int, splits: int) -> int:
    """Return the slab that is meant."""
    if precision not in PRECISIONS:
        msg = f"precision is one of {', '.join(PRECISIONS)}, got {precision!r}."
        raise ValueError(msg)
    if depth < 1 or splits < 1:
        msg = f"depth={depth} and splits={splits} must be at least 1."
        raise ValueError(msg)
    n = products(precision)
    if slab < 0 or slab % n:
        msg = f"slab={slab} must be a positive multiple of {n}, such as "
        msg += f"{max(n, slab - slab % n)}, or 0."
        raise ValueError(msg)
    return slab or slab_of(precision)
