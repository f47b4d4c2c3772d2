"""The machine that is a CPU: NumPy arrays, and kernels in the simulator, every access checked."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from convproof.errors import DTypeError
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import AtHand, Kernel
from convproof_gpu.sim import SimKernel, SimModule


class Simulated(AtHand):
    """The simulator as a machine."""

    name = "sim"

    def given(self, array: Any) -> Any:
        """Return the array, copied if it is not C-contiguous or not aligned."""
        if not isinstance(array, np.ndarray):
            msg = f"the simulator takes NumPy arrays, got a {type(array).__name__}."
            raise DTypeError(msg)
        return np.require(array, requirements=["C", "A"]) if array.ndim else array

    def empty(self, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new array."""
        return np.empty(tuple(shape), dtype)

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Run a kernel, its outputs held to be unwritten before and to be written whole."""
        simulated(kernel)((blocks,), (threads,), args, kernel.shared, outputs=outputs)


@cache
def simulated(kernel: Kernel) -> SimKernel:
    """Return a kernel, compiled for the simulator."""
    module = SimModule(KERNELS / f"{kernel.file}.cu", name_expressions=[kernel.expression])
    loaded = module.get_function(kernel.expression)
    loaded.max_dynamic_shared_size_bytes = kernel.shared
    return loaded
