"""Closed forms at sizes: what holds for all of them, put in numbers, exactly and at once.

A form of products of entries is, at sizes, a multiset of monomials ``left[..], w[..], x[..]``: one
row for every value of the free and the bound indices that obeys the guards. NumPy finds all rows
together, in integers; a convolution's are its ``Triples``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from jaxtyping import Int

from convproof.errors import ShapeError
from convproof.symbolic.index_sum.arithmetic import Evaluate, compiled
from convproof.symbolic.index_sum.form import Form
from convproof.symbolic.solver.claim import conjunction
from convproof.symbolic.solver.evaluation import value
from convproof.triples import Triples

_LEGS = {"a": "output", "w": "tap", "x": "input"}


def monomials(
    form: Form, sizes: Mapping[sp.Symbol, int]
) -> dict[str, Int[np.ndarray, "terms axes"]]:
    """Return the indices of every entry, one row per product, of the left side and the factors.

    Raises:
        ClaimError: if the form is no single sum of products of entries.

    Example:
        >>> from convproof.axes import Axis
        >>> from convproof.symbolic.index_sum.convolution import Convolution
        >>> conv, axis = Convolution(), Axis(input_size=3, kernel_size=2, stride=2)
        >>> rows = monomials(conv.forward, conv.relations[0].at(axis))
        >>> {letter: index.ravel().tolist() for letter, index in rows.items()}
        {'a': [0, 0], 'w': [0, 1], 'x': [0, 1]}
    """
    reader = _reader(form)
    numbers = dict(sizes)
    lows = [int(low(numbers)) for _, low, _ in reader.ranges]
    extents = [
        max(0, int(high(numbers)) - low + 1)
        for low, (_, _, high) in zip(lows, reader.ranges, strict=True)
    ]
    grid = np.indices(extents).reshape(len(extents), -1)
    at: dict[sp.Symbol, Any] = {**numbers}
    at |= {v: row + low for (v, _, _), row, low in zip(reader.ranges, grid, lows, strict=True)}
    terms = grid.shape[1]
    held = np.broadcast_to(reader.guard(at), terms)
    return {
        letter: np.stack([np.broadcast_to(i(at), terms)[held] for i in index], axis=-1)
        for letter, index in reader.entries
    }


def triples(form: Form, sizes: Mapping[sp.Symbol, int]) -> Triples:
    """Return a form's multiset of ``(o, k, i)``, each index flat in row-major order.

    Raises:
        ClaimError: if the form is no single sum of products of entries.
        ShapeError: if it reads an entry that does not exist.

    Example:
        >>> from convproof.axes import Axis
        >>> from convproof.symbolic.index_sum.convolution import Convolution
        >>> conv, axis = Convolution(), Axis(input_size=4, kernel_size=3, stride=2, padding=(1, 1))
        >>> triples(conv.input_gather, conv.relations[0].at(axis)) == axis.triples()
        True
    """
    legs: dict[str, tuple[Int[np.ndarray, " t"], int]] = {}
    for letter, rows in monomials(form, sizes).items():
        shape = shape_at(form, letter, sizes)
        legs[_LEGS[letter.removeprefix("d")]] = flat(letter, rows, shape), int(np.prod(shape))
    (output, outputs), (tap, taps), (read, inputs) = map(legs.__getitem__, _LEGS.values())
    return Triples(output, tap, read, sizes=(outputs, taps, inputs))


def explicit(expression: Any, values: Mapping[Any, Any]) -> sp.Expr:
    """Return an expression with numbers put in and every sum written out.

    Example:
        >>> from convproof.axes import Axis
        >>> from convproof.symbolic.index_sum.convolution import Convolution
        >>> conv = Convolution()
        >>> sizes = conv.relations[0].at(Axis(input_size=3, kernel_size=2))
        >>> explicit(conv.forward.expression, sizes | {conv.relations[0].o: 1})
        w[0]*x[1] + w[1]*x[2]
    """
    if isinstance(expression, sp.Sum):
        *inner, (variable, low, high) = expression.limits
        function = sp.Sum(expression.function, *inner) if inner else expression.function
        first, last = (int(value(end, values)) for end in (low, high))
        return sp.Add(
            *(explicit(function, {**values, variable: j}) for j in range(first, last + 1))
        )
    if expression.has(sp.Sum):
        return expression.func(*(explicit(part, values) for part in expression.args))
    return expression.xreplace({old: sp.sympify(new) for old, new in values.items()})


def shape_at(form: Form, letter: str, sizes: Mapping[sp.Symbol, int]) -> tuple[int, ...]:
    """Return the shape of one of a form's arrays, at sizes."""
    return tuple(int(compiled(extent)(sizes)) for extent in form.shape(letter))


def flat(
    letter: str, rows: Int[np.ndarray, "terms axes"], shape: tuple[int, ...]
) -> Int[np.ndarray, " terms"]:
    """Return the row-major position of every index.

    Raises:
        ShapeError: if some entry does not exist.
    """
    outside = np.any((rows < 0) | (rows >= np.array(shape)), axis=1)
    if outside.any():
        index = ", ".join(map(str, rows[outside][0]))
        msg = f"{letter}[{index}] is read, but {letter} has the shape {shape}."
        raise ShapeError(msg)
    return np.asarray(np.ravel_multi_index(tuple(rows.T), shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """A form as functions of its symbols: ranges of all indices, the guard, entries' indices."""

    ranges: tuple[tuple[sp.Symbol, Evaluate, Evaluate], ...]
    guard: Evaluate
    entries: tuple[tuple[str, tuple[Evaluate, ...]], ...]


@lru_cache(maxsize=256)
def _reader(form: Form) -> _Reader:
    parts = form.summand()
    left = str(form.left.base)
    free = zip(form.left.indices, form.shape(left), strict=True)
    limits = (*((v, sp.S.Zero, extent - 1) for v, extent in free), *parts.limits)
    entries = ((left, tuple(form.left.indices)), *form.entries())
    guard = conjunction(parts.guards)
    return _Reader(
        ranges=tuple((v, compiled(low), compiled(high)) for v, low, high in limits),
        guard=(lambda _: True) if guard is sp.true else compiled(guard),
        entries=tuple((letter, tuple(map(compiled, index))) for letter, index in entries),
    )
