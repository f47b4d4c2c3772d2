"""Pooling: what it is, and to what it is invariant."""

from convproof.theorems.base import Theorem
from convproof.theorems.pooling import average_is_convolution, global_invariance, max_invariance

PROOFS: tuple[str, ...] = ("average_is_convolution", "global_invariance", "max_invariance")
THEOREMS: tuple[Theorem, ...] = (
    average_is_convolution.THEOREM,
    global_invariance.THEOREM,
    max_invariance.THEOREM,
)
