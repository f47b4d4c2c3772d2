"""Real data on the tensor cores, simulated: within the derived bound, in the kernel's own order."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof_gpu.bounds import UNIT, bound, underflow
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import conditions
from convproof_gpu.tensor_products import unit_of
from convproof_gpu.tiles import TENSOR_TILES, TensorTile
from tests.gpu.kernels import tensor_cases as cases
from tests.gpu.kernels.tensor_cases import (
    CORNERS,
    LEAST,
    OPERANDS,
    Held,
    Verb,
    conv_of,
    few,
    forward,
    in_parts,
    input_vjp,
    integers,
    of_precisions,
    of_verbs,
    right,
    tensor_cases,
    told,
    weight_vjp,
    without_bias,
)  # fmt: skip
from tests.gpu.kernels.test_tensor import equal_of_two_words

# the axes along which a verb sums its operands, beside the taps
PAIRS: dict[Verb, tuple[int, int]] = {forward: (1, 1), input_vjp: (1, 0), weight_vjp: (0, 0)}
Data = tuple[np.ndarray, np.ndarray]
Draw = Callable[[np.random.Generator, Verb, tuple[int, ...], tuple[int, ...]], Data]


def _scaled(rng: np.random.Generator, shape: tuple[int, ...], low: int, end: int) -> np.ndarray:
    exponents = rng.integers(low, end, shape)
    return (rng.standard_normal(shape) * np.exp2(exponents)).astype(np.float32)


def normal(rng: np.random.Generator, _: Verb, *shapes: tuple[int, ...]) -> Data:
    a, b = (_scaled(rng, shape, 0, 1) for shape in shapes)
    return a, b


def same_sign(rng: np.random.Generator, _: Verb, *shapes: tuple[int, ...]) -> Data:
    a, b = (rng.random(shape, np.float32) + np.float32(2**-20) for shape in shapes)
    return a, b


def all_ones_in_the_low_word(rng: np.random.Generator, _: Verb, *shapes: tuple[int, ...]) -> Data:
    """``1 + 2^-10 - j 2^-23``: ``j = 1`` has most to lose if the word is cut, not rounded."""
    a, b = (1 + 2**-10 - rng.integers(1, 5, shape) * 2.0**-23 for shape in shapes)
    a.flat[0] = b.flat[0] = 1 + 2**-10 - 2**-23
    return a.astype(np.float32), b.astype(np.float32)


def cancelling(rng: np.random.Generator, verb: Verb, *shapes: tuple[int, ...]) -> Data:
    """Neighbours along a summed axis are nearly opposite."""
    a, b = (_scaled(rng, shape, -3, 4) for shape in shapes)
    for array, axis, factor in zip((a, b), PAIRS[verb], (-1 - 2**-12, 1), strict=True):
        rows = np.moveaxis(array, axis, 0)
        pairs = len(rows) // 2
        rows[1 : 2 * pairs : 2] = rows[: 2 * pairs : 2] * np.float32(factor)
    return a, b


def wide_exponents(rng: np.random.Generator, _: Verb, *shapes: tuple[int, ...]) -> Data:
    a, b = (_scaled(rng, shape, -50, 50) for shape in shapes)
    return a, b


def subnormal(rng: np.random.Generator, _: Verb, *shapes: tuple[int, ...]) -> Data:
    """Operands of which the low word, or all of it, is subnormal; and products around the least."""
    a, b = _scaled(rng, shapes[0], -140, -100), _scaled(rng, shapes[1], -60, 110)
    a[rng.random(a.shape) < 0.2] = 0
    return a, b


DRAWS: tuple[Draw, ...] = (
    normal,
    same_sign,
    all_ones_in_the_low_word,
    cancelling,
    wide_exponents,
    subnormal,
)


def reals(verb: Verb, case: Case, draw: Draw) -> Held:
    shapes = {
        "x": case.input_shape,
        "w": conv_of(case).weight_shape,
        "y_bar": case.output_shape,
    }
    names = OPERANDS[verb]
    rng = np.random.default_rng(case.seed)
    return dict(zip(names, draw(rng, verb, shapes[names[0]], shapes[names[1]]), strict=True))


def excess(
    verb: Verb, case: Case, held: Held, found: np.ndarray, precision: str, splits: int = 1
) -> float:
    """Return by how much the worst sum is further off than the bound and underflow."""
    _, second = OPERANDS[verb]
    ones = {name: np.ones_like(array) for name, array in held.items()}
    sizes = {name: np.abs(array) for name, array in held.items()}
    exact, magnitude = right(verb, case, held), right(verb, case, sizes)
    operands = right(verb, case, sizes | {second: ones[second]})
    operands += right(verb, case, ones | {second: sizes[second]})
    depth = depth_of(verb, case)
    of_operands, constant = map(float, underflow(depth, precision))
    units = float(bound(depth, precision, splits=splits) * UNIT)
    limit = units * magnitude + of_operands * operands + constant
    return float((np.abs(found - exact) - limit * (1 + 2**-20)).max())


def depth_of(verb: Verb, case: Case) -> int:
    """Return the products of a sum, those of channels that fill a unit included."""
    s = told(case)
    if verb is weight_vjp:
        return int(s.batch * prod(s.output))
    channels = s.in_channels if verb is forward else s.out_channels
    unit = unit_of("float")
    return int(-(-channels // unit) * unit * prod(s.kernel))


@pytest.mark.parametrize("rounding", ["truncating", "nearest"])
@pytest.mark.parametrize("draw", DRAWS, ids=lambda draw: draw.__name__)
@of_precisions
@of_verbs
def test_no_sum_is_further_off_than_the_bound(
    verb: Verb, precision: Any, draw: Draw, rounding: str
) -> None:
    """``|y_hat - y| <= bound u sum |a b| + underflow``: of one product, and of many, in parts."""
    several = "long sums over positions" if verb is weight_vjp else "several slabs"
    for name, splits in (("one product", 1), (several, 1), (several, 3)):
        case = without_bias(CORNERS[name])
        held = reals(verb, case, draw)
        with conditions(rounding=rounding), in_parts(splits):
            found = verb(case, held, replace(LEAST, precision=precision))
        assert excess(verb, case, held, found, precision, splits) <= 0


@of_verbs
@given(tensor_cases(2), st.sampled_from(DRAWS))
@few
def test_no_sum_of_any_window_is(verb: Verb, case: Case, draw: Draw) -> None:
    """The same of drawn geometries."""
    held = reals(verb, case := without_bias(case), draw)
    assert excess(verb, case, held, verb(case, held, LEAST), "float32") <= 0


@pytest.mark.full
@pytest.mark.parametrize("tile", TENSOR_TILES, ids=lambda tile: tile.argument)
@of_verbs
def test_no_sum_of_any_tile_is(verb: Verb, tile: TensorTile) -> None:
    """The same of every tile, with rows and columns of several blocks."""
    for name in ("several tiles", "several slabs", "long sums over positions"):
        case = without_bias(CORNERS[name])
        for draw in DRAWS:
            held = reals(verb, case, draw)
            assert excess(verb, case, held, verb(case, held, tile), tile.precision) <= 0


@of_verbs
def test_one_product_of_words_is_beyond_the_bound_of_three(verb: Verb) -> None:
    """A sum of rounded words is further off than sums of floats may be: the tests above see it."""
    case = without_bias(CORNERS["no padding"])
    held = reals(verb, case, normal)
    found = verb(case, held, replace(LEAST, precision="tf32"))
    assert excess(verb, case, held, found, "tf32") <= 0 < excess(verb, case, held, found, "float32")


# What is not finite, and who is in charge of the order.


@of_precisions
@of_verbs
def test_what_is_not_finite_is_that_of_floats(verb: Verb, precision: Any) -> None:
    """Inf, -Inf and NaN among integers: NaN, or Inf with its sign, where floats have it."""
    case = CORNERS["strides"]
    for name in OPERANDS[verb]:
        if name == "w":
            case = CORNERS["no padding"]  # there 0 x Inf is no padding's
        for special in ([np.inf], [-np.inf], [np.nan], [np.inf, -np.inf, np.nan]):
            held = integers(case)
            places = np.random.default_rng(len(special)).choice(held[name].size, 3)
            held[name].ravel()[places] = (special * 3)[:3]
            found = verb(case, held, replace(LEAST, precision=precision))
            with np.errstate(invalid="ignore"):
                expected = right(verb, case, held)
            assert not np.isfinite(expected).all()
            assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("exponent", [63, 100])
@pytest.mark.parametrize("sign", [1, -1])
@of_precisions
@of_verbs
def test_sums_that_overflow_are_infinite(
    verb: Verb, precision: Any, sign: int, exponent: int
) -> None:
    """Where the exact sum is beyond the floats, it is Inf with its sign."""
    case = without_bias(CORNERS["strides"])
    held = {name: np.abs(each) * np.float32(2.0**exponent) for name, each in integers(case).items()}
    held[OPERANDS[verb][0]] *= np.float32(sign)
    with np.errstate(over="ignore"):
        expected = right(verb, case, held).astype(np.float32)
    assert np.isinf(expected).any()
    found = verb(case, held, replace(LEAST, precision=precision))
    assert np.array_equal(found, expected)


@of_precisions
@of_verbs
def test_the_largest_float_is_not_rounded_to_infinity(verb: Verb, precision: Any) -> None:
    """``(2 - 2^-23) 2^127`` has no nearest word of tf32: it is cut to ``(2 - 2^-10) 2^127``."""
    case = CORNERS["one product"]
    held = {name: np.sign(array) for name, array in integers(case).items() if name != "b"}
    name, largest = OPERANDS[verb][0], np.finfo(np.float32).max
    found = verb(case, held | {name: held[name] * largest}, replace(LEAST, precision=precision))
    multiplied = np.float32(largest if precision == "float32" else (2 - 2.0**-10) * 2.0**127)
    assert np.array_equal(found, right(verb, case, held | {name: held[name] * multiplied}))
    assert np.isfinite(found).all()


@of_verbs
@given(tensor_cases(2), st.integers(0, 2**20))
@few
def test_no_order_of_threads_changes_a_bit(verb: Verb, case: Case, seed: int) -> None:
    """Nor when copies land: the sum's order is the kernel's, and no two threads race."""
    held = reals(verb, case := without_bias(case), normal)
    plain = verb(case, held, LEAST)
    with conditions(seed=seed, landing="random"), in_parts(1):
        assert np.array_equal(verb(case, held, LEAST), plain)


@of_verbs
@given(tensor_cases(2), st.booleans())
@few
def test_nan_changes_no_bit_of_what_it_does_not_meet(verb: Verb, case: Case, second: bool) -> None:
    """NaN in one image or channel stays in its answers: those of others are the same bits."""
    assert keeps_to_its_own(verb, without_bias(case), second)


def keeps_to_its_own(verb: Verb, case: Case, second: bool) -> bool:
    """Return whether NaN in an operand's last channel, of the first image, is met by its own."""
    held, s = reals(verb, case, normal), told(case)
    name, before = OPERANDS[verb][second], verb(case, held, LEAST)
    channel = held[name].shape[0 if name == "w" else 1] - 1
    held[name][channel if name == "w" else (0, channel)] = np.nan
    inner, outer = (slice(each * (s.groups - 1), None) for each in (s.in_channels, s.out_channels))
    met = np.zeros(before.shape, bool)
    if verb is weight_vjp:
        met[(outer, -1) if name == "x" else -1] = True
    elif name == "w":
        met[:, -1 if verb is forward else inner] = True
    else:
        met[0, outer if verb is forward else inner] = True
    after = verb(case, held, LEAST)
    seen = np.isnan(after[np.isnan(right(verb, case, held))]).all()
    return bool(seen and np.array_equal(after[~met], before[~met]))


