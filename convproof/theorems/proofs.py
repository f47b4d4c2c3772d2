"""Every proof, by its name: the table of contents of what holds for all sizes.

A room lists the files of it that have a ``PROOF``; the rooms are in the order of the lecture.
"""

from functools import cache
from importlib import import_module

from convproof.theorems.proof import Proof

ROOMS = (
    "signals",
    "shapes",
    "variants",
    "derivatives",
    "pooling",
    "learning",
    "addresses",
    "accuracy",
)


@cache
def proofs() -> dict[str, Proof]:
    """Return every proof by its name, in order."""
    found = [import_module(name).PROOF for name in modules()]
    return {proof.name: proof for proof in found}


def modules() -> tuple[str, ...]:
    """Return the modules that have a proof."""
    rooms = [import_module(f"convproof.theorems.{room}") for room in ROOMS]
    return tuple(f"{room.__name__}.{name}" for room in rooms for name in room.PROOFS)
