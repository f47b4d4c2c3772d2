"""The variants of convolution, each in terms of another."""

from convproof.theorems.base import Theorem
from convproof.theorems.variants import (
    atrous,
    channels,
    composition,
    dilated,
    dilated_forward_strided_backward,
    feature_maps,
    fully_connected,
    locally_connected,
    pointwise,
    strided,
    transposed,
)

PROOFS: tuple[str, ...] = (
    "feature_maps",
    "pointwise",
    "fully_connected",
    "locally_connected",
    "strided",
    "dilated",
    "dilated_forward_strided_backward",
    "atrous",
    "transposed",
    "channels",
    "depthwise",
    "two_layers",
)
THEOREMS: tuple[Theorem, ...] = (
    channels.THEOREM,
    feature_maps.THEOREM,
    pointwise.THEOREM,
    fully_connected.THEOREM,
    locally_connected.THEOREM,
    strided.THEOREM,
    dilated.THEOREM,
    dilated_forward_strided_backward.THEOREM,
    atrous.THEOREM,
    transposed.THEOREM,
    composition.THEOREM,
)
