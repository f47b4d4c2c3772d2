"""A target compared with itself: two of its answers that the mathematics makes equal."""

from typing import Any

import numpy as np

from convproof.calls import Call
from convproof.theorems.base import Seen, Violation, at, controls
from convproof.theorems.right import Right


def same(known: Right, got: np.ndarray, expected: np.ndarray, *, law: str, call: Call) -> Seen:
    """Return what was seen where two answers of a target agree.

    Args:
        known: the right answer to ``call``; how far each of the two may be from it.
        got: the target's answer to ``call``.
        expected: what its other answer says that this one is.
        law: why.
        call: the first call.

    Raises:
        Violation: if they differ.
    """
    allowed: Any = None if known.allowed is None else 2 * known.allowed
    judge = Right(known.arrays, expected.astype(known.expected.dtype), allowed).judge
    place = judge(got)
    if place is not None:
        raise Violation(
            law=law,
            call=call,
            assertion=f"y[{at(place)}] == {expected[place].item()!r}",
            index=place,
            got=got[place],
            expected=expected[place],
        )
    return Seen(known.weak or controls(judge, got))
