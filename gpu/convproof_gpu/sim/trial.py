"""A kernel tried: once thread by thread, then under adversaries, to the same result each time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from convproof_gpu.sim.conditions import conditions
from convproof_gpu.sim.fault import SimFault
from convproof_gpu.sim.kernel import SimKernel
from convproof_gpu.sim.report import SimReport
from convproof_gpu.sim.signature import LaunchError

_ARRAY = re.compile(r"(?P<out>out:)?(?P<dtype>\w+)\[(?P<shape>[\dx,\s]*)\](?:=(?P<value>.+))?")
_DTYPES = {
    **{name: np.dtype(name) for name in ("float16", "float32", "float64", "bool")},
    **{f"{u}int{bits}": np.dtype(f"{u}int{bits}") for u in ("", "u") for bits in (8, 16, 32, 64)},
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}


@dataclass(frozen=True, slots=True)
class Given:
    """An argument as a user writes it, and what it is."""

    text: str
    value: Any
    output: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of the launches.

    Attributes:
        launches: how many were made.
        report: of the first.
        fault: that ended them, if any.
        seed: of the adversary under whom it did; None: of none.
        differs: where a result was another than at first, if it was.
    """

    launches: int
    report: SimReport | None
    fault: SimFault | None = None
    seed: int | None = None
    differs: str = ""


def argument(text: str) -> Given:
    """Return an argument from its text.

    ============================  ==========================================================
    ``float32[1000]``, ``[3x4]``  an array of small integers, some negative, the same each time
    ``int32[10]=0``               an array of one value
    ``out:float32[10]``           an output: to be written whole, and not read before
    ``1000``, ``0.5``, ``true``   a number
    ``null``                      a null pointer
    ============================  ==========================================================

    Raises:
        LaunchError: if it is none of these.

    Example:
        >>> argument("int32[2,2]=7").value
        array([[7, 7],
               [7, 7]], dtype=int32)
    """
    try:
        with np.errstate(all="ignore"):
            return _argument(text)
    except (MemoryError, OverflowError, ValueError) as error:
        msg = f"{text!r} is no argument: {error}."
        raise LaunchError(msg) from None


def _argument(text: str) -> Given:
    match = _ARRAY.fullmatch(text.strip())
    if match is not None and match["dtype"] in _DTYPES:
        dtype = _DTYPES[match["dtype"]]
        shape = tuple(
            int(part) for part in match["shape"].replace("x", ",").split(",") if part.strip()
        )
        if match["value"] is not None:
            number = _number(match["value"])
            if number is not None:
                return Given(text, np.full(shape, number).astype(dtype), bool(match["out"]))
        elif match["out"]:
            return Given(text, np.full(shape, 77).astype(dtype), output=True)
        else:
            low = 0 if dtype.kind in "ub" else -4
            drawn = np.random.default_rng(len(text)).integers(low, 5, shape)
            return Given(text, drawn.astype(dtype))
    if text.strip() == "null":
        return Given(text, None)
    number = _number(text)
    if number is None:
        msg = (
            "it is no array like float32[1000], int32[8]=0 or out:float32[3,4] (of "
            f"{', '.join(_DTYPES)}), no number, nor true, false or null"
        )
        raise ValueError(msg)
    return Given(text, number)


def tried(
    kernel: SimKernel,
    grid: Sequence[int],
    block: Sequence[int],
    given: Sequence[Given],
    *,
    shared_mem: int = 0,
    seeds: int = 20,
    steps: int = 10**8,
    exits: bool = False,
    any_order: bool = False,
) -> Trial:
    """Return what comes of a kernel's launches, the first fault or difference at the latest.

    Args:
        kernel: which.
        grid: blocks.
        block: threads.
        given: the arguments, which are not changed.
        shared_mem: bytes of dynamic shared memory.
        seeds: how many adversaries follow.
        steps: of a launch, at most.
        exits: whether a thread may end before a barrier that others reach.
        any_order: whether results may depend on the order, as sums by atomics of floats do.

    Raises:
        LaunchError: if the launch is not legal.
    """
    outputs = [
        parameter.name
        for parameter, each in zip(kernel.parameters, given, strict=False)
        if each.output
    ]
    first: list[Any] = []
    report: SimReport | None = None
    for number, seed in enumerate([None, *range(seeds)]):
        args = [np.copy(g.value) if isinstance(g.value, np.ndarray) else g.value for g in given]
        with conditions(seed=seed, steps=steps, count=seed is None, exits=exits):
            try:
                told = kernel(grid, block, args, shared_mem, outputs=outputs)
            except SimFault as fault:
                return Trial(number + 1, report, fault, seed)
        report = report or told
        first = first or args
        for parameter, one, other in zip(kernel.parameters, first, args, strict=True):
            if any_order:
                break
            if isinstance(one, np.ndarray) and one.tobytes() != other.tobytes():
                where = np.flatnonzero(one.ravel().view(np.uint8) != other.ravel().view(np.uint8))
                at = int(where[0]) // one.itemsize
                told_so = f"{parameter.name}[{at}] is {one.flat[at]} and, under seed {seed}, "
                return Trial(number + 1, report, None, seed, f"{told_so}{other.flat[at]}")
    return Trial(seeds + 1, report)


def _number(text: str) -> int | float | bool | None:
    word = text.strip()
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return None
