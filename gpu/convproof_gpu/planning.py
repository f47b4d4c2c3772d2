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
the same, of   the same                                                       ``c + h (1 + c u) /
columns                                                                       (1 - h u)``
few channels'  None: nothing predicts them                                    ``h / (1 - h u)``, or
weights                                                                       ``N`` if it is less
few channels'  None: what they are chosen by has not been measured            the same
inputs
other          None                                                           ``N``, their number
=============  =============================================================  ===================

The precision is a part of the plan: ``float32``, which is never TF32; ``tf32``, in which what is
left to floats keeps their error; ``bfloat16`` and ``float16`` of arrays of these dtypes, to which
answers are rounded in the end: ``c`` is without that. Rates of these three were measured of two
tiles.

``h`` is the number of additions that a product passes at most: those of a lane, of the lanes in
pairs, and of the parts; of an input its products; or, of ``folding``, those of columns. ``c`` knows
no bias, underflow, overflow, Inf or NaN. ``us`` is 0.86 to 1.06 times what VGG-16's convolutions
took in ``reports/gpu-bench-2026-11-26.txt``, AlexNet's 0.63 to 1.05, and in TF32 and 16 bits, where
it is too low, 0.61 to 0.83.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil, prod
from types import MappingProxyType
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.few_channels import LANES, QUAD, Gradient
from convproof.index_maps.pooled import MEMBERS
from convproof_gpu import candidates
from convproof_gpu.bounds import UNIT, bound
from convproof_gpu.choices import Asked, Choice, Choices, Question
from convproof_gpu.few_channels_input_plans import most_met
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring import arrays, ours
from convproof_gpu.measuring.costs import Cost, cost
from convproof_gpu.measuring.rows import Row, summands
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.tensor_products import unit_of
from convproof_gpu.tiles import MOST_SHARED, TENSOR_TILES, parted
from convproof_gpu.wing import Wing

H200 = MappingProxyType(  # bytes and operations per second, reports/gpu-bench-2026-11-26.txt
    {"copy": 4.19e12, "float32": 49e12, "tf32": 405e12, "bfloat16": 785e12}
)
_OF_16_BITS = MappingProxyType({"__half": "float16", "__nv_bfloat16": "bfloat16"})
_BOUNDS = MappingProxyType({"float16": "f16", "bfloat16": "bf16"})  # as ``bounds`` calls them
_TILES = {tile.argument: tile for tile in TENSOR_TILES}
_FOLD = "fold_forward"  # adds what the products of a strided adjoint left in columns
_HELPERS = ("conv_tensor", "sum_parts", _FOLD)  # whose kernels without a tile multiply nothing
_PAIRS = "conv_tensor_weight_vjp"  # of floats, whatever the elements
_TABLE: Choices = MappingProxyType({})
_MEMBERS = MappingProxyType(  # sums of a position, of kernels of two axes
    {"conv_tensor_last": 1, "conv_tensor_pooled": MEMBERS}
)
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
        additions: of few channels' weights and inputs, that a product passes at most.
        is_measured: whether its tile was, by ``convproof tune``, and is not the table's.
    """

    kernel: Kernel
    blocks: int
    threads: int
    parts: int
    extents: tuple[int, int, int, int] | None
    additions: int | None = None
    is_measured: bool = False

    @property
    def tile(self) -> str:
        """The template argument that is a tile, or "" of a kernel without one."""
        return next((each for each in self.kernel.arguments if "Tile<" in each), "")

    @property
    def choice(self) -> str:
        """Whose the tile is: ``"table"`` or ``"measured"``; "" of a kernel without one."""
        if not self.tile:
            return ""
        return "measured" if self.is_measured else "table"

    @property
    def operands(self) -> str | None:
        """What is multiplied on the tensor cores, ``float32``, ``tf32``, or elements as they are.

        Floats that elements of 16 bits became are words: products of TF32 without a rounding.
        """
        if self.extents is None:
            return None
        element = _element(self.kernel)
        return _OF_16_BITS.get(element) or _TILES[self.tile].precision

    @property
    def multiplies(self) -> bool:
        """Whether it computes the products, rather than lays operands out or adds parts."""
        return bool(self.tile) or self.kernel.file not in _HELPERS

    @property
    def us(self) -> float | None:
        """Predicted microseconds of a launch on the tensor cores with the parts that it has."""
        if self.extents is None:
            return None
        us, parts = parted(_TILES[self.tile], *self.extents, _element(self.kernel))
        return us if parts == self.parts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One operation of a layer, planned.

    Attributes:
        row: the operation.
        precision: that was asked for, a key of ``ours.PRECISIONS``.
        launches: in order.
        cost: operations and bytes.
        us: predicted microseconds, or None.
        coefficient: ``c``, rounded up to hundredths.
        questions: the products for which a tile was chosen.
    """

    row: Row
    precision: str
    launches: tuple[Launch, ...]
    cost: Cost
    us: float | None
    coefficient: float
    questions: tuple[Question, ...]

    @property
    def roofline(self) -> float | None:
        """The least time over the predicted one."""
        return None if self.us is None else self.cost.floor_us(self.precision, H200) / self.us

    @property
    def products(self) -> tuple[Launch, ...]:
        """The launches that multiply."""
        return tuple(launch for launch in self.launches if launch.multiplies)


