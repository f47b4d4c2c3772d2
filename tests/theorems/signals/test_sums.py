"""The sums of the proofs are the convolutions that NumPy computes, at small sizes."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import pytest

from convproof.symbolic.solver import GuardedSum, SameSum
from convproof.theorems.signals import (
    associativity,
    commutativity,
    cross_correlation,
    even_kernels,
    lti,
)

H, X, V = [2, -1, 3], [5, 7, -4, 1], [1, 4]


def _step(proof: Any, name: str) -> SameSum:
    step: SameSum = next(step for step in proof.PROOF.steps() if step.name == name)
    return step


def _values(sums: GuardedSum, sizes: Mapping[str, int], arrays: Mapping[str, Any]) -> int:
    """Return a sum at numbers; an array is a list from ``b_``, or a function of its index."""
    parts = (sums.guard, sums.entries)
    free = {s for part in parts[0] for s in part.free_symbols}
    free |= {s for _, i in parts[1] for t in i for s in getattr(t, "free_symbols", ())}
    at = {s: sizes[s.name] for s in free - set(sums.indices)}
    total = 0
    for monomial, count in sums.at(at, 12).items():
        total += count * prod(_entry(arrays[letter], *i) for letter, i in monomial)
    return total


def _entry(array: Any, i: int) -> int:
    return int(array(i) if callable(array) else array[i])


SIZES = {"b_h": 0, "n_h": 3, "b_x": 0, "n_x": 4, "b_w": 0, "n_w": 3, "b_v": 0, "n_v": 2, "e": 1}
FULL = np.convolve(H, X).tolist()


@pytest.mark.parametrize("o", range(-1, 8))
def test_both_sides_of_commutativity_are_the_full_convolution(o: int) -> None:
    step = _step(commutativity, "on the integers, finite supports")
    expected = FULL[o] if 0 <= o < len(FULL) else 0
    for side in (step.left, step.right):
        assert _values(side, {**SIZES, "o": o}, {"h": H, "x": X}) == expected


@pytest.mark.parametrize("o", range(8))
def test_both_sides_of_associativity_are_two_convolutions(o: int) -> None:
    step = _step(associativity, "both orders")
    full = np.convolve(np.convolve(H, V), X).tolist()
    expected = full[o] if o < len(full) else 0
    for side in (step.left, step.right):
        assert _values(side, {**SIZES, "o": o}, {"w": H, "v": V, "x": X}) == expected


@pytest.mark.parametrize("n", range(-3, 5))
def test_cross_correlation_is_that_of_numpy(n: int) -> None:
    """``np.correlate(x, h, "full")[n + r - 1] = sum_k x[k + n] h[k]``."""
    step = _step(cross_correlation, "swapped, the output is flipped")
    full = np.correlate(X, H, "full").tolist()
    expected = full[n + 2] if 0 <= n + 2 < len(full) else 0
    for side in (step.left, step.right):
        assert _values(side, {**SIZES, "n": n, "m": -n}, {"h": H, "x": X}) == expected


@pytest.mark.parametrize("n", range(8))
def test_an_impulse_response_convolves(n: int) -> None:
    step = _step(lti, "sum_j x[j] h[n - j] = sum_k h[k] x[n - k]")
    arrays = {"x": X, "h": lambda i: H[i] if 0 <= i < 3 else 0}
    expected = FULL[n] if n < len(FULL) else 0
    for side in (step.left, step.right):
        assert _values(side, {**SIZES, "n": n}, arrays) == expected


@pytest.mark.parametrize("n", range(-1, 6))
def test_an_even_kernel_convolves_as_it_correlates(n: int) -> None:
    """The even kernel (5, 2, 5) has its centre at 0."""
    step = _step(even_kernels, "even kernels")
    full = np.convolve([5, 2, 5], X).tolist()
    sizes = {**SIZES, "c": 0, "l": 1, "n": n}
    expected = full[n + 1] if 0 <= n + 1 < len(full) else 0
    for side in (step.left, step.right):
        assert _values(side, sizes, {"h": [2, 5], "x": X}) == expected
