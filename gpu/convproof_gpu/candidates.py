"""Which tiles and parts may compute a product: what tuning tries beside the table's choice.

A family of kernels joins by one object in ``FAMILIES``. What it yields is tried, unless it launches
what another candidate does, breaks a law of launches, or is not as exact as was promised.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Protocol

from convproof_gpu import halo_plans
from convproof_gpu.choices import Choice, Question
from convproof_gpu.halo_plans import HALO_TILES, refused
from convproof_gpu.operands import MOST
from convproof_gpu.tiles import (
    MOST_PARTS,
    TENSOR_TILES,
    TILES,
    is_allowed,
    launched_extents,
    most_parts,
)

_LADDER = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, MOST_PARTS)
_MOST_BLOCKS = 132 * 32  # with which more parts leave no processor of a large GPU less idle


class Family(Protocol):
    """Kernels that compute the same products with tiles of one type."""

    @property
    def tiles(self) -> Sequence[Any]:
        """All tiles that there are; their ``argument`` is their name in a file."""

    def choices(self, question: Question) -> Iterator[Choice]:
        """Yield what may be tried: in the precision that is asked for, and as exact."""

    def coefficient(self, question: Question, choice: Choice) -> Fraction | None:
        """Return ``c`` of ``|error| <= c u sum |a b|``; None: ``planning`` reads it off."""


class _Floats:
    """Tiles of floats, which are legal in every precision."""

    tiles = TILES

    def choices(self, question: Question) -> Iterator[Choice]:
        """Yield every tile; of a weight's gradient in parts too."""
        products, rows, columns, depth = question.map_.extents
        for tile in TILES:
            yield Choice(tile)
            if question.product == "conv_weight_vjp":
                blocks = products * tile.covering(rows, columns)
                for parts in _parts(blocks, products * rows * columns, depth):
                    yield Choice(tile, parts)

    def coefficient(self, question: Question, choice: Choice) -> None:
        """Return None: it is the number of products."""
        del question, choice


class _Tensors:
    """Tiles of the tensor cores, where their sums are as exact as of floats."""

    tiles = TENSOR_TILES

    def choices(self, question: Question) -> Iterator[Choice]:
        """Yield every tile of the precision, in parts too."""
        map_ = question.map_
        if not is_allowed(map_):
            return
        products, rows, columns, depth = launched_extents(map_)
        for tile in TENSOR_TILES:
            if tile.precision == question.precision:
                yield Choice(tile)
                blocks = products * tile.covering(rows, columns)
                for parts in _parts(blocks, products * rows * columns, depth):
                    yield Choice(tile, parts)

    def coefficient(self, question: Question, choice: Choice) -> None:
        """Return None: it is that of the extents of a launch."""
        del question, choice


class _Halos:
    """Tiles whose source is staged once for all taps, of words and of 16 bits."""

    tiles = HALO_TILES

    def choices(self, question: Question) -> Iterator[Choice]:
        """Yield every tile that takes the convolution."""
        asked, is_adjoint = (question.sizes, question.element), _is_adjoint(question)
        if question.product == "conv_weight_vjp" or question.precision != "tf32":
            return
        if is_allowed(question.map_):
            for tile in self.tiles:
                if not refused(*asked, tile, is_adjoint=is_adjoint):
                    yield Choice(tile)

    def coefficient(self, question: Question, choice: Choice) -> Fraction:
        """Return the bound of the depths, with the zeros that fill the slabs of a tap."""
        del choice
        asked = question.sizes, question.element
        return halo_plans.coefficient(*asked, is_adjoint=_is_adjoint(question))


def _is_adjoint(question: Question) -> bool:
    return question.product == "conv_input_vjp"


FAMILIES: tuple[Family, ...] = (_Floats(), _Tensors(), _Halos())


def choices(question: Question) -> Iterator[Choice]:
    """Yield what all families may try."""
    for family in FAMILIES:
        yield from family.choices(question)


def coefficient(question: Question, choice: Choice) -> Fraction | None:
    """Return ``c`` as the tile's family derives it, or None."""
    family = next(family for family in FAMILIES if choice.tile in family.tiles)
    return family.coefficient(question, choice)


def takes(question: Question, choice: Choice) -> bool:
    """Return whether a choice is one that its tile's family may try: of a precision and a law."""
    family = next(family for family in FAMILIES if choice.tile in family.tiles)
    return choice in family.choices(question)


def tile_called(argument: str) -> Any:
    """Return the tile of a name, or None if there is none."""
    every = (tile for family in FAMILIES for tile in family.tiles)
    return next((tile for tile in every if tile.argument == argument), None)


def _parts(blocks: int, sums: int, depth: int) -> Iterator[int]:
    """Yield 1, and more parts while a processor may be idle and all parts can be addressed."""
    yield 1
    for parts in _LADDER:
        if parts <= most_parts(depth) and parts * blocks <= _MOST_BLOCKS and parts * sums <= MOST:
            yield parts
