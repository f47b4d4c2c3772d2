"""Arrays whose lives do not meet, in the same memory.

An array lives from the first launch that it is an argument of to the last one. Launches run in
order, so that memory may be of another array from the next launch on.
"""

from collections.abc import Sequence

Life = tuple[int, int]


def places(lives: Sequence[Life | None]) -> list[int | None]:
    """Return the place of each array: those that live at once have different ones.

    Args:
        lives: the numbers of the first and the last launch; None: it is no argument at all.

    Example:
        >>> places([(0, 1), (1, 2), (2, 3), None])
        [0, 1, 0, None]
    """
    ends: list[int] = []  # of the last array of each place
    found: list[int | None] = [None] * len(lives)
    begun = sorted((life, number) for number, life in enumerate(lives) if life is not None)
    for (first, last), number in begun:
        place = next((each for each, end in enumerate(ends) if end < first), len(ends))
        ends[place : place + 1] = [last]
        found[number] = place
    return found
