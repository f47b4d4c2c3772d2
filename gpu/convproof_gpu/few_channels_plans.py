"""How a convolution of few channels is shared among blocks, warps and threads: what costs least.

A block stages the input of a tile of outputs, whose rows are of quads of four. The costs are
instructions of the processors, counted roughly; only their order matters.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from math import prod

from convproof.index_maps import Sizes
from convproof.index_maps.few_channels import (
    CHANNELS,
    QUAD,
    ROWS,
    FewCorrelated,
    FewPaired,
    Forward,
    Gradient,
    pitch,
)
from convproof_gpu.operands import MOST

COMPILED = ((3, 1), (3, 2), (5, 1), (7, 2), (11, 4))  # taps and stride along the width
ROW_TAPS = tuple(f"RowTaps<{width}, {stride}>" for width, stride in COMPILED)
ANY_TAPS = "RowTaps<0, 0>"
THREADS = 256  # of a block of forward
_WARPS = 6
_MOST_SHARED = 99 << 10  # bytes, so that two blocks run beside each other
_SHARED = 226 << 10  # bytes of a processor
_PROCESSORS = 132  # of a large GPU
_RESIDENT = 2, 12  # blocks of forward on a processor, and warps of the gradient
_BUSY = 6  # warps that keep a processor busy


@lru_cache(maxsize=1024)
def forward_plan(sizes: Sizes) -> Forward | None:
    """Return the plan of three axes that costs least, or None if shared memory holds none."""
    return min(forward_plans(sizes), key=lambda plan: _forward_cost(sizes, plan), default=None)


def forward_plans(sizes: Sizes) -> Iterator[Forward]:
    """Yield ways to share the outputs: wider tiles first."""
    planes, rows = sizes.in_channels * sizes.kernel[0], -(-sizes.output[1] // ROWS)
    for sides in (1, 2, 4):
        each, step = THREADS // sides, sides * CHANNELS
        passes = -(-sizes.out_channels // step)
        for quads in _widths(sizes, each):
            most = min(each // quads, rows)
            for lines in sorted({most, -(-most // 2), -(-most // 4)}):
                cut = _cut(sizes, quads, lines, rows)
                shares = {(planes, -(-passes // n) * step) for n in (1, 2, 4)} | {(1, step)}
                for held, chunk in sorted(shares):
                    plan = Forward(**cut, sides=sides, chunk=chunk, held=held)
                    if forward_shared(sizes, plan) <= _MOST_SHARED and addressable(sizes, plan):
                        yield plan


def addressable(sizes: Sizes, plan: Forward) -> bool:
    """Return whether 32 bits hold what threads add to ``y``, also for channels that there are not.

    Of as many images as a launch takes (``convproof prove int32_few_channels``).
    """
    images = min(sizes.batch, MOST // (sizes.out_channels * prod(sizes.output)))
    found: bool = FewCorrelated(replace(sizes, batch=images), plan).end <= MOST
    return found


@lru_cache(maxsize=1024)
def gradient_plan(sizes: Sizes) -> Gradient | None:
    """Return the plan of three axes that costs least, or None if there is none."""
    return min(gradient_plans(sizes), key=lambda plan: _gradient_cost(sizes, plan), default=None)


def gradient_plans(sizes: Sizes) -> Iterator[Gradient]:
    """Yield ways to share the sums: none for taps that are not compiled."""
    if not compiled(sizes):
        return
    planes, rows = sizes.in_channels * sizes.kernel[0], sizes.output[1]
    levels = -(-sizes.kernel[1] // tall_of(sizes))
    shapes = [
        (sides, held, level)
        for sides in range(1, min(_WARPS, -(-sizes.out_channels // CHANNELS)) + 1)
        for held in range(1, min(_WARPS // sides, planes) + 1)
        for level in range(1, min(_WARPS // (sides * held), levels) + 1)
    ]
    for quads in _widths(sizes, 64):
        for lines in sorted({min(rows, n) for n in (1, 2, 4, 8, 16)}):
            cut = _cut(sizes, quads, lines, rows)
            for sides, held, level in shapes:
                plan = Gradient(**cut, sides=sides, held=held, levels=level, splits=1)
                if gradient_shared(sizes, plan) <= _MOST_SHARED:
                    yield replace(plan, splits=_splits(sizes, plan))


def _widths(sizes: Sizes, most: int) -> list[int]:
    """Return how many quads a tile's row may have."""
    in_row: int = -(-sizes.output[2] // QUAD)
    least = -(-in_row // most)
    return sorted({-(-in_row // tiles) for tiles in (least, least + 1, 2 * least)}, reverse=True)


def _cut(sizes: Sizes, quads: int, lines: int, rows: int) -> dict[str, int]:
    """Return a tiling of so many quads and lines."""
    reach = sizes.dilation[2] * (sizes.kernel[2] - 1)
    return {
        "quads": quads,
        "lines": lines,
        "tiles": -(-sizes.output[2] // (QUAD * quads)),
        "bands": -(-rows // lines),
        "pitch": pitch(quads, sizes.stride[2], reach),
    }


def _forward_cost(sizes: Sizes, plan: Forward) -> tuple[float, int]:
    """Return the instructions of a block times the rounds of blocks, and the shared memory."""
    planes, area = sizes.in_channels * sizes.kernel[0], prod(sizes.kernel[1:])
    warps = max(plan.sides * -(-plan.quads * plan.lines // 32), _BUSY)
    products = ROWS * CHANNELS * QUAD
    computing = warps * (planes * area * products * 1.08 + 4 * products)
    patches = planes * _staging(FewCorrelated(sizes, plan).rows, sizes.stride[2] * plan.pitch)
    weights = planes * area * plan.chunk * 12 / 32
    rounds = -(-forward_blocks(sizes, plan) // (_PROCESSORS * _RESIDENT[0]))
    shared = forward_shared(sizes, plan)
    return rounds * (plan.passes * computing + patches + weights), shared


def _gradient_cost(sizes: Sizes, plan: Gradient) -> tuple[float, int]:
    """Return the instructions of all blocks, more if they leave a processor idle; the memory."""
    tall, width = tall_of(sizes), sizes.kernel[2]
    loads = CHANNELS + tall * sizes.stride[2] * 2
    turn = CHANNELS * QUAD * tall * width * 1.04 + loads + 40
    turns = -(-plan.quads * plan.lines // 32)
    staging = plan.held * _staging(_paired(sizes, plan).rows, sizes.stride[2] * plan.pitch)
    staging += plan.sides * CHANNELS * _staging(plan.lines, QUAD * plan.quads)
    strip = plan.warps * turns * turn + staging
    blocks, beside = plan.splits * groups_of(sizes, plan), _beside(sizes, plan)
    rounds = -(-blocks // (_PROCESSORS * beside)) * beside
    idle = max(1.0, _BUSY / (plan.warps * beside))
    last = CHANNELS * tall * width * 12 * plan.warps
    shared = gradient_shared(sizes, plan)
    strips = -(-_paired(sizes, plan).strips // plan.splits)
    return rounds * (strips * strip + last) * idle, shared


def _staging(rows: int, columns: int) -> float:
    """Return the instructions of the warps that stage rows, 256 numbers of one at a time."""
    return rows * -(-columns // 256) * 60


def _splits(sizes: Sizes, plan: Gradient) -> int:
    """Return the parts that keep every processor busy for a whole number of rounds."""
    groups, slots = groups_of(sizes, plan), _PROCESSORS * _beside(sizes, plan)
    strips: int = _paired(sizes, plan).strips
    choices = {min(strips, max(1, rounds * slots // groups)) for rounds in (1, 2, 3, 4)}

    def rounds(splits: int) -> int:
        return -(-splits * groups // slots) * -(-strips // splits)

    best = min(sorted(choices), key=rounds)
    found: int = -(-strips // -(-strips // best))  # none of them empty
    return found


def _beside(sizes: Sizes, plan: Gradient) -> int:
    """Return how many blocks run on a processor at once."""
    warps: int = plan.warps
    return max(1, min(_RESIDENT[1] // warps, _SHARED // (gradient_shared(sizes, plan) + 1024)))


def groups_of(sizes: Sizes, plan: Gradient) -> int:
    """Return how many blocks hold all weights."""
    planes = sizes.in_channels * sizes.kernel[0]
    sides = -(-sizes.out_channels // (plan.sides * CHANNELS))
    found: int = (
        sides * -(-planes // plan.held) * -(-sizes.kernel[1] // (plan.levels * tall_of(sizes)))
    )
    return found


def _paired(sizes: Sizes, plan: Gradient) -> FewPaired:
    return FewPaired(sizes, plan, tall_of(sizes))


def tall_of(sizes: Sizes) -> int:
    """Return how many rows of taps a warp sums: TALL of the source."""
    width = sizes.kernel[2]
    return 3 if width <= 3 else 2 if width <= 5 else 1


def forward_shared(sizes: Sizes, plan: Forward) -> int:
    """Return the bytes of the patches and the weights."""
    weights = prod(sizes.kernel[1:]) * plan.chunk
    found: int = 4 * plan.held * (FewCorrelated(sizes, plan).patch + weights)
    return found


def gradient_shared(sizes: Sizes, plan: Gradient) -> int:
    """Return the bytes of the patches and the cotangents."""
    patch, lines = _paired(sizes, plan).patch, plan.sides * CHANNELS * plan.lines
    found: int = 4 * (plan.held * patch + lines * QUAD * plan.quads)
    return found


def forward_blocks(sizes: Sizes, plan: Forward) -> int:
    """Return how many blocks there are."""
    tiles = plan.tiles * plan.bands * -(-sizes.out_channels // plan.chunk)
    found: int = sizes.batch * sizes.output[0] * tiles
    return found


def compiled(sizes: Sizes) -> bool:
    """Return whether the taps along the width are: then they are not dilated."""
    return row_taps(sizes) != ANY_TAPS


def row_taps(sizes: Sizes) -> str:
    """Return the template argument for the width."""
    known = sizes.kernel[2], sizes.stride[2]
    return (
        f"RowTaps<{known[0]}, {known[1]}>"
        if sizes.dilation[2] == 1 and known in COMPILED
        else ANY_TAPS
    )
