"""The variants of convolution, each in terms of another."""

from convproof.theorems.base import Theorem
from convproof.theorems.variants import channels, dilated, pointwise, strided, transposed

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
    pointwise.THEOREM,
    strided.THEOREM,
    dilated.THEOREM,
    transposed.THEOREM,
)
