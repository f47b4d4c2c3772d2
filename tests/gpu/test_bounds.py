"""The derived bound of the tensor cores' sums holds for whatever an adversary gives them."""

from collections.abc import Callable
from fractions import Fraction
from math import fsum

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof_gpu.bounds import (
    PRECISIONS,
    UNIT,
    bound,
    per_instruction,
    products,
    slab_of,
    underflow,
)
from tests.gpu.tensor_core import Words, as_they_are, high, nearest, rounded, summed, three

Data = tuple[np.ndarray, np.ndarray]
WORDS: dict[str, Callable[[np.ndarray, np.ndarray], list[Words]]] = {
    "float32": three,
    "tf32": rounded,
    "words": as_they_are,
    "bf16": as_they_are,
    "f16": as_they_are,
}
ROWS = 12


def _summed(
    data: Data, precision: str, *, slabs: int = 0, splits: int = 1, slab: int = 0
) -> np.ndarray:
    """Return the kernels' sums, of slabs of so many instructions or depths, if not of theirs."""
    n = products(precision)
    return summed(
        *data, WORDS[precision], slab=slab or slabs * n or slab_of(precision), splits=splits,
        products=n, least=-14 if precision == "f16" else -126,
    )  # fmt: skip


def _scaled(rng: np.random.Generator, depth: int, low: int, end: int) -> np.ndarray:
    values = rng.standard_normal((ROWS, depth)) * np.exp2(rng.integers(low, end, (ROWS, depth)))
    return values.astype(np.float32)


def same_sign(rng: np.random.Generator, depth: int) -> Data:
    a, b = (rng.random((ROWS, depth), np.float32) + np.float32(2**-20) for _ in range(2))
    return a, b


def all_ones_in_the_low_word(rng: np.random.Generator, depth: int) -> Data:
    """``1 + 2^-10 - j 2^-23``: the low words are as large as can be."""
    a, b = (1 + 2**-10 - rng.integers(1, 5, (ROWS, depth)) * 2.0**-23 for _ in range(2))
    return a.astype(np.float32), b.astype(np.float32)


def cancelling(rng: np.random.Generator, depth: int) -> Data:
    a, b = _scaled(rng, depth, -3, 4), _scaled(rng, depth, -3, 4)
    pairs = depth // 2
    a[:, pairs : 2 * pairs] = -a[:, :pairs] * np.float32(1 + 2**-12)
    b[:, pairs : 2 * pairs] = b[:, :pairs]
    order = rng.permutation(depth)
    return np.ascontiguousarray(a[:, order]), np.ascontiguousarray(b[:, order])


def wide(rng: np.random.Generator, depth: int) -> Data:
    return _scaled(rng, depth, -50, 50), _scaled(rng, depth, -50, 50)


def subnormal(rng: np.random.Generator, depth: int) -> Data:
    """Operands of which the low word, or all of it, is subnormal, and some large ones."""
    a, b = _scaled(rng, depth, -140, -100), _scaled(rng, depth, -60, 110)
    a[rng.random(a.shape) < 0.2] = 0
    return a, b


def vanishing(rng: np.random.Generator, depth: int) -> Data:
    """Products around the least float."""
    return _scaled(rng, depth, -78, -60), _scaled(rng, depth, -78, -60)


def just_lost(rng: np.random.Generator, depth: int) -> Data:
    """One large product, and others of nearly twice the unit to which they are cut."""
    a, b = np.ones((ROWS, depth), np.float32), np.ones((ROWS, depth), np.float32)
    a[:, 0] = 1.5
    a[:, 1:] = np.exp2(-25) * (2 - np.exp2(-rng.integers(1, 11, (ROWS, 1))))
    return a, b


ADVERSARIES = (
    same_sign,
    all_ones_in_the_low_word,
    cancelling,
    wide,
    subnormal,
    vanishing,
    just_lost,
)


