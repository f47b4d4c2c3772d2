"""Two convolutions that fail on some geometries: one segfaults, the other never ends."""

import ctypes
from collections.abc import Callable
from typing import Any

from convproof import get_implementation

_right = get_implementation("numpy")


def _segfault() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    while True:
        pass


class _Faulty:
    """A right ``conv2d``, but for groups with a stride."""

    packages = ("numpy",)

    def __init__(self, fault: Callable[[], None]) -> None:
        self._fault = fault

    def conv2d(self, x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
        """Return the convolution, or do not return."""
        if options["groups"] > 1 and max(options["stride"]) > 1:
            self._fault()
        return _right.conv2d(x, w, bias, **options)


segfaulting, hanging = _Faulty(_segfault), _Faulty(_hang)
