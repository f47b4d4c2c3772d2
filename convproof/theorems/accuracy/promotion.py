"""Sums on tensor cores that are promoted: the constants of the bound, one rounding after another.

With ``u = 2^-24``, ``r = 2^-10``, and ``M`` the magnitude of all that an instruction adds::

    an instruction   |c' - exact| <= (n 2^-25 + 2^-23) M = 6 u M of n = 8 products, 10 u M of 16
    a slab           sum of M <= (1 + 5r + 3 (q - 1) (1 + 2r)) S, after q groups of instructions
    the words        -8u |a b| <= a b - (l'_a h_b + h_a l'_b + h_a h_b) <= 20u |a b|
    the additions    a slab passes at most ceil(m/P) + P - 2 of them,  (1 + u)^h (1 - h u) <= 1

``convproof_gpu.bounds`` puts them together.
"""

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt, quotient
from convproof.theorems.proof import Proof, Twin, without

_U = sp.Rational(1, 2**24)
_R = sp.Rational(1, 2**10)


def _real(names: str) -> tuple[sp.Symbol, ...]:
    return sp.symbols(names, nonnegative=True, seq=True)  # type: ignore[no-any-return]


def _instruction(products: int, units: int) -> Claim:
    exact, total, found = sp.symbols("exact t c'", real=True)
    unit, magnitude = _real("w M")
    return Claim(
        name=f"an instruction: {products} addends lose a unit each, and the sum its last bits",
        goal=both(
            le(exact - found, units * _U * magnitude),
            le(found - exact, units * _U * magnitude),
        ),
        hypotheses=(
            le(2**25 * unit, magnitude),
            le(exact - total, products * unit),
            le(total - exact, products * unit),
            le(total - found, 2 * _U * magnitude),
            le(found - total, 2 * _U * magnitude),
        ),
    )


def _slab() -> tuple[Claim, Claim]:
    low, met, held, group, q = _real("r E T S q")
    growth = 1 + 2 * low
    once = 1 + 5 * low
    first = Claim(
        name="the first group meets (1 + 5 r) S",
        goal=eq(low * group + 2 * low * group + growth * group, once * group),
    )
    before, here = growth * held, low * group
    after = met + (before + here) + (before + 2 * here) + (before + growth * group)
    following = Claim(
        name="every group adds at most 3 (1 + 2 r) S to what has been met",
        goal=le(after, (once + 3 * q * growth) * (held + group)),
        hypotheses=(le(1, q), le(met, (once + 3 * (q - 1) * growth) * held)),
    )
    return first, following


_ha, _hb, _la, _lb = _real("h_a h_b l_a l_b")
_fa, _fb = sp.symbols("l'_a l'_b", real=True)
_SMALL = le(_la, _R * _ha)


def _words() -> Claim:
    product = (_ha + _la) * (_hb + _lb)
    lacking = product - (_fa * _hb + _ha * _fb + _ha * _hb)
    return Claim(
        name="three products of words lack at most 20 u of the product",
        goal=both(le(-8 * _U * product, lacking), le(lacking, 20 * _U * product)),
        hypotheses=(
            _SMALL,
            le(_lb, _R * _hb),
            le(-4 * _U * _ha, _la - _fa),
            le(_la - _fa, 2 * _U * _ha),
            le(-4 * _U * _hb, _lb - _fb),
            le(_lb - _fb, 2 * _U * _hb),
        ),
    )


def _additions(products: int) -> Claim:
    k, j, p, i = map(index, ("k", "j", "p", "i"))
    depth, groups, slabs, parts, each = map(size, ("N", "G", "m", "P", "E"))
    slab = products * groups
    return Claim(
        name=f"a product lies in one group of {products} of one slab, which passes at most "
        "E + P - 2 additions",
        goal=both(
            *box(0, quotient(k - slab * j, products), groups),
            *box(0, j, slabs),
            *box(0, p, parts),
            *box(0, i, each),
            le((each - sp.Max(i, 1)) + (parts - sp.Max(p, 1)), each + parts - 2),
        ),
        hypotheses=(
            *box(0, k, depth),
            eq(slabs, quotient(depth + slab - 1, slab)),
            eq(each, quotient(slabs + parts - 1, parts)),
            eq(j, quotient(k, slab)),
            eq(p, quotient(j, each)),
            eq(i, j - each * p),
        ),
    )


def _powers() -> Claim:
    unit, passed, grown = _real("u v y")
    return Claim(
        name="one addition more: y (1 - h u) <= 1 is kept",
        goal=le(grown * (1 + unit) * (1 - (passed + unit)), 1),
        hypotheses=(le(grown * (1 - passed), 1), lt(passed + unit, 1)),
    )


def _steps() -> tuple[Step, ...]:
    instructions = _instruction(8, 6), _instruction(16, 10)
    return *instructions, *_slab(), _words(), _additions(8), _additions(16), _powers()


def _twin() -> Twin:
    return without(_words(), _SMALL)


PROOF = Proof(
    name="promotion",
    statement="A product of depth N in slabs of 8 L on tensor cores that cut, promoted to sums of "
    "floats, is off by at most 20 + 6 (1 + 5r + 3 (L - 1) (1 + 2r)) + (ceil(N/8L) - 1) (1 + 2r) "
    "units of sum |a b|, but for underflow; elements of 16 bits, in slabs of 16 L, by at most 10 L "
    "+ ceil(N/16L) - 1.",
    latex=r"|\hat y - y| \le \big( 20 + 6 (1 + 5r + 3 (L-1)(1+2r)) + "
    r"(\lceil N / 8L \rceil - 1)(1+2r) \big)\, u \sum_k |a_k b_k|, \quad r = 2^{-10}",
    source="the accumulation model of tensor cores (Fasi, Higham, Mikaitis, Pranesh 2021; Xie et "
    "al. 2025, arXiv 2511.10909), promotion as in Ootomo and Yokota 2022",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Sums of m floats, rounded to nearest, are off by (m - 1) u times their magnitudes, in "
    "any order (Jeannerod and Rump 2013, theorem 3.1). Errors of one slab add: no magnitude grows.",
)
