"""Pictures: structured matrices, sliding windows, plots and diagrams."""

from dataclasses import dataclass
from typing import Literal

from convproof.report.model.prose import Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An entry of a matrix that is not zero.

    Attributes:
        row: counted from 0.
        column: counted from 0.
        label: LaTeX: a letter with a subscript, a number, a fraction, or a sum of these.
        classes: which letters are in it; equal classes are drawn alike.
        marked: whether it is highlighted.
    """

    row: int
    column: int
    label: str
    classes: tuple[int, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A column of letters beside a matrix.

    Attributes:
        labels: LaTeX each.
        marked: positions that are highlighted.
        classes: of each entry, to be drawn like the cells of that class; empty: plain.
    """

    labels: tuple[str, ...]
    marked: frozenset[int] = frozenset()
    classes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A structured matrix, ``left = M right``, cells of one letter in one colour.

    Attributes:
        caption: below it.
        description: what a person hears who cannot see it.
        shape: rows and columns.
        cells: those that are not zero.
        left: the product; None: the matrix by itself.
        right: what is multiplied.
        row_rules: rows before which a line is drawn, between blocks.
        column_rules: columns before which a line is drawn.
        key: class and LaTeX label, for a key where cells are too many to be labelled.
    """

    caption: Prose
    description: str
    shape: tuple[int, int]
    cells: tuple[Cell, ...]
    left: Vector | None = None
    right: Vector | None = None
    row_rules: tuple[int, ...] = ()
    column_rules: tuple[int, ...] = ()
    key: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A cell of a grid that one frame of a sliding window colours.

    Attributes:
        row: counted from 0, the padding included.
        column: counted from 0, the padding included.
        label: LaTeX, written over the cell's own: the tap that is there.
        classes: the letters of the tap.
    """

    row: int
    column: int
    label: str
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A map of positions; a signal is a map of one row.

    Attributes:
        name: LaTeX of what it is.
        labels: LaTeX of every cell, row by row.
        padding: cells that are no positions of the input, as ``(row, column)``.
    """

    name: str
    labels: tuple[tuple[str, ...], ...]
    padding: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One position of the window.

    Attributes:
        reads: the taps on the input.
        writes: the cell of the output.
        done: cells of the output from earlier frames.
        equation: LaTeX of the output's sum.
        matrix_row: the row of the matrix that it is; its cells have row 0.
    """

    reads: tuple[Spot, ...]
    writes: tuple[int, int]
    done: tuple[tuple[int, int], ...]
    equation: str
    matrix_row: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A sliding window, frame by frame, each with its row of the matrix.

    Attributes:
        caption: below it.
        description: what a person hears who cannot see it.
        input: what is read.
        output: what is written.
        columns: of the matrix.
        frames: in the order of outputs.
        left_out: how many frames are not shown.
    """

    caption: Prose
    description: str
    input: Grid
    output: Grid
    columns: int
    frames: tuple[Frame, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of a plot that belong together.

    Attributes:
        name: in the key.
        points: x and y each; of bars, x is the number of the category.
        labels: of every point, or none.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis of a plot.

    Attributes:
        label: with its unit.
        logarithmic: whether equal factors are equal lengths.
        categories: names in the place of numbers.
    """

    label: str
    logarithmic: bool = False
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Numbers as a picture.

    Attributes:
        caption: below it.
        description: what a person hears who cannot see it.
        x: the horizontal axis.
        y: the vertical axis.
        series: what is drawn.
        style: as what.
    """

    caption: Prose
    description: str
    x: Scale
    y: Scale
    series: tuple[Series, ...]
    style: Literal["lines", "points", "bars"] = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node of a diagram.

    Attributes:
        name: of its own.
        label: what is written in it.
        note: below that, smaller.
        tone: boxes of one tone are of one kind.
    """

    name: str
    label: str
    note: str = ""
    tone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A directed graph without cycles.

    Attributes:
        caption: below it.
        description: what a person hears who cannot see it.
        boxes: each after those that point to it.
        arrows: names, from and to.
        key: tone and what it stands for.
    """

    caption: Prose
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]
    key: tuple[tuple[int, str], ...] = ()
