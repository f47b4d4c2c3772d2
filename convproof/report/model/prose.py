"""What runs within a line: text, mathematics, code, verdicts in a word."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sympy as sp

from convproof.report.model.spoken import spoken

Kind = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class Math:
    """Mathematics within a line.

    Attributes:
        latex: without dollar signs.
    """

    latex: str

    @staticmethod
    def of(expression: Any) -> "Math":
        """Return an expression of SymPy's as it prints itself."""
        return Math(sp.latex(expression))


@dataclass(frozen=True, slots=True)
class Code:
    """What is typed or stands in a file: a command, a name, a path."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry the weight of a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict in a word, marked by sign and colour: in a table, or in a line.

    Attributes:
        word: "proved", "differs".
        kind: whether it is what one hopes for, the opposite, or undecided.
    """

    word: str
    kind: Kind


Inline: TypeAlias = str | Math | Code | Strong | Badge


Prose: TypeAlias = str | tuple[Inline, ...]


def runs(prose: Prose) -> tuple[Inline, ...]:
    """Return prose as its runs."""
    return (prose,) if isinstance(prose, str) else prose


def plain(prose: Prose) -> str:
    """Return prose without its marks, formulas in letters: for accessible names and titles."""
    return "".join(each if isinstance(each, str) else _bare(each) for each in runs(prose))


def _bare(run: Math | Code | Strong | Badge) -> str:
    if isinstance(run, Math):
        return spoken(run.latex)
    return run.word if isinstance(run, Badge) else run.text
