"""Numbers as a picture: lines and points over two scales, or bars beside their names."""

from collections.abc import Callable, Iterator
from math import ceil, floor, log10

from convproof.report.draw.shapes import (
    GREY,
    PALE,
    Anchor,
    Disc,
    Drawing,
    Label,
    Number,
    Path,
    Rect,
    Shape,
    solid,
)
from convproof.report.draw.spelling import width
from convproof.report.model import Plot, Scale, Series, plain

_WIDE, _HIGH = 560.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 18.0, 14.0, 46.0
_BAR, _GAP = 11.0, 7.0
_TEXT = 11.0


def plot(block: Plot) -> Drawing:
    """Return the picture of a plot."""
    shapes, wide, high = _bars(block) if block.style == "bars" else _curves(block)
    return Drawing(
        width=wide,
        height=high,
        title=plain(block.caption),
        description=block.description,
        shapes=tuple(shapes),
    )


def ticks(low: Number, high: Number, *, logarithmic: bool) -> list[Number]:
    """Return round numbers that span a range.

    Example:
        >>> ticks(0, 93, logarithmic=False), ticks(20, 4e3, logarithmic=True)
        ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], [10.0, 100.0, 1000.0, 10000.0])
    """
    if logarithmic:
        return [
            10.0**p
            for p in range(floor(log10(low)), max(ceil(log10(high)), floor(log10(low)) + 1) + 1)
        ]
    rough = (high - low or 1.0) / 5
    unit = 10.0 ** floor(log10(rough))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= rough)
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return [round(k * step, 12) for k in range(first, last + 1)]


