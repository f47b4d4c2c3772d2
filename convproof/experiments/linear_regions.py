"""Linear regions of networks of ReLUs on a square, counted exactly.

On a region where no unit changes its sign the network is affine. Regions are convex polygons with
rational corners; each unit's line cuts those it crosses; in integers no crossing is missed. Of
``N`` units on a plane::

    one hidden layer            at most 1 + N + N (N - 1) / 2              (Zaslavsky 1975)
    two of N/2, folding         (N/4)^2 (1 + N/2 + N/2 (N/2 - 1) / 2)      (Montufar et al. 2014)

Both are reached: the first by lines in general position that all cross within the square, the
second by a first layer that folds each coordinate ``N/4`` times onto [0, 1], so that each cut of
the second layer is repeated in every fold. With ``L`` layers of ``w`` units, all but the last
folding, they are ``(w/2)^(2 (L-1)) (1 + w + w (w - 1) / 2)``: exponential in the depth, where one
layer of ``L w`` units has a square of it. Drawn weights show what is usual, not what is possible.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import panels

Corner = tuple[int, int, int]  # homogeneous: (x, y, w) is the point (x / w, y / w), w > 0
Row = tuple[int, int, int]  # an affine function: a x + b y + c w
Layer = tuple[tuple[int, ...], ...]  # of every unit: its weights, then its bias
UNITS = 20
_NARROW = 4  # units of each layer, where layers are added
_DEPTHS = (1, 2, 3, 4, 5)
_SQUARE: tuple[Corner, ...] = ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
_GRID = 1000  # integers of drawn weights


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the square where the network so far is affine.

    Attributes:
        corners: of the convex polygon, in order.
        rows: what each unit of the last layer gives there.
    """

    corners: tuple[Corner, ...]
    rows: tuple[Row, ...]


def regions(layers: tuple[Layer, ...]) -> list[Region]:
    """Return the regions of the square [0, 1]^2 under layers of ReLUs.

    Args:
        layers: integer weights; of the first layer two and a bias for each unit.

    Example:
        Two lines that cross within the square:

        >>> len(regions((((4, 4, -3), (4, -4, 1)),)))
        4
    """
    found = [Region(_SQUARE, ((1, 0, 0), (0, 1, 0)))]
    for layer in layers:
        found = [part for region in found for part in _through(region, layer)]
    return found


def _through(region: Region, layer: Layer) -> Iterator[Region]:
    """Yield the parts that the units of a layer cut a region into."""
    units = [_affine(unit, region.rows) for unit in layer]
    parts: list[tuple[tuple[Corner, ...], tuple[Row, ...]]] = [(region.corners, ())]
    for row in units:
        parts = [
            (piece, (*rows, row if on else (0, 0, 0)))
            for corners, rows in parts
            for piece, on in _cut(corners, row)
        ]
    for corners, rows in parts:
        yield Region(corners, rows)


def _affine(unit: tuple[int, ...], rows: tuple[Row, ...]) -> Row:
    """Return a unit's affine function on a region, from those of the layer before."""
    *weights, bias = unit
    x, y, c = (sum(w * row[i] for w, row in zip(weights, rows, strict=True)) for i in range(3))
    return x, y, c + bias


def _at(row: Row, corner: Corner) -> int:
    return sum(a * b for a, b in zip(row, corner, strict=True))


def _cut(corners: tuple[Corner, ...], row: Row) -> Iterator[tuple[tuple[Corner, ...], bool]]:
    """Yield the pieces on either side of a line, and whether the unit is above zero there."""
    signs = [_at(row, corner) for corner in corners]
    if min(signs) >= 0 or max(signs) <= 0:
        yield corners, max(signs) > 0
        return
    above: list[Corner] = []
    below: list[Corner] = []
    for place, (corner, sign) in enumerate(zip(corners, signs, strict=True)):
        following = (place + 1) % len(corners)
        if sign >= 0:
            above.append(corner)
        if sign <= 0:
            below.append(corner)
        if sign * signs[following] < 0:
            crossing = _between(corner, corners[following], sign, signs[following])
            above.append(crossing)
            below.append(crossing)
    yield tuple(above), True
    yield tuple(below), False


def _between(p: Corner, q: Corner, at_p: int, at_q: int) -> Corner:
    """Return where an affine function is zero on a segment."""
    a, b = abs(at_q), abs(at_p)
    x, y, w = (a * u + b * v for u, v in zip(p, q, strict=True))
    common = gcd(x, y, w)
    return x // common, y // common, w // common


def drawn(widths: tuple[int, ...], rng: np.random.Generator) -> tuple[Layer, ...]:
    """Return layers with uniform integer weights and biases, of ``2 x - 1`` and ``2 y - 1``."""
    made: list[Layer] = []
    inputs = 2
    for width in widths:
        table = rng.integers(-_GRID, _GRID + 1, (width, inputs + 1))
        if not made:
            table[:, 2] -= table[:, 0] + table[:, 1]
            table[:, :2] *= 2
        made.append(tuple(tuple(map(int, row)) for row in table))
        inputs = width
    return tuple(made)


