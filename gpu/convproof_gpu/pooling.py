"""Pooling, launched: maxima and means over windows, and their derivatives, all of them gathers.

Square windows of the sizes that networks have run in bands, if a few rows fit in shared memory;
global ones of small planes, by planes.
"""

from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Counted, Windows
from convproof.index_maps.bands import Bands, Square, Whole
from convproof.layers.pooling import AdaptivePool, Pool
from convproof_gpu import bands
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed
from convproof_gpu.operands import check_dims

_THREADS = 256


def sliding(layer: Pool, shape: tuple[int, ...]) -> Windows:
    """Return the windows ``i = stride o + dilation k - low`` of an input of this shape."""
    axes = layer.axes(shape[2:])
    check_dims(len(axes))
    return Windows(
        planes=shape[0] * shape[1],
        input=tuple(shape[2:]),
        output=tuple(axis.output_size for axis in axes),
        stride=layer.stride,
        reach=tuple(axis.span for axis in axes),
        parts=(1,) * len(axes),
        dilation=layer.dilation,
        low=tuple(axis.padding[0] for axis in axes),
    )


def adaptive(layer: AdaptivePool, shape: tuple[int, ...]) -> Windows:
    """Return the windows ``floor(o I / O) <= i < ceil((o + 1) I / O)``."""
    check_dims(len(shape) - 2)
    return _covering(shape[0] * shape[1], tuple(shape[2:]), layer.sizes(shape[2:]))


def whole(shape: tuple[int, ...]) -> Windows:
    """Return the one window of each feature map, whose axes are taken for one."""
    return _covering(shape[0] * shape[1], (prod(shape[2:]),), (1,))