def told(number: Number) -> str:
    """Return a number for a scale: ``2 M`` for two millions.

    Example:
        >>> told(0), told(0.5), told(2e6), told(1500)
        ('0', '0.5', '2 M', '1500')
    """
    for least, size, unit in ((1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(number) >= least:
            return f"{number / size:.3g} {unit}"
    return f"{number:.4g}"


def _place(
    scale: Scale, marks: list[Number], begin: Number, end: Number
) -> Callable[[Number], Number]:
    low, high = marks[0], marks[-1]

    def linear(value: Number) -> Number:
        return begin + (value - low) / (high - low) * (end - begin)

    def logarithmic(value: Number) -> Number:
        return begin + log10(value / low) / log10(high / low) * (end - begin)

    return logarithmic if scale.logarithmic else linear


def _marks(scale: Scale, values: list[Number]) -> list[Number]:
    if scale.categories:
        return [-0.5, len(scale.categories) - 0.5]
    low, high = min(values), max(values)
    return ticks(low if scale.logarithmic else min(0.0, low), high, logarithmic=scale.logarithmic)


def _curves(block: Plot) -> tuple[list[Shape], Number, Number]:
    xs = _marks(block.x, [x for s in block.series for x, _ in s.points])
    ys = _marks(block.y, [y for s in block.series for _, y in s.points])
    right, bottom = _WIDE - _RIGHT, _HIGH - _BOTTOM
    at_x, at_y = _place(block.x, xs, _LEFT, right), _place(block.y, ys, bottom, _TOP)
    shapes: list[Shape] = []
    for y in ys:
        shapes.append(Path(points=((_LEFT, at_y(y)), (right, at_y(y))), stroke=PALE))
        shapes.append(Label(x=_LEFT - 6, y=at_y(y), text=told(y), size=_TEXT, anchor="end"))
    named = enumerate(block.x.categories) if block.x.categories else ((x, told(x)) for x in xs)
    lowest = bottom
    for x, text in named:
        if block.x.categories:
            shapes.append(
                Label(x=at_x(x), y=bottom + 8, text=text, size=10, anchor="end", upward=True)
            )
            lowest = max(lowest, bottom + 8 + width(text, 10, math=False))
        else:
            shapes.append(Path(points=((at_x(x), _TOP), (at_x(x), bottom)), stroke=PALE))
            shapes.append(Label(x=at_x(x), y=bottom + 12, text=text, size=_TEXT))
            lowest = bottom + 18
    shapes.append(
        Path(points=((_LEFT, _TOP), (_LEFT, bottom), (right, bottom)), stroke=GREY, line=1)
    )
    shapes.append(Label(x=(_LEFT + right) / 2, y=lowest + 14, text=block.x.label, size=12))
    shapes.append(Label(x=14, y=(_TOP + bottom) / 2, text=block.y.label, size=12, upward=True))
    for number, series in enumerate(block.series):
        shapes += _series(block, series, number, at_x, at_y)
    shapes += _names(block, at_x, at_y)
    high = lowest + 28
    key, high = _key(block.series, high)
    return shapes + key, _WIDE, high


def _series(
    block: Plot,
    series: Series,
    number: int,
    at_x: Callable[[Number], Number],
    at_y: Callable[[Number], Number],
) -> Iterator[Shape]:
    points = tuple((at_x(x), at_y(y)) for x, y in series.points)
    if block.style == "lines":
        dashed = number % 2 == 1
        yield Path(points=points, stroke=solid(number), line=1.8, dashed=dashed)
    for x, y in points:
        yield _mark(x, y, number)


def _names(
    block: Plot, at_x: Callable[[Number], Number], at_y: Callable[[Number], Number]
) -> Iterator[Label]:
    """Yield the labels of points that have room, those of the last series first."""
    dots = [(at_x(x), at_y(y)) for series in block.series for x, y in series.points]
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    for series in reversed(block.series):
        for (x, y), text in zip(series.points, series.labels, strict=False):
            for label, box in _places(at_x(x), at_y(y), text):
                inside = (
                    box[0] >= _LEFT
                    and box[2] <= _WIDE
                    and box[1] >= 0
                    and box[3] <= _HIGH - _BOTTOM
                )
                if inside and not any(_meet(box, other) for other in taken):
                    taken.append(box)
                    yield label
                    break


_Area = tuple[Number, Number, Number, Number]


def _places(x: Number, y: Number, text: str) -> Iterator[tuple[Label, _Area]]:
    """Yield where a label may be: beside its point, above, below, further off."""
    long = width(text, 10, math=False)
    for dy in (0.0, -12.0, 12.0, -24.0, 24.0):
        for side in (1, -1):
            begin = x + 7 if side == 1 else x - 7 - long
            anchor: Anchor = "start" if side == 1 else "end"
            label = Label(x=x + 7 * side, y=y + dy, text=text, size=10, anchor=anchor)
            yield label, (begin, y + dy - 5.5, begin + long, y + dy + 5.5)


def _meet(one: _Area, other: _Area) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def _mark(x: Number, y: Number, number: int) -> Disc:
    return Disc(x=x, y=y, radius=3.4, fill=solid(number), corners=(0, 4, 3, 5)[number % 4])


def _key(series: tuple[Series, ...], high: Number) -> tuple[list[Shape], Number]:
    if len(series) < 2:
        return [], high
    shapes: list[Shape] = []
    x = _LEFT
    for number, each in enumerate(series):
        room = 22 + width(each.name, _TEXT, math=False)
        if x + room > _WIDE:
            x, high = _LEFT, high + 18
        shapes.append(_mark(x + 4, high, number))
        shapes.append(Label(x=x + 13, y=high, text=each.name, size=_TEXT, anchor="start"))
        x += room + 12
    return shapes, high + 14


def _bars(block: Plot) -> tuple[list[Shape], Number, Number]:
    names = block.x.categories
    left = max(width(name, _TEXT, math=False) for name in names) + 14
    right = _WIDE - 60
    values = [y for s in block.series for _, y in s.points if y > 0 or not block.y.logarithmic]
    marks = _marks(block.y, values)
    at = _place(block.y, marks, left, right)
    step = len(block.series) * _BAR + _GAP
    top = 26.0
    bottom = top + len(names) * step
    shapes: list[Shape] = [Label(x=(left + right) / 2, y=8, text=block.y.label, size=12)]
    for mark in marks:
        shapes.append(Path(points=((at(mark), top), (at(mark), bottom)), stroke=PALE))
        shapes.append(Label(x=at(mark), y=bottom + 11, text=told(mark), size=_TEXT))
    for place, name in enumerate(names):
        middle = top + (place + 0.5) * step
        shapes.append(Label(x=left - 8, y=middle, text=name, size=_TEXT, anchor="end"))
    for number, series in enumerate(block.series):
        for at_bar, value in series.points:
            y = top + at_bar * step + _GAP / 2 + number * _BAR
            shown = value > 0 or not block.y.logarithmic
            end = at(value) if shown else left
            shapes.append(
                Rect(x=left, y=y, width=max(end - left, 0.0), height=_BAR - 1, fill=solid(number))
            )
            if len(block.series) == 1:
                text = series.labels[int(at_bar)] if series.labels else told(value)
                shapes.append(Label(x=end + 4, y=y + _BAR / 2, text=text, size=9.5, anchor="start"))
    shapes.append(Path(points=((left, top), (left, bottom)), stroke=GREY, line=1))
    key, high = _key(block.series, bottom + 32)
    return shapes + key, _WIDE, high
