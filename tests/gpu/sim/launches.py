"""Kernels of a warp, a block or a grid, what they are given, and what they are to give.

Each model is the sentence of the CUDA C++ Programming Guide about the function, in NumPy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from convproof_gpu.sim import SimModule
from tests.gpu.sim import exact
from tests.gpu.sim.fragments import both_shared, multiplied, product
from tests.gpu.sim.rows import PRIMITIVES, special

FULL = 0xFFFFFFFF
HOPPER = PRIMITIVES.parent / "hopper.npz"
MASKS = (FULL, 0x0000FFFF, 0xF0F0F0F0, 0x80000001, 0x00000400)


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch.

    Attributes:
        file: where the kernel stands, without ``.cu``.
        kernel: its name.
        given: its arguments; arrays are written, or not.
        model: what is in the arrays after it, of the arguments; None for one that is not written.
        block: threads.
        grid: blocks.
    """

    file: str
    kernel: str
    given: tuple[Any, ...]
    model: Callable[..., Sequence[np.ndarray | None]]
    block: int = 32
    grid: int = 1

    def expected(self) -> list[np.ndarray | None]:
        """Return what is to be in the arrays."""
        return list(self.model(*self.given))


@cache
def module(file: str) -> SimModule:
    """Return a file's kernels, as the simulator runs them; without those of the rows."""
    return SimModule(place_of(file))


def place_of(file: str) -> Path:
    """Return where a file stands."""
    near = PRIMITIVES / f"{file}.cu"
    return near if near.exists() else PRIMITIVES.parent / "kernels" / f"{file}.cu"


def simulated(launch: Launch) -> list[np.ndarray]:
    """Return the arrays after the simulator's launch."""
    given = [each.copy() if isinstance(each, np.ndarray) else each for each in launch.given]
    module(launch.file).get_function(launch.kernel)((launch.grid,), (launch.block,), given)
    return [each for each in given if isinstance(each, np.ndarray)]


