"""Which tile a product takes, and in how many parts: the table's, or one that was measured faster.

``tiles.tile_of`` answers every question from rates that were measured once, of one GPU. A machine
may hold ``choices``, measured on its own GPU (``convproof tune``), which come before the table.
Either is as exact as the precision promises: a choice is of time, never of error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from convproof.errors import UnsupportedError
from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof_gpu.tiles import MOST_SHARED, Precision, TensorTile, tile_of

Product = Literal["conv_forward", "conv_input_vjp", "conv_weight_vjp"]
_Map = Correlated | Spread | Paired
_MAPS: dict[Product, type[_Map]] = {
    "conv_forward": Correlated, "conv_input_vjp": Spread, "conv_weight_vjp": Paired
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A product for which a tile is chosen.

    Attributes:
        product: which, as ``products`` calls it.
        sizes: of the whole call.
        element: the C++ type of the arrays' elements.
        precision: of the products: of words, ``"tf32"``, where the elements have 16 bits.
    """

    product: Product
    sizes: Sizes
    element: str
    precision: Precision

    @property
    def map_(self) -> _Map:
        """The products."""
        return _MAPS[self.product](self.sizes)

    @property
    def multiplied(self) -> str:
        """The C++ type that tensor cores multiply: the gradient of a weight is one of floats."""
        return "float" if self.product == "conv_weight_vjp" else self.element


@dataclass(frozen=True, slots=True)
class Choice:
    """How a product is computed.

    Attributes:
        tile: of a block; its type decides the kernel, its ``argument`` is its text.
        parts: of the depth, whose sums are added; 0: as many as are predicted to be fastest.
    """

    tile: Any
    parts: int = 0


Choices = Mapping[Question, Choice]


class Asked(Mapping[Question, Choice]):
    """Choices that note what was asked of them, in ``asked``."""

    def __init__(self, held: Choices) -> None:
        self._held = held
        self.asked: dict[Question, Choice | None] = {}

    @property
    def is_measured(self) -> bool:
        """Whether the last answer was one of these."""
        return bool(self.asked) and next(reversed(self.asked.values())) is not None

    def __getitem__(self, question: Question) -> Choice:
        self.asked[question] = self._held.get(question)
        return self._held[question]

    def __iter__(self) -> Iterator[Question]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


class Chooses(Protocol):
    """A machine, as far as it decides on tiles."""

    precision: Precision
    choices: Choices

    @property
    def shared(self) -> int:
        """Bytes of shared memory that a block may have."""


def chosen(
    machine: Chooses, product: Product, sizes: Sizes, element: str, tile: Any
) -> tuple[Any, int]:
    """Return the tile of a product and its parts, see ``Choice``, which a tensor tile has too.

    Args:
        machine: which may have measured.
        product: which.
        sizes: of the whole call.
        element: the C++ type of the arrays' elements.
        tile: that a caller wants, or None.
    """
    if tile is not None:
        return tile, 0
    precision = machine.precision if element == "float" else "tf32"  # words, as they are
    question = Question(product, sizes, element, precision)
    choice = machine.choices.get(question)
    if choice is None:
        choice = by_table(question, machine.shared)
    elif getattr(choice.tile, "precision", precision) != precision:
        msg = (
            f"{product} was asked for in {precision}, but {choice.tile} is of "
            f"{choice.tile.precision}: choose a tile of {precision}."
        )
        raise UnsupportedError(msg)
    if isinstance(choice.tile, TensorTile):
        return replace(choice.tile, parts=choice.parts), choice.parts
    return choice.tile, choice.parts


def by_table(question: Question, shared: int = MOST_SHARED) -> Choice:
    """Return the choice that was not measured, of blocks with so many bytes of shared memory."""
    return Choice(tile_of(question.map_, question.precision, question.multiplied, shared))
