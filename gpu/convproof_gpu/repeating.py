"""Prepared launches as the driver takes them: pointers go into a block of arguments, no more.

An array library says of its arrays what a launch needs (``Arrays``); all else of a launch was
computed when it was prepared.
"""

import ctypes
import struct
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np

from convproof_gpu.prepared import Launch, Outline, Prepared

_APART = 16  # bytes between the places of two arguments, of which none needs more alignment
Read = tuple[tuple[Hashable, ...], list[int]]


class Arrays(Protocol):
    """The arrays of a library that lie on a GPU."""

    def read(self, arrays: Sequence[Any]) -> Read | None:
        """Return what launches depend on, and where each array begins.

        None: one of the arrays is not contiguous or not aligned, or is not the library's; shapes in
        the place of arrays and None are passed over.
        """

    def outlines(self, arrays: Sequence[Any]) -> tuple[list[Any], int] | None:
        """Return outlines of arrays that were read, and the device that all of them lie on.

        None: there is no one such device, or a dtype that NumPy does not have.
        """

    def empty(self, like: Any, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new array on the device of another."""

    def dtype(self, dtype: np.dtype[Any]) -> Any:
        """Return a dtype of NumPy's as the library's."""

    def address(self, array: Any) -> int:
        """Return where an array begins."""

    def stream(self, device: int) -> int:
        """Return the stream of a device that the library's arrays are made on."""


class Repeated:
    """Prepared launches on one device.

    Args:
        prepared: the launches.
        arrays: the library whose arrays they are repeated on.
        device: where.
        functions: a handle of each launch's kernel.
        launch: ``cuLaunchKernel``, with the address of the list of arguments' addresses.
    """

    def __init__(
        self,
        prepared: Prepared,
        arrays: Arrays,
        device: int,
        functions: Sequence[int],
        launch: Callable[..., None],
    ) -> None:
        self.device = device
        self._empty, self._address, self._stream = arrays.empty, arrays.address, arrays.stream
        self._launch = launch
        self._allocated = [(shape, arrays.dtype(dtype)) for shape, dtype in prepared.allocated]
        self._answers = [number - prepared.given for number in prepared.answers]
        self._several = prepared.several
        held = [each for step in prepared.launches for each in step.args]
        self._places = [(o.buffer, o.offset) for o in held if isinstance(o, Outline)]
        self._arguments = _Arguments(prepared.launches)
        self._steps = [
            (function, step.blocks, step.threads, step.kernel.shared, addresses)
            for function, step, addresses in zip(
                functions, prepared.launches, self._arguments.lists, strict=True
            )
        ]
        self._one_at_a_time = Lock()  # of the threads that fill in the same arguments

    def __call__(self, like: Any, pointers: list[int]) -> Any:
        """Launch on arrays that begin at these addresses, and return new arrays like another."""
        made = [self._empty(like, shape, dtype) for shape, dtype in self._allocated]
        pointers += map(self._address, made)
        stream, launch = self._stream(self.device), self._launch
        with self._one_at_a_time:
            self._arguments.point([pointers[buffer] + offset for buffer, offset in self._places])
            for function, blocks, threads, shared, addresses in self._steps:
                launch(function, blocks, 1, 1, threads, 1, 1, shared, stream, addresses, 0)
        if self._several:
            return tuple(made[number] for number in self._answers)
        return made[self._answers[0]]


class _Arguments:
    """The arguments of launches in one block of memory: first all pointers, then the numbers.

    Attributes:
        lists: of each launch, the address of a list of its arguments' addresses.
    """

    def __init__(self, launches: Sequence[Launch]) -> None:
        args = [each for step in launches for each in step.args]
        pointers = sum(isinstance(each, Outline) for each in args)
        numbers = [b"" if isinstance(each, Outline) else _bytes_of(each) for each in args]
        word = ctypes.sizeof(ctypes.c_void_p)
        size = pointers * word + sum(-(-len(each) // _APART) * _APART for each in numbers)
        self._memory = ctypes.create_string_buffer(size + 2 * _APART)
        begin = ctypes.addressof(self._memory)
        self._first = -begin % _APART
        pointer = begin + self._first
        number = pointer + -(-pointers * word // _APART) * _APART
        addresses = []
        for each, content in zip(args, numbers, strict=True):
            if isinstance(each, Outline):
                addresses.append(pointer)
                pointer += word
            else:
                ctypes.memmove(number, content, len(content))
                addresses.append(number)
                number += -(-len(content) // _APART) * _APART
        self._list = (ctypes.c_void_p * len(addresses))(*addresses)
        counts = [len(step.args) for step in launches]
        before = [sum(counts[:step]) for step in range(len(counts))]
        self.lists = [ctypes.addressof(self._list) + word * count for count in before]
        self._pack = struct.Struct(f"={pointers}Q").pack_into

    def point(self, pointers: Sequence[int]) -> None:
        """Fill in the pointers, in the launches' order."""
        self._pack(self._memory, self._first, *pointers)


def _bytes_of(value: Any) -> bytes:
    """Return an argument that is no array as it lies in memory."""
    if value is None:
        return bytes(ctypes.sizeof(ctypes.c_void_p))
    content: bytes = value if isinstance(value, bytes) else value.tobytes()
    return content
