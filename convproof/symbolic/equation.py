"""One equation of a derivation, ``left = M right``, with its matrix written out."""

from dataclasses import dataclass

from convproof.symbolic.layout import (
    ABBREVIATED,
    READABLE,
    Shown,
    beside,
    bracketed,
    latex_matrix,
    matrix_grid,
    shown,
    vector_grid,
)
from convproof.symbolic.letters import Letters
from convproof.symbolic.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Equation:
    """``left = matrix right``, printed as Unicode text and as LaTeX.

    Attributes:
        title: what the equation is.
        law: the equation with its matrix as one letter.
        latex_law: the same in LaTeX, its sides joined by ``&=``.
        left: letters of the left-hand side.
        matrix: the matrix.
        right: letters of the vector it multiplies.
    """

    title: str
    law: str
    latex_law: str
    left: Letters
    matrix: Reading
    right: Letters

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = None) -> str:
        """Return the equation written out, in at most ``width`` columns if one is given.

        Where not even one column of the matrix fits, its size is returned instead.
        """
        rows, columns = self.matrix.shape
        for most in range(columns if columns <= READABLE else ABBREVIATED, 0, -1):
            lines = self._lines(shown(columns, most))
            if width is None or max(map(len, lines)) <= width:
                return "\n".join(lines)
        return f"({rows} × {columns}: too wide)"

    @property
    def complete(self) -> bool:
        """Whether the matrix is shown without dots where there is room."""
        return max(self.matrix.shape) <= READABLE

    def latex(self) -> str:
        """Return the law and the equation written out, as two lines of an ``align``."""
        rows, columns = map(shown, self.matrix.shape)
        matrix = latex_matrix(matrix_grid(self.matrix, rows, columns, "latex"))
        left = latex_matrix(vector_grid(self.left, rows, "latex"))
        right = latex_matrix(vector_grid(self.right, columns, "latex"))
        law = rf"{self.latex_law} && \text{{{self.title}}}"
        return f"{law} \\\\\n{left} &= {matrix} \\cdot {right}"

    def _repr_latex_(self) -> str:
        return f"$$\\begin{{aligned}}\n{self.latex()}\n\\end{{aligned}}$$"

    def _lines(self, columns: Shown) -> list[str]:
        rows = shown(self.matrix.shape[0])
        left = bracketed(vector_grid(self.left, rows, "unicode"))
        matrix = bracketed(matrix_grid(self.matrix, rows, columns, "unicode"))
        right = bracketed(vector_grid(self.right, columns, "unicode"))
        return beside(left, [" = "], matrix, [" · "], right)
