r"""How far a product on the tensor cores may be from the exact one, per element.

With ``u = 2^-24``, ``S = sum_k |a_k b_k|`` and ``X = sum_k |a_k| + |b_k|``::

    |y_hat - y|  <=  bound(N) u S  +  underflow(N)_0 X  +  underflow(N)_1

**Facts**, which give every bit of 479616 sums that a Hopper GPU was asked for. One instruction adds
``n = 8`` products, which it has exactly, to an accumulator ``c``. Let ``2^E`` be the largest of
``2^(e(a_k) + e(b_k))`` and ``2^e(c)``; every addend is cut, towards zero, to a multiple of ``2^(E -
25)``, their sum is exact, and is cut to a float. Sums of floats are rounded to nearest.

**An instruction.** ``2^E <= M = |c| + sum |a_k b_k|``. A float is a multiple of ``2^(e - 23)``, a
product of words of tf32 one of ``2^(e - 20)``: an addend of exponent ``E`` is not cut, and at most
``n`` of the ``n + 1`` are, each by less than ``2^-25 M``; the sum is then at most ``M``, and loses
at most ``2^-23 M``::

    |c' - (c + sum a_k b_k)|  <=  (n 2^-25 + 2^-23) M  =  6 u M,        |c'| <= M

The second says that magnitudes never grow by rounding, so there is no ``(1 + u)^n``.

**A slab** of ``L = slab / 8`` groups of eight depths starts at zero. Let ``S_q`` be the part of
group ``q`` in ``S``. In ``float32`` a float is ``x = h + l``: ``h`` its bits without the last 13,
towards zero; ``l`` is exact, ``|l| <= r |x|`` with ``r = 2^-10``, and is fed as ``l'``, nearest,
``|l'| <= r |x|`` too. A group asks three instructions, ``l' h``, ``h l'``, ``h h``. With ``A = (1 +
2r) (S_1 + ... + S_{q-1})`` they meet at most ``A + r S_q``, ``A + 2 r S_q`` and ``A + (1 + 2r)
S_q``; in all, ``S_1`` weighs most (the proof ``promotion``)::

    sum of M  <=  (1 + 5r + 3 (L - 1) (1 + 2r)) S_slab

With one product of magnitude at most ``g |a b|`` per group, it is ``L g S_slab``. Groups of zeros,
which fill the last slab, lose nothing: ``L`` is at most ``ceil(N / 8)``.

**The words.** ``|l - l'| <= 2^-22 |x|`` and, where ``l' < l``, ``<= 2^-23 |x|``: ``l`` has 13 bits,
of which two are cut. What ``l' h + h l' + h h`` lacks of ``a b`` is ``l l + (l - l') h + h (l -
l')``, whose first term has the sign of ``a b``::

    -2 2^-22 |a b|  <=  lacking  <=  (r^2 + 2 2^-23) |a b|  =  20 u |a b|

In ``tf32`` a word is nearest, ``|x - x'| <= v |x|`` with ``v = 2^-11``: ``(2 v + v^2) |a b|``.
Elements of 16 bits are words as they are.

**Promotion.** ``m = ceil(N / slab)`` slabs of magnitude ``g S_slab`` each are summed by ``m - 1``
additions of floats, to zero at first, which is exact: ``(m - 1) u g S`` in any order (Jeannerod and
Rump 2013, theorem 3.1). In ``P`` parts, a slab passes at most ``h = ceil(m / P) + P - 2``
additions, so that ``h u / (1 - h u)`` is enough too.

**Underflow.** A word of tf32 is a multiple of ``2^-136``, so that near zero it is off by up to
``2^-137``, times the other operand. A subnormal operand has the exponent -126: it raises ``2^E`` to
at most ``2^-126`` times the other operand, or ``2^-126``. A float is a multiple of ``2^-149``.
Nothing is said of sums that overflow, nor of Inf and NaN.
"""

from fractions import Fraction
from math import ceil

ALIGNED_BITS = 25  # behind the largest exponent, that an addend keeps
FLOAT32_BITS = 23  # of fraction
TF32_BITS = 10
PRODUCTS = 8  # of one instruction
LEAST_EXPONENT = -126

UNIT = Fraction(1, 2 ** (FLOAT32_BITS + 1))
_PER_INSTRUCTION = Fraction(PRODUCTS, 2**ALIGNED_BITS) + Fraction(1, 2**FLOAT32_BITS)
_LOW = Fraction(1, 2**TF32_BITS)  # |l| / |x|
_NEAREST = _LOW / 2
_LOW_CUT = Fraction(1, 2**FLOAT32_BITS)  # l - l', where it has l's sign

PRECISIONS = ("float32", "tf32", "bf16", "f16")


def bound(depth: int, precision: str, *, slab: int = 32, splits: int = 1) -> Fraction:
    """Return the coefficient of ``u S`` in the bound.

    Args:
        depth: ``N``, the products of one sum, at least 1.
        precision: ``"float32"``, three products of words of tf32; ``"tf32"``, one of rounded words;
            ``"bf16"`` and ``"f16"``, one of elements that are words.
        slab: depths between two additions of floats, a multiple of 8.
        splits: parts of the depth, of equally many slabs, that are summed one after another.

    Raises:
        ValueError: if a size is out of range, or there is no such precision.

    Example:
        A 3x3 kernel over 512 channels; one sum of floats in order may be 4608 units off:

        >>> round(float(bound(4608, "float32")), 1)
        223.4
    """
    _check(depth, precision, slab, splits)
    groups, slabs = ceil(Fraction(min(depth, slab), PRODUCTS)), ceil(Fraction(depth, slab))
    operands = _operands(precision)
    growth = 1 + operands  # |what is fed| / |a b|
    met = groups * growth
    if precision == "float32":
        growth = 1 + 2 * _LOW
        met = 1 + 5 * _LOW + 3 * (groups - 1) * growth
        operands = _LOW**2 + 2 * _LOW_CUT
    return (operands + _PER_INSTRUCTION * met + _additions(slabs, splits) * growth) / UNIT


def underflow(depth: int, precision: str) -> tuple[Fraction, Fraction]:
    """Return the coefficient of ``X`` in the bound, and the term that no data is in.

    Raises:
        ValueError: if the depth is not positive, or there is no such precision.

    Example:
        >>> underflow(8, "tf32") == (Fraction(1, 2**136), Fraction(3, 2**148))
        True
    """
    _check(depth, precision, PRODUCTS, 1)
    instructions = ceil(Fraction(depth, PRODUCTS)) * (3 if precision == "float32" else 1)
    least = Fraction(2) ** LEAST_EXPONENT
    word = least * _LOW / 2
    raised = least * PRODUCTS / 2**ALIGNED_BITS  # what an operand of exponent -126 costs
    last = least / 2**FLOAT32_BITS
    return 2 * word, instructions * (2 * raised + 2 * last)


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


def _check(depth: int, precision: str, slab: int, splits: int) -> None:
    if precision not in PRECISIONS:
        msg = f"precision is one of {', '.join(PRECISIONS)}, got {precision!r}."
        raise ValueError(msg)
    if depth < 1 or splits < 1:
        msg = f"depth={depth} and splits={splits} must be at least 1."
        raise ValueError(msg)
    if slab < PRODUCTS or slab % PRODUCTS:
        msg = f"slab={slab} must be a positive multiple of {PRODUCTS}, such as "
        msg += f"{max(PRODUCTS, slab - slab % PRODUCTS)}."
        raise ValueError(msg)
