r"""How the pixels of a correlation are cut into tiles whose source is staged once for all taps.

A block copies, of eight units of channels, ``J R`` lines of weights and ``S`` staged positions, of
128 bytes each, for ``2 W 64 R J D`` operations: ``D`` depths are 128 bytes of elements. A tile of
``TensorTile``, which copies its source anew at every tap, copies ``(R + C) J`` lines for as much::

    halo     128 (J R + S) / (128 W' R J D)        W' = 2 W squares of 64 pixels
    as is    128 (R + C) / (2 R C D)               bytes per operation

**Model.** A launch takes its waves of blocks, each as long as the slowest of three::

    us = waves max(operations / ceiling, copied / rate, shared / (128 bytes in a cycle))

of all blocks of a wave, with the ceilings of ``reports/gpu-bench-2026-11-26.txt``; as rate of what
is copied that at which the tile of 128 x 128 copied there, its operations per second,
``tiles._OF_WORDS`` and ``tiles._OF_16_BITS``, times its bytes per operation: 5.9 and 5.4 TB/s. For
64 x R sums of 32 bytes of depth, which take ``R / 2`` cycles at the ceiling, the tensor cores read
``32 (64 + R)`` bytes of shared memory; what is copied is written there too. It knows no latency,
and no barrier. What it predicts was not measured: ``measuring.halo`` does, and tells it.

**Memory.** A machine tells how many bytes a block may have, ``Machine.shared``, 1 KiB less than its
multiprocessor; the blocks that registers suffice for must all have room there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import ClassVar, Literal

from convproof.index_maps import Sizes
from convproof.index_maps.correlation import Laid, adjoint, forward
from convproof.index_maps.depthwise import of_axes, quotient
from convproof.index_maps.halo import Halo, place
from convproof_gpu.bounds import bound
from convproof_gpu.elements import BYTES
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.operands import slices
from convproof_gpu.tiles import MOST_SHARED, Precision

_FLOAT, _UNIT, _UNITS, _LINE = "float", 16, 8, 128  # bytes; units of a slab, and their bytes
_SQUARE, _EIGHT = 64, 8  # pixels
_STAGES = 3  # of weights
_RESERVED = 1024  # bytes that a block has beyond what it asks for
_MOST = 2**30 - 2**16  # that a `Quotient` divides
_STEPS, _STEP, _BANKS = 4, 32, 128  # of a slab; bytes of depth; bytes in a cycle
_LEAST_TAPS = 2
_AXES = 2
_STAGED = 2**13  # positions, below which they are divided
PROCESSORS = 132  # of an H200
_CEILING = {_FLOAT: 405e6}  # operations per us; else
_CEILING_16_BITS = 785e6
_BYTES_EACH = 128 * 256 / (2 * 128 * 128)  # per depth, of a tile of 128 x 128
_COPIED = {_FLOAT: 190e6 * _BYTES_EACH / 32}  # bytes per us
_COPIED_16_BITS = 345e6 * _BYTES_EACH / 64
_PRECISIONS = {"float": "tf32", "__half": "f16", "__nv_bfloat16": "bf16"}
Kind = Literal["block", "run"]
KINDS: tuple[Kind, ...] = ("block", "run")


@dataclass(frozen=True, slots=True)
class HaloTile:
    """``rows`` output channels x 128 pixels for each of one or two warpgroups.

    Floats are rounded to words of tf32.

    Attributes:
        rows: 128 or 64.
        warpgroups: 1 or 2, which share the weights.
        kind: of the pixels, see ``index_maps.halo``; None: as the model finds fastest.
    """

    rows: int
    warpgroups: int
    kind: Kind | None = None

    precision: ClassVar[Precision] = "tf32"

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return 128 * self.warpgroups

    @property
    def pixels(self) -> int:
        """Pixels of a block."""
        return 128 * self.warpgroups

    @property
    def area(self) -> int:
        """Sums of a block."""
        return self.rows * self.pixels

    @property
    def resident(self) -> int:
        """Blocks of a multiprocessor, for which the kernel's registers suffice."""
        return 3 - self.warpgroups

    @property
    def argument(self) -> str:
        """The template argument."""
        return f"HaloTile<{self.rows}, {self.warpgroups}>"

    def shared(self, halo: Halo) -> int:
        """Return the bytes of dynamic shared memory: weights, planes, places; then the sums."""
        copied = _STAGES * _LINE * self.rows + 2 * _UNITS * halo.plane + 4 * halo.staged
        return max(copied, 4 * self.area)


