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
_WIDEST, _TALLEST = (
    820.0,
    1150.0,
)  # of a labelled picture: in print, letters of others are too small
_HIGH, _SIZE = 22.0, 12.0
_SIZES = ((_SIZE, 8.0), (10.5, 6.0), (9.5, 6.0))  # of labels, and the room around them
_CORNER = 6  # rows of a large matrix that are shown enlarged
_NUMBERED = 9.0  # the side of a cell that holds a number
_SHEET = 560.0  # of a matrix without labels
_MOST_IN_KEY = 12


def matrix(block: Matrix) -> Drawing:
    """Return the picture of a matrix, labelled if it has 400 cells at most and is not too large.

    Others have numbers in their cells where there is room, with a key of what they stand for.
    """
    face = next((face for face in _SIZES if _natural(block, *face) <= _WIDEST), None)
    if face is None or len(block.cells) > _LABELLED or _high(block) > _TALLEST:
        shapes, wide, high = _bare(block)
    else:
        shapes, wide, high = _labelled(block, *face)
    return Drawing(
        width=wide,
        height=high,
        title=plain(block.caption),
        description=block.description,
        shapes=tuple(shapes),
    )


def _widest(labels: Iterable[str], size: Number) -> Number:
    return max((width(label, size, math=True) for label in labels), default=0.0)


def _cell(block: Matrix, size: Number, room: Number) -> Number:
    return max(20.0, _widest((cell.label for cell in block.cells), size) + room)


def _natural(block: Matrix, size: Number, room: Number) -> Number:
    sides = (v for v in (block.left, block.right) if v is not None)
    return _cell(block, size, room) * block.shape[1] + sum(
        _widest(v.labels, size) + room + 30 for v in sides
    )


def _high(block: Matrix) -> Number:
    vectors = (len(v.labels) for v in (block.left, block.right) if v is not None)
    return max(block.shape[0], *vectors, 1) * _HIGH + 12


def _labelled(block: Matrix, size: Number, room: Number) -> tuple[list[Shape], Number, Number]:
    rows, columns = block.shape
    wide, high = _cell(block, size, room), _high(block)
    shapes: list[Shape] = []
    x, middle = 8.0, high / 2
    if block.left is not None:
        x = _vector(shapes, block.left, x, middle, (size, room))
        shapes.append(Label(x=x + 13, y=middle, text="=", size=14, math=True))
        x += 26
    top = middle - rows * _HIGH / 2
    shapes += cells(block.cells, x + 4, top, wide, _HIGH)
    shapes += grid(x + 4, top, (rows, columns), wide, _HIGH)
    shapes += _rules(block, x + 4, top, wide, _HIGH)
    shapes += letters(block.cells, x + 4, top, wide, _HIGH, size)
    shapes += _brackets(x, top, columns * wide + 8, rows * _HIGH)
    x += columns * wide + 8
    if block.right is not None:
        shapes.append(Label(x=x + 9, y=middle, text=r"\cdot", size=16, math=True))
        x = _vector(shapes, block.right, x + 18, middle, (size, room))
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


def _vector(
    shapes: list[Shape], vector: Vector, x: Number, middle: Number, face: tuple[Number, Number]
) -> Number:
    """Draw a column of letters and return where it ends."""
    size, room = face
    wide = _widest(vector.labels, size) + room
    top = middle - len(vector.labels) * _HIGH / 2
    column = [
        Cell(
            row=row, column=0, label=label, marked=row in vector.marked,
            classes=(vector.classes[row],) if vector.classes else (),
        )
        for row, label in enumerate(vector.labels)
    ]  # fmt: skip
    shapes += cells(column, x + 4, top, wide, _HIGH)
    shapes += letters(column, x + 4, top, wide, _HIGH, size)
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
    numbered = side >= _NUMBERED and len(block.cells) <= 2 * _LABELLED
    shapes += _numbers(block, side) if numbered else ()
    shapes += _brackets(8, 22, columns * side + 8, rows * side)
    told = f"{rows} rows, {columns} columns, zeros blank"
    shapes.append(Label(x=12, y=10, text=told, size=11, anchor="start", colour=INK))
    wide, high = max(columns * side + 24, 240.0), rows * side + 34
    key, wide, high = _key(block.key, wide, high, numbered=numbered)
    if numbered:
        return [*shapes, *key], wide, high
    corner, wide, high = _corner(block, wide, high)
    return [*shapes, *key, *corner], wide, high


def _corner(block: Matrix, wide: Number, high: Number) -> tuple[list[Shape], Number, Number]:
    """Return the first rows and columns enlarged, with labels: colour alone tells nothing."""
    size, room = _SIZES[-1]
    rows = min(block.shape[0], _CORNER)
    side = _cell(block, size, room)
    columns = min(block.shape[1], int(_SHEET / side))
    held = [c for c in block.cells if c.row < rows and c.column < columns]
    top = high + 24
    told = f"The first {rows} rows and {columns} columns:"
    shapes: list[Shape] = [Label(x=12, y=high + 10, text=told, size=11, anchor="start")]
    shapes += cells(held, 12, top, side, _HIGH)
    shapes += grid(12, top, (rows, columns), side, _HIGH)
    shapes += letters(held, 12, top, side, _HIGH, size)
    return shapes, max(wide, columns * side + 24), top + rows * _HIGH + 6


def _numbers(block: Matrix, side: Number) -> Iterator[Shape]:
    """Yield the number of every cell's letter, counted from 1 as in the key."""
    for cell in block.cells:
        text = "+".join(str(number + 1) for number in cell.classes)
        size = min(0.66 * side, 1.6 * side / len(text))
        x, y = 12 + (cell.column + 0.5) * side, 22 + (cell.row + 0.5) * side
        yield Label(x=x, y=y, text=text, size=size)


def _key(
    entries: tuple[tuple[int, str], ...], wide: Number, high: Number, *, numbered: bool
) -> tuple[list[Shape], Number, Number]:
    """Return what the colours and the numbers stand for, below the picture."""
    shapes: list[Shape] = []
    x = 12.0
    wide = max(wide, 300.0)
    shown = entries if numbered else entries[:_MOST_IN_KEY]
    for number, label in shown:
        room = 24 + width(label, _SIZE, math=True)
        if x + room > wide:
            x, high = 12.0, high + 20
        shapes.append(
            Rect(x=x, y=high, width=14, height=14, fill=tint(number), stroke=GREY, line=0.5)
        )
        if numbered:
            shapes.append(Label(x=x + 7, y=high + 7, text=str(number + 1), size=8.7))
        shapes.append(Label(x=x + 18, y=high + 7, text=label, math=True, anchor="start"))
        x += room + 10
    if len(entries) > len(shown):
        shapes.append(Label(x=x, y=high + 7, text="…", anchor="start"))
    return shapes, wide, high + (20 if entries else 0)