def _stored(precision: str, data: Data) -> Data:
    if precision in ("float32", "tf32"):
        return data
    dtype, largest = (np.float16, 65504) if precision == "f16" else (ml_dtypes.bfloat16, 2.0**127)
    a, b = (np.clip(x, -largest, largest).astype(dtype).astype(np.float32) for x in data)
    return a, b


def _units(found: np.ndarray, data: Data, depth: int, precision: str) -> float:
    """Return the largest error, less what underflow may take, in units of ``u S``.

    A product of floats is one of float64, and ``fsum`` rounds once: so is the error, but for that.
    """
    of_operands, constant = map(float, underflow(depth, precision))
    wide = tuple(each.astype(np.float64) for each in data)
    products, sizes = wide[0] * wide[1], np.abs(wide[0]) + np.abs(wide[1])
    errors = [abs(fsum((-y, *row))) for y, row in zip(found.tolist(), products, strict=True)]
    left = np.array(errors) - constant - of_operands * sizes.sum(axis=1)
    units = np.maximum(left, 0) / (float(UNIT) * np.abs(products).sum(axis=1) + 1e-300)
    return float(units.max() * (1 - 2**-40))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PRECISIONS),
    st.sampled_from(ADVERSARIES),
    st.integers(1, 150),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_no_sum_is_further_off_than_the_bound(
    precision: str,
    adversary: Callable[[np.random.Generator, int], Data],
    depth: int,
    instructions: int,
    splits: int,
    seed: int,
) -> None:
    """|y_hat - y| <= bound u S + underflow."""
    slab = instructions * products(precision)
    data = _stored(precision, adversary(np.random.default_rng(seed), depth))
    found = _summed(data, precision, slab=slab, splits=splits)
    allowed = bound(depth, precision, slab=slab, splits=splits)

    assert _units(found, data, depth, precision) <= allowed


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("adversary", ADVERSARIES, ids=lambda each: each.__name__)
def test_a_long_sum_is_not_either(
    adversary: Callable[[np.random.Generator, int], Data], precision: str
) -> None:
    """The same at N = 1152, in one part and in three."""
    data = _stored(precision, adversary(np.random.default_rng(0), 1152))
    for splits in (1, 3):
        found = _summed(data, precision, splits=splits)
        assert _units(found, data, 1152, precision) <= bound(1152, precision, splits=splits)


def test_without_promotion_the_same_data_are_further_off_than_the_bound() -> None:
    """One slab of 4608 positive products: what the additions of floats are for."""
    data = same_sign(np.random.default_rng(0), 4608)
    promoted, unpromoted = (_summed(data, "float32", slab=slab) for slab in (32, 4608))
    allowed = bound(4608, "float32")

    assert _units(promoted, data, 4608, "float32") < allowed / 4
    assert _units(unpromoted, data, 4608, "float32") > 2 * allowed


@pytest.mark.parametrize("precision", ["words", "bf16", "f16"])
def test_a_slab_can_be_as_far_off_as_half_the_bound(precision: str) -> None:
    """Six or ten units per instruction are no idle worst case: products cut in every step."""
    n, slab = products(precision), slab_of(precision)
    bits = 10 if precision == "f16" else 7
    a, b = np.ones((1, slab), np.float32), np.ones((1, slab), np.float32)
    a[0, n:] = np.exp2(-13) * (2 - np.exp2(-bits))
    a[0, 1:n] = np.exp2(-12)
    b[0, 1:] = np.exp2(-12)
    data = _stored(precision, (a, b))
    units = _units(_summed(data, precision), data, slab, precision)

    assert bound(slab, precision) / 2 < units <= bound(slab, precision)


