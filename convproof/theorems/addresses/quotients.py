"""A kernel's quotient by a product and a shift is the quotient, of every number below ``2^30``.

::

    b <= P,   b factor = L P + e,  0 <= e < b     =>   floor(n factor / (L P)) = floor(n / b)
    and  P < 2 b,  b <= L = 2^30                  =>   factor < 2^31,   n factor < 2^61

for ``0 <= n < L``, and so for ``L = 2^30`` and the least power ``P`` of two not below ``b``:
what ``index_maps.depthwise.quotient`` gives, and ``quotient.cuh`` multiplies in 64 bits. Of greater
numbers it is not so (the twin); of ``L = 2^30`` and ``b = 7`` the first is 1431655770.
"""

from collections.abc import Iterator

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, Lemma
from convproof.theorems.proof import Proof, Twin, without

PROVES = ("depthwise.quotient",)
_BELOW, _MOST = 2**30, 2**31  # the numbers that kernels divide, and the factors, lie below
_n, _r, _e, _x, _y, _A, _B, _z = map(index, ("n", "r", "e", "x", "y", "A", "B", "z"))
_b, _P, _factor = map(size, ("b", "P", "factor"))
_L, _W = size("L"), size("W")
SMALL = Lemma(
    Claim(
        name="a product of small numbers is small",
        goal=both(*box(0, _x * _y, _A * _B)),
        hypotheses=(*box(0, _x, _A), *box(0, _y, _B)),
    ),
    (_x, _A, _y, _B),
)
_FACTOR = (eq(_b * _factor, _BELOW * _P + _e), *box(0, _e, _b))


def _scaled() -> Identity:
    """Return what ``b z`` is, of ``z = n factor - (L P) q``."""
    factor, q = (_W + _e) / _b, (_n - _r) / _b
    return Identity(
        name="the product less the quotient's multiple, b times",
        left=_b * (_n * factor - _W * q),
        right=_W * _r + _n * _e,
    )


def _exact() -> Claim:
    """Return that this is less than ``b`` times ``W = L P``."""
    return Claim(
        name="it is below b L P",
        goal=both(*box(0, _W * _r + _n * _e, _b * _W)),
        hypotheses=(
            *box(0, _n, _L),
            *box(0, _r, _b),
            le(_b, _P),
            *box(0, _e, _b),
            eq(_W, _L * _P),
            SMALL.at(_n, _L, _e, _P),
            SMALL.at(_b - 1 - _r, _b - _r, _W, _W + 1),
            SMALL.at(_r, _b, _W, _W + 1),
        ),
    )


def _between() -> Claim:
    """Return that the product lies between the quotient's multiple and the next."""
    return Claim(
        name="the product's quotient is the number's",
        goal=both(*box(0, _z, _W)),
        hypotheses=(*box(0, _b * _z, _b * _W), BELOW.at(_z, 0, _b), ABOVE.at(_z, _W, 0, _b)),
    )


def _fits() -> Iterator[Claim]:
    yield Claim(
        name="the factor is below 2^31",
        goal=lt(_factor, _MOST),
        hypotheses=(
            *_FACTOR,
            lt(_P, 2 * _b),
            le(_b, _BELOW),
            ABOVE.at(_factor, _MOST, 0, _b),
        ),
    )
    yield Claim(
        name="the product is below 2^61",
        goal=both(*box(0, _n * _factor, 2**61)),
        hypotheses=(
            *box(0, _n, _BELOW),
            lt(_factor, _MOST),
            SMALL.at(_n, _BELOW, _factor, _MOST),
        ),
    )


def _steps() -> Iterator[Step]:
    yield from (SMALL.claim, BELOW.claim, ABOVE.claim, _scaled(), _exact(), _between())
    yield from _fits()


def _twin() -> Twin:
    step = _exact()
    return without(step, lt(_n, _L))


PROOF = Proof(
    name="quotients",
    statement="A kernel's quotient by a product and a shift is that of every number below 2^30.",
    latex=r"b \cdot \mathrm{factor} = L P + e,\ 0 \le e < b \le P,\ n < L \Rightarrow "
    r"\lfloor n\,\mathrm{factor} / (L P) \rfloor = \lfloor n / b \rfloor",
    source="Granlund and Montgomery 1994, Division by invariant integers using multiplication",
    steps=_steps,
    twin=_twin,
)
