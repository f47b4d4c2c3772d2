"""Convolution of signals: its definition and its properties."""

from convproof.theorems.base import Theorem
from convproof.theorems.signals import (
    commutativity,
    cross_correlation,
    equivariance,
    even_kernels,
    invariance,
    linearity,
)

PROOFS: tuple[str, ...] = (
    "linearity",
    "equivariance",
    "invariance",
    "lti",
    "commutativity",
    "associativity",
    "cross_correlation",
    "even_kernels",
)
THEOREMS: tuple[Theorem, ...] = (
    linearity.THEOREM,
    equivariance.THEOREM,
    invariance.THEOREM,
    commutativity.THEOREM,
    cross_correlation.THEOREM,
    even_kernels.THEOREM,
)
