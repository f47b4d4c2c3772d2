"""What ``int32_depthwise`` takes for granted of a launch of the depthwise kernels."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.index_maps import depthwise as maps
from convproof.theorems.addresses import int32_depthwise
from convproof_gpu import depthwise, depthwise_plans
from convproof_gpu.layers.conv import sizes_of
from tests.gpu.kernels.test_depthwise import MOSTS, _layer, depthwise_cases, few


def test_the_limits_of_the_proof_are_the_launchers() -> None:
    """7168 positions of a box, 2^12 results of a tile, axes below 2^29, quotients below 2^30."""
    assert int32_depthwise.MOST_BOX == depthwise_plans.MOST_BOX
    assert int32_depthwise.MOST_TILE >= depthwise_plans._MOST_ANSWERS
    assert (int32_depthwise.FAR, int32_depthwise.DIVIDED) == (depthwise._MOST, maps.BELOW)


@given(depthwise_cases(2), st.sampled_from(["forward", "input_vjp", "weight_vjp"]))
@few
def test_a_part_is_within_the_limits_of_the_proof(case: Case, verb: str) -> None:
    """``images prod(box) <= 7168``, ``prod(tile) <= 2^12``, the units those of ``needed``."""
    s = maps.of_three_axes(sizes_of(_layer(case), case.input_shape))
    part = depthwise_plans.part_of(s, verb, 0, 4, MOSTS[0])
    assert part.images * prod(part.box) <= int32_depthwise.MOST_BOX
    assert prod(part.tile) <= int32_depthwise.MOST_TILE
    sharing = depthwise_plans.sharing_of(s, part, 0, 0)
    needed = -(-prod(s.kernel) // depthwise_plans.EACH)
    assert sharing.passes.by == -(-needed // 8)
    assert sharing.units == -(-needed // sharing.passes.by)


@given(st.integers(1, 2**31 - 2**16), st.integers(1, 600))
def test_a_chunk_is_of_the_channels_in_two_to_the_k_parts(channels: int, groups: int) -> None:
    """``chunk = ceil(M / 2^k)`` with ``2^k <= 2^11``, so that it ends below ``M + 2^11``."""
    one = (1, 1, 1)
    s = Sizes(
        batch=1, groups=groups, in_channels=1, out_channels=channels,
        input=one, kernel=one, output=one, stride=one, dilation=one, low=(0, 0, 0),
    )  # fmt: skip
    tiling = depthwise_plans.tiling_of(s, depthwise_plans.Part(1, one, one), one, 0, chunks=True)
    parts = next(2**k for k in range(12) if -(-channels // 2**k) == tiling.chunk)
    assert tiling.chunks.by <= parts <= int32_depthwise.MOST_PARTS


@pytest.mark.parametrize("dilation", [1, 7168, 7169, 2**22])
def test_a_unit_beyond_the_taps_is_not_too_far_to_count(dilation: int) -> None:
    """``floor(unit / K_3) t_1 S_2 S_3 < 2^31`` of each warp's unit, also of one that is no unit."""
    s = Sizes(
        batch=1, groups=1, in_channels=1, out_channels=1, input=(1, 64, 64), kernel=(1, 3, 9),
        output=(1, 62, 56), stride=(1, 1, 1), dilation=(dilation, 1, 1), low=(0, 0, 0),
    )  # fmt: skip
    part = depthwise_plans.part_of(s, "weight_vjp", 3, 1, MOSTS[0])
    sharing = depthwise_plans.sharing_of(s, part, 3, 0)
    beyond = sharing.passes.by * sharing.units - 1
    assert beyond >= s.kernel[0] * s.kernel[2]
    there = beyond // s.kernel[2] * dilation * part.box[1] * part.box[2]
    assert depthwise.fits(s) == (dilation <= int32_depthwise.MOST_BOX)
    assert (there < 2**31) == (dilation < 2**22)
