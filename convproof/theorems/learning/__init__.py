"""What is claimed of learning: regularisation, bases, low rank, maxout."""

from convproof.theorems.base import Theorem
from convproof.theorems.learning import (
    gaussian_basis,
    low_rank,
    maxout_convex,
    maxout_scaling,
    network_in_network,
)

PROOFS: tuple[str, ...] = (
    "regularisation",
    "prior",
    "gaussian_basis",
    "maxout_convex",
    "maxout_scaling",
    "tangents",
    "difference_of_maxouts",
    "network_in_network",
    "low_rank",
)
THEOREMS: tuple[Theorem, ...] = (
    gaussian_basis.THEOREM,
    gaussian_basis.BASIS,
    gaussian_basis.STEERED,
    network_in_network.THEOREM,
    low_rank.THEOREM,
    maxout_convex.THEOREM,
    maxout_scaling.THEOREM,
)
