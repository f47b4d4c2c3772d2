"""Recovering the matrix that a black box computes: what to ask, and how to read its answer.

A linear map is its matrix, and the columns of a matrix are its values on the unit vectors. One call
with all unit vectors as its batch shows every entry, and weights that are distinct integers tell
which of them an entry is::

    forward     x = all one-hots                             y      = T^T, one row per input
    input       y_bar = all one-hots                         x_bar  = T,   one row per output
    weight      one output channel per output position o     w_bar[o, c, k] = U[o, (c, k)] = x_i
                and y_bar[0, m, o] = [m = o], x distinct

The weight derivative sums over the batch, so its unit vectors are channels instead: an equal layer
has as many of them in every group as there are positions. With several images position ``o`` is
asked of image ``o mod N``, which shows a sum that leaves one out. A transposed convolution
exchanges ``x`` and ``y_bar``; a linear layer has ``w_bar = x`` where the batch of ``y_bar`` is the
identity.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations_with_replacement
from math import comb, prod
from typing import Any

import numpy as np
from jaxtyping import Int

from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose, Linear, Shape

OPERAND = 1 << 11  # the integers up to here are operands of TF32 and float16 as they are
_MOST_SUMS = 10_000  # of letters that are told apart
_MOST_APART = 32  # integers with distinct sums of pairs; they grow with the cube of their number
_LARGEST_DIVISOR = 1 << 20
_ROLES = ("forward", "input", "weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What the rows, the columns or the entries of a matrix are counted by.

    Attributes:
        name: the array.
        shape: of one image of it, or of the weights.
    """

    name: str
    shape: Shape

    @property
    def size(self) -> int:
        """Number of positions."""
        return prod(self.shape)

    def at(self, position: int) -> str:
        """Return one position as it is written: ``x[0, 2]``."""
        index = np.unravel_index(position, self.shape)
        return f"{self.name}[{', '.join(str(int(i)) for i in index)}]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recovery:
    """One call that shows a matrix, and how its answer is read.

    Attributes:
        function: whom to call.
        case: the layer and the input of the call.
        arrays: its data, integers.
        rows: what the rows are counted by.
        columns: what the columns are counted by.
        letters: the array that the entries come from; empty where they are constants.
        values: the integer that stands for each letter.
        unit: the integer that stands for the entry 1, where entries are constants.
    """

    function: Function
    case: Case
    arrays: Arrays
    rows: Leg
    columns: Leg
    letters: Leg
    values: Int[np.ndarray, " l"]
    unit: int = 1

    def matrix(self, answer: np.ndarray) -> np.ndarray:
        """Return an answer as the matrix that it shows."""
        if self.function.role == "weight":
            return answer.reshape(self.rows.size, self.columns.size)
        return answer.reshape(self.columns.size, self.rows.size).T

    def place(self, index: tuple[int, ...], shape: Shape) -> tuple[int, int]:
        """Return the row and the column of one element of an answer of this shape."""
        flat = int(np.ravel_multi_index(index, shape))
        if self.function.role == "weight":
            return divmod(flat, self.columns.size)
        column, row = divmod(flat, self.rows.size)
        return row, column

    def names(self, *, long: bool = False) -> "Names":
        """Return what the numbers in the matrix are called: ``w2``, or ``w[0, 0, 2]``."""
        if not self.letters.size:
            return Names({0: "0"}, unit=self.unit)
        letter = self.letters
        short = "y" if letter.name == "y_bar" else letter.name
        names = [letter.at(j) if long else f"{short}{j}" for j in range(letter.size)]
        return Names(_sums(self.values.tolist(), names))


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers of a matrix are called.

    Attributes:
        by_value: the names of letters and of sums of letters.
        unit: the integer that stands for 1, where the entries are constants; 0: they are letters.
    """

    by_value: dict[int, str]
    unit: int = 0

    def of(self, value: int | float) -> str:
        """Return the name of a number; a number that is no sum of letters is its own name."""
        if not np.isfinite(value):
            return str(value)
        if self.unit:
            return str(Fraction(float(value) / self.unit).limit_denominator(_LARGEST_DIVISOR))
        if value == int(value):
            name = self.by_value.get(abs(int(value)))
            if name is not None:
                return name if value >= 0 else f"-({name})" if "+" in name else f"-{name}"
        return f"{value:g}"


def recovers(function: Function, case: Case) -> bool:
    """Return whether the function is a linear map whose matrix one call shows."""
    if function.role == "weight" and isinstance(case.layer, Linear) and len(case.input_shape) != 2:
        return False
    return function.family in ("bilinear", "linear", "mean") and function.role in _ROLES


def extent(function: Function, case: Case, *, images: int = 1) -> tuple[int, int, int]:
    """Return how many one-hots the call has, how many entries the matrix, and how many letters.

    ``images`` is that of ``recover``.

    Example:
        A 3x3 image has nine one-hots; two windows by two have nine weights between them:

        >>> conv = Conv(in_channels=1, out_channels=1, kernel_size=(2, 2), stride=(1, 1),
        ...             padding=((0, 0), (0, 0)), dilation=(1, 1))
        >>> extent(Function("conv2d"), Case(layer=conv, input_shape=(1, 1, 3, 3)))
        (9, 36, 4)
    """
    layer, image, output = case.layer, case.input_shape[1:], case.output_shape[1:]
    if function.role != "weight":
        one_hots = prod(image if function.role == "forward" else output)
        return one_hots, prod(image) * prod(output), prod(case.weight_shape or (0,))
    if isinstance(layer, Linear):
        return layer.out_features, prod(case.weight_shape or ()), prod(case.weight_shape or ())
    positions, letters = (image, output) if isinstance(layer, ConvTranspose) else (output, image)
    one_hots = getattr(layer, "groups", 1) * prod(positions[1:])
    return one_hots, one_hots * prod((case.weight_shape or ())[1:]), images * prod(letters)


def recover(function: Function, case: Case, *, most: int = OPERAND, images: int = 1) -> Recovery:
    """Return the call that shows the matrix of a function at the case's geometry.

    The bias is left out, and the case's own batch and seed do not matter.

    Args:
        function: whose matrix.
        case: the geometry.
        most: how large the integers may be; if they fit, they are such that a sum of two of them
            tells which two.
        images: over how many images the positions of a weight derivative are spread.
    """
    layer: Any = case.layer
    if hasattr(layer, "bias"):
        case = replace(case, layer=replace(layer, bias=False))
    if function.role == "weight":
        return _by_weights(function, case, most, images)
    image, output = case.input_shape[1:], case.output_shape[1:]
    unit = case.common_divisor if case.common_divisor <= _LARGEST_DIVISOR else 1
    hot, of = ("x", "y") if function.role == "forward" else ("y_bar", "x_bar")
    inner, outer = (image, output) if function.role == "forward" else (output, image)
    columns, rows = Leg(name=hot, shape=inner), Leg(name=of, shape=outer)
    size = columns.size
    shapes = {"x": (size, *image), "y_bar": (size, *output)}
    arrays = Arrays({name: np.ones(shape, np.int64) for name, shape in shapes.items()})
    arrays[hot] = unit * np.eye(size, dtype=np.int64).reshape(shapes[hot])
    shape = case.weight_shape or (0,)
    values = distinct(prod(shape), most)
    if case.weight_shape is not None:
        arrays["w"] = values.reshape(shape)
    return Recovery(
        function=function, case=case.with_batch(size), arrays=arrays, rows=rows, columns=columns,
        letters=Leg(name="w", shape=shape), values=values, unit=unit,
    )  # fmt: skip


def _by_weights(function: Function, case: Case, most: int, images: int) -> Recovery:
    layer: Any = case.layer
    if isinstance(layer, Linear):
        case = case.with_batch(layer.out_features)
        hot, other = "y_bar", "x"
    elif isinstance(layer, Conv):
        per_group = prod(case.output_shape[2:])
        layer = replace(layer, out_channels=layer.groups * per_group)
        hot, other = "y_bar", "x"
    else:
        per_group = prod(case.input_shape[2:])
        layer = replace(layer, in_channels=layer.groups * per_group)
        case = replace(case, input_shape=(1, layer.in_channels, *case.input_shape[2:]))
        hot, other = "x", "y_bar"
    case = replace(case, layer=layer)
    if not isinstance(layer, Linear):
        case = case.with_batch(images)
    shapes = {"x": case.input_shape, "y_bar": case.output_shape}
    values = distinct(prod(shapes[other]), most)
    arrays = Arrays({hot: _identities(shapes[hot]), other: values.reshape(shapes[other])})
    letters, weight_shape = shapes[other], case.weight_shape or ()
    one_image = len(letters) > 2 and letters[0] == 1
    return Recovery(
        function=function,
        case=case,
        arrays=arrays,
        rows=_rows_of_weights(layer, shapes[hot]),
        columns=Leg(name="w", shape=weight_shape[1:]),
        letters=Leg(name=other, shape=letters[1:] if one_image else letters),
        values=values,
    )


def _rows_of_weights(layer: Any, shape: Shape) -> Leg:
    """Return what the rows of ``U`` are: the positions of each group, or the images."""
    name = "x" if isinstance(layer, ConvTranspose) else "y"
    if isinstance(layer, Linear):
        return Leg(name=name, shape=(layer.out_features,))
    return Leg(name=name, shape=(layer.groups, *shape[2:]))


def _identities(shape: Shape) -> Int[np.ndarray, "..."]:
    """Return ``[m mod P = o][o mod N = n]``: image ``n``, channel ``m``, position ``o`` of ``P``.

    Of two axes, the identity.
    """
    if len(shape) == 2:
        return np.eye(*shape, dtype=np.int64)
    images, channels, positions = shape[0], shape[1], prod(shape[2:])
    blocks = np.tile(np.eye(positions, dtype=np.int64), (channels // positions, 1))
    turns = np.arange(positions) % images == np.arange(images)[:, None]
    return np.asarray((blocks * turns[:, None]).reshape(shape))


def distinct(count: int, most: int = OPERAND) -> Int[np.ndarray, " count"]:
    """Return distinct integers, of which two together exceed each single one.

    No two pairs of them have the same sum where such integers are at most ``most``; else they are
    consecutive.

    Example:
        >>> distinct(5), distinct(100)[[0, -1]]
        (array([25, 26, 28, 32, 37]), array([199, 298]))
    """
    offsets = np.arange(count)
    if count <= _MOST_APART:
        apart = _mian_chowla(count)
        if 3 * int(apart.max(initial=0)) + 1 <= most:
            offsets = apart
    return offsets + 2 * int(offsets.max(initial=0)) + 1


def _mian_chowla(count: int) -> Int[np.ndarray, " count"]:
    """Return the least integers from 0 on, no two pairs of which have the same sum."""
    found: list[int] = []
    sums: set[int] = set()
    candidate = 0
    while len(found) < count:
        new = {candidate + one for one in found} | {2 * candidate}
        if not new & sums:
            found.append(candidate)
            sums |= new
        candidate += 1
    return np.array(found, np.int64)


def _sums(values: list[int], names: list[str]) -> dict[int, str]:
    """Return the names of 0, of the letters, and of the sums of a few that only they have."""
    named = dict(_spelled(values, names, 1))
    for terms in (2, 3):
        if comb(len(values) + terms - 1, terms) > _MOST_SUMS:
            break
        found = list(_spelled(values, names, terms))
        often = Counter(value for value, _ in found)
        named |= {v: name for v, name in found if often[v] == 1 and v not in named}
    return {0: "0", **named}


def _spelled(values: list[int], names: list[str], terms: int) -> Iterator[tuple[int, str]]:
    for chosen in combinations_with_replacement(range(len(values)), terms):
        counts = Counter(chosen)
        parts = (f"{n if n > 1 else ''}{names[j]}" for j, n in counts.items())
        yield sum(values[j] for j in chosen), "+".join(parts)
