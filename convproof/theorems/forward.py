"""Forward: what a layer is, ``a = T(w) x`` and its relatives."""

from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem

THEOREM = Theorem(
    name="exact",
    statement="The output is the derived one.",
    latex=r"a = T(w)\, x",
    check=exact.check,
    families=EXACT,
    roles=("forward",),
)
