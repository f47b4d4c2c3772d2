"""Pooling: what it is, and to what it is invariant."""

from convproof.theorems.base import Theorem

PROOFS: tuple[str, ...] = ()
THEOREMS: tuple[Theorem, ...] = ()
