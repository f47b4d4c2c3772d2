"""Regions of networks of ReLUs, counted exactly."""

from fractions import Fraction

import numpy as np
import pytest

from convproof.experiments import linear_regions as lines
from convproof.experiments.linear_regions import Layer, Region, crossing, drawn, folding, regions

_SHAPES = [(1,), (7,), (3, 3), (4, 2, 3)]


def _point(corner: lines.Corner) -> tuple[Fraction, Fraction]:
    x, y, w = corner
    return Fraction(x, w), Fraction(y, w)


def _area(region: Region) -> Fraction:
    points = [_point(corner) for corner in region.corners]
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum((a * d - b * c for (a, b), (c, d) in pairs), Fraction(0)) / 2


def _centre(region: Region) -> tuple[Fraction, Fraction]:
    points = [_point(corner) for corner in region.corners]
    return (
        sum((x for x, _ in points), Fraction(0)) / len(points),
        sum((y for _, y in points), Fraction(0)) / len(points),
    )


def _computed(layers: tuple[Layer, ...], point: tuple[Fraction, Fraction]) -> list[Fraction]:
    """A network of ReLUs as a textbook has it."""
    values = list(point)
    for layer in layers:
        rows = (
            sum((w * v for w, v in zip(unit[:-1], values, strict=True)), Fraction(unit[-1]))
            for unit in layer
        )
        values = [max(value, Fraction(0)) for value in rows]
    return values


@pytest.mark.parametrize("widths", _SHAPES)
def test_the_regions_cover_the_square_once(widths: tuple[int, ...]) -> None:
    """sum of areas = 1, none of them 0, in fractions."""
    found = regions(drawn(widths, np.random.default_rng(1)))
    areas = [abs(_area(region)) for region in found]
    assert sum(areas) == 1
    assert min(areas) > 0


@pytest.mark.parametrize("widths", _SHAPES)
def test_on_each_region_the_network_is_the_affine_function_that_it_has(
    widths: tuple[int, ...],
) -> None:
    """relu(W ... relu(W p + b)) = a p + c at the middle and at each corner of a region."""
    layers = drawn(widths, np.random.default_rng(2))
    for region in regions(layers):
        for x, y in [_centre(region), *map(_point, region.corners)]:
            affine = [a * x + b * y + c for a, b, c in region.rows]
            assert affine == _computed(layers, (x, y))


def test_no_two_regions_of_one_layer_have_the_same_units_on() -> None:
    """A line arrangement's cells have pairwise different signs."""
    layers = drawn((9,), np.random.default_rng(3))
    on = [tuple(v > 0 for v in _computed(layers, _centre(r))) for r in regions(layers)]
    assert len(set(on)) == len(on)


@pytest.mark.parametrize("units", range(1, 9))
def test_lines_that_all_cross_have_the_most_regions(units: int) -> None:
    """1 + N + N (N - 1) / 2   (Zaslavsky 1975)."""
    assert len(regions((crossing(units),))) == 1 + units + units * (units - 1) // 2


@pytest.mark.parametrize("units", [2, 4, 6])
def test_folding_repeats_what_comes_after_it_in_every_fold(units: int) -> None:
    """(n/2)^2 (1 + n + n (n - 1) / 2)   (Montufar et al. 2014)."""
    once = 1 + units + units * (units - 1) // 2
    layers = (folding(units), lines.after_folding(crossing(units), units))
    assert len(regions(layers)) == (units // 2) ** 2 * once


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_folding_layer_multiplies_the_regions(depth: int) -> None:
    """(w/2)^(2 (L - 1)) (1 + w + w (w - 1) / 2)."""
    assert len(regions(lines.folded(4, depth))) == 4 ** (depth - 1) * 11


def test_a_cut_that_takes_a_touched_corner_for_a_crossing_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line through a corner of the square does not cut it: planted, areas of 0 appear."""

    def cut(corners: tuple[lines.Corner, ...], row: lines.Row):  # type: ignore[no-untyped-def]  # noqa: ANN202
        yield corners, True
        if 0 in [lines._at(row, corner) for corner in corners]:
            yield corners[:1] * 3, False

    through_a_corner = (((1, 1, 0),),)
    assert len(regions(through_a_corner)) == 1
    monkeypatch.setattr(lines, "_cut", cut)
    assert min(abs(_area(region)) for region in regions(through_a_corner)) == 0
