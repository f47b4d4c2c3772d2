"""Claims of a user, right, wrong and ill-formed."""

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
k, j = index("k"), index("j")

right = Claim(name="ceiling", goal=eq(quotient(n - 1, s) + 1, sp.ceiling(n / s)))
wrong = Claim(name="floor", goal=eq(quotient(n - 1, s) + 1, quotient(n, s)))
vacuous = Claim(name="vacuous", goal=eq(n, s), hypotheses=(lt(n, 1),))
divided = Claim(name="divided", goal=le(quotient(n, k), n))
sums = SameSum(
    name="shifted",
    left=GuardedSum(indices=(k,), guard=box(0, k, r), entries=(("w", (k,)),)),
    right=GuardedSum(indices=(j,), guard=box(1, j, r + 1), entries=(("w", (j - 1,)),)),
    to_right={j: k + 1},
    to_left={k: j - 1},
)
number = 3


def _twin() -> Twin:
    return without(sums, sums.left.guard[0])


def _divides_by_zero() -> Iterable[Step]:
    yield right
    yield Claim(name="never", goal=le(0, n // (1 - 1)))


def _dies() -> Iterable[Step]:
    if parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return (right,)


def _exits() -> Iterable[Step]:
    raise SystemExit(3)


def _true_twin() -> Twin:
    bounded = Claim(name="bounded", goal=lt(remainder(n, s), s), hypotheses=(le(1, n),))
    return without(bounded, bounded.hypotheses[0])


proof = Proof(
    name="shift",
    statement="A sum may be shifted.",
    latex="",
    source="a test",
    steps=lambda: (sums, right),
    twin=_twin,
)
raising = replace(proof, name="raising", steps=_divides_by_zero)
exiting = replace(proof, name="exiting", steps=_exits)
dying = replace(proof, name="dying", steps=_dies)
empty = replace(proof, name="empty", steps=lambda: ())
untwinned = replace(proof, name="untwinned", twin=_true_twin)