def _covering(planes: int, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Windows:
    one, none = (1,) * len(inputs), (0,) * len(inputs)
    return Windows(
        planes=planes, input=inputs, output=outputs,
        stride=inputs, reach=inputs, parts=outputs, dilation=one, low=none,
    )  # fmt: skip


def inside(windows: Windows) -> Counted:
    """Return that a mean counts the taps in the input."""
    none = (0,) * len(windows.input)
    return Counted(none, none)


def max_forward(machine: Machine, windows: Windows, x: Any, y: Any, indices: Any = None) -> Any:
    """Write ``y = max_i x[i]``, and where each maximum lies, and return them.

    Args:
        machine: where the arrays lie.
        windows: of the pooling.
        x: ``(N, C, *I)``.
        y: ``(N, C, *O)``.
        indices: ``(N, C, *O)`` of 64 bits, or None.
    """
    cut = None if indices is not None else bands.of_windows(windows)
    if cut is not None:
        return _in_bands(machine, "max_pool_forward", cut, {"x": x, "y": y})
    whole = None if indices is not None else bands.of_planes(windows)
    if whole is not None:
        return _of_planes(machine, "max_pool_forward", whole, {"x": x, "y": y})
    args = {"x": x, "y": y, "indices": indices}
    outputs = ("y",) if indices is None else ("y", "indices")
    integer = _integer(windows)
    kernel = Kernel("max_pool_forward", (type_of(x=x, y=y), integer, str(len(windows.input))))
    args["windows"] = packed(windows, integer)
    launch(machine, kernel, blocks_of(y.size, _THREADS), _THREADS, args, outputs)
    return y if indices is None else (y, indices)


def max_input_vjp(machine: Machine, windows: Windows, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    cut, whole = bands.of_inputs(windows), bands.of_planes(windows)
    given = {"x": x, "y_bar": y_bar, "x_bar": machine.empty(x.shape, x.dtype)}
    if cut is not None:
        return _in_bands(machine, "max_pool_input_vjp", cut, given)
    if whole is not None:
        return _of_planes(machine, "max_pool_input_vjp", whole, given)
    integer = _integer(windows)
    arguments = (type_of(x=x, y_bar=y_bar), integer, str(len(windows.input)))
    sizes = packed(windows, integer)
    firsts = machine.empty(y_bar.shape, np.int32 if integer == "int" else np.int64)
    kernel = Kernel("max_pool_input_vjp", arguments, "max_pool_firsts")
    args = {"x": x, "firsts": firsts, "windows": sizes}
    launch(machine, kernel, blocks_of(firsts.size, _THREADS), _THREADS, args, ("firsts",))

    args = {"firsts": firsts, "y_bar": y_bar, "x_bar": given["x_bar"], "windows": sizes}
    kernel = Kernel("max_pool_input_vjp", arguments)
    launch(machine, kernel, blocks_of(x.size, _THREADS), _THREADS, args, ("x_bar",))
    return given["x_bar"]


def avg_forward(
    machine: Machine, windows: Windows, counted: Counted, x: Any, y: Any, *, fixed: float = 0
) -> Any:
    """Write ``y = (1 / d_o) sum_i x[i]`` and return it.

    Args:
        machine: where the arrays lie.
        windows: of the pooling.
        counted: the taps that ``d_o`` counts.
        x: ``(N, C, *I)``.
        y: ``(N, C, *O)``.
        fixed: ``d_o`` of all windows, unless it is 0.
    """
    cut = bands.of_windows(windows)
    return _mean(machine, "avg_pool_forward", cut, windows, counted, {"x": x, "y": y}, fixed)


def avg_input_vjp(
    machine: Machine,
    windows: Windows,
    counted: Counted,
    y_bar: Any,
    x_bar: Any,
    *,
    fixed: float = 0,
) -> Any:
    """Write ``x_bar``, where each cotangent is shared out evenly, and return it."""
    given = {"y_bar": y_bar, "x_bar": x_bar}
    cut = bands.of_inputs(windows)
    return _mean(machine, "avg_pool_input_vjp", cut, windows, counted, given, fixed)


def _mean(
    machine: Machine,
    file: str,
    cut: tuple[Square, Bands] | None,
    windows: Windows,
    counted: Counted,
    given: dict[str, Any],
    fixed: float,
) -> Any:
    """Launch a kernel of means; the last array that is given is its result."""
    if cut is not None and max(*counted.below, *counted.above) < bands.MOST:
        more = {"counted": packed(counted, "int"), "fixed": np.float32(fixed)}
        return _in_bands(machine, file, cut, given, more)
    whole = bands.of_planes(windows)
    if whole is not None and not any((*counted.below, *counted.above)):
        divisor = np.float32(fixed or prod(windows.input))
        return _of_planes(machine, file, whole, given, {"fixed": divisor})
    integer = _integer(windows, *counted.above)
    args = given | {
        "windows": packed(windows, integer),
        "counted": packed(counted, integer),
        "fixed": np.float32(fixed),
    }
    *_, name = given
    kernel = Kernel(file, (type_of(**given), integer, str(len(windows.input))))
    launch(machine, kernel, blocks_of(given[name].size, _THREADS), _THREADS, args, (name,))
    return given[name]


def _in_bands(
    machine: Machine,
    file: str,
    cut: tuple[Square, Bands],
    given: dict[str, Any],
    more: dict[str, Any] | None = None,
) -> Any:
    """Launch a kernel whose blocks own bands; the last array that is given is its result."""
    square, planes = cut
    *_, name = given
    arguments = (type_of(**given), bands.argument(square))
    kernel = Kernel(file, arguments, f"{file}_bands")
    args = given | {"bands": packed(planes, "int")} | (more or {})
    launch(machine, kernel, planes.blocks, bands.THREADS, args, (name,))
    return given[name]


def _of_planes(
    machine: Machine,
    file: str,
    whole: Whole,
    given: dict[str, Any],
    more: dict[str, Any] | None = None,
) -> Any:
    """Launch a kernel of global windows; the last array that is given is its result."""
    *_, name = given
    kernel = Kernel(file, (type_of(**given),), f"{file}_whole")
    args = given | {"whole": packed(whole, "int")} | (more or {})
    launch(machine, kernel, whole.blocks, bands.THREADS, args, (name,))
    return given[name]


def _integer(windows: Windows, *above: int) -> str:
    """Return the type that holds all that a kernel computes of positions, windows and taps."""
    w = windows
    rows = zip(
        w.input, w.output, w.stride, w.reach, w.parts, w.dilation, w.low,
        above or (0,) * len(w.input), strict=True,
    )  # fmt: skip
    axes = [s * (o + 1) + r + p * (i + low + 2) + t + a for i, o, s, r, p, t, low, a in rows]
    elements = w.planes * max(prod(w.input), prod(w.output))
    return integer_type(elements, prod(w.reach), *axes)
