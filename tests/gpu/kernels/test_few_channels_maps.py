"""What ``index_maps.few_channels`` says of blocks and threads is what the kernels do."""

from dataclasses import astuple, dataclass, replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Address, Sizes
from convproof.index_maps.address import flat, unflat
from convproof.index_maps.depthwise import of_three_axes
from convproof.index_maps.few_channels import (
    CHANNELS,
    LANES,
    QUAD,
    ROWS,
    FewCorrelated,
    FewPaired,
    Forward,
    Gradient,
    slot,
)
from convproof.layers import Conv
from convproof_gpu.cubin import KERNELS
from convproof_gpu.few_channels_plans import (
    COMPILED,
    forward_blocks,
    forward_plans,
    forward_shared,
    gradient_plans,
    gradient_shared,
    groups_of,
    row_taps,
    tall_of,
)
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel, packed
from convproof_gpu.operands import epilogue
from convproof_gpu.sim import SimModule
from convproof_gpu.simulated import Simulated
from tests.gpu.kernels.test_few_channels import arrays_of, firsts, gradient_shares, shares

NOTED = np.dtype([("number", "<f4"), ("owner", "<i4"), ("times", "<i4"), ("none", "<i4")])
HERE = Path(__file__)
WIDTHS = (
    (4, 2),
    pytest.param(3, 2, marks=pytest.mark.full),
    pytest.param(11, 4, marks=pytest.mark.full),
)
few = settings(max_examples=max(3, settings().max_examples // 20))


@cache
def owners(taps: str) -> Any:
    name = f"few_channels_forward<Noted, {taps}>"
    module = SimModule(
        HERE.with_name("few_channels_owners.cu"), [f"-I{KERNELS}"], name_expressions=[name]
    )
    return module.get_function(name)


@cache
def patches(stride: int) -> Any:
    name = f"staged_patch<{stride}>"
    module = SimModule(
        HERE.with_name("few_channels_patch.cu"), [f"-I{KERNELS}"], name_expressions=[name]
    )
    return module.get_function(name)


def fetched(array: np.ndarray, address: Address) -> np.ndarray:
    """Return the elements at addresses, and zero where there is none."""
    inside = np.ones(np.shape(address.offset), bool)
    for condition in address.inside:
        inside = inside & condition
    offset = np.broadcast_to(address.offset, inside.shape)
    return np.where(inside, array.ravel()[np.where(inside, offset, 0)], 0)


def of_map(held: FewCorrelated, blocks: int, x: Any, w: Any, y: np.ndarray) -> None:
    """Write what the map says is made of each output, by whom and how often."""
    s, p = held.sizes, held.plan
    planes, area = s.in_channels * s.kernel[0], s.kernel[1] * s.kernel[2]
    for block in range(blocks):
        plane, row, column = np.ix_(*map(range, (planes, held.rows, s.stride[2] * p.pitch)))
        inputs = np.zeros((planes, held.patch), np.float32)
        inputs[plane, slot(row, column, s.stride[2], p.pitch)] = fetched(
            x, held.source(block, plane, (row, column))
        )
        plane, i = np.ix_(range(planes), range(p.chunk * area))
        weights = fetched(w, held.weight(block, plane, i))

        grid = np.ix_(*map(range, (held.threads, p.passes, CHANNELS, ROWS, QUAD)))
        thread, *of = grid
        address = held.result(block, thread, (of[0], of[1], of[2], of[3]))
        inside = np.ones(tuple(map(np.size, grid)), bool)
        for condition in address.inside:
            inside = inside & condition
        offset = np.broadcast_to(address.offset, inside.shape)[inside]
        thread, turn, m, r, c = np.nonzero(inside)
        sums = np.zeros(len(thread), np.float32)
        for k in np.ndindex(*s.kernel[1:]):
            of_plane = inputs[:, held.read(thread, k, (r, c))]
            sums += (weights[:, held.weight_read(thread, turn, k, m)] * of_plane).sum(0)
        y["number"][offset] = sums
        y["owner"][offset] = block * held.threads + thread
        np.add.at(y["times"], offset, 1)


def of_kernel(sizes: Sizes, plan: Forward, x: Any, w: Any, y: np.ndarray) -> None:
    kernel = owners(row_taps(sizes))
    shared = forward_shared(sizes, plan)
    kernel.max_dynamic_shared_size_bytes = shared
    told = np.array((*astuple(plan), False), np.int32).tobytes()
    arrays = (noted(x), noted(w), None, y, packed(sizes, "int"), told, epilogue("none", 1.0, 1.0))
    kernel((forward_blocks(sizes, plan),), (256,), arrays, shared)


def noted(array: np.ndarray) -> np.ndarray:
    made = np.zeros(array.size, NOTED)
    made["number"] = array.ravel()
    return made


def drawn(data: st.DataObject, width: int, stride: int) -> tuple[Case, Sizes, Any, Any]:
    """Return a case, its sizes, an input of numbers that all differ, and weights."""
    case = data.draw(firsts(width, stride))
    layer, sizes, held = arrays_of(case, np.float32)
    x = np.arange(1, held["x"].size + 1, dtype=np.float32)
    rng = np.random.default_rng(case.seed)
    return case, of_three_axes(sizes), x, rng.integers(-4, 5, layer.weight_shape).astype("f4")


def compare(kind: Any, width: int, stride: int, data: st.DataObject) -> None:
    case, sizes, x, w = drawn(data, width, stride)
    plan = data.draw(shares(case))
    found, expected = (np.zeros(case.output_shape, NOTED).ravel() for _ in range(2))
    of_kernel(sizes, plan, x, w, found)
    of_map(kind(sizes, plan), forward_blocks(sizes, plan), x, w, expected)
    for name in ("owner", "number", "times"):
        assert np.array_equal(found[name], expected[name]), name
    assert (found["times"] == 1).all()


@pytest.mark.parametrize(("width", "stride"), WIDTHS)
def test_each_output_is_of_the_thread_and_the_inputs_that_the_map_names(
    width: int, stride: int
) -> None:
    """``y = sum_k w[weight_read] patch[read]`` of what is staged, by ``result``'s thread, once."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        compare(FewCorrelated, width, stride, data)

    holds()


@dataclass(frozen=True, slots=True)
class Turned(FewCorrelated):
    """The map with line and quad of a thread in the other order."""

    def thread(self, number: Any) -> tuple[Any, Any, Any]:
        side, item = unflat(number, (self.plan.sides, self.threads // self.plan.sides))
        return side, item % self.plan.lines, item // self.plan.lines


def test_another_order_of_lines_and_quads_is_not_the_kernels() -> None:
    """Of a thread, ``(line, quad) = unflat(item)``."""
    layer = Conv(
        in_channels=1, out_channels=8, kernel_size=(2, 4), stride=(1, 2),
        padding=((0, 0), (0, 0)), dilation=(1, 1), bias=False,
    )  # fmt: skip
    sizes = of_three_axes(sizes_of(layer, (1, 1, 8, 18)))
    plan = next(p for p in forward_plans(sizes) if p.quads == 2 and p.lines == 4)
    x, w = (np.arange(n, dtype=np.float32) for n in (144, 64))
    found, expected, other = (np.zeros(8 * 7 * 8, NOTED) for _ in range(3))
    of_kernel(sizes, plan, x, w, found)
    of_map(FewCorrelated(sizes, plan), forward_blocks(sizes, plan), x, w, expected)
    of_map(Turned(sizes, plan), forward_blocks(sizes, plan), x, w, other)
    assert np.array_equal(found, expected)
    assert not np.array_equal(found["owner"], other["owner"])


@pytest.mark.parametrize("told", [0, 2], ids=("told", "compiled"))
@given(data=st.data())
@few
def test_a_column_is_staged_at_its_slot(told: int, data: st.DataObject) -> None:
    """``patch[(r s + j mod s) pitch + j // s] = x[row + r, column + j]``, and 0 beyond."""
    stride = told or data.draw(st.integers(1, 4))
    rows, pitch = data.draw(st.integers(1, 9)), QUAD * data.draw(st.integers(1, 20))
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 40))
    row, column = data.draw(st.integers(-4, 9)), data.draw(st.integers(-4, 40))
    plane = np.arange(1, height * width + 1, dtype=np.float32).reshape(height, width)
    found, expected = np.zeros((2, rows * stride * pitch), np.float32)
    sizes = map(np.int32, (rows, stride, pitch, row, column, height, width))
    patches(told)((1,), (64,), (plane, found, *sizes))
    r, j = np.ix_(range(rows), range(stride * pitch))
    i, at = row + r, column + j
    inside = (i >= 0, i < height, at >= 0, at < width)
    expected[slot(r, j, stride, pitch)] = fetched(
        plane, Address(flat((i, at), plane.shape), inside)
    )
    assert np.array_equal(found, expected)


def parts_of_map(
    held: FewPaired, launched: tuple[int, int], x: Any, y_bar: Any, parts: np.ndarray
) -> None:
    """Write what the map says so many blocks and warps add for each weight of each part."""
    s, p = held.sizes, held.plan
    channels, columns = p.sides * CHANNELS, QUAD * p.quads
    blocks, warps = launched
    grid = np.ix_(*map(range, (warps, CHANNELS, held.tall, s.kernel[2])))
    warp, m, t, k = grid
    turns = -(-p.lines * p.quads // LANES)
    line, quad = (
        a.ravel() for a in np.broadcast_arrays(*held.turn(*np.ix_(range(LANES), range(turns))))
    )
    there = line < p.lines
    for block in range(blocks):
        sums = np.zeros(tuple(map(np.size, grid)), np.float32)
        begin, end = held.part(held.block(block).split)
        for strip in range(begin, min(end, held.strips)):
            place, row, column = np.ix_(*map(range, (p.held, held.rows, s.stride[2] * p.pitch)))
            inputs = np.zeros((p.held, held.patch), np.float32)
            inputs[place, slot(row, column, s.stride[2], p.pitch)] = fetched(
                x, held.source(block, strip, place, (row, column))
            )
            channel, row, column = np.ix_(range(channels), range(p.lines), range(columns))
            answers = fetched(y_bar, held.answer(block, strip, channel, (row, column)))
            answers = answers.reshape(channels, -1)
            for at in zip(line[there], quad[there], strict=True):
                for c in range(QUAD):
                    place, plane = held.read(warp, at, (t, k), c)
                    number, of = held.answer_read(warp, at, m, c)
                    sums += answers[of, number] * inputs[plane, place]
        address = held.result(block, warp, (m, t, k))
        inside = np.ones(sums.shape, bool)
        for condition in address.inside:
            inside = inside & condition
        offset = np.broadcast_to(address.offset, sums.shape)[inside]
        assert np.isnan(parts[offset]).all()
        parts[offset] = sums[inside]


def compare_parts(case: Case, sizes: Sizes, plan: Gradient, x: Any, *, whole: bool = True) -> None:
    """Compare what all blocks and warps write, or all but the last third of them."""
    layer: Any = case.layer
    y_bar = np.random.default_rng(case.seed).integers(-4, 5, case.output_shape).astype(np.float32)
    launched = plan.splits * groups_of(sizes, plan), plan.warps
    if not whole:
        launched = -(-2 * launched[0] // 3), -(-2 * launched[1] // 3)
    found, expected = np.full((2, plan.splits * prod(layer.weight_shape)), np.nan, np.float32)
    shared = gradient_shared(sizes, plan)
    kernel = Kernel("few_channels_weight_vjp", ("float", row_taps(sizes)), shared=shared)
    told = packed(sizes, "int"), np.array(astuple(plan), np.int32).tobytes()
    blocks, warps = launched
    Simulated().run(kernel, blocks, 32 * warps, (y_bar, x, found, *told), ())
    parts_of_map(FewPaired(sizes, plan, tall_of(sizes)), launched, x, y_bar, expected)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.isnan(found).any() != whole


@pytest.mark.parametrize(("width", "stride"), COMPILED)
@pytest.mark.full
@given(data=st.data())
@few
def test_each_part_is_of_the_inputs_and_cotangents_that_the_map_names(
    width: int, stride: int, data: st.DataObject
) -> None:
    """``parts[result] = sum answers[answer_read] patch[read]`` over the strips of the part."""
    case, sizes, x, _ = drawn(data, width, stride)
    compare_parts(case, sizes, data.draw(gradient_shares(case)), x)


@pytest.mark.parametrize("warps", [(2, 3, 1), (1, 2, 2)], ids=str)
def test_a_block_whose_warps_differ_in_all_is_as_the_map_names(
    warps: tuple[int, int, int],
) -> None:
    """The same, of several groups, also where not all blocks and warps are launched.

    So that their order is seen, which the answer of all does not depend on.
    """
    layer = Conv(
        in_channels=2, out_channels=17, kernel_size=(2, 7, 3), stride=(1, 1, 2),
        padding=((0, 0), (1, 0), (0, 1)), dilation=(1, 1, 1), bias=False,
    )  # fmt: skip
    case = Case(layer=layer, input_shape=(1, 2, 3, 8, 25), seed=3)
    sizes = of_three_axes(sizes_of(layer, case.input_shape))
    plans = (
        p
        for p in gradient_plans(sizes)
        if (p.sides, p.held, p.levels) == warps and (p.tiles, p.bands) == (2, 3)
    )
    x = np.arange(1, 2 * 3 * 8 * 25 + 1, dtype=np.float32)
    plan = replace(next(plans), splits=5)
    for whole in (True, False):
        compare_parts(case, sizes, plan, x, whole=whole)
