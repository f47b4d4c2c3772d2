"""What ``index_maps.few_channels_input`` says of blocks and threads is what the kernel does."""

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.index_maps import Sizes
from convproof.index_maps.address import unflat
from convproof.index_maps.few_channels import QUAD
from convproof.index_maps.few_channels_input import FewSpread, Spreading
from convproof_gpu.few_channels_input_plans import (
    blocks,
    channels_of,
    met_along,
    rows_of,
    shared,
    spreadings,
    threads,
)
from convproof_gpu.few_channels_plans import row_taps
from convproof_gpu.machine import Kernel, packed
from convproof_gpu.simulated import Simulated
from tests.gpu.kernels.test_few_channels_input import of, plans, spread_cases, three_axes
from tests.gpu.kernels.test_few_channels_maps import fetched

few = settings(max_examples=max(3, settings().max_examples // 20))
WIDTHS = (
    (3, 2),
    pytest.param(3, 1, marks=pytest.mark.full),
    pytest.param(11, 4, marks=pytest.mark.full),
)


def of_kernel(sizes: Sizes, plan: Spreading, y_bar: Any, w: Any, launched: int) -> np.ndarray:
    """Return what so many blocks write, and NaN where they do not."""
    kernel = Kernel(
        "few_channels_input_vjp",
        ("float", row_taps(sizes), str(channels_of(sizes))),
        shared=shared(sizes, plan),
    )
    x_bar = np.full((sizes.batch, sizes.in_channels, *sizes.input), np.nan, np.float32)
    told = packed(sizes, "int"), np.array((*astuple(plan), False), np.int32).tobytes()
    Simulated().run(kernel, launched, threads(plan), (y_bar, w, x_bar, *told), ())
    return x_bar


def of_map(held: FewSpread, y_bar: Any, w: Any, launched: int) -> np.ndarray:
    """Return what the map says that they write."""
    s, p = held.sizes, held.plan
    x_bar = np.full((s.batch, s.in_channels, *s.input), np.nan, np.float32)
    stride, lanes = s.stride[2], p.quads * p.lines
    rows, columns = np.ix_(range(held.staged_rows), range(held.columns))
    thread, r, j = np.ix_(range(lanes), range(held.rows), range(QUAD))
    for block in range(launched):
        cell = held.block(block)
        lifted = cell.depth + s.low[0]
        far, depths = met_along(s, 0, lifted % s.stride[0])
        down, taps = met_along(s, 1, cell.phase)
        sums = np.zeros((s.in_channels, lanes, held.rows, QUAD, stride), np.float32)
        for b_far in range(depths):
            z = far.output(lifted // s.stride[0], b_far)
            for m in range(s.out_channels):
                staged = fetched(y_bar, held.source(block, z, m, (rows, columns)))
                i = np.arange(taps * held.line)
                weights = fetched(w, held.weight(m, far.tap(b_far), down, i))
                for b, k in np.ndindex(taps, s.kernel[2]):
                    read = staged[held.read(thread, down, b, (r, j, k))]
                    for c in range(s.in_channels):
                        sums[c, ..., k % stride] += weights[held.weight_read(b, k, c)] * read
        for c, e in np.ndindex(s.in_channels, stride):
            address = held.result(block, c, held.place(thread, r, j, e))
            inside = np.ones((lanes, held.rows, QUAD), bool)
            for condition in address.inside:
                inside = inside & condition
            offset = np.broadcast_to(address.offset, inside.shape)[inside]
            assert np.isnan(x_bar.ravel()[offset]).all()
            x_bar.ravel()[offset] = sums[c, ..., e][inside]
    return x_bar


def arrays(sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """Return cotangents that all differ, and small weights."""
    shape = sizes.batch, sizes.out_channels, *sizes.output
    y_bar = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    weights = sizes.out_channels, sizes.in_channels, *sizes.kernel
    return y_bar, np.random.default_rng(0).integers(-4, 5, weights).astype(np.float32)


def mapped(sizes: Sizes, plan: Spreading, kind: Any = FewSpread) -> FewSpread:
    found: FewSpread = kind(sizes, plan, rows_of(sizes), channels_of(sizes))
    return found


@pytest.mark.parametrize(("width", "stride"), WIDTHS)
def test_each_input_is_of_the_cotangents_that_the_map_names(width: int, stride: int) -> None:
    """``x_bar[result] = sum_{m,b,k} weights[weight_read] staged[read]``, of the blocks launched."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        case = data.draw(spread_cases(width, stride))
        sizes, plan = three_axes(case), data.draw(plans(case))
        y_bar, w = arrays(sizes)
        launched = max(1, 2 * blocks(sizes, plan) // 3)
        found = of_kernel(sizes, plan, y_bar, w, launched)
        expected = of_map(mapped(sizes, plan), y_bar, w, launched)
        assert np.array_equal(found, expected, equal_nan=True)

    holds()


@dataclass(frozen=True, slots=True)
class Swapped(FewSpread):
    """The map with band and tile of a block in the other order."""

    def block(self, number: Any) -> Any:
        s, p = self.sizes, self.plan
        sizes = s.batch, s.input[0], p.tiles, p.bands, s.stride[1]
        n, depth, tile, band, phase = unflat(number, sizes)
        turned = (((n * s.input[0] + depth) * p.bands + band) * p.tiles + tile) * s.stride[1]
        return FewSpread.block(self, turned + phase)


def test_another_order_of_blocks_is_not_the_kernels() -> None:
    """``(n, depth, band, tile, phase) = unflat(block)``, seen where not all are launched."""
    case = of((1, 2, 21, 39), 3, (3, 3), stride=(2, 1), padding=((1, 1), (1, 1)))
    sizes = three_axes(case)
    plan = next(p for p in spreadings(sizes) if p.tiles == 2 and p.bands == 3)
    y_bar, w = arrays(sizes)
    found = of_kernel(sizes, plan, y_bar, w, 5)
    assert np.array_equal(found, of_map(mapped(sizes, plan), y_bar, w, 5), equal_nan=True)
    other = of_map(mapped(sizes, plan, Swapped), y_bar, w, 5)
    assert not np.array_equal(found, other, equal_nan=True)
