"""Tensor cores, ldmatrix and cp.async are what the tables of the PTX ISA say, and a GPU does.

The tables ("Matrix Fragments for mma.m16n8k8", "... m16n8k16", "ldmatrix") give row and column of
every register of a lane by ``groupID = lane >> 2`` and ``threadID_in_group = lane % 4``; they are
written here as they stand there.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof_gpu.sim import conditions
from tests.gpu.sim.corpus import kernel
from tests.gpu.tensor_core import CUT, instruction

HOPPER = Path(__file__).with_name("hopper.npz")  # bits of A, B, C and D, cases first
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def _tf32_a(lane: int, i: int) -> tuple[int, int]:
    row = lane >> 2 if i in (0, 2) else (lane >> 2) + 8
    return row, lane % 4 if i in (0, 1) else lane % 4 + 4


def _tf32_b(lane: int, i: int) -> tuple[int, int]:
    return lane % 4 if i == 0 else lane % 4 + 4, lane >> 2


def _wide_a(lane: int, i: int) -> tuple[int, int]:
    row = lane >> 2 if 0 <= i < 2 or 4 <= i < 6 else (lane >> 2) + 8
    return row, lane % 4 * 2 + (i & 1) if i < 4 else lane % 4 * 2 + (i & 1) + 8


def _wide_b(lane: int, i: int) -> tuple[int, int]:
    return lane % 4 * 2 + (i & 1) if i < 2 else lane % 4 * 2 + (i & 1) + 8, lane >> 2


def _c(lane: int, i: int) -> tuple[int, int]:
    return lane >> 2 if i < 2 else (lane >> 2) + 8, lane % 4 * 2 + (i & 1)


def _fragments(
    matrix: np.ndarray, place: Callable[[int, int], tuple[int, int]], count: int
) -> np.ndarray:
    return np.array([[matrix[place(lane, i)] for i in range(count)] for lane in range(32)])


def _product(name: str, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return A B + C as the instruction computes it."""
    if name == "tf32":
        ra = _fragments(a.astype(np.float32), _tf32_a, 4).view(np.uint32)
        rb = _fragments(b.astype(np.float32), _tf32_b, 2).view(np.uint32)
    else:
        dtype = BFLOAT16 if name == "bf16" else np.dtype(np.float16)
        ra = _fragments(a.astype(dtype), _wide_a, 8).view(np.uint32)
        rb = _fragments(b.astype(dtype), _wide_b, 4).view(np.uint32)
    rc = _fragments(c.astype(np.float32), _c, 4)
    rd = np.zeros((32, 4), np.float32)
    kernel("fragments", name)((1,), (32,), (ra.ravel(), rb.ravel(), rc.ravel(), rd))
    d = np.full((16, 8), np.nan, np.float32)
    for lane in range(32):
        for i in range(4):
            d[_c(lane, i)] = rd[lane, i]
    return d


DEPTH = {"tf32": 8, "bf16": 16, "f16": 16}


@pytest.mark.parametrize("name", DEPTH)
def test_a_product_of_integers_is_exact(name: str) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 10, (16, DEPTH[name])), rng.integers(-9, 10, (DEPTH[name], 8))
    c = rng.integers(-99, 100, (16, 8))
    assert np.array_equal(_product(name, a, b, c), a @ b + c)


@pytest.mark.parametrize("name", DEPTH)
def test_every_element_of_a_and_b_lies_where_the_table_says(name: str) -> None:
    """Distinct powers would not fit; distinct integers against one-hot columns do."""
    depth = DEPTH[name]
    a = np.arange(16 * depth).reshape(16, depth)
    for first in range(0, depth, 8):
        b = np.zeros((depth, 8), int)
        b[first : first + 8] = np.eye(8, dtype=int)
        found = _product(name, a, b, np.zeros((16, 8)))
        assert np.array_equal(found, a[:, first : first + 8])


def _exponent(value: float) -> int:
    return int(np.frexp(value)[1]) - 1


def _truncated(name: str, a: Any, b: Any, c: Any) -> np.ndarray:
    """Return the model's sums in exact arithmetic: aligned, truncated, added, truncated."""
    result = np.zeros((16, 8), np.float32)
    for row in range(16):
        for column in range(8):
            pairs = [(float(a[row, k]), float(b[k, column])) for k in range(DEPTH[name])]
            parts = [Fraction(float(c[row, column]))]
            parts += [Fraction(left) * Fraction(right) for left, right in pairs]
            exponents = [
                _exponent(left) + _exponent(right) for left, right in pairs if left * right
            ]
            largest = max([_exponent(float(c[row, column])), *exponents])
            unit = Fraction(2) ** (largest - 25)
            total = sum(int(part / unit) for part in parts) * unit
            near = np.float32(float(total))
            if abs(Fraction(float(near))) > abs(total):
                near = np.nextafter(near, np.float32(0))
            result[row, column] = near
    return result


@pytest.mark.parametrize("name", DEPTH)
def test_sums_are_truncated_as_hoppers_are(name: str) -> None:
    """Bit for bit the model of the notes, computed here in fractions."""
    rng = np.random.default_rng(1)
    dtype = {"bf16": BFLOAT16, "f16": np.dtype(np.float16)}.get(name, np.dtype(np.float32))
    shapes = ((16, DEPTH[name]), (DEPTH[name], 8))
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    if name == "tf32":  # the low 13 bits are not looked at
        a, b = ((each.view(np.uint32) & 0xFFFFE000).view(np.float32) for each in (a, b))
    c = rng.standard_normal((16, 8)).astype(np.float32)
    assert np.array_equal(_product(name, a, b, c), _truncated(name, a, b, c))
    with conditions(rounding="nearest"):
        assert not np.array_equal(_product(name, a, b, c), _truncated(name, a, b, c))


