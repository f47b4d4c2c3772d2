"""A kernel's arguments as the runtime takes them: bytes, and where the arrays lie."""

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from convproof_gpu.sim.runtime import Given
from convproof_gpu.sim.signature import LaunchError, Parameter

_MOST_BYTES, _MOST_PARAMETERS = 4096, 1024


class Arguments:
    """The arguments of one kernel, filled anew for each launch.

    Args:
        kernel: its name.
        parameters: what it takes.

    Attributes:
        offsets: where each lies in the bytes, and how many there are.
        address: of the bytes.
        givens: the arrays.
        pointers: the parameters that these are for.

    Raises:
        LaunchError: if they are more than a launch takes.
    """

    def __init__(self, kernel: str, parameters: Sequence[Parameter]) -> None:
        self._kernel, self._parameters = kernel, parameters
        offsets = [0]
        for parameter in parameters:
            offsets[-1] += -offsets[-1] % parameter.alignment
            offsets.append(offsets[-1] + (8 if parameter.pointer else parameter.size))
        if offsets[-1] > _MOST_BYTES or len(parameters) > _MOST_PARAMETERS:
            msg = (
                f"{kernel} takes {offsets[-1]} bytes in {len(parameters)} arguments, more "
                f"than {_MOST_BYTES} bytes in {_MOST_PARAMETERS}."
            )
            raise LaunchError(msg)
        self.offsets = (ctypes.c_size_t * len(offsets))(*offsets)
        self._bytes = ctypes.create_string_buffer(max(1, offsets[-1]))
        self.address = ctypes.addressof(self._bytes)
        self._view = memoryview(self._bytes).cast("B")
        placed = [(p, at) for p, at in zip(parameters, offsets, strict=False) if p.pointer]
        self.pointers = [p for p, _ in placed]
        self.givens = (Given * max(1, len(placed)))(
            *(
                Given(at=at, element=max(1, p.size), constant=p.constant, is_struct=p.code == "s")
                for p, at in placed
            )
        )
        numbers = iter(self.givens)
        self._places = [
            (p, at, next(numbers) if p.pointer else None)
            for p, at in zip(parameters, offsets, strict=False)
        ]

    def fill(self, values: Sequence[Any], outputs: frozenset[str]) -> None:
        """Take the values of a launch.

        Raises:
            LaunchError: if the kernel does not take one of them.
        """
        if len(values) != len(self._places):
            msg = f"{self._kernel} takes {len(self._places)} arguments, got {len(values)}."
            raise LaunchError(msg)
        for (parameter, at, given), value in zip(self._places, values, strict=True):
            why = parameter.refusal(value)
            if why:
                raise LaunchError(f"{self._kernel}: {parameter.wrong(why)}")  # noqa: EM102
            if given is None:
                try:
                    self._view[at : at + parameter.size] = parameter.packed(value)
                except LaunchError as error:
                    raise LaunchError(f"{self._kernel}: {error}") from None  # noqa: EM102
            elif value is None:
                given.host = None
            else:
                address = value.__array_interface__["data"][0]
                given.host, given.size = address, value.nbytes
                given.beyond = 0 if value.base is None else (address - _start_of(value)) % 256
                given.output = parameter.name in outputs

    def name_of(self, region: int) -> str:
        """Return the name of the array that a region is, or ""."""
        for number, parameter in enumerate(self.pointers):
            if self.givens[number].region == region and self.givens[number].host:
                return parameter.name or f"argument {self._parameters.index(parameter)}"
        return ""

    @property
    def arrays(self) -> int:
        """How many arrays the last launch had: the regions before those of variables."""
        held = [g.region for g, _ in zip(self.givens, self.pointers, strict=False) if g.host]
        return len(set(held))


def _start_of(array: np.ndarray) -> int:
    """Return where the memory begins that an array is a view of, which CuPy aligns to 256."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return int(array.__array_interface__["data"][0])
