"""Cross entropy of scores ``x (*, classes)`` and classes ``target (*)``.

::

    loss[n] = log sum_j exp(x[n, j]) - x[n, target[n]]
    x_bar[n] = loss_bar[n] (softmax(x[n]) - onehot(target[n]))

Where a target is ``ignored``, both are 0, and a mean does not count it. One that is no class either
is refused where NumPy holds it, for to look costs little there; on a GPU its loss and derivative
are NaN.
"""

from math import prod
from typing import Any

import numpy as np

from convproof.errors import DTypeError, ShapeError
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import number
from convproof_gpu.layers.bias import Channels, Shared
from convproof_gpu.lines import THREADS, Lines, aligned, lanes_of, width_along
from convproof_gpu.machine import Kernel, Machine, integer_type, launch, packed

_IGNORED = -100  # torch's


def forward(machine: Machine, x: Any, target: Any, ignored: int = _IGNORED) -> Any:
    """Return ``loss``.

    Raises:
        ShapeError: if the shapes do not fit, or a target is no class.
        DTypeError: if the targets are no 64-bit integers.
    """
    (lines, width), integer = _checked(x, target, ignored), integer_type(x.size, target.size)
    loss = machine.empty(target.shape, x.dtype)
    args = {"x": aligned(x), "target": target, "loss": loss, "lines": packed(lines, integer)}
    args["ignored"] = np.int64(ignored)
    arguments = (type_of(x=x), integer, str(width), str(lines.held(width)))
    kernel = Kernel("cross_entropy_forward", arguments)
    launch(machine, kernel, lines.blocks, THREADS, args, ("loss",))
    return loss


def input_vjp(machine: Machine, x: Any, target: Any, loss_bar: Any, ignored: int = _IGNORED) -> Any:
    """Return ``x_bar``.

    Raises:
        ShapeError: if the shapes do not fit, or a target is no class.
        DTypeError: if the targets are no 64-bit integers.
    """
    (lines, width), integer = _checked(x, target, ignored), integer_type(x.size, target.size)
    if loss_bar.shape != target.shape:
        msg = f"loss_bar must have the shape of the targets {target.shape}, got {loss_bar.shape}."
        raise ShapeError(msg)
    x_bar = machine.empty(x.shape, x.dtype)
    given = {"x": aligned(x), "target": target, "loss_bar": loss_bar, "x_bar": x_bar}
    arguments = (type_of(x=x, loss_bar=loss_bar), integer, str(width), str(lines.held(width)))
    kernel = Kernel("cross_entropy_input_vjp", arguments)
    args = given | {"lines": packed(lines, integer), "ignored": np.int64(ignored)}
    launch(machine, kernel, lines.blocks, THREADS, args, ("x_bar",))
    return x_bar


def mean(machine: Machine, x: Any, target: Any, ignored: int, scale: float = 1) -> Any:
    """Return ``scale sum(x)`` over the number of targets that are not ignored, without axes.

    Args:
        machine: where the arrays lie.
        x: not many numbers, for one block adds them up.
        target: classes.
        ignored: the target that is not counted.
        scale: a power of 2.
    """
    integer, element = integer_type(target.size), type_of(x=x)
    shared = Shared.of(Channels(1, 1, target.size), 1)
    kept, y = machine.empty((shared.splits,), np.float32), machine.empty((1,), x.dtype)
    args = {
        "target": target,
        "kept": kept,
        "ignored": np.int64(ignored),
        "count": number(target.size, integer),
        "each": number(shared.each, integer),
    }
    kernel = Kernel("cross_entropy_mean", (integer,), "cross_entropy_kept")
    launch(machine, kernel, shared.splits, THREADS, args, ("kept",))
    args = {
        "x": x,
        "kept": kept,
        "y": y,
        "scale": np.float32(scale),
        "count": np.int32(x.size),
        "splits": np.int32(shared.splits),
    }
    launch(machine, Kernel("cross_entropy_mean", (element,)), 1, THREADS, args, ("y",))
    return y.reshape(())


def _checked(x: Any, target: Any, ignored: int) -> tuple[Lines, int]:
    """Return the rows of ``x``, whose shape and targets are right, and ``WIDTH``."""
    if not x.shape or target.shape != x.shape[:-1]:
        msg = (
            f"scores (*, classes) and targets (*) must fit, got the shapes {x.shape} and "
            f"{target.shape}."
        )
        raise ShapeError(msg)
    if target.dtype != np.int64:
        msg = f"targets are int64, got {target.dtype}. Cast them."
        raise DTypeError(msg)
    classes = x.shape[-1]
    if isinstance(target, np.ndarray) and target.size:
        wrong = target[((target < 0) | (target >= classes)) & (target != ignored)]
        if wrong.size:
            msg = (
                f"targets are classes 0 to {classes - 1}, or {ignored} where they are ignored, "
                f"got {wrong[0]}."
            )
            raise ShapeError(msg)
    width = width_along(classes, x.dtype.itemsize)
    return Lines(prod(target.shape), classes, 1, lanes_of(classes, width, adjacent=True)), width
