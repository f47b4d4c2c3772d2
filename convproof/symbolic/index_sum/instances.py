"""Closed forms at sizes: what holds for all of them, put in numbers, exactly and at once.

A form of products of entries is, at sizes, a multiset of monomials ``left[..] w[..] x[..]``: one
row for every value of the free and the bound indices that obeys the guards. NumPy finds the rows of
thousands of sizes together, in integers; a convolution's are its ``Triples``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from jaxtyping import Bool, Int

from convproof.errors import ShapeError
from convproof.symbolic.index_sum.arithmetic import Evaluate, compiled
from convproof.symbolic.index_sum.form import Form
from convproof.symbolic.solver.claim import conjunction
from convproof.symbolic.solver.evaluation import value
from convproof.triples import Triples

Sizes = Mapping[sp.Symbol, int]
_LEGS = {"a": "output", "w": "tap", "x": "input"}


def monomials(form: Form, sizes: Sizes) -> dict[str, Int[np.ndarray, "terms axes"]]:
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
    return _rows(form, [sizes]).entries


def triples(form: Form, sizes: Sizes) -> Triples:
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
    rows = _rows(form, [sizes])
    legs = _legs(rows)
    for letter, index in rows.entries.items():
        outside = rows.outside(letter)
        if outside.any():
            place = ", ".join(map(str, index[outside][0]))
            shape = tuple(int(extent[0]) for extent in rows.shapes[letter])
            msg = f"{letter}[{place}] is read, but {letter} has the shape {shape}."
            raise ShapeError(msg)
    (o, outputs), (k, taps), (i, inputs) = (legs[leg] for leg in _LEGS.values())
    return Triples(o, k, i, sizes=(int(outputs[0]), int(taps[0]), int(inputs[0])))


def differing(form: Form, sizes: Sequence[Sizes], right: Sequence[Triples]) -> int | None:
    """Return the first of many sizes at which a form is not what is right, or None.

    Example:
        >>> from convproof.axes import Axis
        >>> from convproof.symbolic.index_sum.convolution import Convolution
        >>> conv, axes = Convolution(), [Axis(input_size=n, kernel_size=2) for n in range(2, 9)]
        >>> sizes = [conv.relations[0].at(axis) for axis in axes]
        >>> differing(conv.weight, sizes, [axis.triples() for axis in axes])
    """
    rows = _rows(form, sizes)
    (o, outputs), (k, taps), (i, inputs) = (_legs(rows)[leg] for leg in _LEGS.values())
    wrong = np.array(
        [
            each.sizes != extents
            for each, extents in zip(right, zip(outputs, taps, inputs, strict=True), strict=True)
        ]
    )
    for letter in rows.entries:
        wrong[rows.variant[rows.outside(letter)]] = True
    ours = _sorted(np.stack([rows.variant, o, k, i]))
    theirs = _sorted(
        np.concatenate(
            [np.stack([np.full(len(each), v), *each.legs]) for v, each in enumerate(right)], axis=1
        )
    )
    counts = [np.bincount(each[0], minlength=len(right)) for each in (ours, theirs)]
    wrong |= counts[0] != counts[1]
    first = int(np.argmax(wrong)) if wrong.any() else len(right)
    here, there = (each[:, each[0] < first] for each in (ours, theirs))  # as many rows of each
    unequal = here[0, (here != there).any(axis=0)]
    if unequal.size:
        return int(unequal[0])
    return first if first < len(right) else None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The monomials of a form at several sizes.

    Attributes:
        variant: at which of the sizes each row is.
        entries: the indices of each entry.
        shapes: of each array, one number per axis and sizes.
    """

    variant: Int[np.ndarray, " terms"]
    entries: dict[str, Int[np.ndarray, "terms axes"]]
    shapes: dict[str, Int[np.ndarray, "axes variants"]]

    def outside(self, letter: str) -> Bool[np.ndarray, " terms"]:
        """Return which rows read an entry that does not exist."""
        index, shape = self.entries[letter].T, self.shapes[letter][:, self.variant]
        return np.asarray(((index < 0) | (index >= shape)).any(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """A form as functions of its symbols: ranges of all indices, the guard, entries' indices."""

    ranges: tuple[tuple[sp.Symbol, Evaluate, Evaluate], ...]
    guard: Evaluate
    entries: tuple[tuple[str, tuple[Evaluate, ...], tuple[Evaluate, ...]], ...]


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
        entries=tuple(
            (letter, tuple(map(compiled, index)), tuple(map(compiled, form.shape(letter))))
            for letter, index in entries
        ),
    )


def _rows(form: Form, sizes: Sequence[Sizes]) -> _Rows:
    """Return the rows of all sizes: indices are digits of a position, their ranges the radices."""
    reader, many = _reader(form), len(sizes)
    numbers: dict[sp.Symbol, Any] = {
        symbol: np.array([each[symbol] for each in sizes]) for symbol in sizes[0]
    }
    lows = [np.broadcast_to(low(numbers), many) for _, low, _ in reader.ranges]
    highs = [np.broadcast_to(high(numbers), many) for _, _, high in reader.ranges]
    extents = [np.maximum(0, high - low + 1) for low, high in zip(lows, highs, strict=True)]
    totals = np.prod(extents, axis=0)
    variant = np.repeat(np.arange(many), totals)
    position = np.arange(len(variant)) - (np.cumsum(totals) - totals)[variant]
    at = {symbol: each[variant] for symbol, each in numbers.items()}
    for (v, _, _), low, extent in reversed(list(zip(reader.ranges, lows, extents, strict=True))):
        position, digit = np.divmod(position, extent[variant])
        at[v] = digit + low[variant]
    held = np.broadcast_to(reader.guard(at), variant.shape)
    at = {symbol: each[held] for symbol, each in at.items()}
    variant = variant[held]
    entries = {
        letter: np.stack([np.broadcast_to(i(at), variant.shape) for i in index], axis=1)
        for letter, index, _ in reader.entries
    }
    shapes = {
        letter: np.stack([np.broadcast_to(extent(numbers), many) for extent in shape])
        for letter, _, shape in reader.entries
    }
    return _Rows(variant=variant, entries=entries, shapes=shapes)


def _sorted(rows: Int[np.ndarray, "legs terms"]) -> Int[np.ndarray, "legs terms"]:
    """Return the columns in lexicographic order."""
    return rows[:, np.lexsort(rows[::-1])]


def _legs(
    rows: _Rows,
) -> dict[str, tuple[Int[np.ndarray, " terms"], Int[np.ndarray, " variants"]]]:
    """Return the flat position in output, taps and input of every row, and their extents."""
    legs = {}
    for letter, index in rows.entries.items():
        shape = rows.shapes[letter]
        flat = np.zeros_like(rows.variant)
        for place, extent in zip(index.T, shape, strict=True):
            flat = flat * extent[rows.variant] + place
        legs[_LEGS[letter.removeprefix("d")]] = flat, np.prod(shape, axis=0)
    return legs
