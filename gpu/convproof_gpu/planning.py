"""What a layer will launch, how long that should take and how far it may be off: no GPU is asked.

The verbs are run on a machine that only takes notes. Of an operation is told::

    roofline  =  floor / us          floor = max(bytes / copy, flops / rate) of an H200
    |y_hat - y|  <=  c u sum |a b|   u = 2^-24, over the products of one sum

=============  =============================================================  ===================
products       ``us``                                                         ``c``
=============  =============================================================  ===================
tensor tiles   ``tiles.parted``, with which the tile was chosen; None if the  ``bounds.bound``
               launch has other parts, or images one position each, as in a
               fully connected layer, for whose strides no rate was measured
few channels'  None: nothing predicts them                                    ``h / (1 - h u)``, or
weights                                                                       ``N`` if it is less
other          None                                                           ``N``, their number
=============  =============================================================  ===================

``h`` is the number of additions that a product passes at most: those of a lane, of the lanes in
pairs, and of the parts. ``c`` knows no bias, underflow, overflow, Inf or NaN. ``us`` is 0.8 to 1.4
times what AlexNet's and VGG-16's convolutions took in ``reports/gpu-bench-2026-11-26.txt``, and 2.1
times LeNet's small ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil, prod
from types import MappingProxyType
from typing import Any

import numpy as np

from convproof.index_maps.correlation import CHUNK
from convproof.index_maps.few_channels import LANES, QUAD, Gradient
from convproof_gpu.bounds import UNIT, bound
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring import arrays, ours
from convproof_gpu.measuring.costs import Cost, cost
from convproof_gpu.measuring.rows import Row, summands
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.tiles import TENSOR_TILES, parted
from convproof_gpu.wing import Wing

H200 = MappingProxyType(  # bytes and operations per second, reports/gpu-bench-2026-11-26.txt
    {"copy": 4.19e12, "float32": 49e12, "tf32": 405e12, "bfloat16": 785e12}
)
_DTYPE = "float32"
_TILES = {tile.argument: tile for tile in TENSOR_TILES}
_HELPERS = ("conv_tensor", "sum_parts")  # files whose kernels without a tile multiply nothing
_SLAB = 32
_IN_PAIRS = 5  # additions in which the sums of a warp's lanes become one
_HEAD, _AXES, _QUOTIENT = 5, 7, 3  # numbers of ``Correlations``: before its axes, of an axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One launch.

    Attributes:
        kernel: which.
        blocks: of the grid.
        threads: of a block.
        parts: in which its sums are left to be added; 1: they are whole.
        extents: on the tensor cores, products, and rows, columns and depth of each.
        additions: of few channels' weights, that a product passes at most.
    """

    kernel: Kernel
    blocks: int
    threads: int
    parts: int
    extents: tuple[int, int, int, int] | None
    additions: int | None = None

    @property
    def tile(self) -> str:
        """The template argument that is a tile, or "" of a kernel without one."""
        return next((each for each in self.kernel.arguments if "Tile<" in each), "")

    @property
    def multiplies(self) -> bool:
        """Whether it computes the products, rather than lays weights out or adds parts."""
        return bool(self.tile) or self.kernel.file not in _HELPERS

    @property
    def us(self) -> float | None:
        """Predicted microseconds of a launch on the tensor cores with the parts that it has."""
        if self.extents is None:
            return None
        us, parts = parted(_TILES[self.tile], *self.extents)
        return us if parts == self.parts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One operation of a layer, planned.

    Attributes:
        row: the operation.
        launches: in order.
        cost: operations and bytes.
        us: predicted microseconds, or None.
        coefficient: ``c``, rounded up to hundredths.
    """

    row: Row
    launches: tuple[Launch, ...]
    cost: Cost
    us: float | None
    coefficient: float

    @property
    def roofline(self) -> float | None:
        """The least time over the predicted one."""
        return None if self.us is None else self.cost.floor_us(_DTYPE, H200) / self.us

    @property
    def products(self) -> tuple[Launch, ...]:
        """The launches that multiply."""
        return tuple(launch for launch in self.launches if launch.multiplies)


class _Notes(Recorder):
    """A recorder that keeps every launch."""

    def __init__(self) -> None:
        super().__init__()
        self.launches: list[Launch] = []

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Note the launch."""
        super().run(kernel, blocks, threads, args, outputs)
        launch = Launch(
            kernel=kernel,
            blocks=blocks,
            threads=threads,
            parts=len(args[2]) if tuple(outputs) == ("parts",) else 1,
            extents=_extents(kernel, args),
            additions=_additions(kernel, args),
        )
        self.launches.append(launch)


