"""What stands below each other: paragraphs, equations, tables, records, sections."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sympy as sp

from convproof.report.model.figures import Diagram, Matrix, Plot, Window
from convproof.report.model.prose import Badge, Inline, Prose

Align = Literal["left", "right", "centre"]


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """A paragraph: ``Text("of ", Math("n"), " inputs")``.

    Attributes:
        prose: its runs.
    """

    prose: tuple[Inline, ...]

    def __init__(self, *prose: Inline) -> None:
        object.__setattr__(self, "prose", prose)


@dataclass(frozen=True, slots=True, init=False)
class Items:
    """A list with a mark before every item.

    Attributes:
        items: prose each.
    """

    items: tuple[Prose, ...]

    def __init__(self, *items: Prose) -> None:
        object.__setattr__(self, "items", items)


@dataclass(frozen=True, slots=True, init=False)
class Equation:
    r"""Displayed mathematics, one or more lines aligned at their ``&``.

    Attributes:
        lines: LaTeX each.
    """

    lines: tuple[str, ...]

    def __init__(self, *lines: str) -> None:
        object.__setattr__(self, "lines", lines)

    @staticmethod
    def of(*expressions: Any) -> "Equation":
        """Return expressions of SymPy's, one a line."""
        return Equation(*map(sp.latex, expressions))

    @property
    def latex(self) -> str:
        """The lines as the inside of an ``align*``."""
        return " \\\\\n".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        heading: of it.
        align: of its cells; numbers stand to the right.
        wraps: whether long text in it may be broken into lines.
    """

    heading: Prose
    align: Align = "left"
    wraps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of every row is its heading.

    Attributes:
        caption: above it.
        columns: of it.
        rows: prose each; an integer is written with its thousands apart.
        totals: rows below a line.
    """

    caption: Prose
    columns: tuple[Column, ...]
    rows: tuple[tuple[Prose | int, ...], ...]
    totals: tuple[tuple[Prose | int, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoremRecord:
    """A law and what became of its proof.

    Attributes:
        name: of the proof, as ``convproof prove NAME`` knows it.
        statement: the sentence.
        latex: the equation, or "".
        source: where it is from.
        kind: how far it reaches, in words.
        verdict: what became of it.
        steps: how many steps were proved, and of how many.
        engines: by which engines, and how many steps each.
        rule: the named rule that it takes, or "".
        changed: what its false twin changes, or "".
        counterexample: what refutes the twin, or "".
    """

    name: str
    statement: str
    latex: str
    source: str
    kind: str
    verdict: Badge
    steps: tuple[int, int]
    engines: tuple[tuple[str, int], ...]
    rule: str = ""
    changed: str = ""
    counterexample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A verdict that stands by itself: of a claim, a run, a theorem.

    Attributes:
        badge: the word.
        prose: what it is about.
    """

    badge: Badge
    prose: Prose = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Text as it is typed: lines to paste.

    Attributes:
        text: the lines.
        caption: above it, or "".
    """

    text: str
    caption: Prose = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with a heading; sections may hold sections.

    Attributes:
        title: the heading.
        blocks: below it.
    """

    title: Prose
    blocks: tuple["Block", ...]


Block: TypeAlias = (
    Text
    | Items
    | Equation
    | Matrix
    | Window
    | Table
    | TheoremRecord
    | Verdict
    | Plot
    | Diagram
    | Listing
    | Section
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report.

    Attributes:
        title: of it.
        subtitle: below the title, or "".
        command: the line that makes it again.
        version: of convproof.
        blocks: what it says.
        contents: whether the sections are listed first.
    """

    title: Prose
    blocks: tuple[Block, ...]
    command: str
    version: str
    subtitle: Prose = ""
    contents: bool = False


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield every block, those of sections after the section."""
    for block in blocks:
        yield block
        if isinstance(block, Section):
            yield from walk(block.blocks)
