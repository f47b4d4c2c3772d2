"""One kernel for each function of the simulator: ``to[i] = f(x[i], y[i], z[i])``.

The rows stand in ``primitives/*.cu``, as ``TWO(of_fadd_rz, float, float, float, __fadd_rz(a, b))``:
the kernel's name, what it gives, what it takes, and the value.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from convproof_gpu.sim import SimModule

PRIMITIVES = Path(__file__).parent / "primitives"
FILES = ("rounded", "integers", "halves", "functions", "memory")
TYPES: dict[str, np.dtype] = {
    "float": np.dtype(np.float32), "double": np.dtype(np.float64), "short": np.dtype(np.int16),
    "unsigned short": np.dtype(np.uint16), "int": np.dtype(np.int32),
    "unsigned": np.dtype(np.uint32), "long long": np.dtype(np.int64),
    "unsigned long long": np.dtype(np.uint64),
}  # fmt: skip
_ROW = re.compile(r"^(ONE|TWO|THREE)\((\w+), (.*)\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A function, and what it takes.

    Attributes:
        file: where it stands, without ``.cu``.
        name: the kernel's.
        result: what it gives.
        operands: what it takes.
        value: the expression.
    """

    file: str
    name: str
    result: np.dtype
    operands: tuple[np.dtype, ...]
    value: str

    @property
    def halves(self) -> str:
        """The format of the bits that it gives: ``"half"``, ``"bfloat16"``, or ""."""
        if re.match(r"(HALF|HALVES)\(", self.value):
            return "half"
        return "bfloat16" if re.match(r"(BFLOAT|BFLOATS)\(", self.value) else ""


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of all files."""
    found = []
    for file in FILES:
        text = (PRIMITIVES / f"{file}.cu").read_text(encoding="utf-8")
        for count, name, rest in _ROW.findall(text):
            parts = rest.split(", ", ("ONE", "TWO", "THREE").index(count) + 2)
            types = [TYPES[part] for part in parts[:-1]]
            found.append(Row(file, name, types[0], tuple(types[1:]), parts[-1]))
    return tuple(found)


@cache
def module(file: str) -> SimModule:
    """Return a file's kernels, as the simulator runs them."""
    names = [row.name for row in rows() if row.file == file]
    return SimModule(PRIMITIVES / f"{file}.cu", name_expressions=names)


