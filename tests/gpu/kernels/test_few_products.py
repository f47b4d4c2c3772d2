"""Sums of few products are left to floats: their bound is below that of the tensor cores."""

from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from convproof.cases import Case
from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof.index_maps.correlation import least_products
from convproof.layers import Conv
from convproof.numeric.fast import implementation as oracle
from convproof_gpu.bounds import bound
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.tiles import FEW_DEPTHS, TensorTile, tile_of
from convproof_gpu.wing import sim
from tests.gpu.kernels.tensor_cases import conv_of, few, layer_of, tensor_cases, without_bias


@few
@given(tensor_cases(2))
def test_the_shortest_sum_is_found(case: Case) -> None:
    """Sums of ones count the products: the least count that is not 0."""
    layer = conv_of(without_bias(case))
    sizes: Sizes = sizes_of(layer, case.input_shape)
    x, w = np.ones(case.input_shape), np.ones(layer.weight_shape)
    y = oracle.forward(layer, x, w)
    counts: dict[Any, np.ndarray] = {
        Correlated: y,
        Spread: oracle.input_vjp(layer, x, np.ones_like(y), w),
        Paired: oracle.weight_vjp(layer, x, np.ones_like(y)),
    }
    for map_, count in counts.items():
        assert least_products(map_(sizes)) == min(count[count > 0], default=0)


@pytest.mark.parametrize("map_", [Correlated, Spread])
@pytest.mark.parametrize(("stride", "low"), [(1, 50), (3, 0), (1, 2**20)])
def test_a_long_axis_is_asked_at_its_ends_alone(map_: Any, stride: int, low: int) -> None:
    """``2^41`` outputs, which no memory has, count as ``2^12`` do: all taps are met between."""
    counts = []
    for size in (2**12, 2**41):
        outputs = (size + 2 * low - 101) // stride + 1
        sizes = Sizes(
            batch=1, groups=1, in_channels=1, out_channels=1, input=(size,), kernel=(101,),
            output=(outputs,), stride=(stride,), dilation=(1,), low=(low,),
        )  # fmt: skip
        counts.append(least_products(map_(sizes)))
    assert counts[0] == counts[1] > 0


def test_from_83_products_on_the_bound_is_not_above_that_of_floats() -> None:
    """``bound(N) <= N`` for ``N >= 83``, in one part or several, and not for 82 of floats."""
    assert bound(FEW_DEPTHS - 1, "float32") > FEW_DEPTHS - 1
    for depth in (*range(FEW_DEPTHS, 2 * FEW_DEPTHS), 1000, 4608, 25088):
        for parts in (1, 2, 7):
            for precision in ("float32", "words", "bf16", "f16"):
                assert bound(depth, precision, splits=parts) <= depth


@pytest.mark.parametrize(
    ("verb", "layer", "shape"),
    [
        ("input_vjp", layer_of((8, 2), (7, 7), stride=(7, 7)), (4, 8, 14, 14)),
        ("forward", layer_of((2, 4), (7, 7), low=(6, 6)), (1, 2, 40, 40)),
    ],
)
def test_a_sum_is_short_in_a_phase_of_a_stride_and_at_the_border(
    verb: str, layer: Conv, shape: tuple[int, ...]
) -> None:
    """98 products at most, 2 at least: no tile of the tensor cores, and ``|error| <= N u S``."""
    sizes = sizes_of(layer, shape)
    map_ = Correlated(sizes) if verb == "forward" else Spread(sizes)
    assert map_.extents[3] >= FEW_DEPTHS
    assert least_products(map_) == 2
    assert not isinstance(tile_of(map_), TensorTile)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(np.float32)
    w = rng.standard_normal(layer.weight_shape).astype(np.float32)
    y = oracle.forward(layer, x.astype(np.float64), w.astype(np.float64))
    given_ = (x, w) if verb == "forward" else (x, y.astype(np.float32), w)
    wide = [array.astype(np.float64) for array in given_]
    ones = [np.ones_like(array) for array in wide]
    exact, sums, counts = (
        getattr(oracle, verb)(layer, *arrays)
        for arrays in (wide, [abs(array) for array in wide], ones)
    )
    error = abs(getattr(sim, verb)(layer, *given_) - exact)
    assert (error <= 2.0**-24 * np.maximum(counts, 1) * sums * (1 + 2.0**-20)).all()
    assert prod(error.shape) > 0
