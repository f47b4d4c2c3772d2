"""Convolutions whose source is staged once, on a GPU: wgmma reads the planes that it is told of."""

from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest

from convproof.cases import Case
from convproof_gpu.halo_plans import HaloTile
from convproof_gpu.sim import conditions
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.halo_cases import CORNERS, TILES, VERBS, Verb, right
from tests.gpu.kernels.tensor_cases import integers, without_bias
from tests.gpu.kernels.test_halo_reals import FORMATS, SEVERAL, reals
from tests.gpu.kernels.test_tensor_reals import normal

pytestmark = pytest.mark.gpu
of_tiles = pytest.mark.parametrize("tile", TILES, ids=lambda t: f"{t.argument} {t.kind}")
of_verbs = pytest.mark.parametrize("verb", VERBS)


def on_gpu(verb: Verb, case: Case, held: dict[str, np.ndarray], tile: HaloTile) -> np.ndarray:
    """Return the GPU's answer, copied there and back."""
    from convproof_gpu.device import Gpu

    class Copying(Gpu):
        def run(self, kernel: Any, blocks: int, threads: int, args: Any, outputs: Any) -> None:
            given = [self.given(a) if isinstance(a, np.ndarray) and a.ndim else a for a in args]
            super().run(kernel, blocks, threads, given, outputs)
            for old, new in zip(args, given, strict=True):
                if isinstance(old, np.ndarray) and old.ndim:
                    old[...] = self.returned(new, old)

        def empty(self, shape: Any, dtype: Any) -> Any:
            return np.empty(shape, dtype)

    with patch.object(tensor_cases, "SIM", Copying()):
        return verb(case, held, tile)


@of_tiles
@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@of_verbs
def test_every_corner_gives_the_oracles_integers(verb: Verb, dtype: Any, tile: HaloTile) -> None:
    """``kernel(x, w) == oracle(x, w)``: of any start, plane and eight of a core matrix."""
    for case in CORNERS.values():
        held = integers(case, dtype)
        expected = right(verb, case, held).astype(dtype)
        assert np.array_equal(on_gpu(verb, case, held, tile), expected)


@of_tiles
@pytest.mark.parametrize("precision", FORMATS)
def test_every_bit_is_the_simulators(precision: str, tile: HaloTile) -> None:
    """Of normal data, whose sums are cut as the hardware cuts them."""
    verb, case = VERBS[0], without_bias(SEVERAL)
    held = reals(verb, case, normal, precision)
    with conditions(rounding="truncating"):
        expected = verb(case, held, tile)
    assert np.array_equal(on_gpu(verb, case, held, tile), expected)
