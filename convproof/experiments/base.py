"""What an experiment is: a sentence of the lecture, what was measured, a picture of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Agreement = Literal["agrees", "in part", "disagrees"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user chooses.

    Attributes:
        seed: of all that is drawn.
        quick: smaller sizes and fewer repetitions: the same numbers, less sure.
        data: the data set of what is trained, see ``convproof.training.datasets``.
        implementation: what computes the layers.
    """

    seed: int = 0
    quick: bool = False
    data: str = "digits"
    implementation: str = "numpy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found.

    Attributes:
        found: one or two sentences, with the numbers in them.
        agreement: with what the lecture says.
        numbers: JSON's values; all that the picture shows.
    """

    found: str
    agreement: Agreement
    numbers: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment, a file of this folder.

    Attributes:
        title: of its picture.
        says: what the lecture says, in its words where these are short.
        source: the slide's title, and the paper.
        run: measures.
        draw: makes the picture from the numbers alone, so that it can be drawn again from the JSON.
        trains: whether networks are trained, so that ``data`` counts.
    """

    title: str
    says: str
    source: str
    run: Callable[[Settings], Finding]
    draw: Callable[[dict[str, Any]], "Figure"]
    trains: bool = False
