"""The picture of one equation of a derivation: ``Derivation.figure()``."""

from typing import TYPE_CHECKING

from convproof.errors import UnsupportedError
from convproof.report.derivation.pictures import block_size, picture
from convproof.report.draw.matrix import matrix
from convproof.report.draw.mpl import drawn
from convproof.report.model import Matrix
from convproof.symbolic.derivation import Derivation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(derivation: Derivation, equation: str = "forward") -> "Figure":
    """Return the coloured matrix of one equation as a Matplotlib figure.

    Args:
        derivation: whose it is.
        equation: the title of one of ``derivation.equations()``.

    Raises:
        UnsupportedError: if the derivation has no such equation.
        MissingExtraError: if Matplotlib is not installed.
    """
    return drawn(matrix(block(derivation, equation)))


def block(derivation: Derivation, equation: str) -> Matrix:
    """Return the coloured matrix of one equation."""
    named = {each.title: each for each in derivation.equations()}
    if equation not in named:
        msg = f"{derivation.name} has no equation {equation!r}: there are {', '.join(named)}."
        raise UnsupportedError(msg)
    held = named[equation]
    return picture(
        derivation, held.matrix, caption=f"{held.title}: {held.law}", left=held.left,
        right=held.right, spatial=(block_size(held.left), block_size(held.right)),
    )  # fmt: skip
