"""Text for a terminal of any width, and for a pipe, whose lines may be as long as they like."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from textwrap import wrap

from convproof.benchmarks.tables import aligned

_LEAST = 20  # columns of what is folded
_KEPT = "\N{NO-BREAK SPACE}"  # where a cell is not folded


def width() -> int | None:
    """Return the columns of the terminal, or ``$COLUMNS``; None: of a pipe, any number."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return None
    return shutil.get_terminal_size().columns


def table(
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
    words: int,
    columns: int | None,
    head: int = 1,
) -> str:
    """Return an aligned table, or, where that is too wide, a record of each row.

    Args:
        heading: the names of the columns.
        rows: cells.
        words: how many columns are aligned to the left.
        columns: that there is room for.
        head: how many cells are the first line of a record; the others follow, with their names.

    Example:
        >>> print(table(["size", "ms"], [["small", "0.5"]], 1, 10))
        size    ms
        small  0.5
        >>> print(table(["size", "ms"], [["small", "0.5"]], 1, 9))
        small
          ms 0.5
    """
    text = aligned(heading, rows, words)
    if columns is None or max(map(len, text.splitlines())) <= columns:
        return text
    lines = []
    for row in rows:
        lines += folded(" ".join(row[:head]), columns, 2)
        told = zip(heading[head:], row[head:], strict=True)
        cells = ", ".join(f"{name} {cell}".replace(" ", _KEPT) for name, cell in told)
        lines += [line.replace(_KEPT, " ") for line in folded(f"  {cells}", columns, 2)]
    return "\n".join(lines)


def folded(line: str, columns: int | None, indent: int) -> list[str]:
    """Return a line as several, the later ones indented; a word is never broken.

    Example:
        >>> folded("first second third fourth", 20, 2)
        ['first second third', '  fourth']
    """
    if columns is None:
        return [line]
    return wrap(
        line, max(columns, _LEAST), subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def notes(found: Mapping[str, str], columns: int | None, indent: int = 0) -> list[str]:
    """Return a line for each name with its note beside it, folded under itself; or below the name.

    Example:
        >>> notes({"numpy": "on CPUs", "gpu": "CUDA"}, None)
        ['numpy  on CPUs', 'gpu    CUDA']
    """
    longest = max(map(len, found), default=0)
    beside = indent + longest + 2
    lines = []
    for name, note in found.items():
        head = " " * indent + name
        if columns is not None and 2 * beside > columns:
            lines += [head, *folded(" " * (indent + 2) + note, columns, indent + 2)]
        else:
            lines += folded(head.ljust(beside) + note, columns, beside)
    return lines
