r"""Tables in LaTeX: ``longtable`` over pages, columns of long text as wide as there is room."""

from convproof.report.formulas import letters
from convproof.report.model import (
    Badge,
    Code,
    Column,
    Inline,
    Math,
    Prose,
    Strong,
    Table,
    plain,
    runs,
)
from convproof.report.tex import prose

_SIZES = ((r"\small", 90.0), (r"\footnotesize", 100.0), (r"\scriptsize", 112.0))  # letters a line
_BETWEEN = 1.9  # letters between columns
_READABLE = 26.0  # letters that a column which wraps should have, if it has as many
_LEAST = 9.0
_HEAD, _WHOLE, _BEGIN = 4, 8, 3  # lines: a table's head; rows kept together; of a long one
_SAFE = 0.97  # of a line: letters are not all of one width


def table(block: Table) -> str:
    """Return a table."""
    size, letters_of_line, widths = _fitted(block)
    columns = "".join(
        _column(column, width / letters_of_line)
        for column, width in zip(block.columns, widths, strict=True)
    )
    last = len(block.columns) - 1
    head = " & ".join(_heading(c, n == 0, n == last) for n, c in enumerate(block.columns)) + r" \\"
    body = "\n".join(map(_row, block.rows))
    totals = "\\midrule\n" + "\n".join(map(_row, block.totals)) + "\n" if block.totals else ""
    above, inside = _caption(block, widths)
    count = len(block.rows) + len(block.totals)
    return (
        f"\\needroom{{{_HEAD + (count if count <= _WHOLE else _BEGIN)}\\baselineskip}}\n"
        f"\\begingroup{size}\\setlength{{\\tabcolsep}}{{4.5pt}}{above}\n"
        f"\\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}\n{inside}"
        f"\\toprule\n{head}\n\\midrule\n\\endfirsthead\n"
        f"\\toprule\n{head}\n\\midrule\n\\endhead\n"
        f"\\bottomrule\n\\endfoot\n{body}\n{totals}\\end{{longtable}}\n\\endgroup"
    )


def _caption(block: Table, widths: list[float]) -> tuple[str, str]:
    """Return the caption, above the table if it is longer than the table is wide, else in it."""
    text = prose(block.caption)
    if _length(block.caption) > sum(widths):
        return rf"{text}\par\nopagebreak\vskip-4pt", ""
    return "", rf"\multicolumn{{{len(widths)}}}{{@{{}}l@{{}}}}{{{text}}}\\[2pt]" + "\n"


def _row(row: tuple[Prose | int, ...]) -> str:
    return " & ".join(f"{c:,}" if isinstance(c, int) else prose(c) for c in row) + r" \\"


def _heading(column: Column, first: bool, last: bool) -> str:
    align = {"left": "l", "right": "r", "centre": "c"}[column.align]
    begin, end = ("@{}" if edge else "" for edge in (first, last))
    text = rf"\textsf{{{prose(column.heading)}}}"
    return text if column.wraps else rf"\multicolumn{{1}}{{{begin}{align}{end}}}{{{text}}}"


def _column(column: Column, part: float) -> str:
    if column.wraps:
        return rf">{{\raggedright\arraybackslash}}p{{{part:.3f}\linewidth}}"
    return {"left": "l", "right": "r", "centre": "c"}[column.align]


def _fitted(block: Table) -> tuple[str, float, list[float]]:
    """Return the size of letters, how many a line has, and those of every column.

    Columns that wrap share what the others leave; it is the largest size in which they can be read.
    """
    natural = [_natural(block, place) for place in range(len(block.columns))]
    pairs = list(zip(natural, (column.wraps for column in block.columns), strict=True))
    fixed = sum(width for width, soft in pairs if not soft)
    wanted = [width for width, soft in pairs if soft]
    between = _BETWEEN * (len(natural) - 1)
    needed = fixed + between + sum(min(width, _READABLE) for width in wanted)
    size, line = next((pair for pair in _SIZES if pair[1] >= needed), _SIZES[-1])
    soft = iter(_shared(_SAFE * line - between - fixed, wanted))
    return size, line, [next(soft) if wraps else width for width, wraps in pairs]


def _shared(room: float, wanted: list[float]) -> list[float]:
    """Return what columns that wrap get: what can be read first, the rest as they want it."""
    least = [min(width, _READABLE) for width in wanted]
    more = [width - held for width, held in zip(wanted, least, strict=True)]
    rest = room - sum(least)
    if rest < 0:
        return [max(_LEAST, held * room / sum(least)) for held in least]
    share = min(1.0, rest / (sum(more) or 1.0))
    return [held + share * extra for held, extra in zip(least, more, strict=True)]


def _natural(block: Table, place: int) -> float:
    cells = [row[place] for row in (*block.rows, *block.totals)]
    longest = max(map(_length, [block.columns[place].heading, *cells]), default=1.0)
    return longest + 0.6


def _length(cell: Prose | int) -> float:
    if isinstance(cell, int):
        return float(len(f"{cell:,}"))
    return sum(map(_length_of_run, runs(cell)))


def _length_of_run(run: Inline) -> float:
    if isinstance(run, Math):
        return 1.15 * letters(run.latex)
    sign = 2.5 if isinstance(run, Badge) else 0.0
    return sign + len(plain((run,))) * _WIDER[type(run)]


_WIDER = {str: 1.0, Strong: 1.15, Code: 1.15, Badge: 1.3}
