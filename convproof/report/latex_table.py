r"""Tables in LaTeX: ``longtable`` over pages, columns of long text as wide as there is room."""

from math import ceil

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
_WHOLE = 16  # lines of a table that no page may break
_KEPT = 2  # rows of a long one that stand on one page with its head, and at its end
_HEIGHT = 12.5  # points of a line
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
    inside = _caption(block, widths)
    above = "" if inside else prose(block.caption) + r"\par\nopagebreak"
    loose = r"\setlength{\extrarowheight}{2pt}" if _is_loose(block, widths) else ""
    begin = f"\\begingroup{size}\\setlength{{\\tabcolsep}}{{4.5pt}}{loose}{above}\n"
    form = f"{{@{{}}{columns}@{{}}}}"
    if _lines(block, widths) <= _WHOLE:
        gap = r"\vskip3pt\noindent" if above else ""
        return (
            f"\\begin{{wholetable}}{begin}{gap}\\begin{{tabular}}{form}\n{inside}\\toprule\n{head}\n"
            f"\\midrule\n{_body(block, whole=True)}\\bottomrule\n\\end{{tabular}}\\endgroup\n"
            "\\end{wholetable}"
        )
    return (
        f"\\needroom{{{height(block):.0f}pt}}\n{begin}\\begin{{longtable}}[l]{form}\n{inside}"
        f"\\toprule\n{head}\n\\midrule\n\\endfirsthead\n"
        f"\\toprule\n{head}\n\\midrule\n\\endhead\n"
        f"\\bottomrule\n\\endfoot\n{_body(block, whole=False)}\\end{{longtable}}\n\\endgroup"
    )


def height(block: Table) -> float:
    """Return about how many points a table takes, or the begin of one that may be broken."""
    widths = _fitted(block)[2]
    lines = _lines(block, widths)
    if lines > _WHOLE:
        lines = sum(_lines_of(row, block, widths) for row in block.rows[: _KEPT + 1])
    return _HEIGHT * (lines + 4)


def _lines(block: Table, widths: list[float]) -> int:
    return sum(_lines_of(row, block, widths) for row in (*block.rows, *block.totals))


def _lines_of(row: tuple[Prose | int, ...], block: Table, widths: list[float]) -> int:
    """Return how many lines a row takes, about."""
    pairs = zip(row, block.columns, widths, strict=True)
    return max(ceil(_length(cell) / wide) if column.wraps else 1 for cell, column, wide in pairs)


def _is_loose(block: Table, widths: list[float]) -> bool:
    """Return whether rows of several lines are told apart by the room between them."""
    return any(_lines_of(row, block, widths) > 1 for row in block.rows)


def _body(block: Table, *, whole: bool) -> str:
    """Return the rows; no page begins or ends with a few of them."""
    rows, totals = list(map(_row, block.rows)), list(map(_row, block.totals))
    count = len(rows) + len(totals)

    def ended(row: str, number: int) -> str:
        between = _KEPT <= number <= count - _KEPT and number != len(rows)
        return row if whole or between or number == count else f"{row}*"

    kept = [ended(row, number) for number, row in enumerate((*rows, *totals), start=1)]
    body = "".join(f"{row}\n" for row in kept[: len(rows)])
    foot = "".join(f"{row}\n" for row in kept[len(rows) :])
    return f"{body}\\midrule\n{foot}" if foot else body


def _caption(block: Table, widths: list[float]) -> str:
    """Return the caption as a row; "" if it is longer than the table is wide, and stands above."""
    if _length(block.caption) > sum(widths):
        return ""
    text = prose(block.caption)
    return rf"\multicolumn{{{len(widths)}}}{{@{{}}l@{{}}}}{{{text}}}\\[2pt]" + "\n"


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