HALO_TILES = tuple(HaloTile(rows, groups) for rows in (128, 64) for groups in (1, 2))


@dataclass(frozen=True, slots=True)
class Plan:
    """A tile, as it is launched.

    Attributes:
        tile: of a block.
        halo: what the kernel is told.
        tiles: of an image.
        blocks: of the grid.
    """

    tile: HaloTile
    halo: Halo
    tiles: int
    blocks: int

    def us(self, laid: Laid, element: str) -> float:
        """Return the microseconds that the model predicts."""
        rows, squares = self.tile.rows, self.tile.pixels // _SQUARE
        blocks, depths = PROCESSORS * self.tile.resident, depths_of(laid)
        slabs = depths // (_UNITS * laid.unit)
        copied = _LINE * slabs * (rows + self.halo.staged / prod(laid.sizes.taps))
        operations = 2 * self.tile.area * depths
        computed = operations / _CEILING.get(element, _CEILING_16_BITS)
        shared = _STEPS * slabs * squares * _STEP * (_SQUARE + rows) + copied
        cycles = _STEPS * slabs * squares * rows / 2
        slowest = max(
            computed,
            computed * shared / (_BANKS * cycles),
            copied / _COPIED.get(element, _COPIED_16_BITS),
        )
        return -(-self.blocks // blocks) * blocks * slowest


def phases(sizes: Sizes, unit: int, *, is_adjoint: bool) -> tuple[Laid, ...]:
    """Return a convolution as a correlation, or the phases of its adjoint, of two axes."""
    two = of_axes(sizes, _AXES)
    return tuple(adjoint(two, unit)) if is_adjoint else (forward(two, unit),)


def refused(
    sizes: Sizes,
    element: str,
    tile: HaloTile,
    *,
    is_adjoint: bool = False,
    shared: int = MOST_SHARED,
) -> str:
    """Return the law that a convolution breaks for a tile, with its numbers, or "".

    Planned is the first slice of the batch, the largest, as it is launched.

    Args:
        sizes: of the convolution.
        element: the C++ type of its arrays.
        tile: which.
        is_adjoint: whether its input's gradient is meant.
        shared: bytes of shared memory that a block may have.
    """
    if len(sizes.input) > 2:
        return f"it has {len(sizes.input)} axes, and a halo one or two. Take a TensorTile."
    if not is_adjoint and set(sizes.stride) != {1}:
        return (
            f"its stride is {sizes.stride}, and neighbouring pixels must meet neighbouring "
            "positions: stride 1. Take a TensorTile."
        )
    if min(sizes.in_channels, sizes.out_channels, *sizes.kernel) < 1:
        return "it has no channels or no taps. Take a TensorTile."
    unit = _UNIT // BYTES[element]
    try:
        _, launched = next(slices(sizes, unit=unit))
    except LaunchLawError as error:
        return str(error)
    for laid in phases(launched, unit, is_adjoint=is_adjoint):
        taps = prod(laid.sizes.taps)
        if taps < _LEAST_TAPS:
            return (
                f"{taps} taps meet an output, and the source is staged while {_LEAST_TAPS} or "
                "more are computed. Take a TensorTile."
            )
        if planned(laid, tile, shared) is None:
            return (
                f"no tile of {tile.pixels} pixels with taps {laid.sizes.taps}, "
                f"{tuple(map(abs, laid.sizes.step))} apart, is staged in "
                f"{_room(tile, shared)} bytes twice, or its positions are "
                "too many for 30 bits. Take a TensorTile."
            )
    return ""


def fits(
    sizes: Sizes,
    element: str,
    precision: str,
    *,
    is_adjoint: bool = False,
    shared: int = MOST_SHARED,
) -> bool:
    """Return whether a halo's kernel computes a convolution, in one of its tiles, as asked.

    Args:
        sizes: of the convolution.
        element: the C++ type of its arrays.
        precision: of the products of floats; of 16 bits they are as they are.
        is_adjoint: whether its input's gradient is meant.
        shared: bytes of shared memory that a block may have.
    """
    if element == _FLOAT and precision != "tf32":
        return False
    return not all(
        refused(sizes, element, tile, is_adjoint=is_adjoint, shared=shared) for tile in HALO_TILES
    )


def depths_of(laid: Laid) -> int:
    """Return the products of a sum, the zeros that fill the slab of a tap included.

    The bound of ``bounds.bound`` holds at so many: a slab is 8 units of channels of one tap.
    """
    slab = _UNITS * laid.unit
    found: int = prod(laid.sizes.taps) * -(-laid.padded // slab) * slab
    return found


def coefficient(sizes: Sizes, element: str, *, is_adjoint: bool = False) -> Fraction:
    """Return ``c`` of ``|y_hat - y| <= c u sum |a b|``, of every output, see ``bounds``."""
    laid = phases(sizes, _UNIT // BYTES[element], is_adjoint=is_adjoint)
    return max(bound(depths_of(each), _PRECISIONS[element]) for each in laid)


def planned(laid: Laid, tile: HaloTile, shared: int = MOST_SHARED) -> Plan | None:
    """Return the plan that the model finds fastest, and of these the one that stages least.

    Args:
        laid: a correlation.
        tile: of a block.
        shared: bytes of shared memory that a block may have.
    """
    element = _FLOAT if laid.unit == _UNIT // BYTES[_FLOAT] else ""
    plans = (plan for plan in _plans(laid, tile) if _is_legal(plan, shared))
    return min(plans, key=lambda plan: (plan.us(laid, element), plan.halo.staged), default=None)


def _room(tile: HaloTile, shared: int) -> int:
    """Return the bytes of a block where as many are on a multiprocessor as registers hold."""
    return (shared + _RESERVED) // tile.resident - _RESERVED


def _is_legal(plan: Plan, shared: int) -> bool:
    """Return whether shared memory holds the blocks that registers do, and numbers are divided."""
    halo, tile = plan.halo, plan.tile
    most = max(plan.blocks, plan.tiles * tile.pixels + _STAGED + halo.pitch.by)
    is_staged = tile.shared(halo) <= _room(tile, shared) and halo.staged < _STAGED
    return is_staged and most < _MOST


def _plans(laid: Laid, tile: HaloTile) -> Iterator[Plan]:
    reach = tuple(
        abs(step) * (taps - 1) for step, taps in zip(laid.sizes.step, laid.sizes.taps, strict=True)
    )
    squares = tile.pixels // _SQUARE
    lines, columns = laid.sizes.positions
    for across in (1 << k for k in range(squares.bit_length()) if tile.kind != "run"):
        high, wide = _EIGHT * squares // across, _EIGHT * across
        beside, below = -(-columns // wide), -(-lines // high)
        yield _plan(laid, tile, wide + reach[1], across, (0, high, wide), beside, below, reach)
    if tile.kind == "block":
        return
    pitch = columns + reach[1]
    beside = -(-max((lines - 1) * pitch + columns, 0) // tile.pixels)
    yield _plan(laid, tile, pitch, 1, (tile.pixels, 0, 0), beside, 1, reach)


def _plan(
    laid: Laid,
    tile: HaloTile,
    pitch: int,
    across: int,
    steps: tuple[int, int, int],
    beside: int,
    below: int,
    reach: tuple[int, ...],
) -> Plan:
    s = laid.sizes
    apart = _EIGHT if steps[0] else pitch
    staged = place(tile.pixels - 1, across, apart) + reach[0] * pitch + reach[1] + 1
    abreast = tile.threads // _UNITS
    slots = prod(s.taps) - 1
    back = [r if step < 0 else 0 for r, step in zip(reach, s.step, strict=True)]
    halo = Halo(
        staged=staged,
        plane=_UNIT * ((staged + 6) // 8 * 8 + 1),
        piece=-(-staged // (abreast * max(slots, 1))) * abreast,
        apart=apart,
        across=across,
        linear=steps[0],
        lines=steps[1],
        columns=steps[2],
        first=back[0] * pitch + back[1],
        below=s.step[0] * pitch if s.taps[0] > 1 else 0,
        beyond=s.step[1],
        origin=(s.origin[0] - back[0], s.origin[1] - back[1]),
        pitch=quotient(max(pitch, 1)),
        beside=quotient(max(beside, 1)),
    )
    tiles = beside * below
    return Plan(tile, halo, tiles, -(-s.rows // tile.rows) * tiles * s.batch * s.groups)
