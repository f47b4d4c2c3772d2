"""A target that does what it is told by the width of its input: die, hang, grow, or cheat."""

import ctypes
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from convproof import get_implementation
from convproof.errors import UnsupportedError

_right = get_implementation("numpy")
_held: list[np.ndarray] = []
MEBIBYTE = 2**20


def conv1d(x: np.ndarray, w: np.ndarray, b: Any, **options: Any) -> Any:
    fault = FAULTS.get(x.shape[-1])
    return _right.conv1d(x, w, b, **options) if fault is None else fault()


def conv1d_input(input_size: Any, w: np.ndarray, y_bar: np.ndarray, **options: Any) -> Any:
    w[...] = 7
    return _right.conv1d_input(input_size, np.ones_like(w), y_bar, **options)


def _begin() -> None:
    """Tell a test, if one waits, that the loop is about to begin."""
    if "CONVPROOF_TEST_BEGUN" in os.environ:
        Path(os.environ["CONVPROOF_TEST_BEGUN"]).write_text("begun", encoding="utf-8")


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def leave() -> None:
    sys.stderr.write("index 7 is beyond 5\n")
    sys.stderr.flush()
    os._exit(3)


def exit_politely() -> None:
    sys.exit("goodbye")


def loop() -> None:
    _begin()
    while True:
        pass


def loop_in_c() -> None:
    _begin()
    re.match(r"(a+)+$", "a" * 40 + "b")


def grow() -> None:
    while True:
        _held.append(np.ones(8 * MEBIBYTE))


def hoard() -> np.ndarray:
    """Answer, and keep what should be dropped."""
    _held.append(np.ones(16 * MEBIBYTE))
    return np.ones((1, 1, 1), np.float32)


def say() -> np.ndarray:
    print("hello")  # noqa: T201  # that is its fault
    os.write(1, b"hello")
    return np.ones((1, 1, 1), np.float32)


def raise_() -> None:
    msg = "torch tensors only"
    raise ValueError(msg)


def interrupt() -> None:
    raise KeyboardInterrupt


def lack() -> None:
    msg = "no such width"
    raise UnsupportedError(msg)


def tell_text() -> str:
    return "an answer"


def close_all() -> None:
    os.closerange(3, 256)


def babble() -> None:
    for fd in range(3, 256):
        try:
            os.write(fd, b"\xff" * 64)
        except OSError:
            continue


def leave_a_child() -> None:
    if os.fork() == 0:
        loop()
    os._exit(4)


_FAULTS = (
    *(segfault, abort, leave, exit_politely, loop, loop_in_c, grow, say, raise_, interrupt, lack),
    *(tell_text, close_all, babble, leave_a_child, hoard),
)
FAULTS: dict[int, Callable[[], Any]] = dict(enumerate(_FAULTS, start=10))
WIDTHS = {fault.__name__: width for width, fault in FAULTS.items()}
