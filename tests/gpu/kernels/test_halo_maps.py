"""What ``index_maps.halo`` says of pixels, taps, tiles and positions is what the kernel does."""

from dataclasses import replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Laid
from convproof.index_maps import halo as maps
from convproof.index_maps.address import unflat
from convproof.index_maps.depthwise import quotient
from convproof_gpu.cubin import KERNELS
from convproof_gpu.halo import _struct
from convproof_gpu.halo_plans import HaloTile, Plan, phases, planned
from convproof_gpu.sim import SimModule
from convproof_gpu.tensor_products import told_of
from tests.gpu.kernels.halo_cases import CORNERS, TILES, halo_cases
from tests.gpu.kernels.tensor_cases import few, told


@cache
def kernel(pixels: int) -> Any:
    name = f"halo_places<{pixels}>"
    path = Path(__file__).with_name("halo_places.cu")
    return SimModule(path, [f"-I{KERNELS}"], name_expressions=[name]).get_function(name)


def numbers(plan: Plan, laid: Laid) -> dict[str, np.ndarray]:
    """Return what the maps say: of pixels, taps, and positions of all tiles."""
    h, s = plan.halo, laid.sizes
    steps = h.linear, h.lines, h.columns
    begin = maps.corner(np.arange(plan.tiles)[:, None], h.beside.by, h.pitch.by, steps)
    found = maps.position(np.arange(h.staged), begin, h.pitch.by)
    taps = unflat(np.arange(prod(s.taps)), (1, *s.taps))[1:]
    return {
        "places": maps.place(np.arange(plan.tile.pixels), h.across, h.apart),
        "taps": maps.tap(taps, h.first, h.below, h.beyond),
        "positions": np.stack(np.broadcast_arrays(*found), -1),
    }


@given(halo_cases(), st.sampled_from(TILES), st.booleans())
@few
def test_the_kernel_computes_the_maps(case: Case, tile: HaloTile, is_adjoint: bool) -> None:
    """``Halo::place``, ``Halo::tap`` and ``Corner`` of ``halo.cuh``, at every number."""
    for laid in phases(told(case), 4, is_adjoint=is_adjoint):
        plan = planned(laid, tile)
        assert plan is not None
        expected = numbers(plan, laid)
        found = [np.full(array.shape, -1, np.int32) for array in expected.values()]
        sizes, halo = told_of(laid), _struct(plan.halo)
        kernel(tile.pixels)((1,), (1,), (*found, sizes, halo, np.int32(plan.tiles)))
        for array, right in zip(found, expected.values(), strict=True):
            assert np.array_equal(array, right)


@given(halo_cases(), st.sampled_from(TILES), st.booleans())
def test_a_pixel_meets_at_a_tap_what_the_correlation_does(
    case: Case, tile: HaloTile, is_adjoint: bool
) -> None:
    """``origin' + position(s(q) + t(j)) = origin + q + step j``, and each ``q`` is one pixel's."""
    for laid in phases(told(case), 4, is_adjoint=is_adjoint):
        plan = planned(laid, tile)
        assert plan is not None
        assert meets(plan, laid)


def meets(plan: Plan, laid: Laid) -> bool:
    h, s, made = plan.halo, laid.sizes, numbers(plan, laid)
    q = made["positions"][:, made["places"]]  # of a tile, of a pixel
    there = ((q < s.positions) & (q >= 0)).all(-1)
    owned = q[there]
    once = np.zeros(s.positions, int)
    np.add.at(once, (owned[:, 0], owned[:, 1]), 1)
    if not (once == 1).all():
        return False
    j = np.stack(unflat(np.arange(prod(s.taps)), (1, *s.taps))[1:], -1)
    at = made["places"][:, None] + made["taps"]
    if at.min() < 0 or at.max() >= h.staged:
        return False
    found = np.array(h.origin) + made["positions"][:, at]
    right = np.array(s.origin) + q[:, :, None] + np.array(s.step) * j
    return bool((found == right)[there].all())


def test_a_tap_that_leads_to_the_next_line_is_seen() -> None:
    """Of lines whose pitch is one less than pixels and reach."""
    (laid,) = phases(told(CORNERS["tails of lines, columns and rows"]), 4, is_adjoint=False)
    plan = planned(laid, TILES[1])
    assert plan is not None
    assert plan.halo.linear
    assert meets(plan, laid)
    pitch = plan.halo.pitch.by - 1
    short = replace(plan.halo, pitch=quotient(pitch), below=plan.halo.below - laid.sizes.step[0])
    with pytest.raises(AssertionError):
        assert meets(replace(plan, halo=short), laid)
