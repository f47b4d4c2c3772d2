"""Products of axes and channels, receptive fields, and locally connected layers."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import Axis, Geometry, GeometryError, Triples
from convproof.cases import Case
from convproof.geometry import receptive_field, unshared
from convproof.layers import Conv
from convproof.strategies import EXTRAS, TORCH, cases


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    flat = 0
    for i, size in zip(index, shape, strict=True):
        flat = flat * size + i
    return flat


def _conv_of(case: Case) -> Conv:
    assert isinstance(case.layer, Conv)
    return case.layer


def _geometry(case: Case) -> Geometry:
    return _conv_of(case).geometry(case.input_shape[2:])


def _written_out(case: Case) -> list[tuple[int, int, int]]:
    """Every (output, weight, input) of the textbook's nested sums, as flat positions."""
    layer, geometry = _conv_of(case), _geometry(case)
    found = []
    for m, c in product(range(layer.out_channels), range(layer.in_channels // layer.groups)):
        group = m // (layer.out_channels // layer.groups)
        channel = group * (layer.in_channels // layer.groups) + c
        for o in product(*map(range, geometry.output_size)):
            for k in product(*map(range, geometry.kernel_size)):
                rows = zip(o, k, geometry.axes, strict=True)
                i = tuple(a.stride * p + a.dilation * q - a.padding[0] for p, q, a in rows)  # type: ignore[attr-defined]
                if all(0 <= j < n for j, n in zip(i, case.input_shape[2:], strict=True)):
                    found.append(
                        (
                            _flat((m, *o), geometry.output_shape),
                            _flat((m, c, *k), geometry.weight_shape),
                            _flat((channel, *i), geometry.input_shape),
                        )
                    )
    return sorted(found)


@given(
    st.integers(1, 3).flatmap(lambda dims: cases(f"conv{dims}d", EXTRAS - {"circular"}, tiny=True))
)
def test_the_product_of_axes_and_channels_is_the_nested_sum(case: Case) -> None:
    """{(o, k, i)} of the geometry = the terms of sum_c sum_k, axis by axis."""
    triples = _geometry(case).triples()
    assert sorted(zip(*(leg.tolist() for leg in triples.legs), strict=True)) == _written_out(case)


def test_equality_of_triples_is_equality_of_polynomials() -> None:
    """The order of the terms does not count, their number does."""
    once = Axis(input_size=2, kernel_size=2).triples()
    again = _with_legs(once, lambda leg: leg[::-1])
    twice = _with_legs(once, lambda leg: leg.repeat(2))
    assert once == again
    assert once != twice
    assert once != "a triple"


def _with_legs(triples: Triples, change: Callable[[np.ndarray], np.ndarray]) -> Triples:
    output, tap, input_ = map(change, triples.legs)
    return Triples(output, tap, input_, sizes=triples.sizes)


def test_long_triples_are_shown_in_part() -> None:
    text = repr(Axis(input_size=99, kernel_size=1).triples())
    assert text.splitlines()[-1] == "... 99 outputs, 99 triples"


def test_groups_are_blocks() -> None:
    """Two groups of 2 -> 1 channels: each output reads its own two inputs."""
    axis = Axis(input_size=1, kernel_size=1)
    grouped = Geometry(axes=(axis,), in_channels=4, out_channels=2, groups=2)
    assert repr(grouped.triples()) == ("a[0] = w[0] x[0] + w[1] x[1]\na[1] = w[2] x[2] + w[3] x[3]")


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        ((4, 6, 3), "in_channels must be a multiple of groups, but 4 mod 3 = 1"),
        ((6, 4, 3), "out_channels must be a multiple of groups, but 4 mod 3 = 1"),
        ((6, 4, 0), "groups must be at least 1"),
    ],
)
def test_channels_that_do_not_split_are_refused(channels: tuple[int, int, int], words: str) -> None:
    c, m, g = channels
    with pytest.raises(GeometryError, match=words):
        Geometry(axes=(), in_channels=c, out_channels=m, groups=g)


def test_the_advice_on_groups_is_true() -> None:
    """4 channels in 3 groups: groups=2 or 6 channels."""
    with pytest.raises(GeometryError, match=r"Use groups=2, or in_channels=6\."):
        Geometry(axes=(), in_channels=4, out_channels=6, groups=3)
    Geometry(axes=(), in_channels=4, out_channels=6, groups=2)
    with pytest.raises(GeometryError, match=r"Use groups=2, or out_channels=8\."):
        Geometry(axes=(), in_channels=4, out_channels=6, groups=4)
    Geometry(axes=(), in_channels=6, out_channels=6, groups=3)


@given(st.integers(1, 2).flatmap(lambda dims: cases(f"conv{dims}d", TORCH)))
def test_unshared_weights_are_used_once_each(case: Case) -> None:
    """Every weight of a locally connected layer occurs in at most one product per channel pair."""
    geometry = _geometry(case)
    shared, own = geometry.triples(), unshared(geometry)
    assert len(set(own.tap.tolist())) == len(own)
    assert (own.output.tolist(), own.input.tolist()) == (
        shared.output.tolist(),
        shared.input.tolist(),
    )


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ([], (1, 1)),
        ([(3, 1, 1)] * 3, (7, 1)),
        ([(3, 2, 1), (3, 1, 1)], (7, 2)),
        ([(3, 1, 2)], (5, 1)),
        ([(11, 4, 1), (3, 2, 1), (5, 1, 1)], (51, 8)),  # AlexNet to its second convolution
    ],
)
def test_receptive_fields(layers: list[tuple[int, int, int]], field: tuple[int, int]) -> None:
    """R <- R + (span - 1) J, J <- J s; three 3x3 see what one 7x7 sees."""
    assert receptive_field(layers) == field
