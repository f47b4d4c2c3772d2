"""Depthwise convolution of as many outputs as inputs, launched: a thread owns a strip of a plane.

=========  ==================================================================
parameter  is
=========  ==================================================================
``SIDE``   3 or 5 taps along both axes
``WIDTH``  16 bytes of elements, if all rows begin at multiples of them, or 1
=========  ==================================================================
"""

from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import BELOW, quotient
from convproof.index_maps.depthwise_strips import SIDES, Strips
from convproof_gpu.divided import launch_divided
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import width_of
from convproof_gpu.machine import Kernel, Machine, packed

THREADS, SHARERS = 128, 512  # of a block: of a correlation, of a gradient
_SLOTS = 132  # blocks of a gradient that a large GPU runs at a time


def rows_of(side: int, width: int) -> int:
    """Return the rows of a strip, as ``ROWS`` of the kernels."""
    few = width > 4
    return (4 if few else 7) if side == 3 else (2 if few else 4)


def strips_of(sizes: Sizes, *arrays: Any) -> tuple[Strips, int, int] | None:
    """Return the strips of a convolution of three axes, their taps and width; None: it has none.

    Args:
        sizes: of three axes, the first one of a single position.
        arrays: its input and output, which are read and written ``width`` at a time.
    """
    (_, rows, columns), (_, side, across) = sizes.input, sizes.kernel
    one, half = (1, 1, 1), side // 2
    told = (sizes.stride, sizes.dilation, sizes.output, sizes.low, sizes.input[0], across)
    same = told == (one, one, sizes.input, (0, half, half), 1, side)
    if not same or sizes.kernel[0] != 1 or sizes.out_channels != 1 or side not in SIDES:
        return None
    width = min(map(width_of, arrays))
    width = width if columns % width == 0 else 1
    down = -(-rows // rows_of(side, width))
    if sizes.batch * sizes.groups * down * (columns // width) > BELOW:
        return None
    return Strips(
        batch=sizes.batch, rows=rows, columns=columns, across=quotient(columns // width),
        down=quotient(down), channels=quotient(sizes.groups),
    ), side, width  # fmt: skip


def correlate(
    machine: Machine, verb: str, cut: tuple[Strips, int, int], given: dict[str, Any], epilogue: Any
) -> None:
    """Launch ``forward`` or ``input_vjp``, which write the last array that is given."""
    strips, side, width = cut
    *_, output = given
    element = type_of(**{name: a for name, a in given.items() if a is not None})
    kernel = Kernel(f"depthwise_strips_{verb}", (element, str(side), str(width)))
    count = strips.batch * strips.channels.by * strips.down.by * strips.across.by
    args = given | {"strips": packed(strips, "int"), "epilogue": epilogue}
    launch_divided(machine, kernel, -(-count // THREADS), THREADS, args, output)


def splits_of(strips: Strips) -> int:
    """Return into how many parts a gradient's sums are split: as few as keep a GPU busy.

    A block takes ``SHARERS`` strips at a time; to add the parts takes as long as half of that.
    """
    of_a_channel = strips.batch * strips.down.by * strips.across.by
    turns = max(1, -(-of_a_channel // SHARERS))

    def cost(splits: int) -> int:
        waves = -(-strips.channels.by * splits // _SLOTS)
        return 2 * waves * -(-turns // splits) + (splits > 1)

    return min(range(1, min(turns, _SLOTS) + 1), key=cost)


def add_up(machine: Machine, cut: tuple[Strips, int, int], y_bar: Any, x: Any, parts: Any) -> None:
    """Write ``parts``, ``(splits, C, 1, SIDE, SIDE)``, whose sum is the gradient."""
    strips, side, width = cut
    kernel = Kernel(
        "depthwise_strips_weight_vjp", (type_of(y_bar=y_bar, x=x), str(side), str(width))
    )
    of_a_channel = strips.batch * strips.down.by * strips.across.by
    args = {
        "y_bar": y_bar, "x": x, "parts": parts, "strips": packed(strips, "int"),
        "run": np.int32(-(-of_a_channel // len(parts))),
    }  # fmt: skip
    launch_divided(machine, kernel, strips.channels.by * len(parts), SHARERS, args, "parts")
