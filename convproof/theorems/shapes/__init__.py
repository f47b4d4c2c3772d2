"""Sizes: of outputs, of receptive fields, and counts of parameters and operations."""

from convproof.theorems.base import Theorem
from convproof.theorems.shapes import (
    depth_growth,
    pooling_size,
    receptive_field,
    same_padding,
    tensorflow_same,
    three_3x3_is_7x7,
)

PROOFS: tuple[str, ...] = (
    "output_size",
    "ceil_mode",
    "same_padding",
    "tensorflow_same",
    "full_and_valid",
    "transposed_size",
    "pooling_size",
    "stacked_sizes",
    "receptive_field",
    "depth_growth",
    "three_3x3_is_7x7",
    "fully_connected_size",
    "parameter_count",
    "operation_count",
)
THEOREMS: tuple[Theorem, ...] = (
    same_padding.THEOREM,
    tensorflow_same.THEOREM,
    receptive_field.THEOREM,
    depth_growth.THEOREM,
    three_3x3_is_7x7.THEOREM,
    pooling_size.THEOREM,
)
