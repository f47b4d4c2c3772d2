"""The derived bounds hold for the arithmetic that they speak of, and are not vacuous."""

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.numeric.rounding import DEFAULT_PRECISION, FORMATS, PRECISIONS, bound

DTYPES = {
    "float64": np.dtype(np.float64),
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_formats_are_those_of_the_hardware(name: str) -> None:
    """Unit = eps / 2, tiny = the least subnormal."""
    info: Any = ml_dtypes.finfo(DTYPES[name])  # type: ignore[no-untyped-call]
    assert FORMATS[name].unit == float(info.eps) / 2
    assert FORMATS[name].tiny == float(info.smallest_subnormal)


def _exact(w: np.ndarray, x: np.ndarray) -> tuple[Fraction, Fraction]:
    products = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(w, x, strict=True)]
    return sum(products, Fraction(0)), sum(map(abs, products), Fraction(0))


@given(st.integers(1, 300), st.integers(0, 2**32), st.sampled_from(["float64", "float32"]))
def test_sums_in_any_order_stay_within_the_bound(count: int, seed: int, name: str) -> None:
    """|fl(sum w x) - sum w x| <= K u sum |w x|, one accumulator or pairwise, permuted or not."""
    rng = np.random.default_rng(seed)
    dtype = DTYPES[name]
    w, x = (rng.standard_normal(count).astype(dtype) for _ in range(2))
    y, size = _exact(w, x)
    allowed = bound(np.array(float(size)), np.array(count), precision=name, dtype=dtype)
    order = rng.permutation(count)
    running = dtype.type(0)
    for k in order:
        running = running + w[k] * x[k]
    for computed in (running, (w * x).sum(), (w * x)[order].sum(), w @ x):
        assert abs(Fraction(float(computed)) - y) <= Fraction(float(allowed))


@given(st.integers(1, 64), st.integers(0, 2**32), st.sampled_from(["float16", "bfloat16"]))
def test_halves_summed_in_float32_and_rounded_once_stay_within_the_bound(
    count: int, seed: int, name: str
) -> None:
    rng = np.random.default_rng(seed)
    dtype = DTYPES[name]
    w, x = (rng.standard_normal(count).astype(dtype) for _ in range(2))
    y, size = _exact(w, x)
    precision = DEFAULT_PRECISION[name]
    allowed = bound(np.array(float(size)), np.array(count), precision=precision, dtype=dtype)
    computed = (w.astype(np.float32) * x.astype(np.float32)).sum().astype(dtype)
    assert abs(Fraction(float(computed)) - y) <= Fraction(float(allowed))


@given(st.integers(1, 64), st.integers(0, 2**32))
def test_operands_cut_to_tf32_stay_within_its_bound_and_leave_float32s(
    count: int, seed: int
) -> None:
    """tf32 keeps 10 bits after the point; cutting them errs by up to 2^-10 per operand."""
    rng = np.random.default_rng(seed)
    w, x = (rng.standard_normal(count).astype(np.float32) for _ in range(2))
    y, size = _exact(w, x)
    cut = [(a.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32) for a in (w, x)]
    error = abs(Fraction(float((cut[0].astype(float) * cut[1]).sum())) - y)
    limits = [
        bound(np.array(float(size)), np.array(count), precision=p, dtype=np.dtype(np.float32))
        for p in ("float32", "tf32")
    ]
    assert error <= Fraction(float(limits[1]))


def test_the_bounds_are_ordered_and_small() -> None:
    """float64 < float32 < tf32, f16 < bf16 < 1 % for a 3x3 kernel over 64 channels."""
    at = {
        name: float(bound(np.array(1.0), np.array(576), precision=name, dtype=np.dtype(np.float32)))
        for name in PRECISIONS
        if name != "float64"
    }
    assert at["float32"] < at["f16"] <= at["tf32"] < at["bf16"] < 0.02
    assert at["float32"] == pytest.approx(576 * 2.0**-24, rel=1e-6)