def simulated(row: Row, operands: Sequence[np.ndarray]) -> np.ndarray:
    """Return what the simulator gives."""
    found = np.zeros(operands[0].size, row.result)
    blocks = -(-found.size // 256)
    module(row.file).get_function(row.name)((blocks,), (256,), (*operands, found, found.size))
    return found


def operands(row: Row, random: int, *, most: int | None = None) -> tuple[np.ndarray, ...]:
    """Return what a row is asked: special numbers with each other, and ``random`` random ones.

    A function of one half number is asked of all 65536.

    Args:
        row: the function.
        random: how many.
        most: of all, a random choice where there are more, and a few of each operand crossed.
    """
    rng = np.random.default_rng(0)
    if len(row.operands) == 1 and row.operands[0] == np.uint16:
        columns = [np.arange(2**16, dtype=np.uint16)]
    else:
        few = [special(dtype)[:: 1 + 5 * (len(row.operands) == 3)] for dtype in row.operands]
        crossed = np.indices([held.size for held in few]).reshape(len(few), -1)
        chance = [_random(dtype, random, rng) for dtype in row.operands]
        for first, other in pairwise(chance):
            if first.dtype == other.dtype:  # neighbours, for what cancels
                part = slice(random // 2, random // 2 + random // 8)
                bits = first.view(f"u{first.itemsize}")[part]
                other.view(f"u{first.itemsize}")[part] = (bits + 1) ^ (
                    1 << (8 * first.itemsize - 1)
                )
        columns = [np.concatenate([held[crossed[i]], chance[i]]) for i, held in enumerate(few)]
    if row.file == "functions":  # a host's library knows a signalling NaN, a GPU's does not
        columns = [
            np.where(column != column, np.nan, column).astype(column.dtype) for column in columns
        ]
    if most is not None and columns[0].size > most:
        chosen = rng.choice(columns[0].size, most, replace=False)
        ends = [_kinds(dtype) for dtype in row.operands]
        corners = np.indices([held.size for held in ends]).reshape(len(ends), -1)
        columns = [
            np.concatenate([column[chosen], ends[i][corners[i]]])
            for i, column in enumerate(columns)
        ]
    return tuple(np.ascontiguousarray(column) for column in columns)


def _kinds(dtype: np.dtype) -> np.ndarray:
    """Return 0, -0, Inf and NaN, or integers at which shifts and signs change."""
    if dtype.kind == "f":
        return np.array([0.0, -0.0, np.inf, np.nan], dtype)
    return np.array([0, 31, 32, 33, -1], np.int64).astype(dtype)


@cache
def special(dtype: np.dtype) -> np.ndarray:
    """Return zeros, the least and the greatest, ties, limits of other types, Inf and NaN."""
    if dtype.kind == "f":
        tiny, info = np.finfo(dtype).smallest_subnormal, np.finfo(dtype)
        held = [0.0, tiny, 2 * tiny, 3 * tiny, info.tiny, info.max, np.inf]
        held += [float(np.nextafter(info.tiny, dtype.type(0))), 2.0**-24, 2.0**-25, 3 * 2.0**-26]
        held += [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 10, np.pi, np.pi / 2, 88.7, 103.9]
        held += [1 + float(info.eps), 1 - float(info.epsneg), 1 + 1.5 * float(info.eps), 1 / 3]
        held += [65504, 65519, 65520, 65536, 2.0**-14, 2.0**-133, 2.0**64, 2.0**63, 2.0**126]
        held += [
            2.0**31 - 128,
            2.0**31,
            2.0**31 - 0.5,
            2.0**32,
            2.0**24 - 1,
            2.0**24,
            2.0**23 + 0.5,
        ]
        held += [2.0**52 + 0.5, 2.0**53 + 1, 3.4028235677973366e38, 2.0**-149 * 1.5, 2.0**-150]
        bits = np.array([0x7FC00000, 0x7F800001, 0x7FFFFFFF], np.uint32).view(np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            array = np.array(held).astype(dtype)
            return np.concatenate([array, -array, bits.astype(dtype)])
    bits_of = 8 * dtype.itemsize
    ends = [0, 1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF]
    ends += [0x3C00, 0x3C01, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x0400, 0x03FF, 0x3F80, 0x7F80, 0xFF80]
    ends += [2**24 - 1, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**31 - 64, 2**32 - 1, 0x80808080]
    ends += [0x7F7F7F7F, 0x01010101, 0x80018001, 0x7FFF7FFF, 0xFF00FF00, 0x12345678, 0x76543210]
    ends += [2**53 + 1, 2**54 - 1, 2**63 - 1, 2**63, 2**63 + 2**10, 2**64 - 1, 2**64 - 2**10 - 1]
    held_bits = sorted({end % 2**bits_of for end in [*ends, *(-end for end in ends)]})
    return np.array(held_bits, f"u{dtype.itemsize}").view(dtype)


def _random(dtype: np.dtype, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return numbers of random bits, and of few bits, whose sums and products are often ties."""
    bits = rng.integers(0, 2 ** (8 * dtype.itemsize), count, f"u{dtype.itemsize}")
    found = bits.view(dtype)
    half = count // 2
    if dtype.kind == "f":
        few = rng.integers(-31, 32, half) * np.exp2(rng.integers(-30, 31, half))
        found[:half] = few.astype(dtype)
        found[-half // 2 :] = rng.standard_normal(half // 2 + half % 2).astype(dtype)
    elif dtype.itemsize >= 4:
        found[:half] >>= rng.integers(0, 8 * dtype.itemsize, half).astype(dtype)
    return found


def differing(row: Row, found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where bits differ, not counting which NaN a NaN is.

    The words of halves are looked at one by one, and the result has their number.
    """
    if row.halves:
        limit = 0x7C00 if row.halves == "half" else 0x7F80
        one, other = (np.ascontiguousarray(each).view(np.uint16) for each in (found, expected))
        both = ((one & 0x7FFF) > limit) & ((other & 0x7FFF) > limit)
    else:
        one, other = found, expected
        both = (
            np.isnan(one) & np.isnan(other) if one.dtype.kind == "f" else np.zeros(one.shape, bool)
        )
        one, other = (each.view(f"u{each.itemsize}") for each in (one, other))
    wrong: np.ndarray = (one != other) & ~both
    return wrong
