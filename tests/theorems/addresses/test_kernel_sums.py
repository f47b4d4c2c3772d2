"""The sums that are proved to fit are those of the maps, at numbers; the phases are as stated."""

from itertools import product
from math import gcd
from typing import Any

import numpy as np
import pytest

from convproof.index_maps import Folded, Sizes, Unfolded
from convproof.index_maps.correlation import adjoint
from convproof.index_maps.depthwise import quotient
from convproof.symbolic.integers import Trace
from convproof.theorems.addresses import int32_unfolded, unfolded
from tests.theorems.addresses.test_addresses import NUMBERS, address, at, compare


@pytest.mark.parametrize("dims", NUMBERS)
@pytest.mark.parametrize("part", int32_unfolded.PARTS)
@pytest.mark.parametrize("kind", [Unfolded, Folded])
def test_what_im2col_adds_is_the_maps_at_numbers(kind: Any, part: str, dims: int) -> None:
    """The sums of ``int32_unfolded``, and when they are read."""
    held = NUMBERS[dims]
    taps = int(np.prod(held.kernel))
    told = Sizes(
        batch=held.batch, groups=1, in_channels=held.in_channels,
        out_channels=held.in_channels * taps, input=held.input, kernel=held.kernel,
        output=held.output, stride=held.stride, dilation=held.dilation, low=held.low,
    )  # fmt: skip
    trace = Trace()
    proved = int32_unfolded.summed(kind, dims, part, trace)
    grid = np.ix_(*map(range, kind(told).extents))
    run = address(getattr(kind(told), part)(*grid))
    compare(proved, trace, run, grid, ((unfolded.PLACE, unfolded.TAP), at(dims, told)))


def test_the_phases_that_are_found_are_those_of_the_proof() -> None:
    """first = (e - p) mod s; s | t tap - e, tap < a; s origin = first + p - t tap; u = t / gcd."""
    for i, k, s, t, p in product(range(1, 7), range(1, 6), range(1, 5), range(1, 5), range(3)):
        n = max((i + 2 * p - t * (k - 1) - 1) // s + 1, 1)
        told = Sizes(
            batch=1, groups=1, in_channels=1, out_channels=1, input=(i,), kernel=(k,),
            output=(n,), stride=(s,), dilation=(t,), low=(p,),
        )  # fmt: skip
        a, u = s // gcd(s, t), t // gcd(s, t)
        met: list[tuple[int, int]] = []
        for phase in adjoint(told):
            c, (tap,), (apart,) = phase.sizes, phase.tap, phase.apart
            (first,), (origin,), (step,) = c.first, c.origin, c.step
            assert (c.spread, apart, step) == ((s,), a, -u)
            places = [(first + s * q, q) for q in range(c.positions[0])]
            assert [place for place, _ in places] == list(range(first, i, s))
            taps = [(tap + a * j, j) for j in range(c.taps[0])]
            for (place, q), (each, j) in product(places, taps):
                assert place + p - t * each == s * (origin + q + step * j)
                met.append((place, each))
        pairs = product(range(i), range(k))
        assert sorted(met) == [(x, y) for x, y in pairs if (x + p - t * y) % s == 0]


def test_a_quotient_is_wrong_beyond_the_limit() -> None:
    """1431655770 * factor >> shift = 1431655770 // 7 + 1, and no number before it below 2^30."""
    by = quotient(7)
    beyond = 1431655770
    assert (beyond * by.factor >> by.shift) == beyond // 7 + 1
    for number in range(2**30 - 50, 2**30):
        assert (number * by.factor >> by.shift) == number // 7