def test_an_instruction_of_sixteen_products_loses_ten_units_and_one_of_eight_six() -> None:
    """n 2^-25 + 2^-23, and ten units are needed: more than six are lost in a single one."""
    assert [per_instruction(each) / UNIT for each in PRECISIONS] == [6, 6, 6, 10, 10]
    a, b = np.ones((1, 16), np.float32), np.ones((1, 16), np.float32)
    a[0, 1:] = np.exp2(-13) * (2 - 2**-10)
    b[0, 1:] = np.exp2(-12)
    data = _stored("f16", (a, b))
    units = _units(_summed(data, "f16"), data, 16, "f16")

    assert 6 < units <= bound(16, "f16") == 10


def test_the_split_is_off_by_at_most_twenty_units_and_can_be_by_nineteen() -> None:
    """a b - (l' h + h l' + h h) over every pattern of the low 13 bits, at the ends of a binade."""
    lows = np.arange(2**13, dtype=np.uint32)
    heads = np.array([0x3F800000, 0x3F802000, 0x3FFFE000], np.uint32)
    x = (heads[:, None] | lows).reshape(-1).view(np.float32)
    h = high(x)
    low = (x - h).astype(np.float64)
    fed = nearest(x - h).astype(np.float64)
    wide, head = x.astype(np.float64), h.astype(np.float64)
    worst = 0.0
    for i in np.flatnonzero(np.isin(lows, (*range(8), *range(4090, 4104), *range(8176, 8192)))):
        one = wide * wide[i] - (fed * head[i] + head * fed[i] + head * head[i])
        units = one / np.abs(wide * wide[i]) / float(UNIT)
        assert np.all((units >= -8) & (units <= 20))
        worst = max(worst, float(units.max()))

    assert np.all(np.abs(low) <= 2.0**-10 * np.abs(wide))
    assert np.all(np.abs(fed) <= 2.0**-10 * np.abs(wide))
    assert np.all(np.abs(low - fed) <= 2.0**-22 * np.abs(wide))
    assert worst > 19


@pytest.mark.parametrize("precision", ["float32", "tf32"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan], ids=str)
def test_a_sum_with_infinity_or_nan_is_not_finite(precision: str, value: float) -> None:
    """So that a kernel sees it, and can compute the sum anew."""
    a, b = same_sign(np.random.default_rng(0), 40)
    a[:, 17] = value
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(summed(a, b, WORDS[precision])).any()


def test_the_bound_grows_by_one_unit_for_every_slab_and_hardly_for_parts() -> None:
    """bound(N + 32) - bound(N) = 1 + 2 2^-10; of 3136 slabs in 56 parts, a slab passes 110."""
    one, next_one = bound(4608, "float32"), bound(4640, "float32")
    assert next_one - one == 1 + Fraction(2, 2**10)
    whole, parts = bound(100_352, "float32"), bound(100_352, "float32", splits=56)
    assert whole - parts == (3135 - 110 / (1 - 110 * UNIT)) * (1 + Fraction(2, 2**10))


def test_from_depth_83_on_the_bound_is_below_that_of_a_plain_loop() -> None:
    """bound(N) < N, the units of a sum of N products in floats."""
    assert bound(82, "float32") > 82
    assert all(bound(depth, "float32") < depth for depth in range(83, 2000))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"depth": 0}, "depth=0 and splits=1 must be at least 1"),
        ({"splits": 0}, "depth=9 and splits=0 must be at least 1"),
        ({"slab": 12}, "slab=12 must be a positive multiple of 8, such as 8, or 0"),
        ({"slab": -8}, "slab=-8 must be a positive multiple of 8, such as 8, or 0"),
        (
            {"slab": 24, "precision": "bf16"},
            "slab=24 must be a positive multiple of 16, such as 16, or 0",
        ),
        ({"precision": "f32"}, "precision is one of float32, tf32, words, bf16, f16, got 'f32'"),
    ],
    ids=str,
)
def test_what_is_no_sum_has_no_bound(words: dict[str, object], said: str) -> None:
    given_words: dict[str, object] = {"depth": 9, "precision": "tf32", **words}
    with pytest.raises(ValueError, match=said):
        bound(given_words.pop("depth"), given_words.pop("precision"), **given_words)  # type: ignore[arg-type]
