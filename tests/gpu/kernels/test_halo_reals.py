"""Real data with a source that is staged once, simulated: in the kernel's own order, within bounds.

The bound is that of ``bounds.bound`` at ``halo_plans.depths_of`` products: a slab is eight units of
channels of one tap, summed by the tensor cores from zero, and slabs are added by floats.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof_gpu.bounds import UNIT, products, slab_of, underflow
from convproof_gpu.halo_plans import HALO_TILES, HaloTile, coefficient, depths_of, phases
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import conditions
from convproof_gpu.tensor_products import unit_of
from tests.gpu.kernels import tensor_cases as cases
from tests.gpu.kernels.halo_cases import (
    CORNERS,
    LEAST,
    ORACLES,
    Verb,
    forward,
    halo_cases,
    input_vjp,
    of_verbs,
    of_verbs_soon,
    right,
)
from tests.gpu.kernels.tensor_cases import (
    OPERANDS,
    Held,
    few,
    integers,
    layer_of,
    told,
    without_bias,
)
from tests.gpu.kernels.test_tensor_reals import DRAWS, Draw, normal
from tests.gpu.kernels.test_tensor_reals import reals as drawn
from tests.gpu.tensor_core import as_they_are, rounded, summed

FORMATS: dict[str, Any] = {"tf32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
ELEMENTS = {"tf32": "float", "f16": "__half", "bf16": "__nv_bfloat16"}
BLOCK = replace(LEAST, kind="block")
SEVERAL = without_bias(CORNERS["several slabs of channels"])
of_precisions = pytest.mark.parametrize("precision", FORMATS)
of_draws = pytest.mark.parametrize("draw", DRAWS, ids=lambda draw: draw.__name__)


def reals(verb: Verb, case: Case, draw: Draw, precision: str) -> Held:
    """Return operands of a format: what is beyond float16 is the largest that it has."""
    held = drawn(ORACLES[verb], case, draw)
    if precision == "f16":
        held = {name: np.clip(array, -(2.0**4), 2.0**4) for name, array in held.items()}
    return {name: array.astype(FORMATS[precision]) for name, array in held.items()}


def depth_of(verb: Verb, case: Case, precision: str) -> int:
    unit = unit_of(ELEMENTS[precision])
    return max(map(depths_of, phases(told(case), unit, is_adjoint=verb is input_vjp)))


def excess(verb: Verb, case: Case, held: Held, found: np.ndarray, precision: str) -> float:
    """Return by how much the worst sum is further off than the bound, underflow and rounding."""
    _, second = OPERANDS[ORACLES[verb]]
    wide = {name: array.astype(np.float64) for name, array in held.items()}
    ones = {name: np.ones_like(array) for name, array in wide.items()}
    sizes = {name: np.abs(array) for name, array in wide.items()}
    exact, magnitude = right(verb, case, wide), right(verb, case, sizes)
    operands = right(verb, case, sizes | {second: ones[second]})
    operands += right(verb, case, ones | {second: sizes[second]})
    depth = depth_of(verb, case, precision)
    of_operands, constant = map(float, underflow(depth, precision))
    c = coefficient(told(case), ELEMENTS[precision], is_adjoint=verb is input_vjp)
    limit = float(c * UNIT) * magnitude + of_operands * operands + constant
    bits, least = {"tf32": (24, -149), "f16": (11, -24), "bf16": (8, -133)}[precision]
    rounding = 2.0**-bits * (np.abs(exact) + limit) + 2.0 ** (least - 1)
    limit = limit * (1 + 2**-20) + (rounding if precision != "tf32" else 0)
    return float((np.abs(found.astype(np.float64) - exact) - limit).max())


@pytest.mark.parametrize(
    ("verb", "rounding"),
    [
        (forward, "truncating"),
        pytest.param(forward, "nearest", marks=pytest.mark.full),
        *(pytest.param(input_vjp, r, marks=pytest.mark.full) for r in ("truncating", "nearest")),
    ],
)
@of_draws
@pytest.mark.parametrize("precision", ["tf32", "f16", pytest.param("bf16", marks=pytest.mark.full)])
def test_no_sum_is_further_off_than_the_bound(
    verb: Verb, precision: str, draw: Draw, rounding: str
) -> None:
    """``|y_hat - y| <= bound u sum |a b| + underflow``, of equal signs, cancelling, subnormal."""
    held = reals(verb, SEVERAL, draw, precision)
    with conditions(rounding=rounding):
        found = verb(SEVERAL, held, LEAST)
    assert excess(verb, SEVERAL, held, found, precision) <= 0


@pytest.mark.full
@pytest.mark.parametrize("tile", HALO_TILES, ids=lambda t: t.argument)
@of_precisions
@of_verbs
def test_no_sum_of_any_tile_is(verb: Verb, precision: str, tile: HaloTile) -> None:
    """The same of every tile, with rows and pixels of several blocks."""
    for name in ("tails of lines, columns and rows", "several slabs of channels"):
        case = without_bias(CORNERS[name])
        for draw in DRAWS:
            held = reals(verb, case, draw, precision)
            assert excess(verb, case, held, verb(case, held, tile), precision) <= 0


ORDERED = without_bias(  # two slabs of channels or three, the last of few, and several taps
    Case(layer=layer_of((83, 5), (2, 3)), input_shape=(1, 83, 4, 5), seed=0)
)


def in_slabs(array: np.ndarray, slab: int) -> np.ndarray:
    """Return ``(..., c, j)`` as depths: eight units of channels, all taps of each, with zeros."""
    channels = array.shape[-2]
    array = np.pad(array, [*((0, 0),) * (array.ndim - 2), (0, -channels % slab), (0, 0)])
    blocks = array.reshape(*array.shape[:-2], -1, slab, array.shape[-1])
    return np.moveaxis(blocks, -1, -2).reshape(*array.shape[:-2], -1)


def windows(x: np.ndarray, kernel: tuple[int, ...]) -> np.ndarray:
    """Return ``(n, *o, c, j)`` of ``(n, c, *i)``."""
    found = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return np.moveaxis(found.reshape(*found.shape[:4], -1), 1, 3)


@of_precisions
@pytest.mark.parametrize("tile", [LEAST, BLOCK], ids=["run", "block"])
def test_every_bit_is_the_models(tile: HaloTile, precision: str) -> None:
    """``y = sum of slabs``, of a tap each, by instructions of ``n`` products that start at zero."""
    assert is_the_models(tile, precision)


def is_the_models(tile: HaloTile, precision: str) -> bool:
    case = ORDERED
    held = reals(forward, case, normal, precision)
    x, w = (held[name].astype(np.float32) for name in ("x", "w"))
    slab = slab_of(precision)
    a = in_slabs(windows(x, (2, 3)), slab)[:, None]
    b = in_slabs(w.reshape(*w.shape[:2], prod(w.shape[2:])), slab)[:, None, None]
    a, b = np.broadcast_arrays(a, b)
    words = rounded if precision == "tf32" else as_they_are
    expected = summed(
        a, b, words, slab=slab, products=products(precision),
        least=-14 if precision == "f16" else -126,
    ).astype(held["x"].dtype)  # fmt: skip
    return np.array_equal(forward(case, held, tile), expected)


# What is not finite, and who is in charge of the order.


@of_precisions
@of_verbs_soon
def test_what_is_not_finite_is_that_of_floats(verb: Verb, precision: str) -> None:
    """Inf, -Inf and NaN among integers: NaN, or Inf with its sign, where floats have it."""
    case = without_bias(CORNERS["one unit of channels"])  # without padding, where 0 x Inf is
    for name in OPERANDS[ORACLES[verb]]:
        if name == "w" and verb is input_vjp:
            continue  # whose windows reach beyond the outputs
        for special in ([np.inf], [-np.inf], [np.nan], [np.inf, -np.inf, np.nan]):
            held = integers(case, FORMATS[precision])
            places = np.random.default_rng(len(special)).choice(held[name].size, 3)
            held[name].ravel()[places] = (special * 3)[:3]
            with np.errstate(invalid="ignore"):
                expected = right(verb, case, held)
            assert not np.isfinite(expected).all()
            found = verb(case, held, LEAST).astype(np.float64)
            assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("exponent", [63, 100])
@pytest.mark.parametrize("sign", [1, -1])
@of_verbs
def test_sums_that_overflow_are_infinite(verb: Verb, sign: int, exponent: int) -> None:
    """Where the exact sum is beyond the floats, it is Inf with its sign."""
    case = without_bias(CORNERS["dilation"])
    held = {name: np.abs(each) * np.float32(2.0**exponent) for name, each in integers(case).items()}
    held[OPERANDS[ORACLES[verb]][0]] *= np.float32(sign)
    with np.errstate(over="ignore"):
        expected = right(verb, case, held).astype(np.float32)
    assert np.isinf(expected).any()
    assert np.array_equal(verb(case, held, LEAST), expected)


def test_a_slab_that_overflows_alone_is_computed_anew() -> None:
    """``-1.5 M + (1.5 M + 1.5 M) = 1.5 M``, of ``M = 2^127``: the sum of the second tap is Inf."""
    case = Case(layer=layer_of((2, 1), (1, 2)), input_shape=(1, 2, 1, 2), seed=0)
    x = np.array([[[[-1.5, 1.5]], [[0.0, 1.5]]]], np.float32) * np.float32(2.0**64)
    held = {"x": x, "w": np.full((1, 2, 1, 2), 2.0**63, np.float32)}
    held["b"] = np.zeros(1, np.float32)
    assert forward(case, held, LEAST).item() == 1.5 * 2.0**127


@of_verbs_soon
@given(halo_cases(), st.integers(0, 2**20))
@few
def test_no_order_of_threads_changes_a_bit(verb: Verb, case: Case, seed: int) -> None:
    """Nor when copies land: the sum's order is the kernel's, and no two threads race."""
    held = reals(verb, case := without_bias(case), normal, "tf32")
    plain = verb(case, held, LEAST)
    with conditions(seed=seed, landing="random"):
        assert np.array_equal(verb(case, held, LEAST), plain)


# Faults that integers do not show, each with the theorem that is to fail.


def _models() -> None:
    assert is_the_models(LEAST, "tf32")


FAULTS: dict[str, tuple[str, str, str, Callable[[], None]]] = {
    "what is not finite is kept": (
        "halo.cuh", "if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum", "if (false) v = plain_sum",
        test_a_slab_that_overflows_alone_is_computed_anew,
    ),
    "a word is cut": (
        "conv_tensor.cu", "nearest = __float_as_uint(v) + 0x1000u & 0xffffe000u",
        "nearest = __float_as_uint(v) & 0xffffe000u", _models,
    ),
    "a sum is rounded once more": (
        "halo.cuh", "cp_async_wait<1>();\n          warpgroup_visible();\n        }\n      });",
        "cp_async_wait<1>();\n          warpgroup_visible();\n        }\n      });\n"
        "    sum[0][0] = sum[0][0] + 1.0f - 1.0f;", _models,
    ),
}  # fmt: skip


QUICK = ("what is not finite is kept",)


@pytest.mark.parametrize(
    "fault", [f if f in QUICK else pytest.param(f, marks=pytest.mark.full) for f in FAULTS]
)
def test_a_planted_fault_is_seen(fault: str) -> None:
    """Each theorem above can fail."""
    *patched, theorem = FAULTS[fault]
    theorem()
    with patch.object(cases, "SIM", machine(*patched)), pytest.raises(AssertionError):
        theorem()


@cache  # its folder lasts as long as the tests
def machine(file: str, old: str, new: str) -> Patched:
    return Patched(file, old, new)
