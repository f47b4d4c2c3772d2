"""What is claimed of learning: regularisation, bases, low rank, maxout."""

from convproof.theorems.base import Theorem
from convproof.theorems.learning import maxout_scaling

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
THEOREMS: tuple[Theorem, ...] = (maxout_scaling.THEOREM,)
