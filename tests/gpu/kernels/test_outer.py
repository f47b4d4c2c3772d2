"""Gradients of one window, as sums of outer products on the simulator: they are the oracle's."""

from dataclasses import replace
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.index_maps import Sizes, outer
from convproof.index_maps.fully_connected import one_tap
from convproof.layers import Conv, ConvTranspose, Linear
from convproof.numeric.fast import implementation as oracle
from convproof.theorems.addresses import int32_outer
from convproof_gpu import operands
from convproof_gpu import outer as launcher
from convproof_gpu.cubin import KERNELS
from convproof_gpu.elements import BYTES, type_of
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring.rows import Row
from convproof_gpu.planning import planned
from convproof_gpu.products import conv_weight_vjp
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.sim import SimModule, SimReport, conditions
from convproof_gpu.simulated import simulated
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import FEW_DEPTHS, LARGE
from convproof_gpu.wing import Wing
from tests.gpu.kernels.test_depthwise import Noting
from tests.gpu.test_prepared import Repeating

SIM = Noting()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
LINES = (1, 3, 4, 8, 60, 64, 65, 68, 127, 128, 129, 132)  # about a lane's, a grid's and a block's
IMAGES = (0, 1, 2, 7, 8, 9, 16, 17)  # about a slab's
few = settings(max_examples=max(6, settings().max_examples // 5))


def told(images: int, rows: int, columns: int) -> Sizes:
    return replace(one_tap(columns, rows, 1), batch=images)


def of_integers(sizes: Sizes, dtype: Any, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng, held = np.random.default_rng(seed), outer.outer_of(sizes)
    shapes = (held.images, held.rows), (held.images, held.columns)
    y_bar, x = (rng.integers(-3, 4, shape).astype(dtype) for shape in shapes)
    return y_bar, x


def right(y_bar: np.ndarray, x: np.ndarray) -> np.ndarray:
    return y_bar.astype(np.float64).T @ x.astype(np.float64)


def found(sizes: Sizes, y_bar: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return ``w_bar``, whatever tile the sizes would take."""
    w_bar = np.full((y_bar.shape[1], x.shape[1]), np.nan, x.dtype)
    answer: np.ndarray = launcher.weight_vjp(SIM, sizes, y_bar, x, w_bar)
    return answer


@given(st.sampled_from(IMAGES), st.sampled_from(LINES), st.sampled_from(LINES), st.integers(0, 99))
@few
def test_a_gradient_is_the_oracles(images: int, rows: int, columns: int, seed: int) -> None:
    """``w_bar == y_bar^T x`` in integers, of any rows and columns."""
    sizes = told(images, rows, columns)
    y_bar, x = of_integers(sizes, np.float32, seed)
    assert np.array_equal(found(sizes, y_bar, x), right(y_bar, x))


@pytest.mark.parametrize("extents", [(9, 132, 136), (5, 129, 131), (17, 8, 4)])
@pytest.mark.parametrize("dtype", FORMATS)
def test_every_specialisation_is_reached(dtype: Any, extents: tuple[int, int, int]) -> None:
    """Of each format, by fours where both extents are multiples of four; rounded once."""
    sizes = told(*extents)
    y_bar, x = of_integers(sizes, dtype)
    assert np.array_equal(found(sizes, y_bar, x), right(y_bar, x).astype(dtype))
    quad = 4 if extents[1] % 4 == extents[2] % 4 == 0 else 1
    assert SIM.kernels[-1].arguments == (type_of(x=x), str(quad))
    expressions = {kernel.expression for kernel in specialisations(launcher.FILE)}
    assert SIM.kernels[-1].expression in expressions


@pytest.mark.parametrize("which", range(3))
def test_arrays_that_begin_between_vectors_are_taken_one_by_one(which: int) -> None:
    """``QUAD == 1`` of a view that does not begin at a multiple of 16 bytes."""
    sizes = told(3, 8, 12)
    arrays = [*of_integers(sizes, np.float32), np.empty((8, 12), np.float32)]
    expected = right(*arrays[:2])
    moved = np.empty(arrays[which].size + 1, np.float32)[1:].reshape(arrays[which].shape)
    moved[...] = arrays[which]
    arrays[which] = moved
    assert moved.ctypes.data % 16
    assert np.array_equal(launcher.weight_vjp(SIM, sizes, *arrays), expected)
    assert SIM.kernels[-1].arguments[1] == "1"


@pytest.mark.parametrize("extents", [(32, 68, 132), (33, 65, 131)])
@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float16, marks=pytest.mark.full)])
def test_the_bits_are_those_of_a_tile_of_floats(dtype: Any, extents: tuple[int, int, int]) -> None:
    """The same sums in the same order: ``n`` ascending, of products that are not rounded apart."""
    sizes, rng = told(*extents), np.random.default_rng(1)
    y_bar, x = (rng.standard_normal((extents[0], n)).astype(dtype) for n in extents[1:])
    by_tile = np.empty(extents[1:], dtype)
    conv_weight_vjp(SIM, sizes, y_bar, x, by_tile, tile=LARGE)
    assert found(sizes, y_bar, x).tobytes() == by_tile.tobytes()


def test_an_error_is_below_the_bound_of_a_sum_of_floats() -> None:
    """``|error| <= N u S``, with ``S`` of absolute values, up to ``(1 + N u)``."""
    sizes, rng = told(82, 65, 70), np.random.default_rng(2)
    y_bar, x = (rng.standard_normal((82, n)).astype(np.float32) for n in (65, 70))
    error = abs(found(sizes, y_bar, x) - right(y_bar, x))
    assert error.any()
    assert (error <= 82 * 2.0**-24 * right(abs(y_bar), abs(x)) * (1 + 2.0**-17)).all()


@pytest.mark.parametrize("rows", [128, 130])
def test_an_infinite_cotangent_is_of_its_row_alone(rows: int) -> None:
    """What fills a tile and a slab is zero, and is not multiplied by what lies beyond it."""
    sizes = told(3, rows, 4)
    y_bar, x = (np.ones((3, n), np.float32) for n in (rows, 4))
    y_bar[2, rows - 1] = np.inf
    w_bar = found(sizes, y_bar, x)
    assert np.isinf(w_bar[-1]).all()
    assert (w_bar[:-1] == 3).all()


# Which gradients these are.


def _layers() -> dict[str, tuple[Any, tuple[int, ...]]]:
    window: dict[str, Any] = {
        "kernel_size": (3, 5), "stride": (2, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1),
    }  # fmt: skip
    return {
        "fully connected": (Linear(in_features=72, out_features=68), (5, 72)),
        "one window": (Conv(in_channels=5, out_channels=67, **window), (5, 5, 3, 5)),
        "of a transposed one": (
            ConvTranspose(in_channels=67, out_channels=5, output_padding=(0, 0), **window),
            (5, 67, 1, 1),
        ),
    }


@pytest.mark.parametrize("name", _layers())
def test_a_layer_of_one_window_takes_outer_products(name: str) -> None:
    """As ``Wing`` calls it: the oracle's gradient, by this kernel."""
    layer, shape = _layers()[name]
    rng = np.random.default_rng(3)
    x, y_bar = (
        rng.integers(-3, 4, s).astype(np.float32) for s in (shape, layer.output_shape(shape))
    )
    w_bar = Wing(SIM).weight_vjp(layer, x, y_bar)
    assert SIM.kernels[-1].file == launcher.FILE
    assert np.array_equal(w_bar, oracle.weight_vjp(layer, x, y_bar))


@pytest.mark.parametrize("name", _layers())
def test_its_launch_is_prepared_once(name: str) -> None:
    """And repeated, of arrays of which a launch knows no more than how they are aligned."""
    layer, shape = _layers()[name]
    machine, x = Repeating(), np.ones(shape, np.float32)
    y_bar = np.ones(layer.output_shape(shape), np.float32)
    w_bar = Wing(machine).weight_vjp(layer, x, y_bar)
    (held,) = machine.prepared
    assert held is not None
    assert [step.kernel.file for step in held.launches] == [launcher.FILE]
    assert (w_bar == shape[0]).all()


def test_another_geometry_takes_other_kernels() -> None:
    """A group, position, tap, zero or step more is no single window."""
    sizes = sizes_of(_layers()["one window"][0], (5, 5, 3, 5))
    assert launcher.fits(sizes)
    for changed in (
        {"groups": 2},
        {"output": (1, 2)},
        {"input": (4, 5)},
        {"kernel": (3, 4)},
        {"low": (0, 1)},
        {"dilation": (1, 2)},
    ):
        assert not outer.is_outer(replace(sizes, **changed)), changed
    assert outer.is_outer(replace(sizes, input=(1, 5), kernel=(1, 5), dilation=(3, 1)))


def test_a_gradient_takes_them_that_had_a_large_tile_of_floats() -> None:
    """More than 8 rows and 64^2 sums, of fewer images than the tensor cores are as exact for."""
    for images, rows, columns, is_theirs in (
        (32, 4096, 25088, True),
        (FEW_DEPTHS - 1, 64, 65, True),
        (FEW_DEPTHS, 64, 65, False),
        (32, 64, 64, False),
        (32, 9, 468, True),
        (32, 8, 4096, False),
    ):
        notes, sizes = Recorder(), told(images, rows, columns)
        assert launcher.fits(sizes) == is_theirs, sizes
        y_bar, x = (blank((images, n), np.float32) for n in (rows, columns))
        conv_weight_vjp(notes, sizes, y_bar, x, blank((rows, columns), np.float32))
        assert (launcher.FILE in {kernel.file for kernel in notes.kernels}) == is_theirs


def test_a_batch_in_slices_is_left_to_tiles() -> None:
    """Its parts are added after: here of three images each, as of more than 2^31 elements."""
    sizes = told(7, 66, 70)
    y_bar, x = of_integers(sizes, np.float32)
    w_bar = np.empty((66, 70), np.float32)
    with patch.object(operands, "_PER_LAUNCH", 3 * 70):
        assert not launcher.fits(sizes)
        conv_weight_vjp(SIM, sizes, y_bar, x, w_bar)
    assert np.array_equal(w_bar, right(y_bar, x))


def test_a_plan_tells_the_kernel_and_the_bound_of_its_images() -> None:
    """``c = N``."""
    layer = Linear(in_features=25088, out_features=4096, bias=False)
    row = Row(name="fc1", layer=layer, input_shape=(32, 25088), operation="weight_vjp")
    plan = planned(row)
    (launch,) = plan.products
    assert launch.kernel.expression == "linear_weight_vjp<float, 4>"
    assert (launch.blocks, launch.threads) == (32 * 196, 256)
    assert plan.coefficient == 32


# The numbers of outer.cuh.


@cache
def kernels() -> SimModule:
    file = Path(__file__).with_name("outer_owners.cu")
    names = [f"owners<{quad}>" for quad in launcher.QUADS]
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=names)


@pytest.mark.parametrize("quad", launcher.QUADS)
def test_the_lines_and_units_of_a_thread_are_the_maps(quad: int) -> None:
    """Of every thread; each line, unit and row that lies turned is of one."""
    count, crew = outer.SLAB // quad, outer.CREW
    lines = np.empty((crew, 2, outer.EACH), np.int32)
    units, constants = np.empty((crew, count, 2), np.int32), np.empty(4, np.int32)
    turned, each = np.empty(crew, np.int32), 2 * outer.SIDE // quad
    kernels().get_function(f"owners<{quad}>")((1,), (crew,), (lines, units, turned, constants))
    assert constants.tolist() == [outer.GRID, outer.EACH, outer.SLAB, outer.CREW]

    thread, i, j = np.arange(crew)[:, None], np.arange(outer.EACH), np.arange(count)
    for side, lane in enumerate(outer.lanes_of(thread)):
        assert np.array_equal(lines[:, side], outer.line_of(lane, i, quad))
    depth, line = outer.staged(thread, j, quad, each)
    assert np.array_equal(units, np.stack(np.broadcast_arrays(depth, line), -1))
    assert np.array_equal(turned, outer.turned(thread[:, 0], each))

    owned = {(int(r), int(c)) for rows, columns in lines for r, c in product(rows, columns)}
    assert owned == set(np.ndindex(outer.SIDE, outer.SIDE))
    assert len({*map(tuple, units.reshape(-1, 2).tolist())}) == crew * count
    assert sorted(turned[units[:, 0, 1] < outer.SIDE]) == list(range(outer.SIDE))


def test_the_limits_of_the_proof_are_the_launchers() -> None:
    assert int32_outer.LIMIT == operands.MOST
    assert (int32_outer.SIDE, int32_outer.SLAB) == (outer.SIDE, outer.SLAB)


# What it moves.


def _counted(element: str, dtype: Any, quad: int, images: int) -> SimReport:
    rows, columns = 2 * outer.SIDE, outer.SIDE
    arrays = (np.ones((images, rows), dtype), np.ones((images, columns), dtype))
    w_bar = np.empty((rows, columns), dtype)
    kernel = simulated(Kernel(launcher.FILE, (element, str(quad))))
    numbers = map(np.int32, (images, rows, columns))
    with conditions(count=True):
        report = kernel((2,), (outer.CREW,), (*arrays, w_bar, *numbers), outputs=("w_bar",))
    assert isinstance(report, SimReport)
    return report


@pytest.mark.parametrize("quad", launcher.QUADS)
@pytest.mark.parametrize(
    ("element", "dtype"),
    [("float", np.float32), pytest.param("__half", np.float16, marks=pytest.mark.full)],
)
def test_whole_sectors_are_moved_and_no_bank_is_asked_twice(
    element: str, dtype: Any, quad: int
) -> None:
    """Each sum is written, and each operand read, once for a block; no conflict of banks.

    By fours, the host's compiler reads four elements as four requests: those are not counted.
    """
    slabs, size = 2, BYTES[element]
    report = _counted(element, dtype, quad, slabs * outer.SLAB)
    sums = 2 * outer.SIDE**2
    assert report.bytes == size * (sums + 2 * slabs * outer.SLAB * 2 * outer.SIDE)
    assert report.conflicts == 0
    written = _counted(element, dtype, quad, 0)
    assert written.bytes == size * sums == size * prod((2 * outer.SIDE, outer.SIDE))
    if quad * size >= 4:  # a warp's eight neighbours are a sector at least
        assert written.sectors == written.least_sectors == size * sums // 32