def crossing(units: int) -> Layer:
    """Return lines that cross pairwise within the square, no three in a point.

    They touch a parabola: ``y = m^2 - 2 m x``, moved so that all crossings ``x = (m + m') / 2`` and
    ``y = -m m'`` lie inside.
    """
    slopes = [2 * j - (units - 1) for j in range(units)]  # m in units of 1 / (2 units)
    scale = 2 * units
    # with m = slope / scale, |m| < 1/2: the line y - 1/2 = m^2 - 2 m (x - 1/2), times 2 scale^2
    return tuple(
        (4 * m * scale, 2 * scale * scale, -(scale * scale) - 2 * m * m - 2 * m * scale)
        for m in slopes
    )


def folding(units: int) -> Layer:
    """Return ``units / 2`` units for each coordinate, whose zigzag folds [0, 1] onto itself.

    With ``p`` units, ``h(x) = p x - 2 relu(p x - 1) + 2 relu(p x - 2) - ...`` goes up and down
    between 0 and 1 ``p`` times.
    """
    folds = units // 2
    return (
        *((folds, 0, -j) for j in range(folds)),
        *((0, folds, -j) for j in range(folds)),
    )


def after_folding(layer: Layer, units: int) -> Layer:
    """Return a layer that reads the folded coordinates, in terms of the folding units."""
    folds = units // 2
    signs = [1, *(2 * (-1) ** j for j in range(1, folds))]
    return tuple((*(a * s for s in signs), *(b * s for s in signs), c) for a, b, c in layer)


def folded(width: int, depth: int) -> tuple[Layer, ...]:
    """Return layers of ``width`` units: all but the last fold, and that one's lines all cross."""
    layers = [folding(width)] * (depth - 1) + [crossing(width)]
    return (layers[0], *(after_folding(layer, width) for layer in layers[1:]))


def run(settings: Settings) -> Finding:
    """Count the regions of both shapes: at most, and with drawn weights."""
    half = UNITS // 2
    flat, deep = regions((crossing(UNITS),)), regions(folded(half, 2))
    shallow = len(flat)
    usual = _usual(settings)
    law = _most(UNITS)
    repeated = (half // 2) ** 2 * (1 + half + half * (half - 1) // 2)
    by_depth = [len(regions(folded(_NARROW, depth))) for depth in _DEPTHS]
    most = [_most(_NARROW * depth) for depth in _DEPTHS]
    growth = (_NARROW // 2) ** 2
    exponential = by_depth == [most[0] * growth ** (depth - 1) for depth in _DEPTHS]
    means = {name: sum(found) / len(found) for name, found in usual.items()}
    reached = shallow == law and len(deep) == repeated
    return Finding(
        found=f"With {UNITS} units, one hidden layer reaches {shallow} regions"
        + (", which is the most; " if shallow == law else "; ")
        + f"two of {half} that fold reach {len(deep)}. Layers of {_NARROW} reach "
        f"{', '.join(map(str, by_depth))} for 1 to {len(by_depth)} of them, one layer of as many "
        f"units at most {', '.join(map(str, most))}. With drawn weights the means are "
        f"{means['20']:.0f} and {means['10 + 10']:.0f}: what is possible is not what is usual.",
        agreement="agrees" if reached and exponential and len(deep) > shallow else "disagrees",
        numbers={
            "units": UNITS,
            "shallow": shallow,
            "shallow_law": law,
            "deep": len(deep),
            "deep_law": repeated,
            "by_depth": by_depth,
            "one_layer_at_most": most,
            "drawn": usual,
            "pictures": {
                "one layer, lines that all cross": _outlines(flat),
                "two layers, folding": _outlines(deep),
            },
        },
    )


def _usual(settings: Settings) -> dict[str, list[int]]:
    """Return the numbers of regions with drawn weights, of both shapes."""
    rng = np.random.default_rng(settings.seed)
    times, half = 3 if settings.quick else 20, UNITS // 2
    return {
        name: [len(regions(drawn(widths, rng))) for _ in range(times)]
        for name, widths in (("20", (UNITS,)), ("10 + 10", (half, half)))
    }


def _most(units: int) -> int:
    """Return Zaslavsky's number of one hidden layer."""
    return 1 + units + units * (units - 1) // 2


def _outlines(found: list[Region]) -> list[list[list[float]]]:
    return [[[round(x / w, 5), round(y / w, 5)] for x, y, w in part.corners] for part in found]


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the regions of both constructions."""
    from matplotlib.collections import PolyCollection

    from convproof.experiments.figures import COLOURS

    figure, axes = panels(1, 2, height=3.8)
    for place, (title, outlines) in zip(axes[0], numbers["pictures"].items(), strict=True):
        colours = [COLOURS[i % len(COLOURS)] for i in range(len(outlines))]
        place.add_collection(
            PolyCollection(outlines, facecolors=colours, alpha=0.45, edgecolors="k", linewidths=0.3)
        )
        place.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 1], yticks=[0, 1])
        place.set_title(f"{title}: {len(outlines)} regions", fontsize=8)
    return figure


EXPERIMENT = Experiment(
    title="Linear regions of networks with the same units",
    says="Deep networks are able to separate their input space into exponentially more linear "
    "response regions than their shallow counterparts, despite using the same number of units.",
    source='lecture 7, "towards deeper networks"; Montufar et al. 2014',
    run=run,
    draw=draw,
)
