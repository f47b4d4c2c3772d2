"""Input derivative: ``x_bar = T(w)^T y_bar``, what each input gave to the outputs that read it."""

from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem

THEOREM = Theorem(
    name="exact",
    statement="The input derivative is the transposed map applied to the cotangent.",
    latex=r"\bar x = T(w)^\top \bar y",
    check=exact.check,
    families=EXACT,
    roles=("input",),
)
