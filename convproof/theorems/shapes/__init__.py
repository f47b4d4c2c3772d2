"""Sizes: of outputs, of receptive fields, and counts of parameters and operations."""

from convproof.theorems.base import Theorem

PROOFS: tuple[str, ...] = ()
THEOREMS: tuple[Theorem, ...] = ()
