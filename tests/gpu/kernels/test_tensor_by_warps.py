"""Where there is no wgmma a warp multiplies by itself: the same bits, simulated."""

from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest

from convproof_gpu.sim import conditions
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import TENSOR_TILES, TensorTile
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.by_warps import by_warps
from tests.gpu.kernels.tensor_cases import (
    CORNERS,
    LEAST,
    SIM,
    Verb,
    forward,
    input_vjp,
    integers,
    of_verbs,
    weight_vjp,
)


def bits(on: Simulated, verb: Verb, corner: str, tile: TensorTile, dtype: Any) -> bytes:
    case, rng = CORNERS[corner], np.random.default_rng(3)
    shapes = {name: array.shape for name, array in integers(case).items()}
    held = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    with patch.object(tensor_cases, "SIM", on):
        return verb(case, held, tile).tobytes()


def are_same(verb: Verb, corner: str, tile: TensorTile, dtype: Any, *faults: Any) -> bool:
    given = (verb, corner, tile, dtype)
    return bits(by_warps(*faults), *given) == bits(SIM, *given)


@pytest.mark.parametrize(
    ("verb", "tile", "dtype"),
    [
        (forward, LEAST, np.float32),
        *(
            pytest.param(verb, tile, dtype, marks=pytest.mark.full)
            for verb in (forward, input_vjp, weight_vjp)
            for tile in TENSOR_TILES
            for dtype in (np.float32, np.float16, ml_dtypes.bfloat16)
            if dtype is np.float32 or tile.precision == "tf32"
            if (verb, tile, dtype) != (forward, LEAST, np.float32)
        ),
    ],
)
def test_warps_give_the_bits_of_a_warpgroup(verb: Verb, tile: TensorTile, dtype: Any) -> None:
    """Of every sum the same products in the same order, and of a slab one sum that begins at 0."""
    for corner in ("several tiles", "several slabs", "groups"):
        assert are_same(verb, corner, tile, dtype)


@pytest.mark.full
@of_verbs
def test_they_do_under_any_order_of_threads(verb: Verb) -> None:
    """A warp waits for what others copied and split, and for its own lanes."""
    for seed in range(5):
        with conditions(seed=seed):
            assert are_same(verb, "several slabs", LEAST, np.float32)


FAULTS = {
    "rows beyond 16 are left out": ("if (2 * j >= rows) break;", "if (2 * j + 16 >= rows) break;"),
    "another order of words": (
        "add(part, rest[s], words);\n        add(part, a[s], low_words);",
        "add(part, a[s], low_words);\n        add(part, rest[s], words);",
    ),
    "the sum of the slab before": ("float part[2][4] = {};", "float part[2][4] = {sum[0]};"),
    "lines of n that are n + 8": ("line = lane / 16 * 8 + lane % 8", "line = lane % 16 ^ 8"),
}


@pytest.mark.parametrize(
    "fault",
    [
        name if name == "another order of words" else pytest.param(name, marks=pytest.mark.full)
        for name in FAULTS
    ],
)
def test_other_bits_are_seen(fault: str) -> None:
    """The comparison can fail."""
    patched = ("warps.cuh", *FAULTS[fault])
    assert not are_same(forward, "several tiles", LEAST, np.float32, patched)
