"""Steps on numbered buffers: those of constants alone are run once, the others share memory.

A buffer is *constant* if it is a parameter, or if all that write it read constants alone; so are
the steps that write it. They are the greatest such set. The buffers that are left live from the
first step that they are an argument of to the last, and those that do not live at once share one
place.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from convproof.layers import Shape
from convproof_gpu.buffer_assignment import assigned
from convproof_gpu.machine import Machine
from convproof_gpu.prepared import Outline

_ALIGNMENT = 256  # bytes: every buffer begins at a multiple of it
Held = Callable[[Outline], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done at once.

    Attributes:
        reads: numbers of buffers.
        writes: the same.
        run: does it, on the arrays that it is told to be those of outlines.
        is_launch: whether it is one launch of a kernel of ours.
    """

    reads: frozenset[int]
    writes: frozenset[int]
    run: Callable[[Machine, Held], None]
    is_launch: bool = True


def constants(steps: Sequence[Step], known: Iterable[int], given: int) -> frozenset[int]:
    """Return the numbers of all buffers that are constant.

    Args:
        steps: in order.
        known: the buffers that are.
        given: the buffer that is not.

    Example:
        >>> copies = [Step(frozenset({a}), frozenset({b}), print) for a, b in ((0, 2), (1, 3))]
        >>> sorted(constants(copies, known=[1], given=0))
        [1, 3]
    """
    known = frozenset(known)
    found = known.union(*(step.writes for step in steps)) - {given}
    while True:
        changing = [step for step in steps if not is_constant(step, found)]
        left = (found - frozenset().union(*(step.writes for step in changing))) | known
        if left == found:
            return found
        found = left


def is_constant(step: Step, found: frozenset[int]) -> bool:
    """Return whether a step reads and writes what is constant alone."""
    return step.reads <= found and step.writes <= found


def offsets(
    steps: Sequence[Step], sizes: Sequence[int], kept: Iterable[int], apart: Set[int] = frozenset()
) -> tuple[list[int], int]:
    """Return where each buffer begins, in bytes, and how many bytes there are; -1: not at all.

    Args:
        steps: in order.
        sizes: of every buffer, in bytes.
        kept: buffers that live from before the first step until after the last.
        apart: buffers with memory of their own.
    """
    found = assigned([(step.reads | step.writes) - apart for step in steps], sizes, kept)
    begins = [0]
    for buffer in found.largest:
        begins.append(begins[-1] + -(-sizes[buffer] // _ALIGNMENT) * _ALIGNMENT)
    return [-1 if place is None else begins[place] for place in found.place_of], begins[-1]


@dataclass(frozen=True, slots=True)
class Buffers:
    """Shape and dtype of every buffer, by its number."""

    kinds: list[tuple[Shape, np.dtype[Any]]]

    def add(self, shape: Shape, dtype: Any) -> Outline:
        """Return the outline of a new one."""
        kind = tuple(shape), np.dtype(dtype)
        self.kinds.append(kind)
        return Outline(len(self.kinds) - 1, 0, *kind)

    @property
    def sizes(self) -> list[int]:
        """Bytes of each."""
        return [prod(shape) * dtype.itemsize for shape, dtype in self.kinds]


def put(y: Any, x: Any) -> None:
    """Copy an array into another of its dtype, whatever arithmetic a library has of that."""
    bits = f"u{x.dtype.itemsize}"
    y.view(bits)[...] = x.view(bits)


def view_of(array: Any, outline: Outline) -> Any:
    """Return the array of an outline, of one of bytes that is its buffer."""
    begin = outline.offset
    return array[begin : begin + outline.nbytes].view(outline.dtype).reshape(outline.shape)
