"""An address: an element's offset in its array, and the conditions under which it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

Int = Any  # a Python integer, an array of integers, or a symbol


@dataclass(frozen=True, slots=True)
class Address:
    """Element ``offset`` of an array, read as 0 unless every condition of ``inside`` holds."""

    offset: Int
    inside: tuple[Any, ...] = ()


def flat(position: Sequence[Int], sizes: Sequence[Int]) -> Int:
    """Return the row-major number of a position.

    Example:
        >>> flat((1, 2), (3, 4))
        6
    """
    number: Int = 0
    for place, size in zip(position, sizes, strict=True):
        number = number * size + place
    return number


def unflat(number: Int, sizes: Sequence[Int]) -> tuple[Int, ...]:
    """Return the position of a row-major number; the first size may be any.

    Example:
        >>> unflat(6, (3, 4))
        (1, 2)
    """
    places: list[Int] = []
    for size in reversed(sizes[1:]):
        places.append(number % size)
        number = number // size
    return (number, *reversed(places))


def volume(sizes: Sequence[Int]) -> Int:
    """Return the number of positions."""
    return prod(sizes)
