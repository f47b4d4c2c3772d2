"""A sliding window: for every frame what is read, what is written, and the row of the matrix."""

from collections.abc import Iterator

from convproof.report.draw.matrix import cells, letters
from convproof.report.draw.shapes import (
    DONE,
    FAINT,
    GREY,
    INK,
    NOW,
    PALE,
    RED,
    WHITE,
    Drawing,
    Label,
    Number,
    Path,
    Rect,
    Shape,
    tint,
)
from convproof.report.draw.spelling import width
from convproof.report.model import Cell, Frame, Grid, Spot, Window, plain, spoken

_SIDE = 27.0
_ROW = 20.0
_SHEET = 560.0


def frames(block: Window) -> list[Drawing]:
    """Return one picture for every frame."""
    total = len(block.frames)
    return [
        Drawing(
            width=max(_width(block), 120.0),
            height=_height(block),
            title=f"{plain(block.caption)} Frame {number} of {total}: {spoken(frame.equation)}",
            shapes=tuple(_frame(block, frame)),
        )
        for number, frame in enumerate(block.frames, start=1)
    ]


def _is_map(block: Window) -> bool:
    return len(block.input.labels) > 1 or len(block.output.labels) > 1


def _side(block: Window) -> Number:
    labels = [label for grid in (block.input, block.output) for row in grid.labels for label in row]
    labels += [spot.label for frame in block.frames for spot in frame.reads]
    return max(_SIDE, max((width(label, 11, math=True) for label in labels), default=0.0) + 6)


def _grid_width(grid: Grid, side: Number) -> Number:
    return len(grid.labels[0]) * side


def _row_side(block: Window) -> Number:
    most = max(
        (width(c.label, 10, math=True) for f in block.frames for c in f.matrix_row), default=0
    )
    natural = max(14.0, most + 5)
    return min(natural, _SHEET / block.columns)


def _width(block: Window) -> Number:
    side = _side(block)
    one, other = (_grid_width(grid, side) for grid in (block.input, block.output))
    maps = one + 60 + other if _is_map(block) else max(one, other)
    return max(maps, block.columns * _row_side(block)) + 52


def _height(block: Window) -> Number:
    side = _side(block)
    if _is_map(block):
        maps = max(len(block.input.labels), len(block.output.labels)) * side
    else:
        maps = 2 * side + 26
    return maps + _ROW + 40


def _frame(block: Window, frame: Frame) -> Iterator[Shape]:
    side = _side(block)
    if _is_map(block):
        high = max(len(block.input.labels), len(block.output.labels)) * side
        begin = 34 + _grid_width(block.input, side) + 60
        places = ((34.0, 8.0), (begin, 8.0 + (high - len(block.output.labels) * side) / 2))
        yield from _arrow(34 + _grid_width(block.input, side) + 6, 8 + high / 2, 30.0)
        bottom = 8 + high
    else:
        shift = max(0.0, (_grid_width(block.input, side) - _grid_width(block.output, side)) / 2)
        back = max(0.0, (_grid_width(block.output, side) - _grid_width(block.input, side)) / 2)
        places = ((34.0 + back, 8.0), (34.0 + shift, 8 + side + 26))
        bottom = 8 + 2 * side + 26
        yield from _fan(frame, places, side)
    yield from _grid(block.input, *places[0], side)
    yield from _spots(frame.reads, *places[0], side)
    yield from _outputs(block.output, frame, *places[1], side)
    yield from _names(block, places, side)
    yield from _matrix_row(block, frame, bottom + 14)


def _arrow(x: Number, y: Number, length: Number) -> Iterator[Shape]:
    yield Path(points=((x, y), (x + length, y)), stroke=GREY, line=1.2, arrow=True)


