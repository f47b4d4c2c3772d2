"""Derivatives, derived from the indexed sums for all sizes."""

from convproof.theorems.base import Theorem
from convproof.theorems.derivatives import (
    adjoint,
    bias_derivative,
    input_derivative,
    second_order,
    weight_derivative,
)

PROOFS: tuple[str, ...] = (
    "input_derivative",
    "input_scatter",
    "unread_input",
    "weight_derivative",
    "weight_tight",
    "bias_derivative",
    "adjoint",
    "second_order",
    "circular_derivative",
    "average_derivative",
    "max_derivative",
    "activation_derivative",
    "lrn_derivative",
    "softmax_derivative",
)
THEOREMS: tuple[Theorem, ...] = (  # asked of implementations, before the laws without an oracle
    input_derivative.THEOREM,
    weight_derivative.THEOREM,
    bias_derivative.THEOREM,
    second_order.THEOREM,
)
LAWS: tuple[Theorem, ...] = (adjoint.THEOREM,)  # asked after the matrix