# Faults that integers do not show, each with the theorem that is to fail.


def _without_what_low_words_add() -> None:
    for wide in (0, 1):
        assert equal_of_two_words(forward, wide, CORNERS["several slabs"])


def _beyond_the_bound() -> None:
    draw = all_ones_in_the_low_word
    test_no_sum_is_further_off_than_the_bound(forward, "float32", draw, "truncating")


def _largest() -> None:
    for precision in ("float32", "tf32"):
        test_the_largest_float_is_not_rounded_to_infinity(forward, precision)


def _kept_to_its_own() -> None:
    assert keeps_to_its_own(forward, without_bias(CORNERS["several slabs"]), True)


def _not_finite() -> None:
    test_what_is_not_finite_is_that_of_floats(weight_vjp, "float32")


FAULTS: dict[str, tuple[str, str, Callable[[], None]]] = {
    "a low word is cut": ("& 0xffffe000u)) + 0x1000u;", "& 0xffffe000u));", _beyond_the_bound),
    "no product of the columns' low words": (
        "rest[s][e] = SPLIT ? low_word(__uint_as_float(high[s][e])) : 0u;",
        "rest[s][e] = 0u;",
        _without_what_low_words_add,
    ),
    "no product of the rows' low words": (
        "warpgroup_multiply(part, high[s], low, 8 * s);",
        "",
        _without_what_low_words_add,
    ),
    "what is not finite is kept": (
        "if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum",
        "if (false) v = plain_sum",
        _largest,
    ),
    "NaN is kept": (
        "if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum",
        "if (fabsf(v) > 3.402823466e38f) v = plain_sum",
        _not_finite,
    ),
    "a sum meets its neighbour": (
        "float v = sums[place(r, my_column)];",
        "float v = sums[place(r, my_column)] + 0.0f * sums[place(r ^ 1, my_column)];\n"
        "    store(product, first_row + r, map.result(product, first_row + r, c), split, v);\n"
        "    continue;",
        _kept_to_its_own,
    ),
}


QUICK = ("a low word is cut", "what is not finite is kept")  # the others are compiled by .ci/full
of_faults = [f if f in QUICK else pytest.param(f, marks=pytest.mark.full) for f in FAULTS]


@pytest.mark.parametrize("fault", of_faults)
def test_a_planted_fault_is_seen(fault: str) -> None:
    """Each theorem above can fail."""
    old, new, theorem = FAULTS[fault]
    theorem()
    with patch.object(cases, "SIM", machine(old, new)), pytest.raises(AssertionError):
        theorem()


@cache  # its folder lasts as long as the tests
def machine(old: str, new: str) -> Patched:
    return Patched("tensor_contraction.cuh", old, new)
