"""The kernels' addresses: CUDA C++ computes those of the abstract maps, which are the relation."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import index_maps
from convproof.cases import Case
from convproof.geometry import unshared
from convproof.index_maps import Address, Sizes
from convproof.strategies import TORCH, cases
from convproof.triples import Triples
from convproof_gpu.cubin import KERNELS
from convproof_gpu.layers import conv
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimKernel, SimModule

MAPS = (
    "Correlated", "Spread", "Paired", "UnsharedCorrelated", "UnsharedSpread", "UnsharedPaired",
)  # fmt: skip
INTEGERS = {"int": np.int32, "long long": np.int64}
OFFERS = TORCH | {"asymmetric"}
some = settings(max_examples=max(5, settings().max_examples // 5))


@cache
def kernels(integer: str) -> SimModule:
    expressions = [f"addresses<{m}, {integer}, {dims}>" for m in MAPS for dims in (1, 2, 3)]
    file = Path(__file__).with_name("addresses.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=expressions)


def sizes_of(case: Case) -> Sizes:
    layer: Any = case.layer
    return conv.sizes_of(layer, case.input_shape)


def of_kernel(name: str, sizes: Sizes, integer: str) -> dict[str, np.ndarray]:
    """Return the extents and all addresses, as the kernel computes them."""
    expression = f"addresses<{name}, {integer}, {len(sizes.input)}>"
    kernel: SimKernel = kernels(integer).get_function(expression)
    dtype, struct = INTEGERS[integer], packed(sizes, integer)
    extents = np.empty(4, dtype)
    kernel((1,), (1,), (extents, None, None, None, struct))
    p, r, c, d = map(int, extents)
    found = {
        "left": np.empty((p, r, d), dtype),
        "right": np.empty((p, c, d), dtype),
        "result": np.empty((p, r, c), dtype),
    }
    kernel((1,), (1,), (extents, *found.values(), struct), outputs=("left", "right", "result"))
    return {"extents": extents, **found}


def of_map(name: str, sizes: Sizes) -> dict[str, np.ndarray]:
    """Return the same of the map over abstract integers; -1 is what lies nowhere."""
    held = getattr(index_maps, name)(sizes)
    p, r, c, d = held.extents
    return {
        "extents": np.array(held.extents),
        "left": _offsets(held.left(*np.ix_(range(p), range(r), range(d))), (p, r, d)),
        "right": _offsets(held.right(*np.ix_(range(p), range(c), range(d))), (p, c, d)),
        "result": np.broadcast_to(held.result(*np.ix_(range(p), range(r), range(c))), (p, r, c)),
    }


def _offsets(address: Address, shape: tuple[int, ...]) -> np.ndarray:
    inside = np.ones(shape, bool)
    for condition in address.inside:
        inside = inside & condition
    return np.where(inside, np.broadcast_to(address.offset, shape), -1)


def triples_of(name: str, sizes: Sizes) -> Triples:
    """Return what a map multiplies and adds, as triples of one image: output, weight, input."""
    found = of_map(name, sizes)
    p, r, c, d = map(int, found["extents"])
    left = np.broadcast_to(found["left"][:, :, None, :], (p, r, c, d))
    right = np.broadcast_to(found["right"][:, None, :, :], (p, r, c, d))
    result = np.broadcast_to(found["result"][:, :, :, None], (p, r, c, d))
    there = (left >= 0) & (right >= 0)
    a, b, y = left[there], right[there], result[there]
    order = {"Correlated": (y, a, b), "Spread": (b, a, y), "Paired": (a, y, b)}
    channels = sizes.groups * np.array([sizes.out_channels, sizes.in_channels])
    positions = int(np.prod(sizes.output)), int(np.prod(sizes.input))
    weights = int(channels[0]) * sizes.in_channels * int(np.prod(sizes.kernel))
    if name.startswith("Unshared"):
        weights *= positions[0]
    legs = order[name.removeprefix("Unshared")]
    return Triples(
        *legs, sizes=(int(channels[0]) * positions[0], weights, int(channels[1]) * positions[1])
    )


@pytest.mark.parametrize("integer", INTEGERS)
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_kernel_computes_the_addresses_of_its_map(name: str, dims: int, integer: str) -> None:
    """Every left, right and result of every product, row, column and depth."""

    @some
    @given(cases(f"conv{dims}d", OFFERS, tiny=True))
    def holds(case: Case) -> None:
        sizes = sizes_of(case)
        found, expected = of_kernel(name, sizes, integer), of_map(name, sizes)
        for part, offsets in expected.items():
            assert np.array_equal(found[part], offsets), part

    holds()


@pytest.mark.parametrize("name", MAPS)
@given(st.sampled_from(["conv1d", "conv2d"]).flatmap(lambda f: cases(f, OFFERS, tiny=True)))
@some
def test_a_map_multiplies_and_adds_what_the_relation_says(name: str, case: Case) -> None:
    """``{(o, k, i)}`` of rows, columns and depths ``== {(o, k, i)}`` of the geometry."""
    layer: Any = case.with_batch(1).layer
    geometry = layer.geometry(case.input_shape[2:])
    relation = unshared(geometry) if name.startswith("Unshared") else geometry.triples()
    assert triples_of(name, sizes_of(case.with_batch(1))) == relation


def test_an_address_is_a_formula() -> None:
    """SymPy prints what NumPy runs: ``x[n, g C + c, s o + t k - p]`` of one axis."""
    names = ["N", "G", "C", "M", "I", "K", "O", "s", "t", "p"]
    symbols = dict(zip(names, sp.symbols(names, integer=True, positive=True), strict=True))
    N, G, C, M, I, K, O, s, t, p = symbols.values()
    sizes = Sizes(
        batch=N, groups=G, in_channels=C, out_channels=M,
        input=(I,), kernel=(K,), output=(O,), stride=(s,), dilation=(t,), low=(p,),
    )  # fmt: skip
    n, g, c, o, k = sp.symbols("n g c o k", integer=True, nonnegative=True)
    i = sizes.input_of((o,), (k,))
    assert sp.expand(i.offset - (s * o + t * k - p)) == 0
    assert i.inside == (s * o + t * k - p >= 0, s * o + t * k - p < I)
    assert sp.expand(sizes.image(n, g, c, i.offset) - (((n * G + g) * C + c) * I + i.offset)) == 0
