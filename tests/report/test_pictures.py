"""Coloured matrices and sliding windows: every cell is the derivation's."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from convproof.report.derivation.pictures import picture
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.derivation.window import window
from convproof.report.draw.matrix import matrix
from convproof.report.draw.shapes import Label, Rect, palette, tint
from convproof.report.draw.svg import svg
from convproof.report.draw.tikz import PT, scale_of, tikz
from convproof.report.model import Cell, Matrix
from convproof.symbolic import derive
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.letters import Letters
from convproof.symbolic.reading import Reading
from tests.report.samples import WINDOW

ALL = [(name, dims) for name in VARIANTS for dims in (1, 2)]


def _derived(name: str, dims: int) -> Derivation:
    return derive(*spec(VARIANTS[name], dims))


def _pictured(derivation: Derivation, reading: Reading) -> Matrix:
    return picture(derivation, reading, caption="M", left=derivation.a, right=derivation.x)


def wrong(block: Matrix, reading: Reading) -> str:
    """Return what of a picture is not the matrix: its shape, its entries, or who shares a colour.

    ``M[row, column]`` is spelled in the cell, and equal colours are equal letters.
    """
    if block.shape != reading.shape:
        return "shape"
    spelled = reading.spelled("latex")
    held = {(cell.row, cell.column): cell.label for cell in block.cells}
    for row, entries in enumerate(spelled):
        for column, entry in enumerate(entries):
            if held.get((row, column), "0") != entry:
                return "entry"
    pairs = {(cell.classes, cell.label) for cell in block.cells}
    if len({kind for kind, _ in pairs}) != len(pairs) or len({n for _, n in pairs}) != len(pairs):
        return "colour"
    return ""


@pytest.mark.parametrize(("name", "dims"), ALL)
def test_every_cell_of_a_picture_is_the_entry_of_the_matrix(name: str, dims: int) -> None:
    """T, T^T and, with weights, U^T and D."""
    derivation = _derived(name, dims)
    readings = [derivation.toeplitz, derivation.toeplitz.transposed]
    if derivation.has_weights:
        readings += [derivation.unfold.transposed, derivation.star]
    for reading in readings:
        assert wrong(_pictured(derivation, reading), reading) == ""


def _other_colour(cell: Cell) -> Cell:
    return replace(cell, classes=(7,)) if (cell.row, cell.column) == (1, 2) else cell


FAULTS: dict[str, Callable[[Matrix], Matrix]] = {
    "entry": lambda block: replace(
        block, cells=tuple(replace(c, row=c.column, column=c.row) for c in block.cells)
    ),
    "colour": lambda block: replace(block, cells=tuple(map(_other_colour, block.cells))),
    "shape": lambda block: replace(block, shape=block.shape[::-1]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_picture_is_found_out(fault: str) -> None:
    """Transposed cells, a shared weight in two colours, and exchanged sizes."""
    derivation = _derived("strided", 1)
    block = _pictured(derivation, derivation.toeplitz)
    assert wrong(FAULTS[fault](block), derivation.toeplitz) == fault


@pytest.mark.parametrize(("name", "dims"), ALL)
def test_a_frame_is_a_row_of_the_matrix_and_its_taps_are_where_they_read(
    name: str, dims: int
) -> None:
    """The cells of frame ``o`` are row ``o`` of T; taps on the padding read nothing."""
    derivation = _derived(name, dims)
    block = window(derivation, "w")
    assert block is not None
    rows = derivation.toeplitz.spelled("latex")
    assert len(block.frames) + block.left_out == len(rows)
    inputs = {label: place for place, label in enumerate(derivation.x.spellings("latex"))}
    for row, frame in zip(rows, block.frames, strict=False):
        held = {cell.column: cell.label for cell in frame.matrix_row}
        assert held == {column: entry for column, entry in enumerate(row) if entry != "0"}
        on_data = {
            inputs[block.input.labels[spot.row][spot.column]]: spot.label
            for spot in frame.reads
            if (spot.row, spot.column) not in block.input.padding
        }
        assert on_data == held


@pytest.mark.parametrize(("name", "dims"), ALL)
def test_frames_write_every_output_once_and_in_order(name: str, dims: int) -> None:
    block = window(_derived(name, dims), "w")
    assert block is not None
    written = [frame.writes for frame in block.frames]
    assert len(set(written)) == len(written)
    assert [frame.done for frame in block.frames] == [
        tuple(written[:number]) for number in range(len(written))
    ]


def _big() -> Derivation:
    layer, _ = spec(VARIANTS["standard"], 2)
    return derive(layer, (16, 16))


def test_a_matrix_of_196_rows_and_256_columns_is_drawn_cell_by_cell_and_its_corner_labelled() -> (
    None
):
    """14^2 rows, 16^2 columns, 9 taps a row: 1764 cells, each in the colour of its weight."""
    derivation = _big()
    block = _pictured(derivation, derivation.toeplitz)
    drawing = matrix(block)
    told = next(s.text for s in drawing.shapes if isinstance(s, Label) and "first" in s.text)
    rows, columns = map(int, re.findall(r"\d+", told))
    corner = [cell.label for cell in block.cells if cell.row < rows and cell.column < columns]
    assert len(corner) > 2 * rows
    fills = [shape for shape in drawing.shapes if isinstance(shape, Rect) and not shape.stroke]
    assert len(fills) == len(derivation.triples) + len(corner) == 196 * 9 + len(corner)
    assert {shape.fill for shape in fills} == {tint(number) for number in range(9)}
    labels = [shape.text for shape in drawing.shapes if isinstance(shape, Label) and shape.math]
    assert isinstance(derivation.w, Letters)
    assert labels == [*derivation.w.spellings("latex"), *corner]
    assert tikz(drawing).count("rectangle") == len(fills) + 9 + 1
    assert svg(drawing, "k").count("<rect") == len(fills) + 9


def test_a_matrix_too_wide_for_labels_has_the_number_of_its_letter_in_every_cell() -> None:
    """Not by colour alone: 16 rows, 36 columns, and a key of the nine numbers."""
    layer, _ = spec(VARIANTS["standard"], 2)
    derivation = derive(layer, (6, 6))
    block = _pictured(derivation, derivation.toeplitz)
    drawing = matrix(block)
    numbers = [s.text for s in drawing.shapes if isinstance(s, Label) and s.text.isdigit()]
    wanted = [str(number + 1) for cell in block.cells for number in cell.classes]
    assert numbers == [*wanted, *map(str, range(1, 10))]


@pytest.mark.parametrize("size", [(4, 5), (9, 25), (60, 3), (36, 36), (5, 200)])
def test_a_matrix_is_readable_in_print(size: tuple[int, int]) -> None:
    """No label of any matrix is smaller than 4.5 points on paper."""
    rows, columns = size
    held = tuple(
        Cell(row=r, column=c, label=f"w_{{{r % 9},{c % 9}}}", classes=(c % 9,))
        for r in range(rows)
        for c in (r % columns, (r + 1) % columns)
    )
    key = tuple((n, "w") for n in range(9))
    drawing = matrix(Matrix(caption="m", description="m", shape=size, cells=held, key=key))
    least = min(shape.size for shape in drawing.shapes if isinstance(shape, Label))
    assert PT * scale_of(drawing) * least >= 4.5


def test_a_picture_lies_on_its_sheet() -> None:
    """Nothing is clipped: every rectangle and every label's anchor is within the drawing."""
    for name, dims in ALL:
        derivation = _derived(name, dims)
        drawing = matrix(_pictured(derivation, derivation.toeplitz))
        for shape in drawing.shapes:
            if isinstance(shape, Rect):
                assert shape.x >= 0
                assert shape.y >= 0
                assert shape.x + shape.width <= drawing.width
                assert shape.y + shape.height <= drawing.height
            if isinstance(shape, Label):
                assert 0 <= shape.x <= drawing.width
                assert 0 <= shape.y <= drawing.height


def test_the_colours_of_a_matrix_are_different_and_known_to_both_back_ends() -> None:
    colours = [tint(number) for number in range(27)]
    assert len(set(colours)) == 27
    assert set(colours) <= set(palette())
    assert WINDOW.frames[0].reads[0].classes == (0, 1)
