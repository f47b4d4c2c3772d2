"""The symbols of one operand: ``x_1 ... x_n``, in three notations.

Positions are counted from 1, as in print. Over several axes an index is a tuple, channels first;
an axis of channels is left out where there is only one. The entry at channel 1, row 2 is::

    x_{1,2} in SymPy and LaTeX            x₁₂ in Unicode, or x₁,₁₂ where an extent exceeds 9
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import sympy as sp

Notation = Literal["plain", "unicode", "latex"]

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LARGEST_DIGIT = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """One letter with an index for every entry of an array, by row-major flat position.

    Attributes:
        name: the letter.
        shape: extents of the array.
        channel_axes: how many leading axes are left out of the index where their extent is 1.

    Example:
        >>> Letters(name="x", shape=(1, 3), channel_axes=1).symbols()
        (x_1, x_2, x_3)
        >>> Letters(name="w", shape=(2, 1, 2), channel_axes=2).spellings("unicode")
        ('w₁₁', 'w₁₂', 'w₂₁', 'w₂₂')
    """

    name: str
    shape: tuple[int, ...]
    channel_axes: int = 0

    @property
    def extents(self) -> tuple[int, ...]:
        """Extents of the axes that the index names."""
        return tuple(n for a, n in enumerate(self.shape) if a >= self.channel_axes or n > 1)

    def differential(self) -> "Letters":
        """Return the letters ``dx`` of the gradient by ``x``."""
        return replace(self, name=f"d{self.name}")

    def symbols(self) -> tuple[sp.Symbol, ...]:
        """Return one SymPy symbol per flat position; ``sympy.latex`` prints it as we do."""
        return tuple(map(sp.Symbol, self.spellings("plain")))

    def spellings(self, notation: Notation) -> tuple[str, ...]:
        """Return every entry's name in one notation."""
        indices = product(*(range(1, n + 1) for n in self.extents))
        return tuple(self._spell(index, notation) for index in indices)

    def spell(self, position: int, notation: Notation) -> str:
        """Return the name of the entry at one flat position."""
        index: list[int] = []
        for extent in reversed(self.extents):
            position, i = divmod(position, extent)
            index.insert(0, i + 1)
        return self._spell(tuple(index), notation)

    def _spell(self, index: tuple[int, ...], notation: Notation) -> str:
        if not index:
            return self.name
        if notation == "unicode":
            comma = "," if len(index) > 1 and max(self.extents) > _LARGEST_DIGIT else ""
            return self.name + comma.join(map(str, index)).translate(_SUBSCRIPTS)
        subscript = ",".join(map(str, index))
        braces = notation == "latex" or len(index) > 1
        return f"{self.name}_{{{subscript}}}" if braces else f"{self.name}_{subscript}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reciprocals:
    """The constants ``1 / divisor`` in the place of weights: those of an average.

    Attributes:
        divisors: one integer per flat position, none of them 0.

    Example:
        >>> Reciprocals(divisors=(2, 1)).symbols()
        (1/2, 1)
    """

    divisors: tuple[int, ...]

    def symbols(self) -> tuple[sp.Rational, ...]:
        """Return the numbers."""
        return tuple(sp.Rational(1, divisor) for divisor in self.divisors)

    def spell(self, position: int, notation: Notation) -> str:
        """Return one number in one notation."""
        value = sp.Rational(1, self.divisors[position])
        return str(sp.latex(value) if notation == "latex" else value)
