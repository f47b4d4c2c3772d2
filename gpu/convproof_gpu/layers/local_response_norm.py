"""Local response normalisation: ``y[c] = x[c] / (k + alpha/size sum_j x[j]^2)^beta``."""

from math import prod
from typing import Any

import numpy as np

from convproof.index_maps.norm import CHUNK, Window
from convproof.layers import LocalResponseNorm
from convproof_gpu.elements import type_of
from convproof_gpu.lines import SIZES
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed

_THREADS = 256
_CHANNELS, _POSITIONS = 32, 32  # of a block of the derivative, where there is none


def forward(machine: Machine, layer: LocalResponseNorm, x: Any) -> Any:
    """Return ``y``."""
    window = _window(layer, x.shape)
    integer = integer_of(window)
    y = machine.empty(x.shape, x.dtype)
    args = {"x": x, "y": y, "window": packed(window, integer), **_numbers(layer)}
    file, arguments = "local_response_norm_forward", (type_of(x=x), integer)
    if _walks(window):
        kernel = Kernel(file, (*arguments, str(window.size)), f"{file}_walk")
        launch(machine, kernel, _walkers(window), _THREADS, args, ("y",))
    else:
        launch(machine, Kernel(file, arguments), blocks_of(x.size), _THREADS, args, ("y",))
    return y


def input_vjp(machine: Machine, layer: LocalResponseNorm, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    window = _window(layer, x.shape)
    integer = integer_of(window)
    x_bar = machine.empty(x.shape, x.dtype)
    args = {
        "x": x,
        "y_bar": y_bar,
        "x_bar": x_bar,
        "window": packed(window, integer),
        **_numbers(layer),
        "factor": np.float32(2 * layer.alpha * layer.beta / layer.size),
    }
    file, arguments = "local_response_norm_input_vjp", (type_of(x=x, y_bar=y_bar), integer)
    if _walks(window):
        kernel = Kernel(file, (*arguments, str(window.size)), f"{file}_walk")
        launch(machine, kernel, _walkers(window), _THREADS, args, ("x_bar",))
        return x_bar
    kernel = Kernel(file, arguments)
    positions = blocks_of(window.outer * window.inner, _POSITIONS)
    blocks = positions * blocks_of(window.channels, _CHANNELS)
    launch(machine, kernel, blocks, _THREADS, args, ("x_bar",))
    return x_bar


def integer_of(window: Window) -> str:
    """Return the type of the offsets: a walk computes some of channels that are not there.

    ``int`` up to ``(N C + z) I = 2**31 - 2**16`` (``convproof prove int32_norm``).
    """
    w = window
    beyond = w.size if _walks(w) else 0
    return integer_type((w.outer * w.channels + beyond) * w.inner, w.channels + w.size)


def _walks(window: Window) -> bool:
    """Return whether threads walk: else neighbouring ones would have neighbouring channels."""
    return window.size in SIZES and window.inner > 1


def _walkers(window: Window) -> int:
    """Return the blocks of a walk."""
    positions = blocks_of(window.outer * window.inner, _THREADS)
    return positions * blocks_of(window.channels, CHUNK)


def _window(layer: LocalResponseNorm, shape: tuple[int, ...]) -> Window:
    return Window(shape[0], shape[1], prod(shape[2:]), layer.size)


def _numbers(layer: LocalResponseNorm) -> dict[str, np.float32]:
    return {
        "k": np.float32(layer.k),
        "ratio": np.float32(layer.alpha / layer.size),
        "beta": np.float32(layer.beta),
    }
