"""A convolution and the phases of its adjoint as correlations: the relation, each input once."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes, Spread
from convproof.index_maps.address import flat
from convproof.index_maps.correlation import Laid, adjoint, forward, ordered
from tests.gpu.kernels.tensor_cases import (
    few,
    input_vjp,
    integers,
    right,
    tensor_cases,
    told,
    without_bias,
)
from tests.gpu.kernels.tensor_cases import forward as forward_verb


@given(st.integers(1, 12), st.integers(1, 20), st.sampled_from([4, 8]))
def test_an_order_of_taps_and_channels_leaves_none_out(taps: int, units: int, unit: int) -> None:
    """``number -> (tap, c)`` is a bijection, in units of neighbouring channels."""
    padded = units * unit
    found = [ordered(number, taps, padded, unit) for number in range(taps * padded)]
    assert sorted(found) == list(product(range(taps), range(padded)))
    assert all(
        at == (found[n - n % unit][0], found[n - n % unit][1] + n % unit)
        for n, at in enumerate(found)
    )
    tap, c = ordered(np.arange(taps * padded), taps, padded, unit)
    assert list(zip(tap.tolist(), c.tolist(), strict=True)) == found


@given(st.integers(1, 12), st.integers(8, 20), st.sampled_from([4, 8]))
def test_eight_units_of_channels_meet_every_tap_before_the_next(
    taps: int, units: int, unit: int
) -> None:
    """Channels ``8 u b ... 8 u b + 8 u - 1`` are the numbers from ``8 u b taps`` on."""
    padded, each = units * unit, 8 * unit
    for number in range(padded // each * each * taps):
        assert ordered(number, taps, padded, unit)[1] // each == number // (each * taps)


def weights(laid: Laid, w: np.ndarray) -> np.ndarray:
    """Return ``w'`` by the map, a row for each channel of the result."""
    at = laid(np.arange(laid.count))
    found = np.where(at.inside[0], w.ravel()[np.where(at.inside[0], at.offset, 0)], 0)
    rows = laid.sizes.groups * laid.sizes.rows
    return np.asarray(found).reshape(rows, laid.count // rows)


Triple = tuple[tuple[int, ...], ...]


def triples(laid: Laid) -> list[Triple]:
    """Return ``(i, k, o)`` for every result, tap and position of the source that meet."""
    s = laid.sizes
    found: list[Triple] = []
    for q, j in product(np.ndindex(*s.positions), np.ndindex(*s.taps)):
        i, k, o = (
            tuple(begin + each * at for begin, each, at in zip(*rows, strict=True))
            for rows in ((s.first, s.spread, q), (laid.tap, laid.apart, j), (s.origin, s.stride, q))
        )
        o = tuple(begin + each * at for begin, each, at in zip(o, s.step, j, strict=True))
        if all(0 <= at < size for at, size in zip(o, s.source, strict=True)):
            found.append((i, k, o))
    return found


def related(sizes: Sizes) -> list[Triple]:
    """Return ``(o, k, i)`` with ``i = stride o + dilation k - low`` within the input."""
    found: list[Triple] = []
    for o, k in product(np.ndindex(*sizes.output), np.ndindex(*sizes.kernel)):
        rows = zip(sizes.stride, o, sizes.dilation, k, sizes.low, strict=True)
        i = tuple(s * at + t * tap - low for s, at, t, tap, low in rows)
        if all(0 <= at < size for at, size in zip(i, sizes.input, strict=True)):
            found.append((o, k, i))
    return found


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_both_directions_meet_the_triples_of_the_relation(dims: int) -> None:
    """``(o, k, i)`` of forward, and of the phases together, are those of the convolution, once."""

    @given(tensor_cases(dims))
    def holds(case: Case) -> None:
        sizes = told(case)
        assert sorted(triples(forward(sizes))) == sorted(related(sizes))
        found = [(o, k, i) for phase in adjoint(sizes) for i, k, o in triples(phase)]
        assert sorted(found) == sorted(related(sizes))

    holds()


@given(tensor_cases(2))
def test_the_phases_have_every_input_once(case: Case) -> None:
    """``i(q) = first + spread q`` of all phases and positions is a bijection onto the inputs."""
    sizes = told(case)
    written = np.zeros(sizes.input, int)
    for phase in adjoint(sizes):
        s = phase.sizes
        assert s.result == sizes.input
        for q in np.ndindex(*s.positions):
            written[tuple(f + e * at for f, e, at in zip(s.first, s.spread, q, strict=True))] += 1
    assert (written == 1).all()


def correlated(laid: Laid, w: np.ndarray, source: np.ndarray, result: np.ndarray) -> None:
    """Write ``y[n, g R + r, i(q)] = sum_{j,c} w'[g R + r, j, c] x'[n, g, o(q, j), c]``."""
    s = laid.sizes
    taps = prod(s.taps)
    tap, c = ordered(np.arange(taps * laid.padded), taps, laid.padded)
    matrix = np.zeros((s.groups, s.rows, taps, laid.padded))
    matrix[:, :, tap, c] = weights(laid, w).reshape(s.groups, s.rows, -1)
    x = source.reshape(s.batch, s.groups, s.channels, prod(s.source))
    y = result.reshape(s.batch, s.groups, s.rows, prod(s.result))
    for q in np.ndindex(*s.positions):
        i = tuple(f + e * at for f, e, at in zip(s.first, s.spread, q, strict=True))
        y[..., flat(i, s.result)] = 0
    for i, k, o in triples(laid):
        steps = zip(k, laid.tap, laid.apart, strict=True)
        j = flat([(at - first) // apart for at, first, apart in steps], s.taps)
        met = x[..., flat(o, s.source)]
        y[..., flat(i, s.result)] += np.einsum("grc,ngc->ngr", matrix[:, :, j, : s.channels], met)


def spread(sizes: Sizes, w: np.ndarray, y_bar: np.ndarray) -> np.ndarray:
    """Return ``x_bar`` by the map of the products without tensor cores, flat."""
    map_ = Spread(sizes)
    groups, rows, columns, depth = map(range, map_.extents)
    left = w.ravel()[map_.left(*np.ix_(groups, rows, depth)).offset]
    at = map_.right(*np.ix_(groups, columns, depth))
    inside = np.logical_and.reduce(np.broadcast_arrays(*at.inside))
    met = np.where(inside, y_bar.ravel()[np.where(inside, at.offset, 0)], 0)
    x_bar = np.empty(left.shape[0] * left.shape[1] * met.shape[1])
    x_bar[map_.result(*np.ix_(groups, rows, columns))] = left @ np.swapaxes(met, 1, 2)
    return x_bar


@given(tensor_cases(2))
@few
def test_a_correlation_of_laid_out_weights_is_the_convolution_and_its_adjoint(case: Case) -> None:
    """The sums of the two maps, in NumPy, are the oracle's, and ``Spread``'s."""
    held, sizes = integers(case := without_bias(case)), told(case)
    y = np.full(case.output_shape, -1.0)
    correlated(forward(sizes), held["w"], held["x"], y)
    assert np.array_equal(y, right(forward_verb, case, held))
    x_bar = np.full(case.input_shape, -1.0)
    for phase in adjoint(sizes):
        correlated(phase, held["w"], held["y_bar"], x_bar)
    assert np.array_equal(x_bar, right(input_vjp, case, held))
    assert np.array_equal(x_bar.ravel(), spread(sizes, held["w"], held["y_bar"]))
