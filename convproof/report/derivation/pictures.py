"""Readings of a derivation as coloured matrices."""

from collections.abc import Callable

import numpy as np

from convproof.report.model import Cell, Matrix, Prose, Vector
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.letters import Letters, Reciprocals
from convproof.symbolic.reading import Reading

Marks = Callable[[int, int], bool]


def nothing(row: int, column: int) -> bool:
    """Return that no cell is marked."""
    del row, column
    return False


def classes(letters: Letters | Reciprocals, count: int) -> tuple[int, ...]:
    """Return the class of every letter; equal constants are of one class."""
    if isinstance(letters, Letters):
        return tuple(range(count))
    values = sorted(set(letters.divisors))
    return tuple(values.index(divisor) for divisor in letters.divisors)


def cells(reading: Reading, marks: Marks = nothing) -> tuple[Cell, ...]:
    """Return the entries of a matrix that are not zero, row by row, summands in their order."""
    held: dict[tuple[int, int], list[int]] = {}
    legs = (reading.rows.tolist(), reading.columns.tolist(), reading.entries.tolist())
    for row, column, entry in sorted(zip(*legs, strict=True)):
        held.setdefault((row, column), []).append(entry)
    count = int(reading.entries.max(initial=-1)) + 1
    kinds = classes(reading.letters, count)
    names = [reading.letters.spell(entry, "latex") for entry in range(count)]
    return tuple(
        Cell(
            row=row, column=column, label=" + ".join(names[e] for e in entries),
            classes=tuple(dict.fromkeys(kinds[e] for e in entries)), marked=marks(row, column),
        )
        for (row, column), entries in held.items()
    )  # fmt: skip


def picture(
    derivation: Derivation,
    reading: Reading,
    *,
    caption: Prose,
    left: Letters,
    right: Letters,
    marks: Marks = nothing,
    marked_right: frozenset[int] = frozenset(),
    spatial: tuple[int, int] = (1, 1),
) -> Matrix:
    """Return a reading as a picture, ``left = M right``.

    Args:
        derivation: whose reading it is.
        reading: the matrix.
        caption: below it.
        left: the product.
        right: what is multiplied.
        marks: which cells are highlighted.
        marked_right: which entries of the right vector are.
        spatial: how many rows, and columns, one channel or line of positions has: rules between.
    """
    rows, columns = reading.shape
    held = cells(reading, marks)
    w = reading.letters
    kinds = "constants" if isinstance(w, Reciprocals) else f"letters {w.name}"
    return Matrix(
        caption=caption,
        description=(
            f"{derivation.name}: a matrix of {rows} rows and {columns} columns, {len(held)} of its "
            f"entries are {kinds}, the others are zero; entries of one letter have one colour."
        ),
        shape=reading.shape,
        cells=held,
        left=Vector(labels=left.spellings("latex")),
        right=Vector(labels=right.spellings("latex"), marked=marked_right),
        row_rules=tuple(range(spatial[0], rows, spatial[0])) if spatial[0] > 1 else (),
        column_rules=tuple(range(spatial[1], columns, spatial[1])) if spatial[1] > 1 else (),
        key=_key(reading),
    )


def block_size(letters: Letters) -> int:
    """Return how many entries one channel has, or with one channel one line; 1 for no blocks."""
    extents = letters.extents
    return int(np.prod(extents[1:])) if len(extents) > 1 else 1


def _key(reading: Reading) -> tuple[tuple[int, str], ...]:
    """Return every class that is there, with the letter or the constant that it stands for."""
    count = int(reading.entries.max(initial=-1)) + 1
    kinds = classes(reading.letters, count)
    found = {kinds[e]: reading.letters.spell(e, "latex") for e in set(reading.entries.tolist())}
    return tuple(sorted(found.items()))
