"""Which buffers are one place in memory: those that no step has at once.

A buffer lives from the first step that has it to the last one. Steps run in order, so that its
place may be of another buffer from the next step on::

    place(a) = place(b)   =>   last(a) < first(b)  or  last(b) < first(a)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convproof_gpu.lifetimes import Life, places


@dataclass(frozen=True, slots=True)
class Assignment:
    """The places of buffers.

    Attributes:
        place_of: of each buffer, its place; None: no step has it.
        largest: of each place, the largest of its buffers.
    """

    place_of: tuple[int | None, ...]
    largest: tuple[int, ...]


def assigned(
    uses: Sequence[Iterable[int]], sizes: Sequence[int], throughout: Iterable[int] = ()
) -> Assignment:
    """Return a place for each buffer, as few as there are buffers alive at once.

    Args:
        uses: of each step, the numbers of the buffers that it has.
        sizes: of every buffer, in bytes.
        throughout: buffers that live from before the first step until after the last.

    Example:
        >>> assigned([{0, 1}, {1, 2}], [8, 8, 16])
        Assignment(place_of=(0, 1, 0), largest=(2, 1))
    """
    lives: list[Life | None] = [None] * len(sizes)
    for step, had in enumerate(uses):
        for buffer in had:
            life = lives[buffer]
            lives[buffer] = (step if life is None else life[0], step)
    for buffer in throughout:
        lives[buffer] = (-1, len(uses))
    place_of = places(lives)
    largest: dict[int, int] = {}
    for buffer, place in enumerate(place_of):
        if place is not None and sizes[buffer] >= sizes[largest.get(place, buffer)]:
            largest[place] = buffer
    return Assignment(tuple(place_of), tuple(largest[place] for place in range(len(largest))))