@pytest.mark.parametrize("name", DEPTH)
def test_every_bit_is_that_of_a_hopper_gpu(name: str) -> None:
    """What a GPU gave: pairs that cancel over the last bits, zeros, subnormals, Inf and NaN."""
    dtype = {"tf32": np.dtype(np.float32), "bf16": BFLOAT16, "f16": np.dtype(np.float16)}[name]
    with np.load(HOPPER) as held:
        a, b = held[f"{name}_a"].view(dtype), held[f"{name}_b"].view(dtype)
        c, d = held[f"{name}_c"].view(np.float32), held[f"{name}_d"]
    for i in range(len(a)):
        found = _product(name, a[i], b[i], c[i]).view(np.uint32)
        assert np.array_equal(found, d[i]), f"case {i}"


@pytest.mark.parametrize("name", DEPTH)
def test_the_bounds_model_is_that_of_a_hopper_gpu(name: str) -> None:
    """What ``tests.gpu.test_bounds`` takes a tensor core for: the same bits."""
    with np.load(HOPPER) as held:
        a, b, c, d = (held[f"{name}_{each}"] for each in "abcd")
    if name == "tf32":
        a, b = ((each & CUT).view(np.float32) for each in (a, b))
    else:
        dtype = BFLOAT16 if name == "bf16" else np.dtype(np.float16)
        with np.errstate(invalid="ignore"):
            a, b = (each.view(dtype).astype(np.float32) for each in (a, b))
    rows, columns = a[:, :, None, :], np.swapaxes(b, 1, 2)[:, None]
    found = instruction(c.view(np.float32), rows, columns, least=-14 if name == "f16" else -126)
    assert np.array_equal(found.view(np.uint32), d)


def test_tf32_does_not_look_at_the_low_13_bits() -> None:
    rng = np.random.default_rng(2)
    a = rng.standard_normal((16, 8)).astype(np.float32)
    cut = (a.view(np.uint32) & 0xFFFFE000).view(np.float32)
    b, c = np.eye(8, dtype=np.float32), np.zeros((16, 8), np.float32)
    assert np.array_equal(_product("tf32", a, b, c), cut)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_a_truncated_sum_is_within_the_derived_bound(seed: int) -> None:
    """|d - exact| <= (n + 1) 2^(e - 25) + 2^-23 |d|: one unit for every addend, one last place."""
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal(shape).astype(BFLOAT16) for shape in ((16, 16), (16, 8)))
    c = rng.standard_normal((16, 8)).astype(np.float32)
    d = _product("bf16", a, b, c)
    wide = a.astype(np.float64), b.astype(np.float64)
    exact = wide[0] @ wide[1] + c
    largest = np.maximum(np.abs(wide[0])[:, :, None] * np.abs(wide[1])[None], 0).max(axis=1)
    unit = np.exp2(np.floor(np.log2(np.maximum(largest, np.abs(c)))) - 25)
    assert np.all(np.abs(d - exact) <= 17 * unit + np.exp2(-23) * np.abs(exact) + 1e-300)


def test_ldmatrix_gives_lane_4g_plus_t_two_elements_of_row_g() -> None:
    """Rows come from lanes 8m to 8m + 7; transposed, the elements of column g."""
    x = np.arange(256, dtype=np.uint16).reshape(4, 8, 8)
    straight, turned = np.zeros((32, 4), np.uint32), np.zeros((32, 4), np.uint32)
    kernel("fragments", "matrices")((1,), (32,), (x, straight, turned))
    for lane in range(32):
        g, t = lane // 4, lane % 4
        for m in range(4):
            assert straight[lane, m] == int(x[m, g, 2 * t]) | int(x[m, g, 2 * t + 1]) << 16
            assert turned[lane, m] == int(x[m, 2 * t, g]) | int(x[m, 2 * t + 1, g]) << 16


@pytest.mark.parametrize("landing", ["eager", "lazy", "random"])
@pytest.mark.parametrize("n", [0, 60, 128, 192, 224])
def test_copies_of_16_8_and_4_bytes_arrive_and_what_is_not_there_is_zero(
    landing: Any, n: int
) -> None:
    x, y = np.arange(1, 225, dtype=np.float32), np.zeros(224, np.float32)
    with conditions(landing=landing, seed=5):
        kernel("fragments", "copies")((1,), (32,), (x, y, n))
    assert np.array_equal(y, np.where(np.arange(224) < n, x, 0))


def test_cvt_rna_rounds_ties_away_from_zero() -> None:
    """To 10 bits of mantissa; infinity stays, and NaN, unless what makes it one is cut."""
    x = np.array([1, 1 + 2**-11, -1 - 2**-11, 1 + 2**-12, 1 + 3 * 2**-12, np.inf, 0, 0], np.float32)
    x.view(np.uint32)[6:] = 0x7FC00000, 0x7F800001
    y = np.zeros(8, np.uint32)
    kernel("fragments", "rounds")((1,), (32,), (x, y, 8))
    right = [1, 1 + 2**-10, -1 - 2**-10, 1, 1 + 2**-10, np.inf, np.nan, np.inf]
    assert np.array_equal(y.view(np.float32), np.array(right, np.float32), equal_nan=True)
