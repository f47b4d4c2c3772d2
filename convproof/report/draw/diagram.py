"""A directed graph: boxes below what points to them, in as many columns as a page needs."""

from convproof.report.draw.shapes import GREY, INK, Drawing, Label, Number, Path, Rect, Shape, tint
from convproof.report.draw.spelling import width
from convproof.report.model import Box, Diagram, plain

_HIGH, _BETWEEN, _ASIDE = 34.0, 20.0, 26.0
_TALLEST = 14  # ranks of one column
Place = tuple[Number, Number, Number]  # left, top and width of a box


def diagram(block: Diagram) -> Drawing:
    """Return the picture of a graph."""
    ranks = _ranks(block)
    wide = max(_wide(box) for box in block.boxes)
    rows = _rows(ranks, len(block.boxes))
    most = max((len(row) for row in rows), default=1)
    room = most * (wide + _ASIDE) + 26
    columns = -(-len(rows) // _TALLEST)
    tallest = -(-len(rows) // columns)
    places: dict[str, Place] = {}
    gutters: dict[str, Number] = {}  # left of the column of a box
    for number, row in enumerate(rows):
        column, rank = divmod(number, tallest)
        begin = 10 + column * room + (most - len(row)) * (wide + _ASIDE) / 2
        for place, index in enumerate(row):
            x = begin + place * (wide + _ASIDE)
            gutters[block.boxes[index].name] = 10 + column * room - 14
            places[block.boxes[index].name] = (x, 8 + rank * (_HIGH + _BETWEEN), wide)
    shapes = [shape for arrow in block.arrows for shape in _arrow(places, gutters, arrow)]
    for box in block.boxes:
        shapes += _box(box, places[box.name])
    width_, high = columns * room, 8 + tallest * (_HIGH + _BETWEEN)
    x = 10.0
    for tone, name in block.key:
        length = 24 + width(name, 11, math=False)
        if x + length > max(width_, 300):
            x, high = 10.0, high + 20
        shapes.append(
            Rect(x=x, y=high, width=14, height=12, fill=tint(tone), stroke=GREY, radius=2)
        )
        shapes.append(Label(x=x + 19, y=high + 6, text=name, size=11, anchor="start"))
        x += length + 8
    return Drawing(
        width=max(width_, 300.0),
        height=high + (20 if block.key else 0),
        title=plain(block.caption),
        description=block.description,
        shapes=tuple(shapes),
    )


def _wide(box: Box) -> Number:
    label, note = width(box.label, 11.5, math=False), width(box.note, 9.5, math=False)
    return max(label, note, 70.0) + 12


def _ranks(block: Diagram) -> dict[str, int]:
    ranks = {box.name: 0 for box in block.boxes}
    for box in block.boxes:  # each after those that point to it
        before = [ranks[a] + 1 for a, b in block.arrows if b == box.name]
        ranks[box.name] = max(before, default=0)
    return ranks


def _rows(ranks: dict[str, int], count: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(ranks.values()) + 1)] if count else []
    for number, rank in enumerate(ranks.values()):
        rows[rank].append(number)
    return rows


def _box(box: Box, place: Place) -> list[Shape]:
    x, y, wide = place
    middle = y + _HIGH / 2
    shapes: list[Shape] = [
        Rect(x=x, y=y, width=wide, height=_HIGH, fill=tint(box.tone), stroke=GREY, radius=4),
        Label(x=x + wide / 2, y=middle - (7 if box.note else 0), text=box.label, size=11.5),
    ]
    if box.note:
        shapes.append(Label(x=x + wide / 2, y=middle + 8, text=box.note, size=9.5, colour=INK))
    return shapes


def _arrow(
    places: dict[str, Place], gutters: dict[str, Number], arrow: tuple[str, str]
) -> list[Shape]:
    (x, y, wide), (to_x, to_y, to_wide) = places[arrow[0]], places[arrow[1]]
    begin, end = (x + wide / 2, y + _HIGH), (to_x + to_wide / 2, to_y)
    if to_y > y:
        middle = (y + _HIGH + to_y) / 2 if to_y - y < 2 * _HIGH + _BETWEEN else to_y - _BETWEEN / 2
        if begin[0] == end[0]:
            points: tuple[tuple[Number, Number], ...] = (begin, end)
        else:
            points = (begin, (begin[0], middle), (end[0], middle), end)
        return [Path(points=points, stroke=GREY, line=1.1, arrow=True)]
    between = gutters[arrow[1]]  # up to the head of the next column
    below, above = y + _HIGH + _BETWEEN / 2, max(to_y - _BETWEEN / 2, 2.0)
    points = (begin, (begin[0], below), (between, below), (between, above), (end[0], above), end)
    return [Path(points=points, stroke=GREY, line=1.1, arrow=True)]
