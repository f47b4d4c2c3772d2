"""How high blocks are on a page: a heading stays with what is below it, text with its formula."""

from math import ceil

from convproof.report.draw.diagram import diagram
from convproof.report.draw.matrix import matrix
from convproof.report.draw.plot import plot
from convproof.report.draw.shapes import Drawing
from convproof.report.draw.tikz import PT, WIDEST, scale_of
from convproof.report.draw.window import frames
from convproof.report.formulas import LINE, beside, broken
from convproof.report.latex_table import height as table_height
from convproof.report.model import (
    Block,
    Diagram,
    Equation,
    Items,
    Matrix,
    Plot,
    Section,
    Table,
    Text,
    TheoremRecord,
    Window,
    plain,
)

ABOVE = 14  # letters of a formula that is made a little smaller for its line
_PAGE = 650.0  # points of a page that may be asked for
_LINE, _LETTERS = 13.6, 92  # a line of text
_HEADING = 42.0  # with what is above it and below
_LETTERS_OF_ITEM, _WHOLE, _BEGIN = 86, 16, 3  # of a list, and lines that no page breaks
_LEAST, _GAP = {3: 1.0, 2: 0.8}, 16.0  # frames beside others: of their size, and between them
_MOST_FRAMES, _MOST_MAPS = 9, 4  # of a window along one axis, and over maps


def stays(block: Block, following: Block | None) -> bool:
    """Return whether no page may end between two blocks: what is announced, and what is left."""
    if isinstance(block, Equation):
        return following is not None and not isinstance(following, Section)
    return isinstance(block, Text) and not isinstance(following, Text | Section | None)


def room(section: Section) -> float:
    """Return the points that a heading takes with what must stand below it on the same page."""
    total = _HEADING
    for block, following in zip(section.blocks, (*section.blocks[1:], None), strict=True):
        total += room(block) if isinstance(block, Section) else height(block)
        first = block is section.blocks[0] and isinstance(block, Text)
        if not stays(block, following) and not (first and following is not None):
            break
    return min(total, _PAGE)


def height(block: Block) -> float:
    """Return about how many points a block takes; of one that may be broken, its begin."""
    if isinstance(block, Text):
        return ceil(len(plain(block.prose)) / _LETTERS) * _LINE + 5
    if isinstance(block, Equation):
        return _equation(block)
    if isinstance(block, Matrix | Plot | Diagram):
        return _printed(_drawing(block)) + 34
    if isinstance(block, Window):
        drawings, _, widest = frames_of_page(block)
        return _printed(drawings[0], widest) + 34
    if isinstance(block, Table):
        return table_height(block)
    if isinstance(block, Items):
        return _items(block)
    return 150.0 if isinstance(block, TheoremRecord) else 3 * _LINE


def _equation(block: Equation) -> float:
    aligned = any("&" in line for line in block.lines)
    held = block.lines if aligned else [part for line in block.lines for part in broken(line)]
    lines = beside(held, LINE + ABOVE) if aligned else held
    return sum(34.0 if r"\frac" in line or r"\sum" in line else 17.0 for line in lines) + 14


def _items(block: Items) -> float:
    """Return the points of a list: a long one may be broken behind its first lines."""
    lines = sum(ceil(len(plain(item)) / _LETTERS_OF_ITEM) for item in block.items)
    if lines > _WHOLE:
        return _BEGIN * _LINE
    return lines * _LINE + 2 * len(block.items) + 8


def _drawing(block: Matrix | Plot | Diagram) -> Drawing:
    if isinstance(block, Matrix):
        return matrix(block)
    return plot(block) if isinstance(block, Plot) else diagram(block)


def _printed(drawing: Drawing, widest: float = WIDEST) -> float:
    return PT * scale_of(drawing, widest) * drawing.height


def frames_of_page(block: Window) -> tuple[list[Drawing], int, float]:
    """Return the frames that are printed, how many beside each other, and how wide each may be."""
    most = _MOST_FRAMES if len(block.input.labels) == 1 else _MOST_MAPS
    drawings = frames(block)[:most]
    widest = max(drawing.width for drawing in drawings)
    beside_ = next(n for n in (3, 2, 1) if n == 1 or _LEAST[n] * widest <= WIDEST / n - _GAP)
    return drawings, beside_, WIDEST / beside_ - _GAP
