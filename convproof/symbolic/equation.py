"""One equation of a derivation, ``left = M right``, with its matrix written out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from convproof.symbolic.layout import (
    ABBREVIATED,
    READABLE,
    Grid,
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

_LINE = 345.0  # points of a line of LaTeX's article
_SEPARATION = 3.0  # points on both sides of a column
_POINTS = {"+": 12.3, ",": 2.4}  # its blanks with the sign
_FENCES = 6 * 9.0 + 24.0  # points of the parentheses, the equals sign and the dot


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
        for columns in self._choices():
            lines = self._lines(columns)
            if width is None or max(map(len, lines)) <= width:
                return "\n".join(lines)
        rows, size = self.matrix.shape
        return f"({rows} × {size}: too wide)"

    @property
    def complete(self) -> bool:
        """Whether the matrix is shown without dots where there is room."""
        return max(self.matrix.shape) <= READABLE

    def latex(self) -> str:
        """Return the title and the law as text, and the equation as a display that fits a line.

        Where a line of 345 points has no room for all columns, fewer are shown.
        """
        choices = list(self._choices())
        columns = next((each for each in choices if self._points(each) <= _LINE), choices[-1])
        title = self.title[:1].upper() + self.title[1:]
        law = self.latex_law.replace("&=", "=")
        held = self._latex_equation("=", columns)
        return f"{title}, ${law}$:\n\\[\n\\arraycolsep={_SEPARATION:g}pt\n{held}\n\\]"

    def aligned(self) -> str:
        """Return the law and the equation written out, as two lines of an ``aligned``."""
        law = rf"{self.latex_law} && \text{{{self.title}}}"
        return f"{law} \\\\\n{self._latex_equation('&=', shown(self.matrix.shape[1]))}"

    def _repr_latex_(self) -> str:
        return f"$$\\begin{{aligned}}\n{self.aligned()}\n\\end{{aligned}}$$"

    def _latex_equation(self, equals: str, columns: Shown) -> str:
        left, matrix, right = map(latex_matrix, self._latex_grids(columns))
        return f"{left} {equals} {matrix} \\cdot {right}"

    def _latex_grids(self, columns: Shown) -> tuple[Grid, Grid, Grid]:
        rows = shown(self.matrix.shape[0])
        return (
            vector_grid(self.left, rows, "latex"),
            matrix_grid(self.matrix, rows, columns, "latex"),
            vector_grid(self.right, columns, "latex"),
        )

    def _choices(self) -> Iterator[Shown]:
        """Yield which columns may be shown, the most first."""
        size = self.matrix.shape[1]
        for most in range(size if size <= READABLE else ABBREVIATED, 0, -1):
            yield shown(size, most)

    def _points(self, columns: Shown) -> float:
        """Return how wide the equation is in print, or a little more."""
        return _FENCES + sum(map(_points_of_grid, self._latex_grids(columns)))

    def _lines(self, columns: Shown) -> list[str]:
        rows = shown(self.matrix.shape[0])
        left = bracketed(vector_grid(self.left, rows, "unicode"))
        matrix = bracketed(matrix_grid(self.matrix, rows, columns, "unicode"))
        right = bracketed(vector_grid(self.right, columns, "unicode"))
        return beside(left, [" = "], matrix, [" · "], right)


def _points_of_grid(grid: Grid) -> float:
    widest = (max(map(_points_of, column)) for column in zip(*grid, strict=True))
    return sum(points + 2 * _SEPARATION for points in widest)


def _points_of(entry: str) -> float:
    """Return the points of an entry: of its dots, letters, signs, commas and indices."""
    dots = 13.0 * len(re.findall(r"\\[cd]dots", entry))
    marks = re.sub(r"\\[a-z]+|[_{} ]", "", entry)
    return dots + sum(_POINTS.get(mark, 7.2 if mark.isalpha() else 4.0) for mark in marks)
