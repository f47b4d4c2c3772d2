"""Correlations whose source is staged once, simulated: exactly the oracle's integers."""

from dataclasses import replace
from functools import cache
from itertools import cycle
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Correlated, Sizes, Spread
from convproof.theorems.addresses import int32_halo
from convproof_gpu import halo_plans, operands
from convproof_gpu.elements import BYTES
from convproof_gpu.halo_plans import HALO_TILES, HaloTile, depths_of, fits, phases, planned, refused
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel, LaunchLawError
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.products import conv_forward, conv_input_vjp
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.sim import SimFault
from convproof_gpu.tiles import MOST_SHARED, TENSOR_TILES, parted, tile_of
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.halo_cases import (
    CORNERS,
    LEAST,
    TILES,
    Verb,
    forward,
    halo_cases,
    input_vjp,
    of_corners,
    of_tiles,
    of_verbs,
    of_verbs_soon,
    right,
)
from tests.gpu.kernels.tensor_cases import SIM, conv_of, few, integers, layer_of, told

SOON = (
    "an image smaller than a tile", "one unit of channels", "several slabs of channels",
    "tails of lines, columns and rows", "padding larger than the kernel", "dilation",
)  # fmt: skip
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)


def equal(verb: Verb, case: Case, tile: HaloTile, dtype: Any = np.float32) -> bool:
    held = integers(case, dtype)
    return np.array_equal(verb(case, held, tile), right(verb, case, held).astype(dtype))


@pytest.mark.parametrize(
    "name",
    [n if n in SOON else pytest.param(n, marks=pytest.mark.full) for n in CORNERS],
)
@pytest.mark.parametrize(
    ("verb", "kind"),
    [(forward, "block"), pytest.param(input_vjp, "run", marks=pytest.mark.full)],
)
def test_a_corner_gives_the_oracles_integers(verb: Verb, kind: Any, name: str) -> None:
    """Where lines, columns, rows, units, slabs or images end."""
    assert equal(verb, CORNERS[name], replace(LEAST, kind=kind))


@pytest.mark.full
@of_corners
@pytest.mark.parametrize("dtype", FORMATS)
@of_tiles
@of_verbs
def test_a_corner_does_in_every_tile_and_format(
    verb: Verb, tile: HaloTile, dtype: Any, case: Case
) -> None:
    """The same."""
    assert equal(verb, case, tile, dtype)


@pytest.mark.parametrize(
    ("tile", "dtype"),
    [
        (LEAST, np.float32),
        *(pytest.param(t, d, marks=pytest.mark.full) for t, d in zip(TILES, cycle(FORMATS))),
    ],
)
@of_verbs
def test_a_drawn_convolution_gives_the_oracles_integers(
    verb: Verb, tile: HaloTile, dtype: Any
) -> None:
    """``kernel(x, w) == oracle(x, w)`` of any window, groups and channels; of phases, adjoint."""

    @few
    @given(halo_cases(strides=1 if verb is forward else 2))
    def holds(case: Case) -> None:
        assert equal(verb, case, tile, dtype)

    holds()


