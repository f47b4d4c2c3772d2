r"""The LaTeX back end: amsmath, TikZ, booktabs, longtable; nothing beyond a small TeX Live."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Any

from jinja2 import Environment, StrictUndefined

from convproof.report.draw.diagram import diagram
from convproof.report.draw.matrix import matrix
from convproof.report.draw.plot import plot
from convproof.report.draw.shapes import Drawing, palette
from convproof.report.draw.tikz import tikz
from convproof.report.facts import theorem_facts
from convproof.report.formulas import LINE, beside, broken, letters, sum_lines
from convproof.report.latex_room import ABOVE, frames_of_page, room, stays
from convproof.report.latex_table import table
from convproof.report.model import (
    Block,
    Diagram,
    Document,
    Equation,
    Items,
    Listing,
    Matrix,
    Plot,
    Prose,
    Section,
    Table,
    Text,
    TheoremRecord,
    Verdict,
    Window,
    plain,
)
from convproof.report.tex import badge, escape, prose, typed
from convproof.report.wording import worded

_HEADINGS = ("section", "subsection", "subsubsection", "minorsection")
_LONG = 14  # lines of an equation that no page need hold together
_KEPT = 3  # of them at the foot of a page, and at the top of the next


def latex(document: Document) -> str:
    """Return a document as LaTeX."""
    text = _template().render(
        title=prose(document.title),
        subtitle=prose(document.subtitle),
        plain_title=escape(plain(document.title)),
        contents=document.contents,
        colours=palette(),
        version=escape(document.version),
        command=typed(document.command),
        body="\n\n".join(blocks(document.blocks, 0)),
    )
    return str(text)


@cache
def _template() -> Any:
    text = files("convproof.report").joinpath("document.tex").read_text(encoding="utf-8")
    environment = Environment(
        undefined=StrictUndefined, autoescape=False, block_start_string=r"\BLOCK{",
        block_end_string="}", variable_start_string=r"\VAR{", variable_end_string="}",
        comment_start_string=r"\#{", comment_end_string="}", trim_blocks=True,
    )  # fmt: skip
    return environment.from_string(text)


def blocks(held: tuple[Block, ...], level: int) -> Iterator[str]:
    """Yield every block as LaTeX."""
    for block, following in zip_longest(held, held[1:]):
        if isinstance(block, Section):
            title = prose(block.title)
            bare = escape(plain(block.title))
            heading = _HEADINGS[min(level, 3)]
            both = title if level > 2 else rf"\texorpdfstring{{{title}}}{{{bare}}}"
            yield rf"\needroom{{{room(block):.0f}pt}}\{heading}{{{both}}}"
            yield from blocks(block.blocks, level + 1)
        elif isinstance(block, Text) and stays(block, following):
            yield f"{_text(block)}\\staytogether"
        else:
            yield _WRITERS[type(block)](block)


def _text(block: Text) -> str:
    return prose(block.prose)


def _items(block: Items) -> str:
    items = "\n".join(rf"\item {prose(item)}" for item in block.items)
    return f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}\n\\vskip4pt"


def equation(block: Equation) -> str:
    """Return an equation; one that is too wide for a line is made smaller until it is not."""
    aligned = any("&" in line for line in block.lines)
    lines = block.lines if aligned else tuple(p for line in block.lines for p in broken(line))
    lines = beside(lines, LINE + ABOVE) if aligned else lines
    if len(lines) > _LONG:
        kind = "align*" if aligned else "gather*"
        return f"\\closeup\\begin{{{kind}}}\n{_over_pages(lines)}\n\\end{{{kind}}}"
    joined = " \\\\\n".join(lines)
    kind = "aligned" if aligned else "gathered"
    inner = f"\\begin{{{kind}}}\n{joined}\n\\end{{{kind}}}" if len(lines) > 1 or aligned else joined
    return f"\\fitted{{%\n{inner}}}"


def _over_pages(lines: Sequence[str]) -> str:
    """Return lines of which no page begins or ends with one or two."""
    last = len(lines) - 1
    ends = (r" \\*" if n < _KEPT - 1 or n > last - _KEPT else r" \\" for n in range(last))
    return "\n".join([*map("".join, zip(lines, ends, strict=False)), lines[-1]])


def _figure(drawing: Drawing, caption: Prose) -> str:
    return (
        "\\begin{figurehere}\n"
        f"{tikz(drawing)}\n\\figurecaption{{{prose(caption)}}}\n\\end{{figurehere}}"
    )


def _window(block: Window) -> str:
    """Return the first frames, as many beside each other as a line holds."""
    drawings, beside_, widest = frames_of_page(block)
    line = (LINE + ABOVE) // beside_ - 4
    parts = [
        f"\\windowframe{{{0.98 / beside_:.3f}\\linewidth}}"
        f"{{%\n{tikz(drawing, widest)}\n}}{{${_sum(frame.equation, line)}$}}"
        for drawing, frame in zip(drawings, block.frames, strict=False)
    ]
    left_out = block.left_out + len(block.frames) - len(drawings)
    more = f" {left_out}~further frames are not shown." if left_out else ""
    return (
        "\\begin{framesofwindow}\n" + "\n".join(parts) + "\n\\end{framesofwindow}\n"
        f"\\figurecaption{{{prose(block.caption)}{more}}}"
    )


def _sum(latex: str, line: int) -> str:
    """Return ``a = b + c + ...``, in lines if one has no room for it."""
    left, _, right = latex.partition(" = ")
    if letters(latex) <= line:
        return latex
    lines = " \\\\ ".join(sum_lines(left, right.split(" + "), line))
    return rf"\begin{{aligned}}{lines}\end{{aligned}}"


def _theorem(block: TheoremRecord) -> str:
    name = escape(block.name.replace("_", " "))
    facts = "\n".join(
        rf"\item[{escape(word)}] {prose(text)}" for word, text in theorem_facts(block)
    )
    formula = f"\n{equation(Equation(block.latex))}\n" if block.latex else ""
    return (
        f"\\begin{{theoremrecord}}{{{name}}}{{{badge(block.verdict)}}}\n"
        f"{{\\itshape {prose(worded(block.statement))}}}\n{formula}"
        f"\\begin{{facts}}\n{facts}\n\\end{{facts}}\n\\end{{theoremrecord}}"
    )


def _verdict(block: Verdict) -> str:
    return rf"\noindent {badge(block.badge)} {prose(block.prose)}"


def _listing(block: Listing) -> str:
    caption = f"{{\\small {prose(block.caption)}}}\\par\\nopagebreak\n" if block.caption else ""
    lines = "\\\\\n".join(typed(line) or r"\ " for line in block.text.splitlines())
    return f"\\begin{{listinghere}}\n{caption}{lines}\n\\end{{listinghere}}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Text: _text,
    Items: _items,
    Equation: equation,
    Matrix: lambda b: _figure(matrix(b), b.caption),
    Plot: lambda b: _figure(plot(b), b.caption),
    Diagram: lambda b: _figure(diagram(b), b.caption),
    Window: _window,
    Table: table,
    TheoremRecord: _theorem,
    Verdict: _verdict,
    Listing: _listing,
}
