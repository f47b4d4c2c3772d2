"""Weight derivative: ``w_bar = U(x)^T y_bar``; sharing in forward is adding in backward."""

from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem

THEOREM = Theorem(
    name="exact",
    statement="The weight derivative adds, over images and positions, what each tap read.",
    latex=r"\bar w = U(x)^\top \bar y",
    check=exact.check,
    families=EXACT,
    roles=("weight",),
)
