"""A bias's channels: ``bias_vjp`` adds up the shares of the map, and puts them where it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.index_maps.address import unflat
from convproof.index_maps.lines import Shares
from convproof_gpu.elementwise import number
from convproof_gpu.layers.bias import Channels
from convproof_gpu.lines import THREADS
from convproof_gpu.machine import Kernel, blocks_of, launch, packed
from convproof_gpu.simulated import Simulated

SIM = Simulated()


def _parts(y: np.ndarray, shares: Shares, integer: str) -> np.ndarray:
    """Return the sums that the kernel makes of ``(outer, channels, inner)``."""
    parts = np.zeros(shares.channels * shares.splits, np.float32)
    args = {
        "y_bar": y,
        "parts": parts,
        "b_bar": np.zeros(shares.channels, np.float32),
        "sizes": packed(Channels(*y.shape), integer),
        "splits": number(shares.splits, integer),
        "each": number(shares.each, integer),
    }
    kernel = Kernel("bias_vjp", ("float", integer, str(shares.width)), "bias_vjp")
    launch(SIM, kernel, parts.size, THREADS, args, ("parts",))
    return parts


def _sums(y: np.ndarray, shares: Shares) -> np.ndarray:
    """Return the same by the map."""
    outer, row = len(y), shares.inner // shares.width
    flat, sums = y.ravel(), np.zeros(shares.channels * shares.splits, np.float32)
    for block in range(sums.size):
        channel, split = shares.share(block)
        begin, end = shares.vectors(split)
        n, i = unflat(np.arange(begin, min(end, outer * row)), (outer, row))
        at = shares.element(channel, n, i)[:, None] + np.arange(shares.width)
        sums[shares.part(channel, split)] = flat[at].sum()
    return sums


@pytest.mark.parametrize("integer", ["int", "long long"])
@pytest.mark.parametrize("width", [1, 4])
@given(
    outer=st.integers(1, 5), channels=st.integers(1, 3), row=st.integers(1, 40),
    splits=st.integers(2, 4), seed=st.integers(0, 2**16),
)  # fmt: skip
def test_a_block_adds_up_the_share_of_the_map(
    integer: str, width: int, outer: int, channels: int, row: int, splits: int, seed: int
) -> None:
    """``parts[part(c, s)]`` sums ``y[element(c, n, i) + k]`` of the vectors of share ``s``."""
    inner, each = row * width, blocks_of(outer * row, splits)
    y = np.random.default_rng(seed).integers(0, 2**8, (outer, channels, inner)).astype(np.float32)
    shares = Shares(channels, inner, width, splits, each)
    assert np.array_equal(_parts(y, shares, integer), _sums(y, shares))


@pytest.mark.parametrize("wrong", [{"inner": 5}, {"splits": 2}, {"each": 3}])
def test_another_map_is_not_the_kernels(wrong: dict[str, int]) -> None:
    """Of other sizes."""
    right = {"channels": 2, "inner": 6, "width": 1, "splits": 3, "each": 4}
    y = 2.0 ** np.arange(24, dtype=np.float32).reshape(2, 2, 6)
    made = _parts(y, Shares(**right), "int")
    assert np.array_equal(made, _sums(y, Shares(**right)))
    other = _sums(y, Shares(**(right | wrong)))
    assert not np.array_equal(made[: other.size], other)
