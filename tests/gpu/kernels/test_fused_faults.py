"""Faults planted in the kernels that pool, or write channels last: each is seen by a theorem."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from convproof_gpu import fused_products
from convproof_gpu.fused import Fused
from convproof_gpu.machine import Machine
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim import SimFault
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import TensorTile
from tests.gpu.kernels.fused_cases import (
    POOL,
    Asked,
    answer,
    apart,
    bits,
    conv_of,
    ends,
    right,
    taking,
)

LEAST = TensorTile(64, 64)
Theorem = Callable[[Machine], None]


def integers(on: Machine, splits: int = 1) -> None:
    """``kernel(x, w, b) == pool(max(conv(x, w) + b, 0))``, of odd outputs, first and last."""
    for asked in ends(Asked(Fused(conv=conv_of((12, 12), (2, 3))), 2, (6, 7))):
        held = asked.integers()
        with taking(LEAST, splits):
            assert np.array_equal(answer(on, asked.layer, held), right(asked.layer, held))


def parts(on: Machine) -> None:
    """The same of sums in parts."""
    integers(on, 3)


def every_member(on: Machine) -> None:
    """``max(-1, ..., 5, ..., -1) = 5``, and NaN if that is one, whichever member it is."""
    layer = Fused(conv=conv_of((4, 4), (1, 1), low=0, bias=False), pool=POOL, relu=False)
    w = np.eye(4, dtype=np.float32)[:, :, None, None]
    for number in (5.0, np.nan):
        for at in np.ndindex(2, 2):
            x = np.full((1, 4, 4, 4), -1, np.float32)
            x[:, :, at[0] :: 2, at[1] :: 2] = number
            with taking(LEAST):
                found = answer(on, layer, {"x": x, "w": w})
            assert np.array_equal(found, np.full((1, 4, 2, 2), number), equal_nan=True)


def every_negative(on: Machine) -> None:
    """``max(-3, -2, -4, -1) = -1``, where there is no ReLU."""
    layer = Fused(conv=conv_of((4, 4), (1, 1), low=0, bias=False), pool=POOL, relu=False)
    x = np.tile(np.array([[-3, -2], [-4, -1]], np.float32), (1, 4, 1, 1))
    with taking(LEAST):
        found = answer(on, layer, {"x": x, "w": np.eye(4, dtype=np.float32)[:, :, None, None]})
    assert np.array_equal(found, np.full((1, 4, 1, 1), -1))


def first_of_equals(on: Machine) -> None:
    """Of ``(-1, -0, 0, -1)`` the second is written, and of ``(-1, 0, -0, -1)``: bit for bit."""
    layer = Fused(conv=conv_of((8, 8), (1, 1), low=0, bias=False), pool=POOL, relu=False)
    w = np.eye(8, dtype=np.float16)[:, :, None, None]
    w[np.arange(8) % 2 == 1] *= 2.0**-14
    for zeros in ([-(2.0**-12), 0.0], [0.0, -(2.0**-12)]):  # the first is rounded to -0
        x = np.array([[-1.0, zeros[0]], [zeros[1], -1.0]], np.float16)
        held = {"x": np.tile(x, (1, 8, 1, 1)), "w": w}
        with taking(LEAST):
            assert np.array_equal(bits(answer(on, layer, held)), bits(apart(SIM, layer, held)))


def not_finite(on: Machine) -> None:
    """A sum of products beyond the largest float, or of Inf, is what floats give: bit for bit."""
    for asked in ends(Asked(Fused(conv=conv_of((8, 8), (1, 1), low=0)), 1, (4, 5))):
        held = asked.reals()
        held["x"][0, 1, 1, 1], held["x"][0, 2, 3, 0], held["x"][0, 5, 2, 2] = np.inf, 3.4e38, -2e38
        with taking(LEAST):
            expected = apart(SIM, asked.layer, held)
            assert np.array_equal(bits(answer(on, asked.layer, held)), bits(expected))


SIM = Simulated()
_PRODUCTS, _KERNELS, _TILE = "tensor_products.cuh", "conv_tensor.cu", "tensor_contraction.cuh"
FAULTS: dict[str, tuple[str, str, str, Theorem]] = {
    "a window has two members twice": (
        _PRODUCTS, "q[0] * 2 + number / 2 % 2", "q[0] * 2 + number % 2", every_member,
    ),
    "the members of a window lie apart": (
        _PRODUCTS, "q[1] * 2 + number % 2", "q[1] + number % 2", integers,
    ),
    "the members of a window have another order": (
        _PRODUCTS,
        "q[0] * 2 + number / 2 % 2, q[1] = q[1] * 2 + number % 2",
        "q[0] * 2 + number % 2, q[1] = q[1] * 2 + number / 2 % 2",
        first_of_equals,
    ),
    "a trailing column is pooled": (
        _PRODUCTS, "this->columns *= CELL_COLUMNS;", "this->columns *= CELL_COLUMNS + 1;", integers,
    ),
    "channels last have another stride": (
        _PRODUCTS, "return column * this->rows + r;", "return column * (this->rows + UNIT) + r;",
        integers,
    ),
    "pooled channels last have another stride": (
        _PRODUCTS, "return window * this->rows + r;", "return window * this->s.channels / 2 + r;",
        integers,
    ),
    "windows of the next image": (
        _PRODUCTS, "* this->positions + (p[0]", "* (this->positions + 1) + (p[0]", integers,
    ),
    "the activation is forgotten": (  # of one member alone it shows in no maximum
        "epilogue.cuh", "relu != 0 && sum < 0.0f ? 0.0f : sum", "sum", integers,
    ),
    "there is always an activation": (
        "epilogue.cuh", "relu != 0 && sum < 0.0f", "sum < 0.0f", every_negative,
    ),
    "the bias is of a unit's first channel": (
        _KERNELS, "unit.at[k] = rectified(sums[k], b, r + k, relu);",
        "unit.at[k] = rectified(sums[k], b, r, relu);", integers,
    ),
    "members are of the next channel": (
        _KERNELS, "sums[m * ROWS + k]", "sums[m * ROWS + (k + 1) % ROWS]", integers,
    ),
    "three members are compared": (
        _KERNELS, "for (int m = 1; m < 4; m++)", "for (int m = 1; m < 3; m++)", every_member,
    ),
    "NaN is less": (
        "epilogue.cuh", "(other != other && one == one)", "false", every_member,
    ),
    "the last of equals": (
        "epilogue.cuh", "return other > one ||", "return other >= one ||", first_of_equals,
    ),
    "sums are read where they would lie unswizzled": (
        _TILE,
        "sums + place(r + e % DOWN, c + e / DOWN));",
        "sums + (c + e / DOWN) * ROWS + r + e % DOWN);",
        integers,
    ),
    "what is not finite is kept": (_TILE, "if (!read()) {", "if (read(), false) {", not_finite),
    "what is not finite is computed of another column": (
        _TILE, "first_column + c + e / DOWN, begin", "first_column + c, begin", not_finite,
    ),
    "what is not finite is computed of another row": (
        _TILE, "first_row + r + e % DOWN,", "first_row + r,", not_finite,
    ),
    "what was computed anew is not read": (
        _TILE, "        }\n        read();\n", "        }\n", not_finite,
    ),
    "cells beyond the columns are written": (
        _TILE, "| (first_column + c >= map.columns)) continue;", ") continue;", integers,
    ),
    "sums are put where others still multiply": (
        _TILE,
        "(ROWS < LINE ? c / 2 & 1 : c & 3) * 8);\n  };\n  __syncthreads();\n",
        "(ROWS < LINE ? c / 2 & 1 : c & 3) * 8);\n  };\n",
        integers,
    ),
    "sums are written while others still hand them over": (
        _TILE,
        "make_float2(sum[i][j], sum[i][j + 1]);\n    }\n  __syncthreads();\n",
        "make_float2(sum[i][j], sum[i][j + 1]);\n    }\n",
        integers,
    ),
    "parts of the first row of members": (
        _KERNELS, "(down + m / cells.side)", "down", parts,
    ),
    "a part is left out": (
        _KERNELS, "for (int split = 0; split < splits; split++) sum += parts[static_cast<long long>"
        "(split) * n + at];\n      const T v",
        "for (int split = 1; split < splits; split++) sum += parts[static_cast<long long>"
        "(split) * n + at];\n      const T v",
        parts,
    ),
    "the greatest of parts is of another channel": (
        _KERNELS, "= turned[thread % CHANNELS][", "= turned[(thread + 1) % CHANNELS][", parts,
    ),
    "parts are turned round while others are added": (
        _KERNELS, "  if (!cells.last) return;\n  __syncthreads();\n",
        "  if (!cells.last) return;\n", parts,
    ),
    "parts of 8 windows more": (
        _KERNELS, "if (c < cells.rows && w < windows)", "if (c < cells.rows)", parts,
    ),
}  # fmt: skip

QUICK = ("three members are compared",)  # the others are compiled by .ci/full
of_faults = [f if f in QUICK else pytest.param(f, marks=pytest.mark.full) for f in FAULTS]


@pytest.mark.parametrize("fault", of_faults)
def test_a_planted_fault_is_seen(fault: str) -> None:
    """Each theorem above can fail."""
    file, old, new, theorem = FAULTS[fault]
    with pytest.raises((AssertionError, SimFault)):
        theorem(machine(file, old, new))


@pytest.mark.parametrize(
    "theorem",
    [
        *(pytest.param(theorem, marks=pytest.mark.full) for theorem in (integers, parts)),
        *(every_member, every_negative, first_of_equals, not_finite),
    ],
)
def test_without_a_fault_nothing_is_seen(theorem: Theorem) -> None:
    """The theorems above hold."""
    theorem(SIM)


def test_windows_that_are_not_whole_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """``floor(O / 2)`` of them."""

    def up(positions: Any, side: int = 2) -> tuple[int, ...]:
        return tuple(-(-n // side) for n in positions)

    held = Asked(Fused(conv=conv_of((4, 4)), pool=POOL), 1, (5, 4))
    with taking(LEAST):
        monkeypatch.setattr(fused_products, "windows_of", up)
        with pytest.raises(AssertionError):
            assert (
                answer(SIM, held.layer, held.integers()).shape
                == right(held.layer, held.integers()).shape
            )


@cache  # its folder lasts as long as the tests
def machine(file: str, old: str, new: str) -> Patched:
    return Patched(file, old, new)
