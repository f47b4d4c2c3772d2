"""A structured matrix: ``left = M right``, cells of one letter alike, zeros blank."""

from collections.abc import Iterable, Iterator

from convproof.report.draw.shapes import (
    GREY,
    INK,
    PALE,
    RED,
    Drawing,
    Label,
    Number,
    Path,
    Rect,
    Shape,
    tint,
)
from convproof.report.draw.spelling import width
from convproof.report.model import Cell, Matrix, Vector, plain

_LABELLED = 400  # cells at most that are labelled
_WIDEST = 820.0  # of a labelled picture: letters of a wider one are too small in print
_HIGH, _SIZE, _ROOM = 22.0, 12.0, 8.0
_SHEET = 560.0  # of a matrix without labels
_MOST_IN_KEY = 12


def matrix(block: Matrix) -> Drawing:
    """Return the picture of a matrix; above 400 cells, or where it is too wide, without labels."""
    labelled = len(block.cells) <= _LABELLED and _natural(block) <= _WIDEST
    shapes, wide, high = _labelled(block) if labelled else _bare(block)
    return Drawing(
        width=wide,
        height=high,
        title=plain(block.caption),
        description=block.description,
        shapes=tuple(shapes),
    )


def _widest(labels: Iterable[str]) -> Number:
    return max((width(label, _SIZE, math=True) for label in labels), default=0.0)


def _natural(block: Matrix) -> Number:
    column = _widest(cell.label for cell in block.cells) + _ROOM
    vectors = sum(_widest(v.labels) + 40 for v in (block.left, block.right) if v is not None)
    return column * block.shape[1] + vectors


def _labelled(block: Matrix) -> tuple[list[Shape], Number, Number]:
    rows, columns = block.shape
    wide = max(20.0, _widest(cell.label for cell in block.cells) + _ROOM)
    high = max(rows, len(block.right.labels) if block.right else 0) * _HIGH + 12
    shapes: list[Shape] = []
    x, middle = 8.0, high / 2
    if block.left is not None:
        x = _vector(shapes, block.left, x, middle)
        shapes.append(Label(x=x + 13, y=middle, text="=", size=14, math=True))
        x += 26
    top = middle - rows * _HIGH / 2
    shapes += cells(block.cells, x + 4, top, wide, _HIGH)
    shapes += grid(x + 4, top, (rows, columns), wide, _HIGH)
    shapes += _rules(block, x + 4, top, wide, _HIGH)
    shapes += letters(block.cells, x + 4, top, wide, _HIGH)
    shapes += _brackets(x, top, columns * wide + 8, rows * _HIGH)
    x += columns * wide + 8
    if block.right is not None:
        shapes.append(Label(x=x + 9, y=middle, text=r"\cdot", size=16, math=True))
        x = _vector(shapes, block.right, x + 18, middle)
    return shapes, x + 8, high


def cells(held: Iterable[Cell], x: Number, y: Number, wide: Number, high: Number) -> list[Shape]:
    """Return the fills of cells, one stripe for each of their letters."""
    found: list[tuple[int, Shape]] = []
    for cell in held:
        part = wide / max(1, len(cell.classes))
        for place, number in enumerate(cell.classes):
            rect = Rect(
                x=x + cell.column * wide + place * part, y=y + cell.row * high, width=part,
                height=high, fill=tint(number),
            )  # fmt: skip
            found.append((number, rect))
    return [rect for _, rect in sorted(found, key=lambda pair: pair[0])]  # one colour at a time


def letters(
    held: Iterable[Cell], x: Number, y: Number, wide: Number, high: Number, size: Number = _SIZE
) -> Iterator[Shape]:
    """Yield the labels of cells, and frames round those that are marked."""
    held = list(held)
    for cell in held:
        left, top = x + cell.column * wide, y + cell.row * high
        if cell.marked:
            yield Rect(x=left, y=top, width=wide, height=high, stroke=RED, line=2.2)
    for cell in held:
        left, top = x + cell.column * wide, y + cell.row * high
        yield Label(x=left + wide / 2, y=top + high / 2, text=cell.label, size=size, math=True)


