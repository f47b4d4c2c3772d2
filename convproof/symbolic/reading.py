"""The matrices of a bilinear map: readings of its triples along two of the three legs.

For ``a[o] = sum of w[k] x[i]`` over the triples ``(o, k, i)``::

    T[o,i] = sum w_k        a = T x        dx = T^T da
    U[o,k] = sum x_i        a = U w        dw = U^T da
    D[k,i] = sum da_o                      dw = D x         (da ⋆ x)

A reading holds the integer arrays and becomes SymPy's when asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp
from jaxtyping import Int
from sympy.polys.domains import EXRAW
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.sdm import SDM

from convproof.symbolic.letters import Letters, Notation, Reciprocals
from convproof.triples import Triples


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Reading:
    """The structured matrix ``M[row, column] = sum of entry``, over parallel integer arrays.

    Attributes:
        rows: row of each summand.
        columns: column of each summand.
        entries: which of ``letters`` each summand is.
        shape: rows and columns of the matrix.
        letters: what the entries are made of.

    Example:
        >>> from convproof.axes import Axis
        >>> axis = Axis(input_size=3, kernel_size=2)
        >>> toeplitz(axis.triples(), Letters(name="w", shape=(2,)))
        Matrix([
        [w_1, w_2,   0],
        [  0, w_1, w_2]])
    """

    rows: Int[np.ndarray, " t"]
    columns: Int[np.ndarray, " t"]
    entries: Int[np.ndarray, " t"]
    shape: tuple[int, int]
    letters: Letters | Reciprocals

    def __repr__(self) -> str:
        return repr(self.sparse())

    @property
    def transposed(self) -> "Reading":
        """The same matrix with rows and columns exchanged."""
        return Reading(
            rows=self.columns,
            columns=self.rows,
            entries=self.entries,
            shape=self.shape[::-1],
            letters=self.letters,
        )

    def sparse(self) -> sp.SparseMatrix:
        """Return the matrix as SymPy's.

        Its representation is filled directly: the public constructor sympifies every entry again,
        which costs nine tenths of its time.
        """
        symbols = self.letters.symbols()
        filled: dict[int, dict[int, sp.Expr]] = {}
        for r, c, e in self._summands():
            row = filled.setdefault(r, {})
            row[c] = row[c] + symbols[e] if c in row else symbols[e]
        if isinstance(self.letters, Reciprocals):
            return sp.SparseMatrix(
                *self.shape, {(r, c): v for r, row in filled.items() for c, v in row.items()}
            )
        matrix = DomainMatrix.from_rep(SDM(filled, self.shape, EXRAW))
        return sp.SparseMatrix._fromrep(matrix)  # noqa: SLF001  # the only cheap way in

    def times(self, vector: Letters) -> tuple[sp.Expr, ...]:
        """Return the entries of the matrix times a vector of letters, as explicit polynomials.

        Example:
            >>> from convproof.axes import Axis
            >>> triples = Axis(input_size=2, kernel_size=2, padding=(1, 0)).triples()
            >>> T = toeplitz(triples, Letters(name="w", shape=(2,)))
            >>> T.times(Letters(name="x", shape=(2,)))
            (w_2*x_1, w_1*x_1 + w_2*x_2)
        """
        symbols, factors = self.letters.symbols(), vector.symbols()
        terms: list[list[sp.Expr]] = [[] for _ in range(self.shape[0])]
        for r, c, e in self._summands():
            terms[r].append(_product(symbols[e], factors[c]))
        return tuple(sp.Add(*row) for row in terms)

    def spelled(self, notation: Notation = "plain") -> list[list[str]]:
        """Return every entry as text, row by row; "0" where there is none."""
        text = [["0"] * self.shape[1] for _ in range(self.shape[0])]
        names = [
            self.letters.spell(e, notation) for e in range(int(self.entries.max(initial=-1)) + 1)
        ]
        for r, c, e in sorted(self._summands()):
            text[r][c] = names[e] if text[r][c] == "0" else f"{text[r][c]} + {names[e]}"
        return text

    def _summands(self) -> Iterator[tuple[int, ...]]:
        legs = self.rows.tolist(), self.columns.tolist(), self.entries.tolist()
        return zip(*legs, strict=True)


def toeplitz(triples: Triples, w: Letters | Reciprocals) -> Reading:
    """Return ``T[o,i] = sum w_k``: the structured matrix of ``a = T x``."""
    outputs, _, inputs = triples.sizes
    return Reading(
        rows=triples.output,
        columns=triples.input,
        entries=triples.tap,
        shape=(outputs, inputs),
        letters=w,
    )


def unfold(triples: Triples, x: Letters) -> Reading:
    """Return ``U[o,k] = sum x_i``: the unfolding (im2col) of ``a = U w``."""
    outputs, taps, _ = triples.sizes
    return Reading(
        rows=triples.output,
        columns=triples.tap,
        entries=triples.input,
        shape=(outputs, taps),
        letters=x,
    )


def star(triples: Triples, da: Letters) -> Reading:
    """Return ``D[k,i] = sum da_o``: the matrix of ``dw = D x``, which is ``da ⋆ x``."""
    _, taps, inputs = triples.sizes
    return Reading(
        rows=triples.tap,
        columns=triples.input,
        entries=triples.output,
        shape=(taps, inputs),
        letters=da,
    )


def _product(a: sp.Expr, b: sp.Symbol) -> sp.Expr:
    """Return ``a * b``; of two symbols without SymPy's general flattening, five times as fast."""
    if not isinstance(a, sp.Symbol) or a == b:
        return a * b
    ordered = (a, b) if a.name < b.name else (b, a)  # SymPy's own order of symbols
    return sp.Mul._from_args(ordered, is_commutative=True)  # noqa: SLF001
