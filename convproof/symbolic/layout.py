"""Matrices as text: zeros are blank, and dots stand for what is left out.

Of a long axis the first and the last positions are shown. A dot mark stands only where something
that is not zero is left out, so that a blank is a zero throughout::

    ⋮ below in this column       ⋯ further in this row       ⋱ in neither
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from convproof.symbolic.letters import Letters, Notation
from convproof.symbolic.reading import Reading

READABLE = 16  # positions that are shown without dots
ABBREVIATED = 9  # positions that are shown of more

_DOTS = {"unicode": ("⋮", "⋯", "⋱"), "latex": (r"\vdots", r"\cdots", r"\ddots")}
_PMATRIX_COLUMNS = 10  # amsmath's MaxMatrixCols
Grid = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which positions of an axis are shown: the first ``head`` and the last ``tail``.

    Attributes:
        size: number of positions.
        head: how many are shown at the start.
        tail: how many are shown at the end.
    """

    size: int
    head: int
    tail: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is left out."""
        return self.head + self.tail == self.size

    @property
    def count(self) -> int:
        """Number of places, the dots included."""
        return self.head + self.tail + (not self.complete)

    def place(self, positions: Int[np.ndarray, " t"]) -> Int[np.ndarray, " t"]:
        """Return where each position is shown; what is left out is at ``head``."""
        left_out = self.size - self.head - self.tail
        late = positions - left_out + (not self.complete)
        return np.where(positions < self.head, positions, np.maximum(late, self.head))


def shown(size: int, most: int | None = None) -> Shown:
    """Return which positions to show of an axis, ``most`` being what there is room for.

    Example:
        >>> shown(7), shown(100)
        (Shown(size=7, head=7, tail=0), Shown(size=100, head=6, tail=3))
    """
    if size <= (READABLE if most is None else min(most, READABLE)):
        return Shown(size=size, head=size)
    room = ABBREVIATED if most is None or size > READABLE else most
    room = room if most is None else min(room, most)
    tail = min(room - 1, max(1, room // 3))
    return Shown(size=size, head=room - tail, tail=tail)


def matrix_grid(reading: Reading, rows: Shown, columns: Shown, notation: Notation) -> Grid:
    """Return the shown part of a matrix, one text per place."""
    vertical, horizontal, diagonal = _DOTS[notation]
    grid = [[""] * columns.count for _ in range(rows.count)]
    r, c = rows.place(reading.rows), columns.place(reading.columns)
    dotted_row = (r == rows.head) & (not rows.complete)
    dotted_column = (c == columns.head) & (not columns.complete)
    for where, mark in (
        (dotted_row & ~dotted_column, vertical),
        (dotted_column & ~dotted_row, horizontal),
        (dotted_row & dotted_column, diagonal),
    ):
        for place in np.unique(r[where] * columns.count + c[where]).tolist():
            grid[place // columns.count][place % columns.count] = mark
    plain = ~(dotted_row | dotted_column)
    legs = (r[plain].tolist(), c[plain].tolist(), reading.entries[plain].tolist())
    for row, column, entry in sorted(zip(*legs, strict=True)):
        name, before = reading.letters.spell(entry, notation), grid[row][column]
        grid[row][column] = f"{before} + {name}" if before else name
    return grid


def vector_grid(letters: Letters, rows: Shown, notation: Notation) -> Grid:
    """Return the shown part of a column of letters."""
    dots = [] if rows.complete else [[_DOTS[notation][0]]]
    first = [[letters.spell(i, notation)] for i in range(rows.head)]
    last = [[letters.spell(i, notation)] for i in range(rows.size - rows.tail, rows.size)]
    return [*first, *dots, *last]


def bracketed(grid: Grid) -> list[str]:
    r"""Return the lines of a matrix between parentheses, its columns aligned.

    Example:
        >>> print("\n".join(bracketed([["w₁", "w₂", ""], ["", "w₁", "w₂"]])))
        ⎛w₁ w₂   ⎞
        ⎝   w₁ w₂⎠
    """
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    least = min(filter(None, widths), default=1)  # of a column of zeros
    widths = [width or least for width in widths]
    lines = [
        " ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in grid
    ]
    if len(lines) == 1:
        return [f"({lines[0]})"]
    left = ["⎛", *"⎜" * (len(lines) - 2), "⎝"]
    right = ["⎞", *"⎟" * (len(lines) - 2), "⎠"]
    return [f"{a}{line}{b}" for a, line, b in zip(left, lines, right, strict=True)]


def beside(*blocks: list[str]) -> list[str]:
    """Return blocks of text in a row, each in the middle of the height."""
    height = max(map(len, blocks))
    columns = []
    for block in blocks:
        above = (height - len(block)) // 2
        below = height - len(block) - above
        blank = " " * max(map(len, block))
        columns.append([*[blank] * above, *block, *[blank] * below])
    return ["".join(parts).rstrip() for parts in zip(*columns, strict=True)]


def latex_matrix(grid: Grid) -> str:
    """Return a ``pmatrix``, or an ``array`` where amsmath's has too few columns."""
    body = r" \\ ".join(" & ".join(row) for row in grid)
    if len(grid[0]) <= _PMATRIX_COLUMNS:
        return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
    columns = "c" * len(grid[0])
    return rf"\left( \begin{{array}}{{{columns}}} {body} \end{{array}} \right)"
