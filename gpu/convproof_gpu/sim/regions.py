"""The memory of one launch: a slot of the arena for every array, and the module's variables."""

import ctypes
from typing import Any

import numpy as np

from convproof_gpu.sim.loaded import Loaded
from convproof_gpu.sim.signature import LaunchError, Parameter

_GLOBAL, _SHARED, _CONSTANT = range(3)


class Regions:
    """What a kernel may touch.

    Args:
        module: whose kernel.

    Attributes:
        names: of the regions, by number.
        sizes: their bytes.
    """

    _KEPT = 1 << 24  # bytes that stay mapped for the next launch
    _LOCAL = 48  # slots; the others are for arrays that lie in the arena for good

    def __init__(self, module: Loaded) -> None:
        self._module, self._native = module, module.runtime
        self._arrays: list[tuple[np.ndarray, int, bool]] = []  # array, place, whether it is copied
        self._open: list[list[Any]] = []  # place, size, constant, unwritten, name
        self.names: dict[int, str] = {}
        self.sizes: dict[int, int] = {}

    def add(self, array: np.ndarray, parameter: Parameter, *, unwritten: bool) -> int:
        """Return the address at which the kernel sees an array."""
        address, size = int(array.__array_interface__["data"][0]), array.nbytes
        native = self._native
        for entry, (known, place, _) in zip(self._open, self._arrays, strict=True):
            if known.__array_interface__["data"][0] == address and known.nbytes == size and size:
                entry[2] = entry[2] and parameter.constant
                entry[3] = entry[3] or unwritten
                return place
            if size and np.may_share_memory(known, array):
                msg = f"{parameter} overlaps {entry[4]} without being the same array."
                raise LaunchError(msg)
        slot, arena = len(self._arrays), native.arena
        if slot == self._LOCAL:
            msg = f"a launch takes at most {self._LOCAL} arrays."
            raise LaunchError(msg)
        inside = arena <= address < arena + (native.SLOTS << native.SLOT_BITS)
        place = address
        if not inside:  # as far from a multiple of 256 as it lies from the start of its memory
            beyond = (address - _start_of(array)) % 256
            place = arena + (slot << native.SLOT_BITS) + native.FRONT + beyond
        if not inside:
            if native.mapped[slot] < size + 256 or not native.mapped[slot]:
                wanted = max(1 << 16, 1 << (size + 255).bit_length())
                if native.map(slot, wanted) is None:
                    msg = f"{parameter}: there is no memory for {size} bytes."
                    raise LaunchError(msg)
                native.mapped[slot] = wanted
            ctypes.memmove(place, address, size)
        self._arrays.append((array, place, not inside))
        self._open.append([place, size, parameter.constant, unwritten, parameter.name])
        return place

    def declare(self, shared_mem: int) -> None:
        """Tell the runtime of everything that the kernel may touch."""
        self._native.no_regions()
        for number, (place, size, constant, unwritten, name) in enumerate(self._open):
            self._declared(place, size, _GLOBAL, constant, unwritten, name or f"argument {number}")
        image, base = self._module.image, self._module.base
        for variable in image.device:
            self._declared(base + variable.begin, variable.size, _GLOBAL, 0, 0, variable.name)
        for variable in image.constant:
            self._declared(base + variable.begin, variable.size, _CONSTANT, 1, 0, variable.name)
        for variable in image.shared:
            self._declared(base + variable.begin, variable.size, _SHARED, 0, 1, variable.name)
        name = "dynamic shared memory"
        self._declared(self._native.dynamic, shared_mem, _SHARED, 0, 1, name)

    def _declared(
        self, place: int, size: int, space: int, constant: int, unwritten: int, name: str
    ) -> None:
        number = self._native.region(place, size, space, int(constant), int(unwritten))
        if number < 0:
            msg = "a launch has at most 512 arrays and variables."
            raise LaunchError(msg)
        self.names[number], self.sizes[number] = name, size

    def copy_back(self) -> None:
        """Change the arrays in place."""
        for (array, place, copied), (_, size, constant, _, _) in zip(
            self._arrays, self._open, strict=True
        ):
            if copied and not constant and size:
                ctypes.memmove(array.__array_interface__["data"][0], place, size)

    def release(self) -> None:
        """Give large memory back."""
        native = self._native
        if any(size > self._KEPT for size in self.sizes.values()):
            native.no_shadows(self._KEPT)
            for slot, size in enumerate(native.mapped):
                if size > self._KEPT:
                    native.unmap(slot, size)
                    native.mapped[slot] = 0


def _start_of(array: np.ndarray) -> int:
    """Return where the memory begins that an array is a view of, which CuPy aligns to 256."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return int(array.__array_interface__["data"][0])