class _Notes(Recorder):
    """A recorder that keeps every launch."""

    def __init__(self, choices: Choices, shared: int = MOST_SHARED) -> None:
        super().__init__()
        self.choices = self._asked = Asked(choices)
        self.shared = shared
        self.launches: list[Launch] = []

    @property
    def asked(self) -> dict[Question, Choice | None]:
        """The questions, each with the choice that was measured, in order."""
        return self._asked.asked

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
            is_measured=self._asked.is_measured,
        )
        self.launches.append(launch)


def planned(
    row: Row, precision: str = "float32", choices: Choices = _TABLE, shared: int = MOST_SHARED
) -> Plan:
    """Return the plan of a row.

    Args:
        row: of a layer that multiplies weights, without a bias.
        precision: a key of ``ours.PRECISIONS``.
        choices: that come before the table's.
        shared: bytes of shared memory that a block may have.

    Raises:
        UnsupportedError: if the kernels do not have the layer.
        LaunchLawError: if it is larger than they take at once.
    """
    notes, dtype = _Notes(choices, shared), ours.PRECISIONS[precision]
    wing = Wing(notes).with_precision("tf32" if precision == "tf32" else "float32")
    operands = {
        name: None if shape is None else blank(shape, dtype)
        for name, shape in arrays.shapes(row).items()
    }
    ours.call_of(wing, row, arrays.Arrays(**operands))()
    launches = tuple(notes.launches)
    return Plan(
        row=row,
        precision=precision,
        launches=launches,
        cost=cost(row, np.dtype(dtype).itemsize),
        us=_predicted(row, launches),
        coefficient=ceil(100 * _coefficient(row, precision, launches, notes.asked)) / 100,
        questions=tuple(notes.asked),
    )


def _extents(kernel: Kernel, args: Sequence[Any]) -> tuple[int, int, int, int] | None:
    """Return the products on the tensor cores of which a launch is told, from its struct."""
    if not any(argument in _TILES for argument in kernel.arguments):
        return None
    told = np.frombuffer(next(arg for arg in args if isinstance(arg, bytes)), np.int32).tolist()
    pairs = kernel.name == _PAIRS
    axes = 2 if kernel.name in _MEMBERS else int(kernel.arguments[not pairs])
    unit = unit_of(_element(kernel))
    batch, groups, channels, rows, taps = told[:_HEAD]
    quotients = told[_HEAD + _AXES * axes :][: 2 * axes * _QUOTIENT : _QUOTIENT]
    positions = batch * prod(quotients[axes:]) * _MEMBERS.get(kernel.name, 1)
    padded = taps * -(-channels // unit) * unit
    if pairs:
        return groups, rows, padded, positions
    return groups, rows, positions, padded


def _element(kernel: Kernel) -> str:
    """Return the C++ type that a kernel of the tensor cores multiplies."""
    return "float" if kernel.name == _PAIRS else kernel.arguments[0]


def _additions(kernel: Kernel, args: Sequence[Any]) -> int | None:
    """Return the additions that a product of few channels passes, from its sizes or its plan."""
    if kernel.file == "few_channels_input_vjp":
        told = np.frombuffer(args[3], np.int32).tolist()
        axes = (tuple(told[at : at + 3]) for at in range(4, len(told), 3))
        sizes = Sizes(**dict(zip((f.name for f in fields(Sizes)), (*told[:4], *axes), strict=True)))
        products: int = sizes.out_channels * prod(most_met(sizes, axis) for axis in range(3))
        return products
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


def _coefficient(
    row: Row,
    precision: str,
    launches: Sequence[Launch],
    asked: Mapping[Question, Choice | None],
) -> Fraction:
    """Return ``c``; the depths of a tile count the zeros that fill its channels."""
    by_family = [candidates.coefficient(q, choice) for q, choice in asked.items() if choice]
    told = [c for c in by_family if c is not None]
    found = [
        (_operands(each, precision), each, each.extents[3]) for each in launches if each.extents
    ]
    if not found and told:
        return max(told)
    if not found:
        number = Fraction(summands(row))
        passed = [each.additions for each in launches if each.additions is not None]
        return min([number, *(Fraction(h) / (1 - h * UNIT) for h in passed)])
    if row.operation == "weight_vjp" and len(found) > 1:  # slices of the batch, added in any order
        slabs = sum(-(-depth // _SLAB) for _, _, depth in found)
        return bound(_SLAB * slabs, found[0][0])
    c = max([*told, *(bound(max(depth, 1), of, splits=e.parts) for of, e, depth in found)])
    if not any(each.kernel.file == _FOLD for each in launches):
        return c
    h = Fraction(_folded(row.layer) - 1)  # additions of columns
    return c + h * (1 + c * UNIT) / (1 - h * UNIT)


def _folded(layer: Any) -> int:
    """Return how many columns a gradient of an input is the sum of, at most."""
    axes = zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)
    return prod(-(-taps // stride) if dilation == 1 else taps for taps, stride, dilation in axes)


def _operands(launch: Launch, precision: str) -> str:
    """Return what a launch multiplies on the tensor cores, as ``bounds`` calls it."""
    if launch.operands in ("bfloat16", "float16"):
        return _BOUNDS[launch.operands]
    return "words" if precision in _BOUNDS else _TILES[launch.tile].precision
