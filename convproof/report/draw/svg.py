"""A drawing as inline SVG: no script, no style sheet, nothing from elsewhere."""

from html import escape
from math import cos, pi, sin

from convproof.report.draw.shapes import COLOURS, Disc, Drawing, Label, Number, Path, Rect, Shape
from convproof.report.draw.spelling import spelled

_SERIF = "'Latin Modern Math','STIX Two Math','Cambria Math',Georgia,'Times New Roman',serif"
_SANS = "system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


def svg(drawing: Drawing, key: str) -> str:
    """Return a drawing as an ``svg`` element with an accessible name.

    Args:
        drawing: what is drawn.
        key: unique in the page; ids begin with it.
    """
    wide, high = _n(drawing.width), _n(drawing.height)
    named = f'aria-labelledby="{key}-t{f" {key}-d" if drawing.description else ""}"'
    described = f'<desc id="{key}-d">{escape(drawing.description)}</desc>'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {named} width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}">'
        f'<title id="{key}-t">{escape(drawing.title)}</title>'
        f"{described if drawing.description else ''}"
    )
    return head + "".join(map(_shape, drawing.shapes)) + "</svg>"


def _shape(shape: Shape) -> str:
    if isinstance(shape, Rect):
        return _rect(shape)
    if isinstance(shape, Path):
        return _path(shape)
    if isinstance(shape, Disc):
        return _disc(shape)
    return _label(shape)


def _rect(shape: Rect) -> str:
    corners = f' rx="{_n(shape.radius)}"' if shape.radius else ""
    return (
        f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
        f'height="{_n(shape.height)}"{corners} fill="{_colour(shape.fill)}"'
        f"{_stroke(shape.stroke, shape.line, dashed=shape.dashed)}/>"
    )


def _path(shape: Path) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
    stroke = _stroke(shape.stroke, shape.line, dashed=shape.dashed)
    line = f'<polyline points="{points}" fill="none"{stroke}/>'
    if not shape.arrow:
        return line
    head = " ".join(f"{_n(x)},{_n(y)}" for x, y in arrow_head(shape))
    return f'{line}<polygon points="{head}" fill="{_colour(shape.stroke)}"/>'


def arrow_head(shape: Path) -> tuple[tuple[Number, Number], ...]:
    """Return the corners of the head at a path's end."""
    (x0, y0), (x, y) = shape.points[-2:]
    length = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5 or 1.0
    ux, uy = (x - x0) / length, (y - y0) / length
    long, half = 6.0, 2.6
    bx, by = x - long * ux, y - long * uy
    return (x, y), (bx - half * uy, by + half * ux), (bx + half * uy, by - half * ux)


def corners(shape: Disc) -> tuple[tuple[Number, Number], ...]:
    """Return the corners of a polygon, one at its top."""
    turns = (2 * pi * k / shape.corners for k in range(shape.corners))
    r = shape.radius * 1.2
    return tuple((shape.x + r * sin(a), shape.y - r * cos(a)) for a in turns)


def _disc(shape: Disc) -> str:
    fill = _colour(shape.fill)
    if not shape.corners:
        return (
            f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{fill}"/>'
        )
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners(shape))
    return f'<polygon points="{points}" fill="{fill}"/>'


def _label(shape: Label) -> str:
    turned = f' transform="rotate(-90 {_n(shape.x)} {_n(shape.y)})"' if shape.upward else ""
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    bold = ' font-weight="bold"' if shape.bold else ""
    # the middle of letters lies a third of their size above the line that they stand on
    return (
        f'<text x="{_n(shape.x)}" y="{_n(shape.y + 0.34 * shape.size)}" font-family="'
        f'{_SERIF if shape.math else _SANS}" font-size="{_n(shape.size)}"{anchor}{bold}{turned} '
        f'fill="{_colour(shape.colour)}" xml:space="preserve">'
        f"{_runs(shape) if shape.math else escape(shape.text)}</text>"
    )


def _runs(shape: Label) -> str:
    parts, low = [], False
    for run in spelled(shape.text):
        style = ' font-style="italic"' if run.italic else ""
        style += ' font-weight="bold"' if run.bold else ""
        drop = 0.22 * shape.size * (int(run.low) - int(low))
        style += f' dy="{_n(drop)}"' if drop else ""
        style += f' font-size="{_n(0.7 * shape.size)}"' if run.low else ""
        parts.append(f"<tspan{style}>{escape(run.text)}</tspan>")
        low = run.low
    return "".join(parts)


def _stroke(stroke: str, line: Number, *, dashed: bool) -> str:
    if not stroke:
        return ""
    dash = ' stroke-dasharray="3 2"' if dashed else ""
    return f' stroke="{_colour(stroke)}" stroke-width="{_n(line)}"{dash}'


def _colour(colour: str) -> str:
    return f"#{COLOURS.get(colour, colour)}" if colour else "none"


def _n(number: Number) -> str:
    """Return a number with at most two places."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
