"""The shapes that every picture is made of, in units of a CSS pixel, y downward."""

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Number: TypeAlias = int | float
Anchor = Literal["start", "middle", "end"]
INK, GREY, PALE, FAINT, RED = "ink", "grey", "pale", "faint", "red"
WHITE, DONE, NOW = "white", "done", "now"  # outputs to come, there already, and the present one
COLOURS = {
    INK: "1A1A1A", GREY: "6B6B6B", PALE: "D9D9D9", FAINT: "F2F2F2", RED: "C00000",
    WHITE: "FFFFFF", DONE: "CDEBDD", NOW: "5CC29F",
}  # fmt: skip
# Okabe and Ito's colours, which people tell apart who see few of them; lightened below labels.
HUES = ("E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7", "999999", "9B6BDF")
_TINTS = (0.55, 0.3, 0.8)  # of the first nine classes, the next nine, the nine after them


def tint(number: int) -> str:
    """Return the six digits of the colour of a class; it comes again after 27 classes.

    Example:
        >>> tint(0), tint(9), tint(27)
        ('F1CA72', 'F7E2B2', 'F1CA72')
    """
    part = _TINTS[number // len(HUES) % len(_TINTS)]
    hue = HUES[number % len(HUES)]
    parts = (int(hue[place : place + 2], 16) for place in (0, 2, 4))
    return "".join(f"{int(255 - part * (255 - value)):02X}" for value in parts)


def solid(number: int) -> str:
    """Return the six digits of the colour of a series or a kind, as it is."""
    return HUES[(4, 5, 2, 6, 0, 1, 8, 7, 3)[number % len(HUES)]]


def palette() -> tuple[str, ...]:
    """Return the six digits of every colour that a picture may have."""
    tints = map(tint, range(len(_TINTS) * len(HUES)))
    return tuple(sorted({*COLOURS.values(), *tints, *map(solid, range(len(HUES)))}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle.

    Attributes:
        x: of its left side.
        y: of its top.
        width: of it.
        height: of it.
        fill: six digits or a name of ``COLOURS``; "" for none.
        stroke: the same.
        line: how wide the stroke is.
        radius: of its corners.
        dashed: whether the stroke is.
    """

    x: Number
    y: Number
    width: Number
    height: Number
    fill: str = ""
    stroke: str = ""
    line: Number = 0.75
    radius: Number = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line through points.

    Attributes:
        points: x and y each.
        stroke: six digits or a name of ``COLOURS``.
        line: how wide it is.
        arrow: whether it ends in a head.
        dashed: whether it is.
    """

    points: tuple[tuple[Number, Number], ...]
    stroke: str = INK
    line: Number = 0.75
    arrow: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A filled circle, or with ``corners`` a regular polygon.

    Attributes:
        x: of its centre.
        y: of its centre.
        radius: of it.
        fill: six digits or a name of ``COLOURS``.
        corners: 0 for a circle.
    """

    x: Number
    y: Number
    radius: Number
    fill: str
    corners: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Letters, centred on their height.

    Attributes:
        x: where it is anchored.
        y: the middle of its letters.
        text: plain text, or LaTeX if ``math``.
        size: of the letters.
        math: whether it is LaTeX.
        anchor: which end of it is at ``x``.
        colour: six digits or a name of ``COLOURS``.
        bold: whether it is.
        upward: whether it is turned to be read from below.
    """

    x: Number
    y: Number
    text: str
    size: Number = 12.0
    math: bool = False
    anchor: Anchor = "middle"
    colour: str = INK
    bold: bool = False
    upward: bool = False


Shape: TypeAlias = Rect | Path | Disc | Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Shapes on a sheet, those that come first below the others.

    Attributes:
        width: of the sheet.
        height: of the sheet.
        title: what it is, for those who cannot see it.
        description: more of that.
        shapes: on it.
    """

    width: Number
    height: Number
    title: str
    description: str = ""
    shapes: tuple[Shape, ...] = field(default=())


def moved(shape: Shape, dx: Number, dy: Number) -> Shape:
    """Return a shape elsewhere."""
    if isinstance(shape, Path):
        return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    return replace(shape, x=shape.x + dx, y=shape.y + dy)
