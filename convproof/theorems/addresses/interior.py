"""Where a window cannot leave the input, no tap of it needs a mask.

::

    0 <= s a - p,   s b + t (K - 1) - p < I   =>   0 <= s o + t k - p < I   for a <= o <= b, k < K
    p = 0,   s (O - 1) + t (K - 1) + 1 <= I      =>   0 <= s o + t k < I        for o < O, k < K

for the conditions of ``index_maps.Sizes.input_of`` run on symbols, along each axis. The first is
the predicate of an interior tile of outputs ``a`` to ``b``, the second a layer without padding.
"""

from collections.abc import Iterator

from sympy.logic.boolalg import Boolean

from convproof.symbolic.integers import SymbolicInt
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.lemmas import FLATTEN
from convproof.theorems.addresses.symbols import sizes
from convproof.theorems.proof import Proof, Twin, without

_o, _k, _a, _b, _p, _t = map(index, ("o", "k", "a", "b", "p", "t"))
_I, _K, _O, _s = map(size, ("I", "K", "O", "s"))


def _mask() -> tuple[Boolean, ...]:
    """Return the conditions under which a tap is read."""
    return sizes(1).input_of((SymbolicInt(_o),), (SymbolicInt(_k),)).inside


def _interior() -> Claim:
    return Claim(
        name="an interior tile",
        goal=both(*_mask()),
        hypotheses=(
            le(1, _t),
            le(0, _s * _a - _p),
            lt(_s * _b + _t * (_K - 1) - _p, _I),
            le(_a, _o),
            le(_o, _b),
            *box(0, _k, _K),
            FLATTEN.at(_o - _a, _o - _a + 1, 0, _s),
            FLATTEN.at(_b - _o, _b - _o + 1, 0, _s),
            FLATTEN.at(_k, _K, 0, _t),
            FLATTEN.at(_K - 1 - _k, _K - _k, 0, _t),
        ),
    )


def _unpadded() -> Claim:
    return Claim(
        name="no padding",
        goal=both(*_mask()),
        hypotheses=(
            le(1, _t),
            eq(_p, 0),
            le(_s * (_O - 1) + _t * (_K - 1) + 1, _I),
            *box(0, _o, _O),
            *box(0, _k, _K),
            FLATTEN.at(_o, _O, 0, _s),
            FLATTEN.at(_O - 1 - _o, _O - _o, 0, _s),
            FLATTEN.at(_k, _K, 0, _t),
            FLATTEN.at(_K - 1 - _k, _K - _k, 0, _t),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, _interior(), _unpadded())


def _twin() -> Twin:
    return without(_unpadded(), eq(_p, 0))


PROOF = Proof(
    name="interior",
    statement="No tap of an interior window, or of a layer without padding, needs a mask.",
    latex=r"sa \ge p,\ sb + t(K - 1) - p < I \Rightarrow 0 \le so + tk - p < I",
    source="lecture 7, padded convolution",
    steps=_steps,
    twin=_twin,
)
