"""A claim: where the lecture makes it, what it states, and how convproof finds out.

The forms that a statement takes::

    integers, decimals, words, tuples of these     equal to what is computed
    Formula   "floor((n - r)/s) + 1"               equal to a Rule of the library at every size
    Table     "w1 w2 . / . w1 w2"                  equal entry by entry; a dot is a blank
    Law       the name of a proof for all sizes    proved, or its negation, or its false twin
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

Kind = Literal["number", "row", "formula", "matrix", "statement"]
Class = Literal["arithmetic", "claim", "convention", "transcription", "outside source"]
CLASSES: dict[Class, str] = {
    "arithmetic": "a number is not what the lecture's own rule gives",
    "claim": "a sentence does not hold, or contradicts another of the lecture",
    "convention": "two conventions are used at once, or a table simplifies what stands beside it",
    "transcription": "the file lost or changed what the slide shows; not the lecture's",
    "outside source": "the source that is quoted, or the published one, says something else",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the lecture.

    Attributes:
        slide: its title, without LaTeX.
        occurrence: which of the headings with this title, from 1: frames repeat them.
    """

    slide: str
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as SymPy reads it.

    Attributes:
        text: the right-hand side; ``x(k)`` is an entry.
        over: the letters that are summed over, everywhere where a term may not vanish.
        left: the left-hand side, for print.
    """

    text: str
    over: tuple[str, ...] = ()
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the library says at given sizes, to compare a formula with.

    Attributes:
        letters: which are given.
        points: their values.
        at: the library's answer there.
        right: a formula that agrees.
        functions: what ``x(k)`` stands for in the formula.
        indices: the range of every letter that is summed over.
    """

    letters: tuple[str, ...]
    points: tuple[tuple[Any, ...], ...]
    at: Callable[..., Any]
    right: Formula
    functions: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    indices: range = range(0)


@dataclass(frozen=True, slots=True)
class Table:
    """A matrix or a table of signs, as it is printed.

    Attributes:
        text: a line a row, entries apart by spaces; a dot is a blank.
    """

    text: str

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Its entries, short rows filled up with blanks."""
        lines = [tuple(line.split()) for line in self.text.strip().splitlines()]
        width = max(map(len, lines))
        return tuple(line + (".",) * (width - len(line)) for line in lines)


@dataclass(frozen=True, slots=True)
class Law:
    """A law that is proved for all sizes, or what contradicts it.

    Attributes:
        proof: its name: ``convproof prove NAME``.
        holds: whether the lecture says so, or the contrary.
        twin: whether it states the false twin of the proof in its place.
    """

    proof: str
    holds: bool = True
    twin: bool = False


Stated: TypeAlias = int | Decimal | str | tuple[Any, ...] | Formula | Table | Law
Computed: TypeAlias = int | Decimal | str | tuple[Any, ...] | Rule | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is said of a disagreement.

    Attributes:
        of: its class.
        why: in words.
        arithmetic: the figure that is right, as a sum to check; "" where there is none.
        origin: where the lecture's figure comes from, as a sum to check; "" if that is unknown.
    """

    of: Class
    why: str
    arithmetic: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of the lecture.

    Attributes:
        id: a name of its own: ``vgg16.1``.
        place: where.
        kind: of what is stated.
        quote: as few of the lecture's words as tell it from others on the slide; of a picture or
            a table's part, what is meant.
        stated: what it says.
        by: what of convproof, or which publication, computes the answer.
        computed: the answer; None for a law.
        fault: of a claim that is not right, else None.
        note: under which condition it holds, or what else there is to say.
    """

    id: str
    place: Place
    kind: Kind
    quote: str
    stated: Stated
    by: str
    computed: Callable[[], Computed] | None = None
    fault: Fault | None = None
    note: str = ""


Why = Literal[
    "setting",
    "definition",
    "measurement",
    "history or advice",
    "recalled",
    "picture",
    "citation",
]
UNJUDGED: dict[Why, str] = {
    "setting": "a choice, such as a learning rate",
    "definition": "what a word or a letter is to mean, a heading, what follows",
    "measurement": "an error that was measured, of training runs that the lecture does not give",
    "history or advice": "what was done, what one does, what is better",
    "recalled": "of an earlier lecture, or of biology",
    "picture": "what a picture shows, as the file describes it",
    "citation": "a paper's authors and year",
}


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A sentence that is not judged.

    Attributes:
        place: where.
        why: a key of ``UNJUDGED``.
        quote: as few of its words as tell it from others on the slide.
        note: what there is to say of it, or "".
    """

    place: Place
    why: Why
    quote: str
    note: str = ""
