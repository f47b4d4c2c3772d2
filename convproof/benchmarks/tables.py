"""Aligned text: words to the left, numbers to the right."""

from collections.abc import Sequence


def aligned(heading: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """Return a table whose first columns hold words and whose others hold numbers.

    Example:
        >>> print(aligned(["size", "ms"], [["small", "0.5"], ["large", "12.0"]]))
        size     ms
        small   0.5
        large  12.0
    """
    table = [heading, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for line in table:
        cells = [
            cell.ljust(width) if number < words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
