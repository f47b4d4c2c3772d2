"""Bias derivative: ``b_bar[m]`` is the sum of the cotangent over channel ``m``."""

from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem

THEOREM = Theorem(
    name="exact",
    statement="The bias derivative sums the cotangent over images and positions.",
    latex=r"\bar b_m = \sum_{n,o} \bar y_{n,m,o}",
    check=exact.check,
    families=EXACT,
    roles=("bias",),
)