@given(halo_cases())
@few
def test_a_batch_in_slices_is_the_batch(case: Case) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    s = told(case)
    inner, outer, outputs = (
        -(-count // 4) * 4 for count in (s.in_channels, s.out_channels, prod(s.output))
    )
    most = s.groups * max(inner * prod(s.input), outer * outputs)
    with patch.object(operands, "_PER_LAUNCH", most):
        assert equal(forward, case, LEAST)


@of_verbs_soon
@given(halo_cases())
@few
def test_an_activation_is_applied_after_the_bias(verb: Verb, case: Case) -> None:
    """``max(sum + b, 0)``, forward and of the adjoint."""
    held, sizes, layer = integers(case), told(case), conv_of(case)
    relu: tuple[operands.Activation, float, float] = ("relu", 1.0, 1.0)
    is_forward = verb is forward
    b = np.arange(layer.out_channels if is_forward else layer.in_channels, dtype=np.float32) - 1
    shape = case.output_shape if is_forward else case.input_shape
    answer, source = np.empty(shape, np.float32), held["x" if is_forward else "y_bar"]
    run: Any = conv_forward if is_forward else conv_input_vjp
    run(SIM, sizes, source, held["w"], b, answer, activation=relu, tile=LEAST)
    of = {name: held[name] for name in ("x", "w", "y_bar")}
    plain = right(verb, replace(case, layer=replace(layer, bias=False)), of)
    assert np.array_equal(answer, np.maximum(plain + b.reshape(-1, *(1,) * (plain.ndim - 2)), 0))


def test_an_empty_batch_has_no_answers() -> None:
    """No block is launched."""
    case = CORNERS["one output"].with_batch(0)
    shapes = {"x": case.input_shape, "w": conv_of(case).weight_shape, "y_bar": case.output_shape}
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    assert forward(case, held, LEAST).size == input_vjp(case, held, LEAST).size == 0


# Faults that need several slabs of channels, squares or groups.

FAULTS: dict[str, tuple[str, str, str, str]] = {
    "the next channels are staged over these": (
        "several slabs of channels", "halo.cuh", "(channels % 2 * UNITS + unit) * halo.plane",
        "unit * halo.plane",
    ),
    "the next channels are staged with the last tap too late": (
        "several slabs of channels", "halo.cuh", "tap < taps - 1) stage(",
        "tap == taps - 1) stage(",
    ),
    "all squares are the first": (
        "whole squares", "halo.cuh", "(square / across * 8 + pixel / 8 % 8)", "(pixel / 8 % 8)",
    ),
    "groups have the first one's bias": (
        "groups", "conv_halo.cu", "widened(b[product * sizes.rows + r])", "widened(b[r])",
    ),
    "units left over are read as eight": (
        "units that are no eight", "halo.cuh", "left_over < UNITS ? left_over : UNITS", "UNITS",
    ),
}  # fmt: skip
QUICK = ("the next channels are staged over these",)


@pytest.mark.parametrize(
    "fault", [f if f in QUICK else pytest.param(f, marks=pytest.mark.full) for f in FAULTS]
)
def test_a_planted_fault_is_seen(fault: str) -> None:
    """The corners can fail: by another integer, or by an access that is wrong."""
    name, *patched = FAULTS[fault]
    case, tile = CORNERS[name], replace(LEAST, kind="block")
    assert equal(forward, case, tile)
    with patch.object(tensor_cases, "SIM", machine(*patched)):
        assert not is_right(case, tile)


def is_right(case: Case, tile: HaloTile) -> bool:
    try:
        return equal(forward, case, tile)
    except SimFault:
        return False


@cache  # its folder lasts as long as the tests
def machine(file: str, old: str, new: str) -> Patched:
    return Patched(file, old, new)


# Which convolutions are taken, and who chooses them.


class Launches(Recorder):
    """A machine that notes the blocks of halos."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[int] = []

    def run(self, kernel: Kernel, blocks: int, *rest: Any) -> None:
        super().run(kernel, blocks, *rest)
        self.blocks += [blocks] if kernel.file == "conv_halo" else []


SIZES = sizes_of(layer_of((64, 64), (3, 3), low=(1, 1)), (8, 64, 56, 56))


@pytest.mark.parametrize(
    ("layer", "positions", "is_adjoint", "told_of"),
    [
        (layer_of((8, 8), (3, 3), stride=(2, 2)), (9, 9), False, "its stride is"),
        (layer_of((8, 8), (1, 1)), (9, 9), False, "1 taps meet an output"),
        (layer_of((8, 8), (2, 2), dilation=(90, 90)), (200, 200), False, "no tile of 128 pixels"),
        (layer_of((8, 8), (3, 3), stride=(2, 2)), (9, 9), True, "1 taps meet an output"),
        (
            layer_of((8, 8), (3, 3, 3), low=(0, 0, 0), stride=(1, 1, 1), dilation=(1, 1, 1)),
            (9, 9, 9), True, "it has 3 axes",
        ),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_told_and_what_to_take(
    layer: Any, positions: tuple[int, ...], is_adjoint: bool, told_of: str
) -> None:
    """The law with its numbers; the heuristic's tile takes it."""
    shape = (1, layer.in_channels, *positions)
    sizes, case = sizes_of(layer, shape), Case(layer=layer, input_shape=shape, seed=0)
    assert not fits(sizes, "float", "tf32", is_adjoint=is_adjoint)
    w, b = blank(layer.weight_shape, np.float32), blank((8,), np.float32)
    x, y = blank(shape, np.float32), blank(case.output_shape, np.float32)
    run: Any = conv_input_vjp if is_adjoint else conv_forward
    arrays = (y, w, b, x) if is_adjoint else (x, w, b, y)
    with pytest.raises(LaunchLawError, match=f"{told_of}(.|\n)*Take a TensorTile"):
        run(Recorder(), sizes, *arrays, tile=LEAST)
    run(Recorder(), sizes, *arrays)


@pytest.mark.parametrize("map_", [Correlated, Spread])
@pytest.mark.parametrize("element", ["float", "__half"])
def test_the_heuristic_never_chooses_a_halo(map_: Any, element: str) -> None:
    """Nothing of it was measured: who wants it asks for it."""
    assert fits(SIZES, element, "tf32", is_adjoint=map_ is Spread)
    assert not isinstance(tile_of(map_(SIZES), "tf32", element), HaloTile)


def test_floats_are_not_taken_in_their_own_precision() -> None:
    """A halo multiplies words of tf32 once: elements of 16 bits are such words."""
    assert not fits(SIZES, "float", "float32")
    assert fits(SIZES, "__half", "float32")


@given(halo_cases(), st.sampled_from(HALO_TILES))
def test_what_is_planned_fits_in_shared_memory(case: Case, tile: HaloTile) -> None:
    """``resident`` blocks in 228 KiB, of which each has one more than it asks for."""
    (laid,) = phases(told(case), 4, is_adjoint=False)
    plan = planned(laid, tile)
    assert plan is not None
    assert tile.resident * (tile.shared(plan.halo) + 1024) <= 228 * 1024
    assert plan.halo.plane % 128 == 16  # eight units of a position are in different banks
    slots = depths_of(laid) // depths_of(replace(laid, sizes=replace(laid.sizes, taps=(1, 1)))) - 1
    assert plan.halo.piece * slots >= plan.halo.staged


def test_the_limits_of_the_proof_are_the_launchers() -> None:
    """``int32_halo``: what is divided, what an array has, and more than a block can stage."""
    assert int32_halo.STAGED == halo_plans._STAGED > MOST_SHARED // (2 * 8 * 16)
    assert int32_halo.LIMIT == operands.MOST
    assert int32_halo.DIVIDED > halo_plans._MOST


def test_more_tiles_than_are_divided_are_refused() -> None:
    """``tiles 64 W + 2^13 + P < 2^30``: of a run of a long signal."""
    near, far = (
        Sizes(
            batch=1, groups=1, in_channels=1, out_channels=1, input=(size,), kernel=(3,),
            output=(size,), stride=(1,), dilation=(1,), low=(1,),
        )
        for size in (2**28, 2**29 - 2**14)
    )  # fmt: skip
    assert not refused(near, "float", replace(LEAST, kind="run"))
    assert "30 bits" in refused(far, "float", replace(LEAST, kind="run"))


def test_no_memory_holds_more_positions_than_are_proved() -> None:
    """``S < 2^13``, whatever a machine says of its memory: here 16 MiB of taps 90 lines apart."""
    (near,), (far,) = (
        phases(replace(SIZES, kernel=(2, 2), dilation=apart, low=(0, 0)), 4, is_adjoint=False)
        for apart in ((9, 9), (90, 90))
    )
    assert planned(near, LEAST, 2**24) is not None
    assert planned(far, LEAST, 2**24) is None


def test_a_batch_is_refused_only_for_what_one_of_its_slices_breaks() -> None:
    """``blocks < 2^30`` of a slice, as it is launched: 2^30 images of one block are eight."""
    batch = 2**30
    sizes = Sizes(
        batch=batch, groups=1, in_channels=1, out_channels=1, input=(2,), kernel=(2,), output=(1,),
        stride=(1,), dilation=(1,), low=(0,),
    )  # fmt: skip
    (whole,) = phases(sizes, 4, is_adjoint=False)
    assert planned(whole, LEAST) is None
    assert not refused(sizes, "float", LEAST)
    x, w, y = (blank(shape, np.float32) for shape in ((batch, 1, 2), (1, 1, 2), (batch, 1, 1)))
    machine = Launches()
    conv_forward(machine, sizes, x, w, None, y, tile=LEAST)
    assert sum(machine.blocks) == batch
    assert len(machine.blocks) == 9  # of 2^31 - 2^16 elements, 16 of an image
    assert max(machine.blocks) < 2**30


def test_an_image_beyond_32_bits_is_refused_with_its_law() -> None:
    """No slice has it."""
    long = replace(SIZES, input=(2**16, 2**16), output=(2**16, 2**16))
    assert "the kernels address at most" in refused(long, "float", LEAST)


@pytest.mark.parametrize("element", ["float", "__half"])
def test_the_model_predicts_less_than_is_measured_of_tiles_that_copy_every_tap(
    element: str,
) -> None:
    """Of VGG-16's layers with 128 channels or more: what the halo is for."""
    for channels, size in ((128, 112), (256, 56), (512, 28), (512, 14)):
        sizes = replace(
            SIZES, batch=32, in_channels=channels, out_channels=channels, input=(size, size),
            output=(size, size),
        )  # fmt: skip
        (laid,) = phases(sizes, 16 // BYTES[element], is_adjoint=False)
        now = [t for t in TENSOR_TILES if t.precision == "tf32"]
        extents = 1, channels, 32 * size**2, 9 * channels
        least = min(parted(tile, *extents, element)[0] for tile in now)
        plans = [planned(laid, tile) for tile in HALO_TILES]
        assert min(plan.us(laid, element) for plan in plans if plan) < least