def _shuffled(x: np.ndarray, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    lane, parts = np.arange(32), []
    for width in (32, 16, 8, 4, 2, 1):
        begin = lane // width * width
        for by in range(0, 32, 5):
            up, down, other = lane - by, lane + by, lane ^ (by % width)
            parts += [x[begin + (lane * 7 + by) % width], x[np.where(up < begin, lane, up)]]
            parts += [x[np.where(down >= begin + width, lane, down)], x[other]]
    return [None, np.concatenate(parts)]


def _mask(lanes: np.ndarray) -> int:
    return int(sum(1 << int(lane) for lane in np.flatnonzero(lanes)))


def _voted(x: np.ndarray, mask: int, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    within = (mask >> np.arange(32) & 1).astype(bool)

    def each(values: np.ndarray, lanes: np.ndarray) -> np.ndarray:
        return np.array([_mask(lanes & (values == value)) for value in values])

    everyone, same = np.ones(32, bool), len(set((x // 100).tolist())) == 1
    parts = [np.full(32, _mask(x & 1)), np.full(32, (x > 98).any()), np.full(32, (x >= 0).all())]
    parts += [each(x % 5, everyone), each(x % 3, everyone), np.full(32, FULL * same)]
    parts += [np.full(32, same)]
    agreed = len(set((x % 2)[within].tolist())) == 1
    some = [np.full(32, _mask(within & (x & 1 == 1))), np.full(32, (x > 98)[within].any())]
    some += [np.full(32, (x > 3)[within].all()), each(x % 5, within), np.full(32, mask * agreed)]
    parts += [np.where(within, part, 0) for part in some]
    parts += [np.where(within, agreed, same)]
    return [None, np.concatenate(parts).astype(np.uint32)]


def _reduced(x: np.ndarray, mask: int, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    within = (mask >> np.arange(32) & 1).astype(bool)
    held = x[within]
    values = [held.sum(dtype=x.dtype), held.min(), held.max()]
    if x.dtype == np.uint32:
        values += [f.reduce(held) for f in (np.bitwise_and, np.bitwise_or, np.bitwise_xor)]
    return [None, np.concatenate([np.where(within, value, x.dtype.type(0)) for value in values])]


def _met(x: np.ndarray, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    votes = [(x % 3 == 0).sum(), (x >= 0).all(), (x == 77).any()]
    parts = [np.full(64, int(vote)) for vote in votes]
    return [None, np.concatenate([*parts, x[::-1], x[np.arange(64) ^ 31] + 1]).astype(np.int32)]


Update = Callable[[Any, Any], Any]
_UPDATES: dict[str, Update] = {
    "add": lambda old, v: old + v, "sub": lambda old, v: old - v, "exch": lambda _, v: v,
    "min": min, "max": max, "and": lambda old, v: old & v, "or": lambda old, v: old | v,
    "xor": lambda old, v: old ^ v, "inc": lambda old, v: 0 if old >= v else old + 1,
    "dec": lambda old, v: v if old == 0 or old > v else old - 1,
}  # fmt: skip
_OF_ALL = ("add", "exch", "min", "max", "and", "or", "xor", "cas")


def _in_turn(names: Sequence[str]) -> Callable[..., Sequence[np.ndarray | None]]:
    def model(x: np.ndarray, held: np.ndarray, _to: np.ndarray, n: int) -> Sequence[Any]:
        after, was = held.copy(), []
        for k, name in enumerate([name for name in names for _ in range(3)]):
            value = after[k]
            for i, given in enumerate(x):
                was.append(value)
                if name == "cas":
                    value = x[n - 1 - i] if value == given else value
                else:
                    value = _as(x.dtype, _UPDATES[name], value, given)
            after[k] = value
        return [None, after, np.array(was, x.dtype)]

    return model


def _as(dtype: np.dtype, update: Update, old: Any, given: Any) -> Any:
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            return update(old, given)
    wrapped = update(int(old), int(given)) % 2 ** (8 * dtype.itemsize)
    return np.array(wrapped, f"u{dtype.itemsize}").view(dtype)[()]


def _sums_of_bits(name: str) -> Callable[..., Sequence[np.ndarray | None]]:
    form = exact.HALF if name == "half" else exact.BFLOAT16

    def model(x: np.ndarray, _to: np.ndarray, n: int) -> Sequence[np.ndarray | None]:
        columns = []
        for column in x.reshape(n, -1).T:
            sums = [0.0]
            for bits in column.tolist():
                value = exact.value_of(bits, name)
                sums.append(exact.ARITHMETIC["add"](sums[-1], value, "rn", form))
            columns.append([exact.bits_of(value, name) for value in sums])
        return [None, np.array(columns, np.uint16).T.ravel()]

    return model


def _at_once(x: np.ndarray, to: np.ndarray) -> Sequence[np.ndarray | None]:
    after = to.copy()
    after[:16] += np.bincount(x % 16, minlength=16).astype(np.uint32)
    after[16:18] = min(after[16], x.min()), max(after[17], x.max())
    after[18] |= np.bitwise_or.reduce(x)
    after[19] &= np.bitwise_and.reduce(x)
    after[20] ^= np.bitwise_xor.reduce(x)
    after[21], after[22] = x.size % 100, -x.size % 100
    after[23] = (int(after[23]) - int(x.sum(dtype=np.uint64))) % 2**32
    return [None, after]


def _vectors(x: np.ndarray, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    return [None, np.append(x[::-1], np.float32(12))]


def _layouts(_to: np.ndarray) -> Sequence[np.ndarray | None]:
    """The guide's table "Alignment Requirements": four of 8 bytes are aligned to 16."""
    told = []
    for size in (1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 8):
        for count in (1, 2, 3, 4):
            align = size if count in (1, 3) else min(16, size * count)
            told += [size * count, align, count]
    return [np.array([*told, 12, 32], np.int32)]


def _constants(_to: np.ndarray) -> Sequence[np.ndarray | None]:
    one, sqrt = np.float32, np.sqrt
    floats = [
        np.inf,
        2.0**-149,
        np.finfo(one).max,
        -0.0,
        0,
        1,
        sqrt(0.5),
        sqrt(2),
        np.pi / 2,
        np.pi,
    ]
    floats += [1 / np.log(2), np.log(2), np.nan]
    doubles = [np.inf, np.pi, sqrt(2), 1 / np.log(2), np.log(2), np.nan]
    return [np.append(np.array(floats, one).astype(np.float64), doubles)]


def _matrices(x: np.ndarray, _to: np.ndarray) -> Sequence[np.ndarray | None]:
    held, lane = x.reshape(4, 8, 8).astype(np.uint32), np.arange(32)
    g, t = lane // 4, lane % 4
    straight = [m[g, 2 * t] | m[g, 2 * t + 1] << 16 for m in held]
    turned = [m[2 * t, g] | m[2 * t + 1, g] << 16 for m in held]
    columns = [each for n in (1, 2, 4) for part in (straight, turned) for each in part[:n]]
    return [None, np.stack(columns, axis=1).ravel()]


def _copies(x: np.ndarray, _to: np.ndarray, n: int) -> Sequence[np.ndarray | None]:
    at = np.arange(224)
    first = np.where(at < 128, at // 4 * 4, np.where(at < 192, at // 2 * 2, at))  # of its copy
    return [None, np.where(first < n, x, np.float32(0))]


def _of_sizes(rng: np.random.Generator, count: int) -> np.ndarray:
    values = rng.standard_normal(count) * np.exp2(rng.integers(-9, 10, count))
    return values.astype(np.float32)


def _words(rng: np.random.Generator, count: int, name: str) -> np.ndarray:
    values = _of_sizes(rng, 2 * count)
    if name == "tf32":
        return values[:count].view(np.uint32)
    if name == "f16":
        return values.astype(np.float16).view(np.uint32)
    return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint32)


@cache
def launches() -> tuple[Launch, ...]:
    """Return every launch."""
    rng = np.random.default_rng(0)
    made: list[Launch] = []
    given: tuple[Any, ...]
    names = {np.int32: "int", np.uint32: "unsigned", np.int64: "long_long", np.float32: "float",
             np.uint64: "unsigned_long_long", np.float64: "double"}  # fmt: skip
    for dtype, name in names.items():
        x = special(np.dtype(dtype))[:32].copy()
        made.append(
            Launch("warps", f"shuffles_of_{name}", (x, np.zeros(168 * 32, dtype)), _shuffled)
        )
    for low, high in ((0, 100), (0, 2), (100, 200), (4, 5), (-5, 120)):
        x = rng.integers(low, high, 32, np.int32)
        voting = [(abs(x), mask, np.zeros(416, np.uint32)) for mask in MASKS]
        made += [Launch("warps", "votes", given, _voted) for given in voting]
    for mask in MASKS:
        for dtype, name, parts in ((np.int32, "int", 3), (np.uint32, "unsigned", 6)):
            x = rng.integers(0, 2**32, 32, np.uint32).view(dtype)
            given = (x, mask, np.zeros(32 * parts, dtype))
            made.append(Launch("warps", f"reductions_of_{name}", given, _reduced))
    for low, high in ((0, 90), (-1, 3), (77, 78)):
        x = rng.integers(low, high, 64, np.int32)
        made.append(Launch("warps", "barriers", (x, np.zeros(320, np.int32)), _met, block=64))
    for dtype, name, updates in (
        (np.int32, "int", (*_OF_ALL, "sub")),
        (np.uint32, "unsigned", (*_OF_ALL, "sub", "inc", "dec")),
        (np.uint64, "unsigned_long_long", _OF_ALL),
        (np.float32, "float", ("add", "exch")),
        (np.float64, "double", ("add",)),
    ):
        x = special(np.dtype(dtype))
        x = np.concatenate([np.repeat(x[:20], 2), x[np.isfinite(x)][-20:]])
        count = 3 * len(updates)
        given = (x, np.full(count, 3, dtype), np.zeros(count * x.size, dtype), x.size)
        made.append(Launch("atomics", f"atomics_of_{name}", given, _in_turn(updates), block=1))
    for name in ("half", "bfloat16"):
        x = rng.integers(0, 2**16, 60, np.uint16) & np.uint16(0xBBFF if name == "half" else 0xBFFF)
        model = _sums_of_bits(name)
        given = (x, np.zeros(61, np.uint16), 60)
        made.append(Launch("atomics", f"atomics_of_{name}", given, model, block=1))
        given, pair = (x, np.zeros(62, np.uint16), 30), "half2" if name == "half" else "bfloat162"
        made.append(Launch("atomics", f"atomics_of_{pair}", given, model, block=1))
    x = rng.integers(0, 2**32, 2048, np.uint32)
    to = np.array([*[0] * 16, FULL, 0, 0, FULL, 0, 0, 0, 5], np.uint32)
    made.append(Launch("atomics", "atomics_at_once", (x, to), _at_once, block=256, grid=8))
    halves = np.arange(256, dtype=np.uint16)
    made += [
        Launch("memory", "vectors", (_of_sizes(rng, 128), np.zeros(129, np.float32)), _vectors),
        Launch("memory", "layouts", (np.zeros(12 * 12 + 2, np.int32),), _layouts, block=1),
        Launch("memory", "constants", (np.zeros(19),), _constants, block=1),
        Launch("memory", "matrices", (halves, np.zeros(448, np.uint32)), _matrices),
    ]
    for n in (0, 1, 127, 130, 200, 224):
        given = (_of_sizes(rng, 224), np.zeros(224, np.float32), n)
        made.append(Launch("memory", "copies", given, _copies))
    for half in (8, 16, 32, 64):
        for _ in range(2):
            a, b = _of_sizes(rng, 512).view(np.uint32), _of_sizes(rng, 2 * half * 32)
            c, to = _of_sizes(rng, 128 * half), np.zeros(128 * half, np.float32)
            given = (a, b, c, to, to.copy())
            made.append(Launch("warpgroup", f"of_{half}", given, multiplied(half), block=128))
            for name in ("tf32", "f16", "bf16"):
                words = [_words(rng, lines * 32, name) for lines in (64, 2 * half)]
                given = (*words, c, to, to.copy())
                model = both_shared(half, name)
                kernel = f"shared_{half}_{name}"
                made.append(Launch("warpgroup_shared", kernel, given, model, block=128))
    with np.load(HOPPER) as held:
        for name in ("tf32", "bf16", "f16"):
            for c in held[f"{name}_c"][:40]:
                a, b = (rng.integers(0, 2**32, size, np.uint32) for size in (128, 64))
                given = (a, b, c.view(np.float32).ravel(), np.zeros(128, np.float32))
                made.append(Launch("fragments", name, given, product(name)))
    return tuple(made)


def different(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where bits differ, not counting which NaN a NaN is."""
    one, other = (each.view(f"u{each.itemsize}") for each in (found, expected))
    both = np.isnan(found) & np.isnan(expected) if found.dtype.kind == "f" else np.False_
    wrong: np.ndarray = (one != other) & ~both
    return wrong
