r"""Pictures of two matrices side by side: LaTeX with TikZ, and SVG without scripts.

Every letter has a hue of the Okabe-Ito palette and its name, so that colour is never the only sign;
a wrong cell has a frame and an exclamation mark. In TikZ, fills come before labels, and there are
labels only in small matrices: a node per cell takes TeX minutes, a rectangle does not.
"""

import re
from dataclasses import dataclass
from html import escape

from convproof.verify.extract import Extraction

PALETTE = (
    "E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7", "999999", "9B6BDF",
)  # fmt: skip
STRENGTH = 55  # per cent of a hue over white, so that black on it is readable
MOST_LABELS = 400  # cells that TeX labels
_WIDTH_OF_TEXT, _LARGEST_CELL = 150.0, 6.2  # millimetres
_CELL, _GAP, _TOP, _BESIDE = 30, 30, 24, 40  # pixels; columns that go beside each other
_LONG = 5  # characters that need smaller ones
_LETTER = re.compile(r"([a-z]+)(\d+)")
_PACKAGES = "% \\usepackage{amsmath,xcolor,tikz}\n"


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a matrix as it is drawn.

    Attributes:
        label: its name; "" for zero.
        hue: its place in ``PALETTE``, or None for zero.
        told: what is wrong with it, or "".
    """

    label: str
    hue: int | None
    told: str = ""


Grid = list[list[Cell]]


def grids(extraction: Extraction) -> tuple[Grid, Grid]:
    """Return the cells of the target's matrix and of the derived one."""
    names, wrong = extraction.recovery.names(), extraction.wrong.tolist()
    texts = [
        [[names.of(value) for value in row] for row in matrix.tolist()]
        for matrix in (extraction.found, extraction.derived)
    ]
    hues = _hues(extraction, texts)
    found, derived = (
        [[Cell("" if t == "0" else t, hues.get(t)) for t in row] for row in rows] for rows in texts
    )
    for r, row in enumerate(wrong):
        for c, is_wrong in enumerate(row):
            if is_wrong:
                told = f"{texts[0][r][c]}, should be {texts[1][r][c]}"
                found[r][c] = Cell(texts[0][r][c], hues.get(texts[0][r][c]), told)
    return found, derived


def _hues(extraction: Extraction, texts: list[list[list[str]]]) -> dict[str, int]:
    """Return the hue of every label that occurs: neighbouring letters differ."""
    recovery = extraction.recovery
    names = recovery.names()
    known = [names.of(value) for value in recovery.values.tolist()]
    others = sorted({t for rows in texts for row in rows for t in row} - {*known, "0"})
    return {label: j % len(PALETTE) for j, label in enumerate([*known, *others])}


def latex(extraction: Extraction) -> str:
    """Return both matrices as a display of LaTeX with amsmath, xcolor and TikZ."""
    colours = (rf"\definecolor{{convproof{j}}}{{HTML}}{{{hue}}}" for j, hue in enumerate(PALETTE))
    found, derived = map(_tikz, grids(extraction))
    wide = extraction.found.shape[1] > 12
    between = r"\\[2ex]" if wide else r"&\qquad"
    lines = [
        r"\[", r"\begin{array}{cc}",
        r"\text{target} & \text{derived} \\[1ex]" if not wide else r"\text{target} \\[1ex]",
        found, between, *([r"\text{derived} \\[1ex]"] if wide else []), derived,
        r"\end{array}", r"\]",
    ]  # fmt: skip
    return _PACKAGES + "\n".join([*colours, *lines, f"% {extraction.sentence}"]) + "\n"


