"""Second order: the trilinear form ``<f(x, w), y_bar>`` is closed under derivatives."""

from convproof.functions import SECOND
from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem

THEOREM = Theorem(
    name="exact",
    statement="Directional and second derivatives are the first ones on other arrays.",
    latex=r"\dot y = f(\dot x, w) + f(x, \dot w)",
    check=exact.check,
    families=EXACT,
    roles=SECOND,
)
