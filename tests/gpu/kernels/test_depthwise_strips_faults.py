"""Faults planted in the kernels of strips: each is seen on the simulator, by a small case."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convproof.cases import Case
from convproof.errors import ConvProofError
from convproof_gpu.machine import Machine
from convproof_gpu.mutants.patched import Patched
from tests.gpu.kernels.test_depthwise import MOSTS, SIM, Verb, forward, input_vjp, weight_vjp
from tests.gpu.kernels.test_depthwise_strips import _same

CASES = (_same((2, 3, 9, 12), 3), _same((1, 2, 6, 5), 5))
MANY = _same((5, 1, 29, 84), 3)  # more strips than a block has threads
PATCHES: dict[str, list[tuple[str, ...]]] = {
    "depthwise_strips.cuh": [
        ("rows above the plane are read", "inside && 0 <= at && at", "inside && at"),
        ("a row below the plane is read", "at < strips.rows;", "at <= strips.rows;"),
        ("columns before the row are read", "there && column >= HALO - p * PART", "there"),
        (
            "columns after the row are read",
            "there && column + WIDTH + p * PART < strips.columns",
            "there",
        ),
        ("a column beside is the other side's", "widened(after[i][k", "widened(before[i][k"),
        ("what lies beside is one element", "from - HALO + p * PART", "from - HALO"),
    ],
    "depthwise_correlation.cuh": [
        ("every channel has the first one's taps", "w[channel * TAPS + (", "w[("),
        ("the taps are flipped", "FLIPPED ? TAPS", "!FLIPPED ? TAPS"),
        ("sums go on from row to row", "if (r == 0) sum[j % SIDE][c] = 0.0f;", ";"),
        ("rows beyond a plane are written", "j < 0 || j >= end", "j < 0"),
        (
            "planes beyond the last are written",
            "inside ? strips.rows - row : 0",
            "strips.rows - row",
        ),
    ],
    "depthwise_strips_input_vjp.cu": [
        ("the taps are not flipped", "correlated<true,", "correlated<false,")
    ],
    "depthwise_strips_weight_vjp.cu": [
        ("outputs beyond a plane are counted", "j >= EACH || j >= left", "j >= EACH"),
        ("an image is a channel apart", "image * strips.channels.by + channel", "image + channel"),
        ("a thread skips strips", "first += THREADS", "first += 4 * THREADS"),
        ("half of a warp's lanes are left out", "int flip = 16;", "int flip = 8;"),
        ("half of the warps are left out", "flip = WARPS / 2;", "flip = WARPS / 4;"),
        ("the warps' sums are read too early", "  __syncthreads();\n", ""),
        ("every part has the first one's strips", "first = split * run + thr", "first = thr"),
    ],
}


def _in_parts(case: Case, *args: Any, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient in one part and in two, and what is right."""
    answers = [weight_vjp(case, *args, **options, splits=splits) for splits in (1, 2)]
    found, expected = zip(*answers, strict=True)
    return np.stack(found), np.stack(expected)


SHOWN = {
    "depthwise_strips_input_vjp.cu": input_vjp,
    "depthwise_strips_weight_vjp.cu": _in_parts,
}
QUICK = "a row below the plane is read"


def _faults() -> Iterator[Any]:
    for file, patches in PATCHES.items():
        for name, old, new in patches:
            marks = () if name == QUICK else (pytest.mark.full,)  # each compiles kernels
            yield pytest.param(SHOWN.get(file, forward), (file, old, new), id=name, marks=marks)


def _right(verb: Verb, case: Case, machine: Machine = SIM) -> bool:
    try:
        found, expected = verb(case, np.float32, MOSTS[0], strips=True, machine=machine)
    except ConvProofError:
        return False
    return bool(np.array_equal(found, expected))


@pytest.mark.parametrize(("verb", "patched"), [*_faults()])
def test_a_fault_in_a_kernel_is_seen(verb: Verb, patched: tuple[str, str, str]) -> None:
    """By an exact comparison, or as a fault of the simulator's: one of few cases sees it."""
    cases = (*CASES, MANY) if verb is _in_parts else CASES
    machine = Patched(*patched)
    try:
        assert not all(_right(verb, case, machine) for case in cases)
    finally:
        machine._folder.cleanup()


@pytest.mark.full
@pytest.mark.parametrize("verb", [forward, input_vjp, _in_parts])
def test_without_a_fault_they_are_right(verb: Verb) -> None:
    """Otherwise nothing would have been seen."""
    assert all(_right(verb, case) for case in (*CASES, MANY))
