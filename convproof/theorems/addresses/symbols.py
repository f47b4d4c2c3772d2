"""The sizes of a convolution of one to three axes, all symbols, and its maps run on them."""

from collections.abc import Mapping
from typing import Any

import sympy as sp

from convproof.index_maps import Address, Sizes
from convproof.index_maps.address import volume
from convproof.symbolic.integers import SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, box
from convproof.theorems.addresses.lemmas import every, instances, ranges, upper

DIMS = (1, 2, 3)
N, G, C, M = map(size, "NGCM")


def axes(letter: str, dims: int) -> tuple[sp.Symbol, ...]:
    """Return a size for each axis, ``I_1, I_2``; of one axis ``I``."""
    return tuple(size(letter + suffix) for suffix in _suffixes(dims))


def offsets(letter: str, dims: int) -> tuple[sp.Symbol, ...]:
    """Return the same of what may be any integer."""
    return tuple(index(letter + suffix) for suffix in _suffixes(dims))


def _suffixes(dims: int) -> list[str]:
    return [""] if dims == 1 else [f"_{axis}" for axis in range(1, dims + 1)]


def sizes(dims: int, trace: Trace | None = None, **others: Any) -> Sizes:
    """Return the sizes of a convolution as integers that a map takes.

    A dilation and a padding may be any integers: a flipped kernel is a dilation of -1.
    """
    terms: dict[str, Any] = {
        "batch": N, "groups": G, "in_channels": C, "out_channels": M,
        "input": axes("I", dims), "kernel": axes("K", dims), "output": axes("O", dims),
        "stride": axes("s", dims), "dilation": offsets("t", dims), "low": offsets("p", dims),
    }  # fmt: skip
    made = {name: _integers(value, trace) for name, value in (terms | others).items()}
    return Sizes(**made)


def _integers(value: Any, trace: Trace | None) -> Any:
    if isinstance(value, tuple):
        return tuple(SymbolicInt(each, trace) for each in value)
    return SymbolicInt(sp.sympify(value), trace)


def many(letter: str, dims: int) -> Any:
    """Return the number of positions along all axes."""
    return volume(axes(letter, dims))


def x_end(dims: int) -> Any:
    """Return how many elements ``x[n, g C + c, i]`` has."""
    return N * G * C * many("I", dims)


def y_end(dims: int) -> Any:
    """Return how many elements ``y[n, g M + m, o]`` has."""
    return N * G * M * many("O", dims)


def w_end(dims: int) -> Any:
    """Return how many elements ``w[g M + m, c, k]`` has."""
    return G * M * C * many("K", dims)


def within(
    name: str, address: Any, end: Term, trace: Trace, ends: Mapping[sp.Symbol, Term]
) -> Claim:
    """Return the claim that an address, computed of indices with these ends, is below its end.

    Its hypotheses are the ranges of the indices, the conditions under which the address is read,
    what the names of quotients mean, and instances of ``LEMMAS``.
    """
    held = address if isinstance(address, Address) else Address(address)
    return Claim(
        name=name,
        goal=every(*box(0, term_of(held.offset), end)),
        hypotheses=(
            *ranges(ends),
            *held.inside,
            *trace.definitions(),
            *instances(trace, {**ends, **upper(held.inside)}),
        ),
    )
