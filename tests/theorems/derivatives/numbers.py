"""The sums of proofs at numbers, to be held against what NumPy's layers compute."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import numpy as np

from convproof import get_implementation
from convproof.axes import Axis
from convproof.symbolic.index_sum import Relation
from convproof.symbolic.solver import GuardedSum, SameSum
from convproof.theorems.proof import Proof

right = get_implementation("numpy")
AXES = (
    Axis(input_size=6, kernel_size=3, stride=2, padding=(1, 1)),
    Axis(input_size=5, kernel_size=2, stride=3, dilation=2, padding=(2, 1)),
    Axis(input_size=3, kernel_size=2, stride=2, dilation=2, padding=(2, 2)),
    Axis(input_size=7, kernel_size=2, stride=4),
)


@cache
def step(proof: Proof, name: str) -> SameSum:
    """Return the step whose name begins so."""
    (found,) = (each for each in proof.steps() if each.name.startswith(name))
    assert isinstance(found, SameSum)
    return found


def sides(same: SameSum, sizes: Mapping[Any, int], arrays: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return both sums at sizes, free indices among them, and arrays."""
    named = {symbol.name: number for symbol, number in sizes.items()}
    return _value(same.left, named, arrays), _value(same.right, named, arrays)


def arrays(axis: Axis, seed: int = 0) -> dict[str, Any]:
    """Return integers for the input, the weights and the cotangent of one axis."""
    rng = np.random.default_rng(seed)
    extents = {"x": axis.input_size, "w": axis.kernel_size, "da": axis.output_size}
    return {letter: rng.integers(1, 9, extent) for letter, extent in extents.items()}


def entries(axis: Axis, letter: str, extent: int) -> Iterator[tuple[int, dict[Any, int]]]:
    """Yield every value of a free index, with the sizes of the axis and itself by name."""
    relation = Relation()
    for number in range(extent):
        yield number, {**relation.at(axis), getattr(relation, letter): number}


def options(axis: Axis) -> dict[str, Any]:
    """Return the axis as the options of a convolution."""
    return {"stride": axis.stride, "padding": (axis.padding,), "dilation": axis.dilation}


def as_layer(array: Any) -> Any:
    """Return an array of one image, or filter, and one channel."""
    return np.asarray(array)[None, None]


def _value(sums: GuardedSum, named: Mapping[str, int], held: Mapping[str, Any]) -> Any:
    at = {symbol: named[symbol.name] for symbol in sums.speaks_of}
    return sum(
        count * prod(_entry(held[letter], index) for letter, index in monomial)
        for monomial, count in sums.at(at, 12).items()
    )


def _entry(array: Any, index: tuple[int, ...]) -> Any:
    assert all(i >= 0 for i in index)  # Python would read from the end
    found = array[index]
    return found if isinstance(found, Fraction) else int(found)
