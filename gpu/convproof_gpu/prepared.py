"""The launches of a verb, found once for arrays of some shapes and dtypes, and repeated on others.

What a verb launches depends on its layer, on its arrays' shapes and dtypes and on the precision of
products alone, where the arrays are contiguous and begin at multiples of 16 bytes. So it is run
once on *outlines*, which have no memory, on a machine that takes notes: which kernels, of how many
blocks, with which numbers, and where in which array each pointer points. A machine then launches
the notes on real arrays; those that it allocates between launches share memory where they do not
live at once, as the slices of a large batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from types import SimpleNamespace
from typing import Any

import numpy as np

from convproof.errors import ConvProofError
from convproof.layers import Layer, Shape
from convproof_gpu.buffer_assignment import assigned
from convproof_gpu.machine import AtHand, Kernel, Machine, Promised

_PLAIN = Promised()
ALIGNMENT = 16  # bytes: every array that launches are repeated on begins at a multiple of it


class _Address:
    """An address that lies ``offset`` bytes beyond some multiple of ``ALIGNMENT``."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def __mod__(self, divisor: int) -> int:
        if ALIGNMENT % divisor:
            msg = f"the address of an outline has no known remainder by {divisor}."
            raise TypeError(msg)
        return self._offset % divisor


@dataclass(frozen=True, slots=True)
class Outline:
    """An array without memory, contiguous, in some buffer.

    Attributes:
        buffer: the number of the array that it is a part of.
        offset: where it begins there, in bytes.
        shape: its own.
        dtype: of its elements.
    """

    buffer: int
    offset: int
    shape: Shape
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def strides(self) -> Shape:
        """Bytes between neighbours along each axis."""
        inner = (prod(self.shape[axis + 1 :]) for axis in range(self.ndim))
        return tuple(self.dtype.itemsize * count for count in inner)

    @property
    def flags(self) -> Any:
        """What a launch asks: it is contiguous."""
        return SimpleNamespace(c_contiguous=True)

    @property
    def data(self) -> Any:
        """Where it begins, as CuPy says it: of its address only remainders are known."""
        return SimpleNamespace(ptr=_Address(self.offset))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice | None) -> "Outline":
        """Return some images, or the array as one image."""
        if key is None:
            return Outline(self.buffer, self.offset, (1, *self.shape), self.dtype)
        begin, end, step = key.indices(len(self))
        if step != 1:
            msg = f"an outline has no parts with a step of {step}."
            raise TypeError(msg)
        offset, shape = self.offset + begin * self.strides[0], (max(end - begin, 0),)
        return Outline(self.buffer, offset, (*shape, *self.shape[1:]), self.dtype)

    def reshape(self, *shape: Any) -> "Outline":
        """Return the same elements in another shape."""
        given = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        if prod(given) != self.size:
            msg = f"an outline of {self.size} elements has not the shape {given}."
            raise TypeError(msg)
        return Outline(self.buffer, self.offset, tuple(given), self.dtype)

    def astype(self, dtype: Any, *, copy: bool) -> "Outline":
        """Return the outline, if the dtype is its own."""
        if copy or np.dtype(dtype) != self.dtype:
            msg = f"an outline of {self.dtype} is not converted to {dtype}."
            raise TypeError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: ``args`` are outlines, None for a null pointer, NumPy scalars and bytes."""

    kernel: Kernel
    blocks: int
    threads: int
    args: tuple[Any, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a verb launches, and what it allocates.

    Attributes:
        given: number of the arrays that are given: the first buffers.
        allocated: shape and dtype of the buffers after them.
        launches: in order.
        answers: the buffers that are answered.
        several: whether the answer is a tuple.
    """

    given: int
    allocated: tuple[tuple[Shape, np.dtype[Any]], ...]
    launches: tuple[Launch, ...]
    answers: tuple[int, ...]
    several: bool


class _Notes(AtHand):
    """A machine of outlines, which notes what is launched."""

    name = "notes"

    def __init__(self, given: int, like: Promised | Machine) -> None:
        self.precision, self.choices, self.shared = like.precision, like.choices, like.shared
        self.given_count = given
        self.allocated: list[tuple[Shape, np.dtype[Any]]] = []
        self.launches: list[Launch] = []

    def empty(self, shape: Sequence[int], dtype: Any) -> Outline:
        """Return the outline of a new buffer."""
        held = tuple(shape), np.dtype(dtype)
        self.allocated.append(held)
        return Outline(self.given_count + len(self.allocated) - 1, 0, *held)

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Note a launch."""
        self.launches.append(Launch(kernel, blocks, threads, tuple(args), tuple(outputs)))


def prepared(
    function: Callable[..., Any],
    layer: Layer,
    arrays: Sequence[Outline | Shape | None],
    machine: Promised | Machine = _PLAIN,
    *,
    sharing: bool = True,
) -> Prepared | None:
    """Return what ``function(machine, layer, *arrays)`` launches, or None.

    None means that the function must be asked each time: it refuses such arrays, looks at their
    elements, or answers with a part of an array.

    Args:
        function: what launches a verb.
        layer: of which.
        arrays: outlines of its arrays; their buffers are 0, 1, and so on.
        machine: whose precision, choices and shared memory decide on tiles.
        sharing: whether arrays that do not live at once are one buffer.
    """
    notes = _Notes(sum(isinstance(array, Outline) for array in arrays), machine)
    try:
        answer = function(notes, layer, *arrays)
    except (ConvProofError, AttributeError, TypeError):  # an outline has less than an array
        return None
    answers = answer if isinstance(answer, tuple) else (answer,)
    allocated = notes.allocated
    for part in answers:
        number = part.buffer - notes.given_count
        if number < 0 or part.offset or part.size != prod(allocated[number][0]):
            return None
        allocated[number] = part.shape, part.dtype
    found = Prepared(
        given=notes.given_count,
        allocated=tuple(allocated),
        launches=tuple(notes.launches),
        answers=tuple(part.buffer for part in answers),
        several=isinstance(answer, tuple),
    )
    return _sharing(found) if sharing else found


def _sharing(found: Prepared) -> Prepared:
    """Return the same launches, with one buffer for arrays between them that do not live at once.

    Answers have buffers of their own.
    """
    uses = [
        [arg.buffer - found.given for arg in launch.args if _is_made(arg, found.given)]
        for launch in found.launches
    ]
    sizes = [prod(shape) * dtype.itemsize for shape, dtype in found.allocated]
    places = assigned(uses, sizes, [buffer - found.given for buffer in found.answers])
    buffers = {
        found.given + number: found.given + place
        for number, place in enumerate(places.place_of)
        if place is not None
    }

    def moved(arg: Any) -> Any:
        is_held = isinstance(arg, Outline) and arg.buffer in buffers
        return replace(arg, buffer=buffers[arg.buffer]) if is_held else arg

    return replace(
        found,
        allocated=tuple(found.allocated[number] for number in places.largest),
        launches=tuple(replace(e, args=tuple(map(moved, e.args))) for e in found.launches),
        answers=tuple(buffers[buffer] for buffer in found.answers),
    )


def _is_made(arg: Any, given: int) -> bool:
    """Return whether an argument is an array that is allocated between launches."""
    return isinstance(arg, Outline) and arg.buffer >= given