def planned(row: Row) -> Plan:
    """Return the plan of a row in float32.

    Args:
        row: of a layer that multiplies weights, without a bias.

    Raises:
        UnsupportedError: if the kernels do not have the layer.
        LaunchLawError: if it is larger than they take at once.
    """
    notes = _Notes()
    operands = {
        name: None if shape is None else blank(shape, _DTYPE)
        for name, shape in arrays.shapes(row).items()
    }
    ours.call_of(Wing(notes), row, row.layer, arrays.Arrays(**operands))()
    launches = tuple(notes.launches)
    return Plan(
        row=row,
        launches=launches,
        cost=cost(row, np.dtype(_DTYPE).itemsize),
        us=_predicted(row, launches),
        coefficient=ceil(100 * _coefficient(row, launches)) / 100,
    )


def _extents(kernel: Kernel, args: Sequence[Any]) -> tuple[int, int, int, int] | None:
    """Return the products on the tensor cores of which a launch is told, from its struct."""
    if not any(argument in _TILES for argument in kernel.arguments):
        return None
    told = np.frombuffer(next(arg for arg in args if isinstance(arg, bytes)), np.int32).tolist()
    dims = int(kernel.arguments[1])
    batch, groups, channels, rows, taps = told[:_HEAD]
    quotients = told[_HEAD + _AXES * dims :][: 2 * dims * _QUOTIENT : _QUOTIENT]
    positions, padded = batch * prod(quotients[dims:]), taps * -(-channels // CHUNK) * CHUNK
    if kernel.name == "conv_tensor_weight_vjp":
        return groups, rows, padded, positions
    return groups, rows, positions, padded


def _additions(kernel: Kernel, args: Sequence[Any]) -> int | None:
    """Return the additions that a product of few channels' weights passes, from its plan."""
    if kernel.file != "few_channels_weight_vjp":
        return None
    names = (field.name for field in fields(Gradient))
    told = dict(zip(names, np.frombuffer(args[-1], np.int32).tolist(), strict=True))
    y_bar, plan = args[0], Gradient(**told)
    strips = y_bar.shape[0] * prod(y_bar.shape[2:-2]) * plan.bands * plan.tiles
    turns = -(-plan.quads * plan.lines // LANES)
    of_a_lane = -(-strips // plan.splits) * turns * QUAD
    found: int = of_a_lane + _IN_PAIRS + plan.splits - 1
    return found


def _predicted(row: Row, launches: Sequence[Launch]) -> float | None:
    """Return the microseconds of all products, if every launch of them is predicted."""
    times = [launch.us for launch in launches if launch.multiplies]
    known = [us for us in times if us is not None]
    is_measured = prod(row.output_shape[2:]) > 1
    return sum(known) if known and len(known) == len(times) and is_measured else None


def _coefficient(row: Row, launches: Sequence[Launch]) -> Fraction:
    """Return ``c``; the depths of a tile count the zeros that fill its channels."""
    found = [(_TILES[each.tile], each, each.extents[3]) for each in launches if each.extents]
    if not found:
        number = Fraction(summands(row))
        passed = [each.additions for each in launches if each.additions is not None]
        return min([number, *(Fraction(h) / (1 - h * UNIT) for h in passed)])
    if row.operation == "weight_vjp" and len(found) > 1:  # slices of the batch, added in any order
        slabs = sum(-(-depth // _SLAB) for _, _, depth in found)
        return bound(_SLAB * slabs, found[0][0].precision)
    return max(
        bound(max(depth, 1), tile.precision, splits=each.parts) for tile, each, depth in found
    )
