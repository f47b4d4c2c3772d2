"""A signal on the integers: ``x[i]`` for ``begin <= i < begin + size``, and 0 elsewhere.

``begin`` is any integer, so that every signal of finite support is one of these. A sum over all
integers of products of signals is the sum over the indices that each signal is asked inside.
"""

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver.sums import Entry
from convproof.symbolic.solver.terms import Term, box


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal of finite support, with symbolic ends.

    Attributes:
        letter: its name.

    Example:
        >>> Signal("x").inside(index("i") - 1)
        (b_x <= i - 1, i - 1 < b_x + n_x)
    """

    letter: str

    @property
    def begin(self) -> sp.Symbol:
        """The first position of the support."""
        return index(f"b_{self.letter}")

    @property
    def size(self) -> sp.Symbol:
        """Positions of the support."""
        return size(f"n_{self.letter}")

    def inside(self, i: Term) -> tuple[Boolean, Boolean]:
        """Return that ``i`` lies in the support."""
        return box(self.begin, i, self.begin + self.size)

    def at(self, i: Term) -> Entry:
        """Return the factor ``x[i]``."""
        return self.letter, (i,)
