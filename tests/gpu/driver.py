"""A stand-in for a GPU's driver: what is launched by address runs in the simulator.

It reads the list of arguments as ``cuLaunchKernel`` does, and finds the array that each pointer
points into among those that it was told of.
"""

import ctypes
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np

from convproof_gpu.sim.kernel import SimKernel
from convproof_gpu.sim.signature import Parameter

_NUMBERS = {
    ("f", 4): np.float32,
    ("h", 2): np.float16,
    ("B", 2): ml_dtypes.bfloat16,
    ("i", 4): np.int32,
    ("i", 8): np.int64,
}


class Driver:
    """The driver.

    Attributes:
        launches: the stream and the dynamic shared memory of each launch.
    """

    def __init__(self) -> None:
        self.launches: list[tuple[int, int]] = []
        self._memory: list[np.ndarray] = []
        self._kernels: dict[int, SimKernel] = {}

    def allocated(self, array: np.ndarray) -> np.ndarray:
        """Let kernels reach an array, which is kept."""
        self._memory.append(array)
        return array

    def function(self, kernel: SimKernel) -> Any:
        """Return a kernel's handle, as CuPy's function."""
        self._kernels[len(self._kernels) + 1] = kernel
        return SimpleNamespace(ptr=len(self._kernels))

    def launchKernel(  # noqa: N802  # CuPy's name and arguments
        self, function: int, x: int, y: int, z: int, u: int, v: int, w: int, shared: int,
        stream: int, arguments: int, extra: int,
    ) -> None:  # fmt: skip
        """Run a kernel on what the list of addresses names."""
        assert not extra
        kernel = self._kernels[function]
        held = (ctypes.c_void_p * len(kernel.parameters)).from_address(arguments)
        pairs = zip(kernel.parameters, held, strict=True)
        kernel((x, y, z), (u, v, w), [self._read(p, at or 0) for p, at in pairs], shared)
        self.launches.append((stream, shared))

    def _read(self, parameter: Parameter, at: int) -> Any:
        if parameter.pointer:
            return self._at(ctypes.c_void_p.from_address(at).value, parameter)
        content = ctypes.string_at(at, parameter.size)
        if parameter.code == "s":
            return content
        return np.frombuffer(content, _NUMBERS[parameter.code, parameter.size])[0]

    def _at(self, pointer: int | None, parameter: Parameter) -> np.ndarray | None:
        """Return the array that a pointer points into, from there on."""
        if pointer is None:
            return None
        for array in reversed(self._memory):
            offset = pointer - array.ctypes.data
            if 0 <= offset < array.nbytes:
                whole = array.reshape(-1).view(np.uint8)
                found: np.ndarray = whole[offset:].view(_NUMBERS[parameter.code, parameter.size])
                return found
        msg = f"{parameter} is given {pointer:#x}, where no array lies."
        raise AssertionError(msg)