def grid(x: Number, y: Number, shape: tuple[int, int], wide: Number, high: Number) -> list[Shape]:
    """Return the thin lines between all cells."""
    rows, columns = shape
    right, bottom = x + columns * wide, y + rows * high
    across = [((x, y + r * high), (right, y + r * high)) for r in range(rows + 1)]
    down = [((x + c * wide, y), (x + c * wide, bottom)) for c in range(columns + 1)]
    return [Path(points=points, stroke=PALE, line=0.6) for points in (*across, *down)]


def _rules(
    block: Matrix, x: Number, y: Number, wide: Number, high: Number, line: Number = 1.3
) -> list[Shape]:
    rows, columns = block.shape
    across = [
        ((x, y + r * high), (x + columns * wide, y + r * high))
        for r in block.row_rules
        if 0 < r < rows
    ]
    down = [
        ((x + c * wide, y), (x + c * wide, y + rows * high))
        for c in block.column_rules
        if 0 < c < columns
    ]
    return [Path(points=points, stroke=GREY, line=line) for points in (*across, *down)]


def _brackets(x: Number, y: Number, wide: Number, high: Number) -> list[Shape]:
    left = ((x + 5, y - 2), (x, y - 2), (x, y + high + 2), (x + 5, y + high + 2))
    right = tuple((2 * x + wide - px, py) for px, py in left)
    return [Path(points=points, line=1.1) for points in (left, right)]


def _vector(shapes: list[Shape], vector: Vector, x: Number, middle: Number) -> Number:
    """Draw a column of letters and return where it ends."""
    wide = _widest(vector.labels) + _ROOM
    top = middle - len(vector.labels) * _HIGH / 2
    column = [
        Cell(
            row=row, column=0, label=label, marked=row in vector.marked,
            classes=(vector.classes[row],) if vector.classes else (),
        )
        for row, label in enumerate(vector.labels)
    ]  # fmt: skip
    shapes += cells(column, x + 4, top, wide, _HIGH)
    shapes += letters(column, x + 4, top, wide, _HIGH)
    shapes += _brackets(x, top, wide + 8, len(vector.labels) * _HIGH)
    return x + wide + 8


def _bare(block: Matrix) -> tuple[list[Shape], Number, Number]:
    """Return the pattern alone, with a key of its letters."""
    rows, columns = block.shape
    side = max(0.8, min(14.0, _SHEET / columns, _SHEET / rows))
    shapes: list[Shape] = list(cells(block.cells, 12, 22, side, side))
    if side >= 6:
        shapes += grid(12, 22, block.shape, side, side)
    shapes += _rules(block, 12, 22, side, side, min(1.3, side / 6))
    shapes += [
        Rect(
            x=12 + cell.column * side, y=22 + cell.row * side, width=side, height=side,
            stroke=RED, line=1.4,
        )
        for cell in block.cells
        if cell.marked
    ]  # fmt: skip
    shapes += _brackets(8, 22, columns * side + 8, rows * side)
    size = Label(
        x=12, y=10, text=f"{rows} rows, {columns} columns, zeros blank", size=11, anchor="start",
        colour=INK,
    )  # fmt: skip
    shapes.append(size)
    wide, high = max(columns * side + 24, 240.0), rows * side + 34
    key, wide, high = _key(block.key, wide, high)
    return [*shapes, *key], wide, high


def _key(
    entries: tuple[tuple[int, str], ...], wide: Number, high: Number
) -> tuple[list[Shape], Number, Number]:
    """Return what the colours stand for, below the picture."""
    shapes: list[Shape] = []
    x = 12.0
    wide = max(wide, 300.0)
    shown = entries[:_MOST_IN_KEY]
    for number, label in shown:
        room = 24 + width(label, _SIZE, math=True)
        if x + room > wide:
            x, high = 12.0, high + 20
        shapes.append(
            Rect(x=x, y=high, width=14, height=14, fill=tint(number), stroke=GREY, line=0.5)
        )
        shapes.append(Label(x=x + 18, y=high + 7, text=label, math=True, anchor="start"))
        x += room + 10
    if len(entries) > len(shown):
        shapes.append(Label(x=x, y=high + 7, text="…", anchor="start"))
    return shapes, wide, high + (20 if entries else 0)
