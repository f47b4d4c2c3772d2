"""The input's gradient of strided convolutions of few input channels: columns, and their sums.

With a stride, an adjoint on the tensor cores is a product for each phase, of as many rows as there
are input channels: of few, most of a tile is zeros. Here is one product for all taps::

    columns[n, c K + k, o] = sum_m  w[m, c, k] y_bar[n, m, o]        x_bar = fold(columns)

whose rows are channels and taps. Both are kernels of their own layers: the adjoint of a
convolution of one tap, and col2im.
"""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof_gpu.machine import Machine
from convproof_gpu.products import conv_input_vjp as by_phases
from convproof_gpu.unfolding import fold_forward

_FEW_CHANNELS, _LEAST_PHASES = 8, 4
_MOST_COLUMNS = 2**27  # elements at a time: half a gigabyte


def fits(sizes: Sizes, dtype: Any) -> bool:
    """Return whether phases of the adjoint would be narrow, and columns are floats, not many.

    Those of an image: the images of a large batch are folded some at a time.
    """
    columns = sizes.in_channels * prod(sizes.kernel) * prod(sizes.output)
    return (
        np.dtype(dtype) == np.float32
        and sizes.groups == 1
        and 1 <= sizes.in_channels <= _FEW_CHANNELS
        and prod(sizes.stride) >= _LEAST_PHASES
        and min(*sizes.input, *sizes.output, sizes.out_channels, sizes.batch) >= 1
        and columns <= _MOST_COLUMNS
    )


def conv_input_vjp(machine: Machine, sizes: Sizes, y_bar: Any, w: Any, x_bar: Any) -> Any:
    """Write ``x_bar``, the adjoint of a convolution that ``fits`` at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution.
        y_bar: ``(N, M, *O)``.
        w: ``(M, C, *K)``.
        x_bar: ``(N, C, *I)``.
    """
    dims, rows = len(sizes.input), sizes.in_channels * prod(sizes.kernel)
    of_one_tap = replace(
        sizes, in_channels=rows, input=sizes.output, kernel=(1,) * dims, stride=(1,) * dims,
        dilation=(1,) * dims, low=(0,) * dims,
    )  # fmt: skip
    each = max(1, _MOST_COLUMNS // (rows * prod(sizes.output)))  # images
    for begin in range(0, sizes.batch, each):
        images = slice(begin, min(begin + each, sizes.batch))
        batch = images.stop - begin
        columns = machine.empty((batch, rows, *sizes.output), np.float32)
        by_phases(machine, replace(of_one_tap, batch=batch), y_bar[images], w, None, columns)
        folded = replace(sizes, batch=batch, out_channels=rows)
        fold_forward(machine, folded, columns, x_bar[images])
    return x_bar
