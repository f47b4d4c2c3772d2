"""How the input's gradient of few channels is shared among blocks, and what it should take.

Times are predicted, in microseconds of an H200: instructions and turns of shared memory counted,
at the rates of ``reports/gpu-bench-2026-11-26.txt``. None was measured of the kernel::

    us = max(instructions / issue, turns / clock, bytes / copy)

of the busiest of 132 processors, which has ``ceil(blocks / 132)`` blocks; more where fewer than
eight warps are on it at once.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import prod

from convproof.index_maps import Sizes
from convproof.index_maps.few_channels import LANES, QUAD
from convproof.index_maps.few_channels_input import (
    MOST_STRIDE,
    FewSpread,
    Met,
    Spreading,
)
from convproof_gpu.few_channels_plans import compiled

HELD = (1, 3, 4)  # input channels that a thread sums
PROCESSORS = 132
ISSUE = 49e6 / (2 * LANES * PROCESSORS)  # instructions of a processor's warps per microsecond
_CLOCK = 1.45e3  # turns of shared memory per microsecond, at the clock of that rate
COPY = 4.19e6  # bytes per microsecond
_LAUNCH = 3.0  # microseconds
_MOST_SHARED = 99 << 10  # bytes that a block may have of every GPU since sm_80
_SHARED, _WARPS, _BUSY = 226 << 10, 16, 8  # of a processor: bytes; warps; that keep it busy
_SLABS = (8, 4, 2, 1)
_TURN, _COPIED, _PLACED = 60, 9, 30  # instructions of a turn, of a copy and of its place


def rows_of(sizes: Sizes) -> int:
    """Return the rows of a thread: ROWS of the source."""
    found: int = 2 if sizes.kernel[2] == 5 else QUAD // sizes.stride[2]
    return found


def threads_of(sizes: Sizes) -> int:
    """Return the most threads of a block: THREADS of the source."""
    return 288 if sizes.kernel[2] > 7 else 256


def channels_of(sizes: Sizes) -> int:
    """Return the least choice of ``HELD`` that is enough."""
    return next(n for n in HELD if n >= sizes.in_channels)


def takes(sizes: Sizes) -> bool:
    """Return whether the kernel computes the gradient of a convolution of three axes."""
    return (
        sizes.groups == 1
        and 1 <= sizes.in_channels <= HELD[-1]
        and min(sizes.batch, sizes.out_channels, *sizes.input, *sizes.kernel, *sizes.output) >= 1
        and min(*sizes.dilation) >= 1
        and min(*sizes.low) >= 0
        and max(*sizes.stride[:2]) <= MOST_STRIDE
        and compiled(sizes)
        and spreading(sizes) is not None
    )


@lru_cache(maxsize=1024)
def spreading(sizes: Sizes) -> Spreading | None:
    """Return the plan of three axes that should take least, or None if there is none."""
    plans = spreadings(sizes)
    return min(
        plans, key=lambda plan: (predicted(sizes, plan, 4), shared(sizes, plan)), default=None
    )


def spreadings(sizes: Sizes) -> Iterator[Spreading]:
    """Yield ways to share the inputs."""
    rows, most = rows_of(sizes), threads_of(sizes)
    held = FewSpread(sizes, Spreading(quads=1, lines=1, tiles=1, bands=1, slab=1), rows, 1)
    height, width = (
        (i - 1 + low) // s - low // s + 1
        for i, low, s in list(zip(sizes.input, sizes.low, sizes.stride, strict=True))[1:]
    )
    skipped = sizes.low[2] // sizes.stride[2] - held.reach - held.first_column
    in_row, lines_there = -(-(skipped + width) // QUAD), -(-height // rows)
    least = -(-in_row // most)
    for tiles in sorted({least, least + 1, 2 * least, 4 * least}):
        quads = -(-in_row // tiles)
        top = min(most // quads, lines_there)
        for lines in sorted({_even(lines_there, n) for n in range(1, top + 1)}):
            for slab in _SLABS:
                plan = Spreading(
                    quads=quads, lines=lines, tiles=-(-in_row // quads),
                    bands=-(-lines_there // lines), slab=min(slab, sizes.out_channels),
                )  # fmt: skip
                if shared(sizes, plan) <= _MOST_SHARED:
                    yield plan


def _even(lines: int, most: int) -> int:
    """Return how many lines each of as few bands has as bands of so many would be."""
    bands = -(-lines // most)
    return -(-lines // bands)


def threads(plan: Spreading) -> int:
    """Return the threads of a block, in whole warps."""
    found: int = -(-plan.quads * plan.lines // LANES) * LANES
    return found


def blocks(sizes: Sizes, plan: Spreading) -> int:
    """Return how many blocks there are."""
    found: int = sizes.batch * sizes.input[0] * sizes.stride[1] * plan.tiles * plan.bands
    return found


def shared(sizes: Sizes, plan: Spreading) -> int:
    """Return the bytes of two slabs, as of floats, or of the sums of a channel."""
    held = FewSpread(sizes, plan, rows_of(sizes), channels_of(sizes))
    weights = most_met(sizes, 1) * held.line
    slabs = 2 * plan.slab * (held.staged_rows * held.columns + weights)
    sums = rows_of(sizes) * plan.lines * sizes.stride[2] * QUAD * plan.quads
    found: int = 4 * max(slabs, sums)
    return found


def met_along(sizes: Sizes, axis: int, phase: int) -> tuple[Met, int]:
    """Return the taps that inputs of a phase meet along an axis, and how many they are."""
    stride, dilation, taps = sizes.stride[axis], sizes.dilation[axis], sizes.kernel[axis]
    found = [k for k in range(min(taps, 2 * stride)) if (dilation * k - phase) % stride == 0]
    if not found:
        return Met(0, 1, 0, 0), 0
    every = found[1] - found[0] if len(found) > 1 else stride
    start, hop = (dilation * found[0] - phase) // stride, dilation * every // stride
    return Met(found[0], every, start, hop), -(-(taps - found[0]) // every)


def met(sizes: Sizes, axis: int) -> list[tuple[Met, int]]:
    """Return the taps of every phase along an axis, and how many they are."""
    return [met_along(sizes, axis, phase) for phase in range(sizes.stride[axis])]


def most_met(sizes: Sizes, axis: int) -> int:
    """Return the most taps that an input meets along an axis."""
    return max(count for _, count in met(sizes, axis))


def predicted(sizes: Sizes, plan: Spreading, size: int) -> float:
    """Return the microseconds that a launch should take: a prediction, never measured.

    Args:
        sizes: of three axes.
        plan: how the inputs are shared.
        size: bytes of an element.
    """
    channels, rows = channels_of(sizes), rows_of(sizes)
    held = FewSpread(sizes, plan, rows, channels)
    width, warps, window = sizes.kernel[2], threads(plan) // LANES, QUAD + held.reach
    taps = sizes.kernel[1] / sizes.stride[1]  # of a mean phase
    planes = sizes.out_channels * sizes.kernel[0] / sizes.stride[0]
    quads = held.line // QUAD
    products = rows * QUAD * width * channels
    is_square = sizes.stride[2] == 1 and width == 3 == sizes.kernel[1] and channels < HELD[-1]
    row = products + quads + rows * -(-window // QUAD) + 8
    vector = QUAD if sizes.output[2] % QUAD == 0 else 1
    copies = -(-held.staged_rows * held.columns // (vector * LANES * warps))
    weights = -(-int(taps * held.line) // (LANES * warps))
    staging = (copies + weights) * (_COPIED + _PLACED / plan.slab) + _TURN / plan.slab
    ends = 12 * channels * rows * QUAD * sizes.stride[2]
    each = -(-blocks(sizes, plan) // PROCESSORS)
    beside = min(each, _SHARED // (shared(sizes, plan) + 1024), max(1, _WARPS // warps))
    busiest = each * warps * max(1.0, _BUSY / (beside * warps))
    issued = busiest * (planes * (taps * row + staging) + ends) / ISSUE
    reads = (rows + 2) / width if is_square else rows  # of a row of cotangents, for a row of taps
    turns = planes * (taps * (quads + reads * QUAD * -(-window // QUAD)) + copies * vector)
    moved = size * (
        sizes.batch * prod(sizes.output) * sizes.out_channels
        + sizes.batch * prod(sizes.input) * sizes.in_channels
    )
    return float(_LAUNCH + max(issued, busiest * turns / _CLOCK, moved / COPY))
