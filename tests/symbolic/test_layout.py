"""A matrix in print: blanks are zeros, and every dot mark stands for something."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.axes import Axis
from convproof.symbolic import Letters, Reading
from convproof.symbolic.layout import (
    READABLE,
    Shown,
    beside,
    bracketed,
    latex_matrix,
    matrix_grid,
    shown,
    vector_grid,
)
from convproof.symbolic.reading import toeplitz


@st.composite
def shown_axes(draw: st.DrawFn) -> Shown:
    """Draw which positions of an axis are shown; shrinks towards one position, shown."""
    head, tail = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    return Shown(size=head + tail + draw(st.integers(0, 4)), head=head, tail=tail)


@st.composite
def readings(draw: st.DrawFn, rows: int, columns: int) -> Reading:
    """Draw a sparse matrix of letters."""
    summand = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1), st.integers(0, 2))
    drawn = np.array(draw(st.lists(summand, max_size=20)), dtype=int).reshape(-1, 3)
    return Reading(
        rows=drawn[:, 0],
        columns=drawn[:, 1],
        entries=drawn[:, 2],
        shape=(rows, columns),
        letters=Letters(name="w", shape=(3,)),
    )


def groups(axis: Shown) -> list[list[int]]:
    """Return the positions at each place: one where it is shown, several where dots are."""
    first = [[i] for i in range(axis.head)]
    last = [[i] for i in range(axis.size - axis.tail, axis.size)]
    hidden = list(range(axis.head, axis.size - axis.tail))
    return first + ([hidden] if hidden else []) + last


@settings(deadline=None)
@given(st.data(), shown_axes(), shown_axes())
def test_an_abbreviated_matrix_is_true(data: st.DataObject, rows: Shown, columns: Shown) -> None:
    """What is shown is the entry; a mark stands for entries of which one at least is not zero."""
    reading = data.draw(readings(rows.size, columns.size))
    entries, grid = reading.spelled("unicode"), matrix_grid(reading, rows, columns, "unicode")
    marks = {(True, False): "⋮", (False, True): "⋯", (True, True): "⋱"}
    assert len(grid) == rows.count
    for r, texts in zip(groups(rows), grid, strict=True):
        for c, text in zip(groups(columns), texts, strict=True):
            behind = {entries[i][j] for i in r for j in c} - {"0"}
            dotted = (not rows.complete and r == groups(rows)[rows.head],
                      not columns.complete and c == groups(columns)[columns.head])  # fmt: skip
            if any(dotted):
                assert text == (marks[dotted] if behind else "")
            else:
                assert {text} - {""} == behind


@settings(deadline=None)
@given(st.integers(1, 200), st.none() | st.integers(1, 30))
def test_what_is_shown_is_readable(size: int, most: int | None) -> None:
    """No more than there is room for; everything up to 16, and the first one always."""
    axis = shown(size, most)
    assert 1 <= axis.head <= size
    assert axis.head + axis.tail <= min(READABLE, size if most is None else most)
    assert axis.complete == (size <= min(READABLE, READABLE if most is None else most))
    assert axis.complete or axis.tail or axis.head == 1


def test_a_band_is_abbreviated_along_its_diagonal() -> None:
    """A band of n = 100, r = 2: the first six rows and the last three."""
    triples = Axis(input_size=100, kernel_size=2).triples()
    reading = toeplitz(triples, Letters(name="w", shape=(2,)))
    grid = matrix_grid(reading, shown(99), shown(100), "unicode")
    expected = """\
⎛w₁ w₂                       ⎞
⎜   w₁ w₂                    ⎟
⎜      w₁ w₂                 ⎟
⎜         w₁ w₂              ⎟
⎜            w₁ w₂           ⎟
⎜               w₁ ⋯         ⎟
⎜                  ⋱         ⎟
⎜                  ⋯ w₂      ⎟
⎜                    w₁ w₂   ⎟
⎝                       w₁ w₂⎠"""
    assert "\n".join(bracketed(grid)) == expected


def test_a_vector_is_abbreviated_like_the_matrix() -> None:
    grid = vector_grid(Letters(name="x", shape=(100,)), shown(100), "unicode")
    assert [text for [text] in grid] == [
        "x₁", "x₂", "x₃", "x₄", "x₅", "x₆", "⋮", "x₉₈", "x₉₉", "x₁₀₀",
    ]  # fmt: skip


def test_one_row_has_plain_parentheses() -> None:
    assert bracketed([["w₁", "", "w₂"]]) == ["(w₁    w₂)"]


def test_a_column_of_zeros_is_as_wide_as_the_others() -> None:
    assert bracketed([["", "w₁"], ["", "w₂"]]) == ["⎛   w₁⎞", "⎝   w₂⎠"]
    assert bracketed([[""]]) == ["( )"]


def test_blocks_stand_in_the_middle() -> None:
    assert beside(["a"], [" = "], ["1", "2", "3"]) == ["    1", "a = 2", "    3"]


@pytest.mark.parametrize(("columns", "environment"), [(10, "pmatrix"), (11, "array")])
def test_a_latex_matrix_has_columns_enough(columns: int, environment: str) -> None:
    """The pmatrix of amsmath takes ten."""
    text = latex_matrix([["x"] * columns] * 2)
    assert rf"\begin{{{environment}}}" in text
    assert text.count("&") == 2 * (columns - 1)
    assert text.count(r"\\") == 1
