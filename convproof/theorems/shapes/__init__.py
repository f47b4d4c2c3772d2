"""Sizes: of outputs, of receptive fields, and counts of parameters and operations."""

from convproof.theorems.base import Theorem
from convproof.theorems.shapes import depth_growth, pooling_size, receptive_field, same_padding

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
    receptive_field.THEOREM,
    depth_growth.THEOREM,
    pooling_size.THEOREM,
)
