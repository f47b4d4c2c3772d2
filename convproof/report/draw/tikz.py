"""A drawing as TikZ: rectangles and lines, never a matrix of nodes, which TeX cannot hold.

Labels are ``pgftext``, which takes a third of the time of a node; the commands for them and the
colours by name are in the preamble of ``document.tex``.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from convproof.report.draw.shapes import COLOURS, Disc, Drawing, Label, Number, Path, Rect, Shape
from convproof.report.draw.svg import arrow_head, corners
from convproof.report.tex import escape

PT = 0.75  # points of a pixel
WIDEST, HIGHEST = 600.0, 700.0  # pixels of what a page holds
_MOST = 200  # rectangles or lines of one path: TeX holds a path in memory
_COMMANDS = {"middle": "lm", "start": "ls", "end": "lr"}


def tikz(drawing: Drawing, widest: Number = WIDEST) -> str:
    """Return a ``tikzpicture`` that is at most as wide and as high as a page holds."""
    scale = scale_of(drawing, widest)
    unit = f"{PT * scale:.4f}"
    lines = [
        rf"\begin{{tikzpicture}}[x={unit}pt,y=-{unit}pt,line width=0.5pt,inner sep=0pt]",
        rf"\useasboundingbox (0,0) rectangle ({_n(drawing.width)},{_n(drawing.height)});",
        *_shapes(drawing.shapes, scale),
        r"\end{tikzpicture}%",
    ]
    return "\n".join(lines)


def scale_of(drawing: Drawing, widest: Number = WIDEST) -> Number:
    """Return how much smaller than it is drawn it is printed."""
    return min(1.0, widest / drawing.width, HIGHEST / drawing.height)


def _shapes(shapes: Sequence[Shape], scale: Number) -> Iterator[str]:
    def alike(shape: Shape) -> tuple[type, bool, str]:
        return type(shape), isinstance(shape, Path) and shape.arrow, _style(shape, scale)

    for (kind, arrow, style), group in groupby(shapes, key=alike):
        held = list(group)
        if kind in (Rect, Path) and not arrow:
            for start in range(0, len(held), _MOST):
                parts = " ".join(map(_part, held[start : start + _MOST]))
                yield rf"\path[{style}] {parts};"
        else:
            yield from (_one(shape, style, scale) for shape in held)


def _part(shape: Shape) -> str:
    if isinstance(shape, Rect):
        end = _at(shape.x + shape.width, shape.y + shape.height)
        return f"{_at(shape.x, shape.y)} rectangle {end}"
    assert isinstance(shape, Path)  # asked of no other
    return "--".join(_at(x, y) for x, y in shape.points)


def _one(shape: Shape, style: str, scale: Number) -> str:
    if isinstance(shape, Path):
        head = "--".join(_at(x, y) for x, y in arrow_head(shape))
        fill = rf"\fill[fill={_colour(shape.stroke)}] {head}--cycle;"
        return rf"\path[{style}] {_part(shape)}; {fill}"
    if isinstance(shape, Disc) and not shape.corners:
        return rf"\fill[{style}] {_at(shape.x, shape.y)} circle[radius={_n(shape.radius)}];"
    if isinstance(shape, Disc):
        around = "--".join(_at(x, y) for x, y in corners(shape))
        return rf"\fill[{style}] {around}--cycle;"
    assert isinstance(shape, Label)  # the only kind left
    return _label(shape, scale)


def _label(shape: Label, scale: Number) -> str:
    size = PT * scale * shape.size
    digits = COLOURS.get(shape.colour, shape.colour)
    text = f"${shape.text}$" if shape.math else rf"\sffamily {escape(shape.text)}"
    text = rf"\bfseries {text}" if shape.bold else text
    if shape.upward:
        side = {"middle": "base", "start": "base,left", "end": "base,right"}[shape.anchor]
        at = rf"\pgfqpointxy{{{_n(shape.x + 0.34 * shape.size)}}}{{{_n(shape.y)}}}"
        inner = rf"\color{{c{digits}}}\fontsize{{{size:.2f}}}{{{size:.2f}}}\selectfont {text}"
        return rf"\pgftext[{side},at={{{at}}},rotate=90]{{{inner}}}"
    place = f"{{{_n(shape.x)}}}{{{_n(shape.y + 0.3 * shape.size)}}}"
    return rf"\{_COMMANDS[shape.anchor]}{place}{{{digits}}}{{{size:.2f}}}{{{text}}}"


def _style(shape: Shape, scale: Number) -> str:
    """Return what TikZ is told of a shape before its places."""
    if isinstance(shape, Label):
        return ""
    if isinstance(shape, Disc):
        return f"fill={_colour(shape.fill)}"
    parts = []
    if isinstance(shape, Rect):
        parts += [f"fill={_colour(shape.fill)}"] if shape.fill else []
        parts += [f"rounded corners={PT * scale * shape.radius:.2f}pt"] if shape.radius else []
    if shape.stroke:
        parts += [f"draw={_colour(shape.stroke)}", f"line width={PT * scale * shape.line:.2f}pt"]
        parts += ["dash pattern=on 2pt off 1.5pt"] if shape.dashed else []
    return ",".join(parts)


def _colour(colour: str) -> str:
    """Return the name that the preamble gives a colour of the palette."""
    return f"c{COLOURS.get(colour, colour)}"


def _at(x: Number, y: Number) -> str:
    return f"({_n(x)},{_n(y)})"


def _n(number: Number) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
