"""Claims of a user: right, wrong and ill-formed."""

import os
import signal
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing import parent_process

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, le, lt, quotient, remainder
from convproof.theorems.proof import Proof, Twin, without

n, s, r = size("n"), size("s"), size("r")
i, j, k = index("i"), index("j"), index("k")

TRUE = Claim(name="ceiling", goal=eq(quotient(n - 1, s) + 1, sp.ceiling(n / s)))
FALSE = Claim(name="half padding keeps floor(n/s)", goal=eq(quotient(n - 1, s) + 1, quotient(n, s)))
VACUOUS = Claim(name="vacuous", goal=eq(n, s), hypotheses=(lt(n, 1),))
DIVIDED = Claim(name="divided", goal=le(quotient(n, i), n))
SUMS = SameSum(
    name="shifted",
    left=GuardedSum(indices=(k,), guard=box(0, k, r), entries=(("w", (k,)),)),
    right=GuardedSum(indices=(j,), guard=box(1, j, r + 1), entries=(("w", (j - 1,)),)),
    to_right={j: k + 1},
    to_left={k: j - 1},
)
CLAIMS = (TRUE, FALSE)
_EUCLID = Claim(name="euclid", goal=lt(n - s * k, s), hypotheses=(eq(k, quotient(n, s)),))


def _raises() -> Iterable[Step]:
    yield TRUE
    yield Claim(name="never", goal=le(0, 1 // (len(CLAIMS) - 2)))


def _exits() -> Iterable[Step]:
    raise SystemExit(3)


def _dies() -> Iterable[Step]:
    if parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return (TRUE,)


def _true_twin() -> Twin:
    bounded = Claim(name="bounded", goal=lt(remainder(n, s), s), hypotheses=(le(1, n),))
    return without(bounded, bounded.hypotheses[0])


PROVED = Proof(
    name="proved",
    statement="A quotient is rounded down.",
    latex=r"n - s k < s",
    source="a test",
    steps=lambda: (_EUCLID, SUMS),
    twin=lambda: without(_EUCLID, _EUCLID.hypotheses[0]),
)
RAISING = replace(PROVED, name="raising", steps=_raises)
EXITING = replace(PROVED, name="exiting", steps=_exits)
KILLED = replace(PROVED, name="killed", steps=_dies)
EMPTY = replace(PROVED, name="empty", steps=lambda: ())
UNTWINNED = replace(PROVED, name="untwinned", twin=_true_twin)
