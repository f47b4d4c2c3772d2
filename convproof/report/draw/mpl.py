"""A drawing with Matplotlib: for SVG, PNG and PDF, and for notebooks (extra ``plot``)."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from convproof.errors import MissingExtraError
from convproof.report.draw.shapes import COLOURS, Disc, Drawing, Label, Path, Rect
from convproof.report.draw.svg import arrow_head, corners

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 96.0  # pixels of an inch
_POINT = 72 / _DPI  # points of a pixel
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def drawn(drawing: Drawing) -> "Figure":
    """Return a drawing as a figure of its size; no window is opened.

    Raises:
        MissingExtraError: if Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        package = "matplotlib"
        raise MissingExtraError(package, "plot") from None
    figure = Figure(figsize=(drawing.width / _DPI, drawing.height / _DPI))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axes.axis("off")
    for place, (kind, group) in enumerate(groupby(drawing.shapes, key=type)):
        held: Any = list(group)
        if kind is Rect:
            _rects(axes, held, place)
        else:
            for shape in held:
                _DRAW[kind](axes, shape, place)
    return figure


def _rects(axes: Any, shapes: Sequence[Rect], place: int) -> None:
    """Draw rectangles as one collection: a matrix has thousands."""
    from matplotlib.collections import PolyCollection

    outlines = [
        ((s.x, s.y), (s.x + s.width, s.y), (s.x + s.width, s.y + s.height), (s.x, s.y + s.height))
        for s in shapes
    ]
    axes.add_collection(
        PolyCollection(
            outlines, facecolors=[_colour(s.fill) for s in shapes],
            edgecolors=[_colour(s.stroke) for s in shapes],
            linewidths=[_POINT * s.line if s.stroke else 0.0 for s in shapes], zorder=place,
        )
    )  # fmt: skip


def _disc(axes: Any, shape: Disc, place: int) -> None:
    from matplotlib.patches import Circle, Polygon

    fill = _colour(shape.fill)
    if shape.corners:
        axes.add_patch(Polygon(corners(shape), color=fill, zorder=place))
    else:
        axes.add_patch(Circle((shape.x, shape.y), shape.radius, color=fill, zorder=place))


def _path(axes: Any, shape: Path, place: int) -> None:
    from matplotlib.patches import Polygon

    xs, ys = zip(*shape.points, strict=True)
    colour = _colour(shape.stroke)
    style = "--" if shape.dashed else "-"
    axes.plot(xs, ys, style, color=colour, linewidth=_POINT * shape.line, zorder=place)
    if shape.arrow:
        axes.add_patch(Polygon(arrow_head(shape), color=colour, zorder=place))


def _label(axes: Any, shape: Label, place: int) -> None:
    text = f"${shape.text}$" if shape.math else shape.text.replace("$", r"\$")
    axes.text(
        shape.x, shape.y, text, fontsize=_POINT * shape.size, color=_colour(shape.colour),
        ha=_ANCHORS[shape.anchor], va="center_baseline" if not shape.upward else "center",
        rotation=90 if shape.upward else 0, weight="bold" if shape.bold else "normal",
        math_fontfamily="cm", zorder=place,
    )  # fmt: skip


def _colour(colour: str) -> str:
    return f"#{COLOURS.get(colour, colour)}" if colour else "none"


_DRAW: dict[type, Callable[[Any, Any, int], None]] = {Path: _path, Disc: _disc, Label: _label}