def _fan(
    frame: Frame, places: tuple[tuple[Number, Number], tuple[Number, Number]], side: Number
) -> Iterator[Shape]:
    """Yield lines from the taps to the output that they are summed into."""
    (x, y), (to_x, to_y) = places
    end = (to_x + (frame.writes[1] + 0.5) * side, to_y)
    for spot in frame.reads:
        begin = (x + (spot.column + 0.5) * side, y + side)
        yield Path(points=(begin, end), stroke=GREY, line=0.8)


def _grid(grid: Grid, x: Number, y: Number, side: Number) -> Iterator[Shape]:
    positions = [(r, c) for r, row in enumerate(grid.labels) for c in range(len(row))]
    for r, c in positions:
        outside = (r, c) in grid.padding
        yield Rect(
            x=x + c * side, y=y + r * side, width=side, height=side,
            fill=FAINT if outside else WHITE, stroke=GREY, line=0.6, dashed=outside,
        )  # fmt: skip
    for r, c in positions:
        colour = GREY if (r, c) in grid.padding else INK
        yield Label(
            x=x + (c + 0.5) * side, y=y + (r + 0.5) * side, text=grid.labels[r][c], size=11,
            math=True, colour=colour,
        )  # fmt: skip


def _spots(spots: tuple[Spot, ...], x: Number, y: Number, side: Number) -> Iterator[Shape]:
    for spot in spots:
        part = side / max(1, len(spot.classes))
        for place, number in enumerate(spot.classes):
            yield Rect(
                x=x + spot.column * side + place * part, y=y + spot.row * side, width=part,
                height=side, fill=tint(number),
            )  # fmt: skip
    for spot in spots:
        left, top = x + spot.column * side, y + spot.row * side
        yield Rect(x=left, y=top, width=side, height=side, stroke=INK, line=1.4)
        yield Label(x=left + side / 2, y=top + side / 2, text=spot.label, size=11, math=True)


def _outputs(grid: Grid, frame: Frame, x: Number, y: Number, side: Number) -> Iterator[Shape]:
    for r, row in enumerate(grid.labels):
        for c, label in enumerate(row):
            now = (r, c) == frame.writes
            fill = NOW if now else DONE if (r, c) in frame.done else WHITE
            yield Rect(
                x=x + c * side, y=y + r * side, width=side, height=side, fill=fill, stroke=GREY,
                line=0.6,
            )  # fmt: skip
            colour = INK if now or (r, c) in frame.done else GREY
            yield Label(
                x=x + (c + 0.5) * side, y=y + (r + 0.5) * side, text=label, size=11, math=True,
                colour=colour,
            )  # fmt: skip
    r, c = frame.writes
    yield Rect(x=x + c * side, y=y + r * side, width=side, height=side, stroke=RED, line=1.8)


def _names(
    block: Window, places: tuple[tuple[Number, Number], tuple[Number, Number]], side: Number
) -> Iterator[Shape]:
    (x, y), (to_x, to_y) = places
    for grid, left, top in ((block.input, x, y), (block.output, to_x, to_y)):
        middle = top + len(grid.labels) * side / 2
        yield Label(x=left - 8, y=middle, text=grid.name, size=13, math=True, anchor="end")


def _matrix_row(block: Window, frame: Frame, y: Number) -> Iterator[Shape]:
    """Yield the row of the matrix that this frame is."""
    side = _row_side(block)
    x = 34.0
    yield Label(x=x - 8, y=y + _ROW / 2, text=r"\text{row}", size=11, math=True, anchor="end")
    yield from cells(frame.matrix_row, x, y, side, _ROW)
    for c in range(block.columns + 1):
        yield Path(points=((x + c * side, y), (x + c * side, y + _ROW)), stroke=PALE, line=0.6)
    for edge in (y, y + _ROW):
        yield Path(points=((x, edge), (x + block.columns * side, edge)), stroke=GREY, line=0.8)
    if _fits(frame.matrix_row, side):
        yield from letters(frame.matrix_row, x, y, side, _ROW, 10.0)


def _fits(row: tuple[Cell, ...], side: Number) -> bool:
    return all(width(cell.label, 10, math=True) <= side for cell in row)
