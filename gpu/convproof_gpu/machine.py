"""What runs kernels: a GPU or the simulator, behind the same few verbs; and the checked launch.

A kernel reads memory it is told of, and cannot see that a view has gaps. So every launch is checked
first: element types, contiguity, alignment, the number of blocks, and that every size fits in the
integers that the kernel computes addresses with.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import numpy as np

from convproof.errors import ConvProofError
from convproof.layers import Layer
from convproof_gpu.choices import Choices
from convproof_gpu.tiles import MOST_SHARED, Precision

_MOST_BLOCKS = 2**31 - 1
_INT = 2**31 - 2**16  # an int holds it, and a tile beyond it
_LONG = 2**62
_Kind = TypeVar("_Kind", bound="Promised")


class LaunchLawError(ConvProofError, ValueError):
    """A launch would break what the kernel relies on."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel with its template arguments.

    Attributes:
        file: its source, without ``.cu``.
        arguments: of the template.
        name: if it is not the file's.
        shared: bytes of dynamic shared memory that its blocks want.
    """

    file: str
    arguments: tuple[str, ...]
    name: str = ""
    shared: int = 0

    @property
    def expression(self) -> str:
        """As C++ names it."""
        return f"{self.name or self.file}<{', '.join(self.arguments)}>"


class Machine(Protocol):
    """Where arrays lie and kernels run, and in which precision the tensor cores multiply floats.

    Its choices are the tiles that it takes in place of the table's.
    """

    name: str
    precision: Precision
    choices: Choices

    @property
    def shared(self) -> int:
        """Bytes of shared memory that a block may have."""

    def with_precision(self, precision: Precision) -> "Machine":
        """Return the same machine, which multiplies floats so."""

    def retuned(self) -> None:
        """Take choices that were measured since, also where launches were prepared before."""

    def with_choices(self, choices: Choices) -> "Machine":
        """Return the same machine, which takes these choices before the table's."""

    @property
    def versions(self) -> Mapping[str, str]:
        """What the kernels run on, by name."""

    def given(self, array: Any) -> Any:
        """Return the array where the machine's kernels read it, C-contiguous."""

    def empty(self, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new array of any numbers."""

    def returned(self, array: Any, like: Any) -> Any:
        """Return the array as the kind of array that ``like`` is."""

    def stream_of(self, array: Any) -> AbstractContextManager[None]:
        """Return a context in which kernels run in order with whatever made the array."""

    def repeated(self, function: Callable[..., Any], layer: Layer, arrays: Sequence[Any]) -> Any:
        """Return ``function(self, layer, *arrays)`` by launches prepared before, see ``prepared``.

        None: there are none for such arrays, and the function is to be called.
        """

    def captured(self, run: Callable[[], None]) -> Callable[[], None]:
        """Return what does again, on the same arrays, what ``run`` launches now."""

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Run a kernel; ``args`` are arrays, None for a null pointer, NumPy scalars and bytes."""


class Promised:
    """What a machine says of precision and tiles: floats' and the table's, unless told others."""

    precision: Precision = "float32"
    choices: Choices = MappingProxyType({})
    shared: int = MOST_SHARED

    def with_precision(self: "_Kind", precision: Precision) -> "_Kind":
        """Return the same machine, with all that it has loaded and noted."""
        made = copy(self)
        made.precision = precision
        return made

    def retuned(self) -> None:
        """Do nothing: its choices are what it was told."""

    def with_choices(self: "_Kind", choices: Choices) -> "_Kind":
        """Return the same machine, with all that it has loaded and noted."""
        made = copy(self)
        made.choices = choices
        return made


class AtHand(Promised):
    """What a machine does whose kernels read arrays where they are, and end when they are run."""

    versions: Mapping[str, str] = MappingProxyType({})  # it is a part of convproof

    def given(self, array: Any) -> Any:
        """Return the array."""
        return array

    def returned(self, array: Any, like: Any) -> Any:
        """Return the array."""
        del like
        return array

    def stream_of(self, array: Any) -> AbstractContextManager[None]:
        """Return a context that is none."""
        del array
        return nullcontext()

    def repeated(self, function: Callable[..., Any], layer: Layer, arrays: Sequence[Any]) -> None:
        """Return None: the function is called each time."""

    def captured(self, run: Callable[[], None]) -> Callable[[], None]:
        """Return the same call."""
        return run


def integer_type(*counts: int) -> str:
    """Return the C++ type that holds counts of elements and positions.

    Raises:
        LaunchLawError: if none does.
    """
    most = max(map(abs, counts), default=0)
    if most > _LONG:
        msg = f"{most} elements are more than a 64-bit address reaches."
        raise LaunchLawError(msg)
    return "int" if most <= _INT else "long long"


def packed(sizes: Any, integer: str) -> bytes:
    """Return a struct of integers, such as ``index_maps.Sizes``, as a kernel is passed it."""
    numbers: list[int] = []
    for field in fields(sizes):
        value = getattr(sizes, field.name)
        numbers += value if isinstance(value, tuple) else (value,)
    return np.array(numbers, np.int32 if integer == "int" else np.int64).tobytes()


def launch(
    machine: Machine,
    kernel: Kernel,
    blocks: int,
    threads: int,
    args: Mapping[str, Any],
    outputs: Sequence[str],
) -> None:
    """Check a launch, and run it if there is something to do.

    Args:
        machine: where.
        kernel: which.
        blocks: along x.
        threads: of a block, along x.
        args: the kernel's arguments, in its order.
        outputs: which of them it writes whole.

    Raises:
        LaunchLawError: if a law is broken that the kernel relies on.
    """
    for name, array in args.items():
        if hasattr(array, "strides") and not isinstance(array, np.generic):
            _check_array(kernel, name, array)
    if kernel.shared > machine.shared:
        msg = (
            f"{kernel.file} wants {kernel.shared} bytes of shared memory for a block, but this GPU "
            f"has {machine.shared} for one. Take a smaller tile."
        )
        raise LaunchLawError(msg)
    if blocks > _MOST_BLOCKS:
        msg = (
            f"{kernel.file} would take {blocks} blocks, but a grid has at most {_MOST_BLOCKS}. "
            "Split the batch."
        )
        raise LaunchLawError(msg)
    if blocks:
        machine.run(kernel, blocks, threads, tuple(args.values()), outputs)


def address(array: Any) -> int:
    """Return where an array of NumPy's or CuPy's begins."""
    begin: int = array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr
    return begin


def _check_array(kernel: Kernel, name: str, array: Any) -> None:
    if array.size and address(array) % array.dtype.itemsize:
        msg = (
            f"{kernel.file} reads {name} in elements of {array.dtype.itemsize} bytes, but it "
            f"begins {address(array) % array.dtype.itemsize} bytes beyond a multiple of them. "
            "Pass a copy."
        )
        raise LaunchLawError(msg)
    if array.size and not array.flags.c_contiguous:
        msg = (
            f"{kernel.file} reads {name} as one C-contiguous block, but its strides are "
            f"{array.strides} bytes for the shape {array.shape}. Pass a contiguous copy."
        )
        raise LaunchLawError(msg)


def blocks_of(elements: int, each: int = 256) -> int:
    """Return how many blocks have a thread for every element."""
    return -(-elements // each)
