"""im2col and col2im: the kernels' addresses are the maps', and their numbers the oracle's."""

from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import index_maps
from convproof.cases import Case
from convproof.errors import UnsupportedError
from convproof.index_maps import Sizes
from convproof.layers import Conv, Fold, Unfold
from convproof.numeric.reference import implementation as oracle
from convproof.strategies import EXTRAS, cases
from convproof_gpu import machine
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimModule
from convproof_gpu.unfolding import sizes_of
from convproof_gpu.wing import sim

MAPS = ("Unfolded", "Folded")
INTEGERS = {"int": np.int32, "long long": np.int64}
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
OFFERS = EXTRAS - {"circular", "groups"}
few = settings(max_examples=max(4, settings().max_examples // 5))


def unfoldings(dims: int, *, tiny: bool = False) -> st.SearchStrategy[tuple[Unfold, Case]]:
    """Return the unfoldings whose windows are a convolution's."""
    return cases(f"conv{dims}d", OFFERS, tiny=tiny).map(lambda case: (_unfold(case.layer), case))


def _unfold(conv: Any) -> Unfold:
    assert isinstance(conv, Conv)
    return Unfold(
        kernel_size=conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        dilation=conv.dilation,
    )


@cache
def kernels(integer: str) -> SimModule:
    expressions = [f"unfolding_addresses<{m}, {integer}, {d}>" for m in MAPS for d in (1, 2, 3)]
    file = Path(__file__).with_name("unfolding_addresses.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=expressions)


def of_kernel(name: str, sizes: Sizes, integer: str) -> dict[str, np.ndarray]:
    """Return the extents and all addresses, as the kernel computes them."""
    expression = f"unfolding_addresses<{name}, {integer}, {len(sizes.input)}>"
    kernel = kernels(integer).get_function(expression)
    dtype, struct = INTEGERS[integer], packed(sizes, integer)
    extents = np.empty(2, dtype)
    kernel((1,), (1,), (extents, None, None, struct))
    source, result = (np.empty(tuple(map(int, extents)), dtype) for _ in range(2))
    kernel((1,), (1,), (extents, source, result, struct), outputs=("source", "result"))
    return {"extents": extents, "source": source, "result": result}


def of_map(name: str, sizes: Sizes) -> dict[str, np.ndarray]:
    """Return the same of the map over abstract integers; -1 is what lies nowhere."""
    held = getattr(index_maps, name)(sizes)
    place, tap = np.ix_(*map(range, held.extents))
    source, inside = held.source(place, tap), np.ones(held.extents, bool)
    for condition in source.inside:
        inside = inside & condition
    return {
        "extents": np.array(held.extents),
        "source": np.where(inside, source.offset, -1),
        "result": np.broadcast_to(held.result(place, tap), held.extents),
    }


@pytest.mark.parametrize("integer", INTEGERS)
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_kernel_computes_the_addresses_of_its_map(name: str, dims: int, integer: str) -> None:
    """Every source and result of every place and tap."""

    @few
    @given(unfoldings(dims, tiny=True))
    def holds(drawn: tuple[Unfold, Case]) -> None:
        layer, case = drawn
        sizes = sizes_of(layer, case.input_shape)
        found, expected = of_kernel(name, sizes, integer), of_map(name, sizes)
        for part, offsets in expected.items():
            assert np.array_equal(found[part], offsets), part

    holds()


@given(unfoldings(2, tiny=True))
@few
def test_the_two_maps_are_transposed(drawn: tuple[Unfold, Case]) -> None:
    """``{(column, image)}`` of ``Unfolded`` ``== {(column, image)}`` of ``Folded``."""
    layer, case = drawn
    pairs = []
    for name in MAPS:
        found = of_map(name, sizes_of(layer, case.input_shape))
        there = found["source"] >= 0
        source, result = found["source"][there].tolist(), found["result"][there].tolist()
        legs = (result, source) if name == "Unfolded" else (source, result)
        pairs.append(sorted(zip(*legs, strict=True)))
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_columns_and_their_sums_are_the_oracles(dims: int, dtype: Any) -> None:
    """``unfold(x)``, ``fold(u)`` and the derivatives, each of which is the other."""

    @few
    @given(unfoldings(dims))
    def holds(drawn: tuple[Unfold, Case]) -> None:
        layer, case = drawn
        rng = np.random.default_rng(case.seed)
        x = rng.integers(-3, 4, case.input_shape).astype(dtype)
        u = rng.integers(-3, 4, layer.output_shape(x.shape)).astype(dtype)
        fold = Fold(
            output_size=x.shape[2:],
            kernel_size=layer.kernel_size,
            stride=layer.stride,
            padding=layer.padding,
            dilation=layer.dilation,
        )
        columns, sums = oracle.forward(layer, x), oracle.forward(fold, u)
        assert np.array_equal(sim.forward(layer, x), columns)
        assert np.array_equal(sim.input_vjp(fold, u.shape, x), columns)
        assert np.array_equal(sim.forward(fold, u), sums)
        assert np.array_equal(sim.input_vjp(layer, x.shape, u), sums)

    holds()


@given(unfoldings(2))
@settings(max_examples=4)
def test_offsets_of_64_bits_give_the_same_numbers(drawn: tuple[Unfold, Case]) -> None:
    """As where the columns have more than 2^31 elements."""
    layer, case = drawn
    x = np.random.default_rng(case.seed).standard_normal(case.input_shape).astype(np.float32)
    y = sim.forward(layer, x)
    x_bar = sim.input_vjp(layer, x.shape, y)
    with patch.object(machine, "_INT", -1):
        assert np.array_equal(sim.forward(layer, x), y)
        assert np.array_equal(sim.input_vjp(layer, x.shape, y), x_bar)


def test_no_image_and_no_channel_have_no_columns() -> None:
    """``y`` is empty; windows of four axes are refused."""
    layer = Unfold(kernel_size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))
    for shape in ((0, 2, 4), (2, 0, 4)):
        y = sim.forward(layer, np.empty(shape, np.float32))
        assert y.shape == layer.output_shape(shape)
        assert sim.input_vjp(layer, shape, y).shape == shape
    four = Unfold(kernel_size=(1,) * 4, stride=(1,) * 4, padding=((0, 0),) * 4, dilation=(1,) * 4)
    with pytest.raises(UnsupportedError, match="1 to 3 spatial axes"):
        sim.forward(four, np.zeros((1,) * 6, np.float32))
