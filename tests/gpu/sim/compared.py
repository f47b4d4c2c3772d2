"""The simulator's primitives beside a GPU's: the same kernels, the same inputs, bit by bit.

What the guide promises to be exact must be equal, but for which NaN a NaN is. A function that it
gives an error bound for is compared with the exact value.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convproof_gpu.cubin import compiled
from tests.gpu.sim import approximate
from tests.gpu.sim.launches import Launch, different, place_of
from tests.gpu.sim.launches import simulated as launched
from tests.gpu.sim.rows import Row, differing, operands, rows, simulated

REPORT = "CONVPROOF_PRIMITIVES_REPORT"
NEAREST = ("hexp", "hlog", "hrsqrt", "hrcp", "htanh", "hsqrt", "hdiv", "by", "by_assigned", "h2div")


class Hardware:
    """A GPU, by CuPy: what a file's kernels give.

    Args:
        cupy: the module.
        folder: for cubins.
    """

    def __init__(self, cupy: Any, folder: Path) -> None:
        self._cupy, self._folder = cupy, folder
        self._modules: dict[str, Any] = {}

    def _module(self, file: str) -> Any:
        if file not in self._modules:
            capability = self._cupy.cuda.Device().compute_capability
            arch = f"sm_{capability}" + "a" * (capability == "90")
            path = self._folder / f"{file}.cubin"
            path.write_bytes(compiled(place_of(file), arch).code)
            self._modules[file] = self._cupy.RawModule(path=str(path))
        return self._modules[file]

    def row(self, row: Row, given: Sequence[np.ndarray]) -> np.ndarray:
        """Return what a row gives."""
        found = self._cupy.zeros(given[0].size, row.result)
        args = (*map(self._cupy.asarray, given), found, np.int32(given[0].size))
        kernel = self._module(row.file).get_function(row.name)
        kernel((-(-given[0].size // 256),), (256,), args)
        bits: np.ndarray = self._cupy.asnumpy(found)
        return bits

    def launch(self, launch: Launch) -> list[np.ndarray]:
        """Return the arrays after a launch."""
        args, arrays = [], []
        for each in launch.given:
            if isinstance(each, np.ndarray):
                arrays.append(self._cupy.asarray(each))
                args.append(arrays[-1])
            else:
                args.append(np.uint32(each))
        kernel = self._module(launch.file).get_function(launch.kernel)
        kernel((launch.grid,), (launch.block,), tuple(args))
        return [self._cupy.asnumpy(array) for array in arrays]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of a comparison.

    Attributes:
        name: the function's row or kernel.
        asked: how many inputs.
        differing: how many results are not the simulator's bits.
        most: the greatest difference, in units of the last place; of integers, of one.
        promise: what the guide promises.
        kept: whether the promise is.
        example: inputs, and what came out on both.
    """

    name: str
    asked: int
    differing: int
    most: float
    promise: str
    kept: bool
    example: str


def compare_rows(
    hardware: Hardware, file: str, random: int, *, most: int | None = None
) -> list[Seen]:
    """Return what came out of every row of a file."""
    return [_compared(hardware, row, random, most) for row in rows() if row.file == file]


def _compared(hardware: Hardware, row: Row, random: int, most: int | None) -> Seen:
    given = operands(row, random, most=most)
    there, here = hardware.row(row, given), simulated(row, given)
    wrong = differing(row, there, here)
    lanes = wrong.size // there.size
    distance = _distance(row, there, here)
    distance[~wrong] = 0
    promise, kept = "exact", not wrong.any()
    at = int(np.argmax(distance)) if wrong.any() else 0
    if approximate.of(row) is not None:
        value = approximate.exact_values(row, given)
        error, bound = approximate.errors(there, value), approximate.allowed(row, given, value)
        promise = "the guide's bound" if np.isfinite(bound).any() else "none"
        kept = bool((error <= bound).all())
        at = int(np.argmax(error - bound)) if not kept else at
    elif any(f"_{name}" in row.name for name in NEAREST) and row.halves:
        promise, kept = "nearest; 1 ulp is let pass", bool((distance <= 1).all())
    index = at // lanes
    example = f"{', '.join(map(_shown, (column[index] for column in given)))} -> "
    example += f"{_shown(there[index])}, simulated {_shown(here[index])}"
    return Seen(
        row.name, given[0].size, int(wrong.sum()), float(distance.max()), promise, kept, example
    )


def _shown(value: Any) -> str:
    bits = value.view(f"u{value.itemsize}")
    return f"{value} ({int(bits):#x})" if value.dtype.kind == "f" else f"{int(bits):#x}"


def _distance(row: Row, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how many numbers of the format lie between results."""
    if row.halves:
        one, other = (np.ascontiguousarray(each).view(np.uint16) for each in (one, other))
    elif row.result.kind != "f":
        return np.abs(one.astype(np.float64) - other.astype(np.float64))
    ranks = []
    for each in (one, other):
        bits = each.view(f"u{each.itemsize}")
        top = np.array(1 << (8 * each.itemsize - 1), bits.dtype)
        size = (bits & ~top).astype(np.float64)
        ranks.append(np.where(bits & top, -size, size))
    between: np.ndarray = np.abs(ranks[0] - ranks[1])
    return between


def compare_launches(hardware: Hardware, file: str, launches: Iterable[Launch]) -> list[Seen]:
    """Return what came out of every launch of a file."""
    seen = []
    for launch in launches:
        if launch.file != file:
            continue
        asked, count, example = 0, 0, ""
        for there, here in zip(hardware.launch(launch), launched(launch), strict=True):
            wrong = different(there, here)
            asked, count = asked + there.size, count + int(wrong.sum())
            if wrong.any() and not example:
                at = int(np.argmax(wrong))
                example = f"element {at}: {_shown(there[at])}, simulated {_shown(here[at])}"
        seen.append(Seen(launch.kernel, asked, count, float("nan"), "exact", count == 0, example))
    return seen


def report(group: str, seen: Sequence[Seen]) -> str:
    """Return a section of a report: every difference, and what has none."""
    asked, wrong = (sum(getattr(e, name) for e in seen) for name in ("asked", "differing"))
    names = len({each.name for each in seen})
    lines = [f"== {group}: {names} kernels, {asked} results, {wrong} differ from the simulator's"]
    for each in seen:
        if each.differing:
            broken = "" if each.kept else ", WHICH IS NOT KEPT"
            count = f"{each.differing} of {each.asked}"
            lines += [
                f"{each.name}: {count} differ, by {each.most:g} ulp at most "
                f"(promised: {each.promise}{broken}); {each.example}"
            ]
    equal = list(dict.fromkeys(each.name for each in seen if not each.differing))
    return "\n".join([*lines, f"no difference ({len(equal)}): {', '.join(equal) or 'none'}", ""])


def told(group: str, seen: Sequence[Seen]) -> list[str]:
    """Append a section to the report that is asked for; return the promises that are broken."""
    path = os.environ.get(REPORT)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(report(group, seen))
    return [f"{each.name}: {each.example} ({each.promise})" for each in seen if not each.kept]
