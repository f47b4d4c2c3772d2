"""Text for terminals of any width: nothing is lost, and no line is wider."""

import re
from collections.abc import Iterator

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import implementation
from convproof.cli import group, run
from convproof.cli.terminal import folded, notes, table

WORD = st.text("abcxyz09-.", min_size=1, max_size=8)
NOTE = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
COLUMNS = st.integers(24, 90)


@given(st.lists(st.tuples(WORD, WORD, WORD), min_size=1, max_size=4), COLUMNS)
def test_a_record_has_every_cell_with_its_name(rows: list[tuple[str, ...]], columns: int) -> None:
    """Where a table is too wide; a table is never wider than is said."""
    heading = ("one", "two", "three")
    text = table(heading, rows, 1, columns)
    assert max(map(len, text.splitlines())) <= columns
    narrow = table(heading, rows, 1, 1)
    told = [f"{row[0]} {', '.join(f'{n} {c}' for n, c in zip(heading[1:], row[1:], strict=True))}"
            for row in rows]  # fmt: skip
    assert narrow.split() == " ".join(told).split()


@given(st.dictionaries(WORD, NOTE, max_size=4), COLUMNS, st.integers(0, 4))
def test_notes_are_folded_and_none_is_lost(
    found: dict[str, str], columns: int, indent: int
) -> None:
    lines = notes(found, columns, indent)
    assert max(map(len, lines), default=0) <= columns
    assert " ".join(lines).split() == " ".join(f"{n} {v}" for n, v in found.items()).split()
    assert len(notes(found, None, indent)) == len(found)


@given(NOTE, COLUMNS)
def test_a_line_that_fits_is_one(line: str, columns: int) -> None:
    assert folded(line, None, 2) == [line]
    assert (folded(line, columns, 2) == [line]) == (len(line) <= columns)


@pytest.mark.parametrize("command", ["list", "doctor"])
def test_list_and_doctor_stand_in_sixty_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of a pipe's lines, in lines of 60; a path or a name alone may be longer."""
    monkeypatch.setattr(implementation, "implementation_names", lambda: ("gpu", "numpy"))
    monkeypatch.delenv("COLUMNS", raising=False)
    assert run([command]) == 0
    piped = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "60")
    assert run([command]) == 0
    out = capsys.readouterr().out
    assert out.split() == piped.split()
    assert all(len(line) <= 60 or re.fullmatch(r"\s*\S+", line) for line in out.splitlines())
    assert len(out.splitlines()) > len(piped.splitlines())


def _commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from _commands(found, *path, name)


def test_every_help_stands_in_sixty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that are kept as they are written, too."""
    monkeypatch.setenv("COLUMNS", "60")
    for path in _commands(group):
        assert run([*path, "--help"]) == 0
        wide = [line for line in capsys.readouterr().out.splitlines() if len(line) > 60]
        assert not wide, path


def test_a_name_of_two_words_is_not_folded() -> None:
    """Nor is it parted from its cell, at any width that has room for both."""
    heading, row = ("layer", "us", "best us", "error"), ("conv1", "2.0", "30.5", "1e-7")
    for columns in range(20, 26):
        text = table(heading, [row], 1, columns)
        assert text.startswith("conv1\n")
        assert "best us 30.5" in text
