"""Operands of the tensor cores are laid out where the maps say, and rounded to words if asked."""

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Sizes
from convproof.index_maps.correlation import Laid, adjoint, channels_last, forward, rows_last
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import SimFault
from convproof_gpu.tensor_products import rows_of, source_of, unit_of, weights_of
from tests.gpu.kernels.tensor_cases import (
    SIM,
    conv_of,
    few,
    tensor_cases,
    told,
)
from tests.gpu.kernels.test_correlation import weights

HELD: dict[str, Any] = {"float": np.float32, "__half": np.float16}
MASK, APART = 0xFFFFE000, 0x2000  # of a word of tf32, and of one and the next


def counted(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return elements that differ from their neighbours and from 0, exact in 16 bits."""
    return (np.arange(prod(shape)) % 2039 + 1).astype(dtype).reshape(shape)


def taken(array: np.ndarray, at: Any) -> np.ndarray:
    """Return what lies at addresses, and 0 where a condition does not hold."""
    (inside,) = at.inside
    return np.where(inside, array.ravel()[np.where(inside, at.offset, 0)], 0)


def laid_of(sizes: Sizes, unit: int) -> list[Laid]:
    return [forward(sizes, unit), *adjoint(sizes, unit)]


def expected_source(laid: Laid, x: np.ndarray) -> np.ndarray:
    """Return ``x'`` by the map."""
    s = laid.sizes
    positions = prod(s.source)
    numbers = np.arange(s.batch * s.groups * positions * laid.padded)
    return taken(x, channels_last(numbers, s.channels, laid.padded, positions))


@pytest.mark.parametrize("element", HELD)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_weights_are_laid_out_where_the_map_says(dims: int, element: str) -> None:
    """``w'[number] == w[laid(number)]``, 0 where no channel is: by the kernel and by the map."""

    @few
    @given(tensor_cases(dims))
    def holds(case: Case) -> None:
        w = counted(conv_of(case).weight_shape, HELD[element])
        for laid in laid_of(told(case), unit_of(element)):
            if laid.count:
                found = weights_of(SIM, laid, w, element, 0)
                assert np.array_equal(found.ravel(), weights(laid, w).ravel())
            if laid.is_identity:
                assert np.array_equal(weights(laid, w).ravel(), w.ravel())

    holds()


@pytest.mark.parametrize(
    ("element", "word"), [("float", "float"), ("__half", "__half"), ("__half", "float")]
)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_source_is_laid_out_where_the_map_says(dims: int, element: str, word: str) -> None:
    """``x'[number] == x[channels_last(number)]``, 0 where no channel is; of ``y_bar`` the same."""

    @few
    @given(tensor_cases(dims))
    def holds(case: Case) -> None:
        sizes, unit = told(case), unit_of(word)
        for laid, shape in (
            (forward(sizes, unit), case.input_shape),
            (next(adjoint(sizes, unit)), case.output_shape),
        ):
            x = counted(shape, HELD[element])
            found = source_of(SIM, laid, x, word, 0)
            assert found.dtype == HELD[word]
            assert np.array_equal(found.ravel(), expected_source(laid, x))

    holds()


@pytest.mark.parametrize("element", HELD)
@given(tensor_cases(2))
@few
def test_rows_are_laid_out_where_the_map_says(element: str, case: Case) -> None:
    """``y_bar'[number] == y_bar[rows_last(number)]``, 0 beyond the depths; or ``y_bar`` itself."""
    laid, y_bar = forward(told(case)), counted(case.output_shape, HELD[element])
    s = laid.sizes
    positions, rows = prod(s.positions), s.groups * s.rows
    found, length = rows_of(SIM, laid, y_bar, 0)
    assert found.dtype == np.float32
    if found is y_bar:
        assert (element, length % 4, length) == ("float", 0, positions)
        return
    assert (length % 4, length) == (0, -(-s.batch * positions // 4) * 4)
    numbers = np.arange(rows * length)
    at = rows_last(numbers, rows, positions, s.batch * positions, length)
    assert np.array_equal(found, taken(y_bar, at))


@pytest.mark.parametrize(
    ("channels", "positions"), [(5, 64), (32, 65), (33, 63), (64, 129), (70, 1), (3, 200)]
)
@pytest.mark.parametrize("element", HELD)
def test_a_source_may_end_within_a_block_or_with_it(
    channels: int, positions: int, element: str
) -> None:
    """Blocks of 32 channels and 64 positions, of two images in two groups."""
    laid = forward(_one_tap(2, channels, 3, positions), unit_of(element))
    x = counted((2, 2 * channels, positions), HELD[element])
    assert np.array_equal(source_of(SIM, laid, x, element, 0).ravel(), expected_source(laid, x))


@pytest.mark.parametrize("positions", [1023, 1024, 1025, 2050])
def test_a_row_may_end_within_a_block_or_with_it(positions: int) -> None:
    """Blocks of 1024 depths, of one image and of two."""
    for batch in (1, 2):
        laid = forward(_one_tap(batch, 1, 3, positions))
        y_bar = counted((batch, 6, positions), np.float16)
        found, length = rows_of(SIM, laid, y_bar, 0)
        at = rows_last(np.arange(6 * length), 6, positions, batch * positions, length)
        assert np.array_equal(found, taken(y_bar, at))


def _one_tap(batch: int, channels: int, rows: int, positions: int) -> Sizes:
    return Sizes(
        batch=batch, groups=2, in_channels=channels, out_channels=rows, input=(positions,),
        kernel=(1,), output=(positions,), stride=(1,), dilation=(1,), low=(0,),
    )  # fmt: skip


def test_an_operand_that_is_not_aligned_is_laid_out_anew() -> None:
    """Sixteen bytes are copied at once: what begins between two of them is copied first."""
    sizes = _one_tap(1, 4, 4, 4)
    y_bar, w = (counted((size + 1,), np.float32)[1:] for size in (32, 32))
    x = counted((2 * 4 + 1,), np.float32)[1:]
    laid, of_one = forward(sizes), forward(_one_tap(1, 4, 4, 1))
    asked: dict[str, tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]] = {
        "rows": (y_bar, lambda array: rows_of(SIM, laid, array, 0)[0]),
        "weights": (w, lambda array: weights_of(SIM, laid, array, "float", 0)),
        "source": (x, lambda array: source_of(SIM, of_one, array, "float", 0)),
    }
    for name, (array, made) in asked.items():
        aligned = array.copy()
        assert array.ctypes.data % 16 != 0 == aligned.ctypes.data % 16
        assert made(aligned) is aligned, name
        found = made(array)
        assert np.array_equal(found.ravel(), array)
        assert not np.shares_memory(found, array), name


def _rounded(kind: str, values: np.ndarray) -> np.ndarray:
    """Return what a kernel makes of values whose words are wanted."""
    n = values.size
    if kind == "weights":
        laid = forward(_one_tap(1, n, 1, 1))
        w = np.concatenate([values, values]).astype(np.float32)
        found = weights_of(SIM, laid, w, "float", 1)
    elif kind == "source":
        laid = forward(_one_tap(1, n, 1, 1))
        x = np.concatenate([values, values])
        found = source_of(SIM, laid, x, "float", 1)
    else:
        y_bar = np.concatenate([values, values]).reshape(1, 2, n)
        found, _ = rows_of(SIM, forward(_one_tap(1, 1, 1, n)), y_bar, 1)
    rows = np.asarray(found).reshape(2, -1)
    assert rows.view(np.uint32)[0].tolist() == rows.view(np.uint32)[1].tolist()
    return rows[0, :n]


SPECIAL = (0x7F7FFFFF, 0x7F7FF000, 0x7F7FEFFF, 0x7F7FE000, 0x7F800000, 0x7FC00000, 0x7F800001, 0)


@pytest.mark.parametrize("kind", ["weights", "source", "rows"])
@given(st.lists(st.sampled_from(SPECIAL) | st.integers(0, 2**31 - 1), min_size=1, max_size=40))
@few
def test_a_word_is_the_nearest_that_is_finite(kind: str, patterns: list[int]) -> None:
    """``|x' - x| = min |word - x|`` over finite words; Inf, -Inf and NaN stay what they are."""
    assert_nearest(kind, patterns)


def assert_nearest(kind: str, patterns: list[int]) -> None:
    """Raise AssertionError unless each word is, of the bits that are given and their opposites."""
    signed = [*patterns, *(each | 0x80000000 for each in patterns)]
    values = np.array(signed, np.uint32).view(np.float32)
    found = _rounded(kind, values)
    assert np.array_equal(np.isnan(found), np.isnan(values))
    infinite, finite = np.isinf(values), np.isfinite(values)
    assert np.array_equal(found[infinite], values[infinite])
    assert np.isfinite(found[finite]).all()
    bits = values[finite].view(np.uint32)
    words = np.stack([bits & np.uint32(MASK), (bits & np.uint32(MASK)) + np.uint32(APART)])
    below, above = np.abs(words.view(np.float32).astype(np.float64) - values[finite])
    assert not (found[finite].view(np.uint32) & ~np.uint32(MASK)).any()
    error = np.abs(found[finite].astype(np.float64) - values[finite])
    assert np.array_equal(error, np.where(np.isfinite(above), np.minimum(below, above), below))
    assert np.array_equal(np.signbit(found[finite]), np.signbit(values[finite]))


def _words() -> None:
    for kind in ("weights", "source", "rows"):
        assert_nearest(kind, [*SPECIAL, 0x3F801000, 0x3F801001, 0x3F800FFF, 1, 0x1FFF])


def _weights() -> None:
    for channels in (36, 9):
        for laid in laid_of(_one_tap(1, channels, 40, 2), 4):
            w = counted((80, channels, 1), np.float32)
            found = weights_of(SIM, laid, w, "float", 0)
            assert np.array_equal(found.ravel(), weights(laid, w).ravel())


def _source() -> None:
    for channels, positions in ((33, 63), (32, 65)):
        test_a_source_may_end_within_a_block_or_with_it(channels, positions, "float")


def _rows() -> None:
    for positions in (1025, 1023):
        test_a_row_may_end_within_a_block_or_with_it(positions)


FAULTS: dict[str, tuple[str, str, Callable[[], None]]] = {
    "a word is cut": ("+ 0x1000u & 0xffffe000u", "& 0xffffe000u", _words),
    "the largest word is Inf": ("== 0x7f800000u ? cut : nearest", "== 0u ? cut : nearest", _words),
    "NaN is rounded": ("!(fabsf(v) <= 3.402823466e38f)", "fabsf(v) > 3.402823466e38f", _words),
    "words are not asked for": ("if (words == 0 ||", "if (words == 1 ||", _words),
    "a block of units is whole": (
        "width = units - 8 * block < 8 ? units - 8 * block : 8;",
        "width = 8;",
        _weights,
    ),
    "weights of an adjoint are neighbours": (
        "at.apart = adjoint ? rows.by * all : all;",
        "at.apart = all;",
        _weights,
    ),
    "a channel of weights that is not there": ("k < at.weights ?", "true ?", _weights),
    "a channel that is not there": (
        "(channel + c < channels) & (first + p < volume)",
        "(channel + c <= channels) & (first + p < volume)",
        _source,
    ),
    "channels are padded to whole blocks": (
        "padded = (channels + EACH - 1) / EACH * EACH",
        "padded = (channels + 7) / 8 * 8",
        _source,
    ),
    "blocks go deep first": (
        "first = block % along * POSITIONS;\n  block /= along;",
        "first = block % deep * POSITIONS;\n  block /= deep;",
        _source,
    ),
    "a row is of the next block": ("/ blocks;", "% blocks;", _rows),
    "a row ends with its depths": (
        "length = (depths + 3) / 4 * 4, blocks",
        "length = (depths + 1) / 2 * 2, blocks",
        _rows,
    ),
    "depths beyond the end": ("first + k < depths ?", "first + k < length ?", _rows),
}

QUICK = ("a word is cut", "channels are padded to whole blocks")  # .ci/full has the others
of_faults = [f if f in QUICK else pytest.param(f, marks=pytest.mark.full) for f in FAULTS]


@pytest.mark.parametrize("fault", of_faults)
def test_a_planted_fault_is_seen(fault: str) -> None:
    """Each theorem above can fail."""
    old, new, theorem = FAULTS[fault]
    theorem()
    with (
        patch(f"{__name__}.SIM", machine(old, new)),
        pytest.raises((AssertionError, SimFault)),
    ):
        theorem()


@cache  # its folder lasts as long as the tests
def machine(old: str, new: str) -> Patched:
    return Patched("conv_tensor.cu", old, new)
