"""What a maximum is invariant to: all circular shifts over all positions; few over a window.

Along an axis of ``n`` positions a circular shift only permutes what is compared; shifts of several
axes are taken axis by axis. A window ``a <= i < a + r`` of
data moved by ``0 < c < r`` reads ``a - c <= i < a + r - c`` of the data as they were::

    a - c           a               a + r - c       a + r
      |    enter    |    both read    |    leave    |
                    |-------- y = max(B, L) --------|
      |------- y' = max(E, B) --------|

with ``E``, ``B``, ``L`` the maxima of the three parts. Then ``y' = y`` exactly where what enters
and what leaves are at most what both read, ``E <= B`` and ``L <= B``, or are equal, ``E = L``.
Local max pooling is not invariant to a shift by 1: a larger datum may enter.
"""

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, either, eq, iff, le, lt, remainder
from convproof.theorems.base import Theorem
from convproof.theorems.pooling.global_invariance import check, over_all_positions
from convproof.theorems.proof import Proof, Twin, without

_n, _r, _c = size("n"), size("r"), size("c")
_i, _k, _a, _shift = index("i"), index("i'"), index("a"), index("c")
_enter, _stay, _leave = sp.symbols("E B L", real=True)


def _circular() -> SameSum:
    """Return the bijection of positions; it carries a maximum as it carries a sum."""
    moved = remainder(_i - _shift, _n)
    return SameSum(
        name="a circular shift permutes the positions",
        left=GuardedSum(indices=(_i,), guard=box(0, _i, _n), entries=(("x", (moved,)),)),
        right=GuardedSum(indices=(_k,), guard=box(0, _k, _n), entries=(("x", (_k,)),)),
        to_right={_k: moved},
        to_left={_i: remainder(_k + _shift, _n)},
    )


def _parts() -> tuple[Claim, Claim]:
    """Return which parts the two windows consist of, none of them empty."""
    enter, stay, leave = (
        both(*box(low, _i, end))
        for low, end in ((_a - _c, _a), (_a, _a + _r - _c), (_a + _r - _c, _a + _r))
    )
    before = both(*box(_a, _i, _a + _r))
    after = both(*box(_a, _i + _c, _a + _r))
    shorter = lt(_c, _r)
    return (
        Claim(
            name="the window reads what stays and what leaves",
            goal=iff(before, either(stay, leave)),
            hypotheses=(shorter,),
        ),
        Claim(
            name="of moved data it reads what enters and what stays",
            goal=iff(after, either(enter, stay)),
            hypotheses=(shorter,),
        ),
    )


def _kept() -> Claim:
    return Claim(
        name="nothing larger enters or leaves",
        goal=eq(sp.Max(_stay, _leave), sp.Max(_enter, _stay)),
        hypotheses=(le(_leave, _stay), le(_enter, _stay)),
    )


def _exactly() -> Claim:
    return Claim(
        name="exactly when a maximum is kept",
        goal=iff(
            eq(sp.Max(_stay, _leave), sp.Max(_enter, _stay)),
            either(both(le(_leave, _stay), le(_enter, _stay)), eq(_enter, _leave)),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _circular(), *_parts(), _kept(), _exactly()


def _twin() -> Twin:
    return without(_kept(), le(_enter, _stay))


THEOREM = Theorem(
    name="global_max",
    statement="A maximum over all positions is invariant to circular shifts.",
    latex=r"\max_i x_i = \max_i x_{(i - c) \bmod n}",
    check=check,
    families=("maximum",),
    roles=("forward",),
    share=8,
    wants=over_all_positions,
)
PROOF = Proof(
    name="max_invariance",
    statement="Along an axis, a maximum over all positions is invariant to circular shifts; over a "
    "window, to shorter shifts, exactly if what enters and what leaves are at most what stays, or "
    "equal.",
    latex=r"\max(B, L) = \max(E, B) \iff (E \le B \wedge L \le B) \vee E = L",
    source="lecture 7, spatial pooling",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="The maximum of a union is the largest of the maxima, and a maximum over a set is that "
    "over its image under a bijection that keeps the entries; the steps show the unions, the "
    "bijection and the order.",
    asked_as=("global_max",),
)
