"""A strided adjoint falls into phases, each a correlation that skips nothing.

::

    i = first + s q,   k = tap + a j    =>    i + p - t k = s (origin + q - u j)
    s | i + p - t k                     =>    i and k are of one phase, at just one q and one j

along an axis, for ``a = s / gcd(s, t)``, ``u = t / gcd(s, t)``, and of the phase of the rest ``e``

::

    first = (e - p) mod s,    s | t tap - e,  0 <= tap < a,    origin = (first + p - t tap) / s

so that each tap that an input meets is of its phase, each once, and so is each input, which is
written once. Positions and taps are as many as there are: ``q < ceil((I - first) / s)`` exactly if
``i < I``, and ``j < ceil((K - tap) / a)`` exactly if ``k < K``. Forward there is one phase, with
``i = q`` and ``o = s q + t j - p``. ``index_maps.correlation`` searches for ``tap``; that it finds
these numbers, or that no tap below ``K`` has them, is tested at sizes.

``gcd(s, t) = g`` enters by Bezout: ``x a + y u = 1``.
"""

from collections.abc import Iterator

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt, put
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE, Lemma
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "correlation.forward",
    "correlation.adjoint",
)
_i, _k, _p, _q, _j, _e, _tap, _first, _origin = map(
    index, ("i", "k", "p", "q", "j", "e", "tap", "first", "origin")
)
_m, _d, _x, _y, _v = map(index, "mdxyv")
_a, _u, _g, _s, _t, _K = map(size, "augstK")
_n, _rest, _b, _c = map(index, ("n", "rest", "b", "c"))
_CONVOLUTION = (eq(_s, _g * _a), eq(_t, _g * _u))


def _meets() -> Claim:
    """Return where an input and a tap of a phase meet."""
    return Claim(
        name="an input and a tap of a phase meet at origin + q - u j",
        goal=eq(_i + _p - _t * _k, _s * (_origin + _q - _u * _j)),
        hypotheses=(
            eq(_first + _p - _t * _tap, _s * _origin),
            eq(_i, _first + _s * _q),
            eq(_k, _tap + _a * _j),
            eq(_t * _a * _j, _s * _u * _j),
            eq(_t * _k, _t * _tap + _t * _a * _j),
        ),
    )


def _apart() -> Claim:
    """Return that ``t a = s u``."""
    return Claim(
        name="a taps apart, the output is u less",
        goal=eq(_t * _a, _s * _u),
        hypotheses=(eq(_t * _a, _g * _u * _a), eq(_s * _u, _g * _a * _u)),
    )


CANCEL = Lemma(
    Claim(name="a factor cancels", goal=eq(_x, _y), hypotheses=(eq(_b * _x, _b * _y), le(1, _b))),
    (_b, _x, _y),
)


def _same_taps() -> Iterator[Claim]:
    """Yield that two taps which meet one input are a multiple of ``a`` apart, and the converse."""
    yield Claim(
        name="taps that meet one input: their distance, less gcd(s, t)",
        goal=eq(_u * _d, _a * _m),
        hypotheses=(
            eq(_t * _d, _s * _m),
            eq(_t * _d, _g * (_u * _d)),
            eq(_s * _m, _g * (_a * _m)),
            put(CANCEL.at(_g, _n, _rest), {_n: _u * _d, _rest: _a * _m}),
        ),
    )
    yield Claim(
        name="taps that meet one input are a multiple of a apart",
        goal=eq(_d, _a * (_x * _d + _y * _m)),
        hypotheses=(
            eq((_x * _a + _y * _u) * _d, _d),
            eq(_y * (_u * _d), _y * (_a * _m)),
        ),
    )

    multiple = index("M")
    yield Claim(
        name="with a tap that meets an input, the first of its taps, below a, meets it",
        goal=eq(_t * _tap - _e, _s * (multiple - _u * _j)),
        hypotheses=(
            eq(_t * _k - _e, _s * multiple),
            eq(_t * _k, _t * _tap + _t * _a * _j),
            eq(_t * _a * _j, _s * _u * _j),
        ),
    )


def _once() -> Iterator[Claim]:
    """Yield that an input is of one phase and one ``q``, and a tap that it meets of one ``j``."""
    other_q, other_first = index("q'"), index("first'")
    yield Claim(
        name="an input is of one phase, at one q",
        goal=both(eq(_first, other_first), eq(_q, other_q)),
        hypotheses=(
            *box(0, _first, _s),
            *box(0, other_first, _s),
            eq(_i, _first + _s * _q),
            eq(_i, other_first + _s * other_q),
            UNIQUE.at(_q, _first, other_q, other_first, _s),
        ),
    )
    other_j, other_tap = index("j'"), index("tap'")
    yield Claim(
        name="a tap has one first tap below a, and one j",
        goal=both(eq(_tap, other_tap), eq(_j, other_j)),
        hypotheses=(
            *box(0, _tap, _a),
            *box(0, other_tap, _a),
            eq(_k, _tap + _a * _j),
            eq(_k, other_tap + _a * other_j),
            UNIQUE.at(_j, _tap, other_j, other_tap, _a),
        ),
    )


def _counted() -> Iterator[Claim]:
    """Yield that ``first + b q < n`` exactly if ``q`` is below the quotient, rounded up."""
    left = _n - _first + _b - 1
    yield Claim(
        name="as many positions and taps as there are",
        goal=iff(lt(_first + _b * _q, _n), lt(_q, _m)),
        hypotheses=(
            le(1, _b),
            eq(left, _b * _m + _rest),
            *box(0, _rest, _b),
            BELOW.at(_m - 1 - _q, _rest, _b),
            FLATTEN.at(_m - 1 - _q, _m - _q, _rest, _b),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (BELOW.claim, FLATTEN.claim, UNIQUE.claim, CANCEL.claim)
    yield _apart()
    yield _meets()
    yield from _same_taps()
    yield from _once()
    yield from _counted()


def _twin() -> Twin:
    step, _ = _once()
    return without(step, lt(_first, _s))


PROOF = Proof(
    name="phases",
    statement="Along an axis every input and tap of a strided adjoint that meet are of one phase, "
    "a correlation in which nothing is skipped, at one position and one tap of it.",
    latex=r"i = \mathrm{first} + sq,\ k = \mathrm{tap} + aj \Rightarrow "
    r"\tfrac{i + p - tk}{s} = \mathrm{origin} + q - uj,\qquad a = \tfrac{s}{\gcd(s, t)}",
    source="lecture 7, strided convolution: input derivative",
    steps=_steps,
    twin=_twin,
)