def _tikz(grid: Grid) -> str:
    rows, columns = len(grid), len(grid[0])
    size = min(_LARGEST_CELL, _WIDTH_OF_TEXT / columns)
    cells = [(r, c, cell) for r, row in enumerate(grid) for c, cell in enumerate(row)]
    fills = [
        rf"\fill[convproof{cell.hue}!{STRENGTH}] ({c},{r}) rectangle ++(1,1);"
        for r, c, cell in cells
        if cell.hue is not None
    ]
    labels = [
        rf"\node[font=\tiny] at ({c}.5,{r}.5) {{${_mathematics(cell)}$}};"
        for r, c, cell in cells
        if (cell.label or cell.told) and len(cells) <= MOST_LABELS
    ]
    frames = [
        rf"\draw[very thick,red] ({c},{r}) rectangle ++(1,1); % {cell.told}"
        for r, c, cell in cells
        if cell.told
    ]
    return "\n".join([
        rf"\begin{{tikzpicture}}[x={size:.2f}mm,y=-{size:.2f}mm,"
        "baseline=(current bounding box.center)]",
        *fills,
        rf"\foreach \i in {{0,...,{columns}}} \draw[black!30] (\i,0) -- (\i,{rows});",
        rf"\foreach \i in {{0,...,{rows}}} \draw[black!30] (0,\i) -- ({columns},\i);",
        *labels,
        *frames,
        r"\end{tikzpicture}",
    ])  # fmt: skip


def _mathematics(cell: Cell) -> str:
    return _LETTER.sub(r"\1_{\2}", cell.label) + ("!" if cell.told else "")


def svg(extraction: Extraction) -> str:
    """Return both matrices as one SVG that needs nothing else."""
    found, derived = grids(extraction)
    rows, columns = extraction.found.shape
    width, height = columns * _CELL, rows * _CELL + _TOP
    stacked = columns > _BESIDE // 2
    shift = (0, height + _GAP) if stacked else (width + _GAP, 0)
    size = (width + shift[0] + 2 * _GAP, height + shift[1] + 2 * _GAP + _TOP)
    title = f"{extraction.recovery.function.name} of {extraction.spec}: {extraction.law}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        f'width="{size[0]}" height="{size[1]}" role="img" font-family="sans-serif">',
        f"<title>{escape(title)}</title><desc>{escape(extraction.sentence)}</desc>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *_panel("target", found, _GAP, _GAP),
        *_panel("derived", derived, _GAP + shift[0], _GAP + shift[1]),
        f'<text x="{_GAP}" y="{size[1] - _GAP / 2}" font-size="13">'
        f"{escape(extraction.sentence.split(':')[0])}</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(title: str, grid: Grid, x: int, y: int) -> list[str]:
    """Return one matrix: the lines between the cells, and each cell that is not empty."""
    width, height = len(grid[0]) * _CELL, len(grid) * _CELL
    across = [f"M0 {y}H{width}" for y in range(0, height + 1, _CELL)]
    down = [f"M{x} 0V{height}" for x in range(0, width + 1, _CELL)]
    parts = [
        f'<text x="{x}" y="{y + 12}" font-size="14">{title}</text>',
        f'<g transform="translate({x},{y + _TOP})">',
        f'<path d="{"".join(across + down)}" fill="none" stroke="#dddddd"/>',
    ]
    frames = []
    for r, row in enumerate(grid):
        for c, cell in enumerate(row):
            if cell.label:
                parts += _drawn(cell, c * _CELL, r * _CELL)
            if cell.told:
                frames.append(
                    f'<rect x="{c * _CELL}" y="{r * _CELL}" width="{_CELL}" height="{_CELL}" '
                    f'fill="none" stroke="#cc0000" stroke-width="3" pointer-events="all">'
                    f"<title>{escape(cell.told)}</title></rect>"
                )
    return [*parts, *frames, "</g>"]


def _drawn(cell: Cell, left: int, top: int) -> list[str]:
    label = ("!" if cell.told else "") + cell.label
    font = 11 if len(label) < _LONG else max(4, 55 // len(label))
    fill = (
        []
        if cell.hue is None
        else [
            f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" fill="{faded(cell.hue)}" '
            'stroke="#bbbbbb"/>'
        ]
    )
    return [
        *fill,
        f'<text x="{left + _CELL // 2}" y="{top + _CELL // 2 + 4}" font-size="{font}" '
        f'text-anchor="middle">{escape(label)}</text>',
    ]


def faded(hue: int) -> str:
    """Return a hue of the palette at its strength over white, as ``#`` and six digits."""
    channels = (int(PALETTE[hue][i : i + 2], 16) for i in (0, 2, 4))
    return "#" + "".join(f"{round(255 + (value - 255) * STRENGTH / 100):02X}" for value in channels)
