"""The HTML back end: one page that needs nothing else, no script, no network."""

import re
from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from itertools import count, pairwise
from typing import Any

from jinja2 import Environment, StrictUndefined

from convproof.report.draw.diagram import diagram
from convproof.report.draw.matrix import matrix
from convproof.report.draw.plot import plot
from convproof.report.draw.shapes import Drawing
from convproof.report.draw.svg import svg
from convproof.report.draw.window import frames
from convproof.report.facts import theorem_facts
from convproof.report.formulas import broken, letters, mathml
from convproof.report.model import (
    Block,
    Code,
    Diagram,
    Document,
    Equation,
    Inline,
    Items,
    Listing,
    Math,
    Matrix,
    Plot,
    Prose,
    Section,
    Strong,
    Table,
    Text,
    TheoremRecord,
    Verdict,
    Window,
    plain,
    runs,
)
from convproof.report.wording import worded

_POINT = re.compile(r"[,.;:)]+")  # what stays with a formula before it
_PHONE = 34  # letters of a formula that a phone has room for
_SCROLLS = ' class="long" role="group" tabindex="0" aria-label="long formula"'
_FIRST = ' checked="checked"'
SIGNS = {"good": "✓", "bad": "✗", "open": "?"}


def html(document: Document) -> str:
    """Return a document as the text of a page; well-formed as XML, too."""
    writer = _Writer()
    body = writer.blocks(document.blocks, 2)
    text = _template().render(
        document=document,
        title=plain(document.title),
        heading=prose(document.title),
        subtitle=prose(document.subtitle),
        contents=writer.contents if document.contents else [],
        body=body,
        most_frames=writer.most_frames,
    )
    return str(text)


@cache
def _template() -> Any:
    text = files("convproof.report").joinpath("page.html").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.from_string(text)


def prose(text: Prose) -> str:
    """Return prose as HTML; no line begins with the comma behind a formula."""
    made: list[str] = []
    for before, run in pairwise(("", *runs(text))):
        point = _POINT.match(run) if isinstance(run, str) and isinstance(before, Math) else None
        if point is None:
            made.append(_inline(run))
        else:
            made[-1] = f'<span class="held">{made[-1]}{point[0]}</span>'
            made.append(_inline(run.removeprefix(point[0])) if isinstance(run, str) else "")
    return "".join(made)


def _inline(run: Inline) -> str:
    if isinstance(run, str):
        return escape(run, quote=False)
    if isinstance(run, Math):
        made = formula(run.latex, display=False)
        return f"<span{_SCROLLS}>{made}</span>" if letters(run.latex) > _PHONE else made
    if isinstance(run, Code):
        return f"<code>{escape(run.text, quote=False)}</code>"
    if isinstance(run, Strong):
        return f"<strong>{escape(run.text, quote=False)}</strong>"
    sign = f'<span aria-hidden="true">{SIGNS[run.kind]}</span>'
    return f'<span class="badge {run.kind}">{sign} {escape(run.word, quote=False)}</span>'


def formula(latex: str, *, display: bool) -> str:
    """Return a formula as MathML, or as it is written where that is not faithful."""
    made = mathml(latex, display=display)
    return f"<code>{escape(latex, quote=False)}</code>" if made is None else made


class _Writer:
    """Writes blocks, and keeps what is unique in the page."""

    def __init__(self) -> None:
        self.contents: list[tuple[int, str, str]] = []
        self.most_frames = 0
        self._numbers = count(1)

    def blocks(self, blocks: tuple[Block, ...], level: int) -> str:
        return "\n".join(self._block(block, level) for block in blocks)

    def _block(self, block: Block, level: int) -> str:
        if isinstance(block, Section):
            return self._section(block, level)
        writers: dict[type, Callable[[Any], str]] = {
            Text: lambda b: f"<p>{prose(b.prose)}</p>",
            Items: _items,
            Equation: _equation,
            Matrix: lambda b: self._figure(matrix(b), b.caption),
            Plot: lambda b: self._figure(plot(b), b.caption),
            Diagram: lambda b: self._figure(diagram(b), b.caption),
            Window: self._window,
            Table: self._table,
            TheoremRecord: _theorem,
            Verdict: lambda b: f'<p class="verdict">{_inline(b.badge)} {prose(b.prose)}</p>',
            Listing: _listing,
        }
        return writers[type(block)](block)

    def _section(self, block: Section, level: int) -> str:
        key = f"s{next(self._numbers)}"
        self.contents.append((level, key, prose(block.title)))
        tag = f"h{min(level, 6)}"
        inner = self.blocks(block.blocks, level + 1)
        return (
            f'<section aria-labelledby="{key}">\n<{tag} id="{key}">{prose(block.title)}</{tag}>\n'
            f"{inner}\n</section>"
        )

    def _figure(self, drawing: Drawing, caption: Prose) -> str:
        key = f"f{next(self._numbers)}"
        return (
            f"<figure>{_scrolling(svg(drawing, key), plain(caption))}"
            f"<figcaption>{prose(caption)}</figcaption></figure>"
        )

    def _window(self, block: Window) -> str:
        """Write one frame at a time, chosen by radio buttons: no script is needed."""
        key = f"w{next(self._numbers)}"
        total = len(block.frames)
        self.most_frames = max(self.most_frames, total)
        choices = "".join(
            f'<input type="radio" name="{key}" id="{key}-{n}" aria-label="frame {n} of {total}"'
            f"{_FIRST if n == 1 else ''}/>"
            f'<label for="{key}-{n}" aria-hidden="true">{n}</label>'
            for n in range(1, total + 1)
        )
        shown = "".join(
            f'<div class="frame">{_scrolling(svg(drawing, f"{key}-{n}s"), f"frame {n}")}'
            f"{_equation(Equation(frame.equation))}</div>"
            for n, (drawing, frame) in enumerate(
                zip(frames(block), block.frames, strict=True), start=1
            )
        )
        more = f" {block.left_out} further frames are not shown." if block.left_out else ""
        return (
            f'<figure class="window"><fieldset><legend>Frame</legend>{choices}'
            f'<div class="frames">{shown}</div></fieldset>'
            f"<figcaption>{prose(block.caption)}{more}</figcaption></figure>"
        )

    def _table(self, block: Table) -> str:
        head = "".join(
            f'<th scope="col" class="{column.align}">{prose(column.heading)}</th>'
            for column in block.columns
        )
        body = "".join(_row(block, row) for row in block.rows)
        totals = "".join(_row(block, row) for row in block.totals)
        foot = f"<tfoot>{totals}</tfoot>" if totals else ""
        return _scrolling(
            f"<table><caption>{prose(block.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody>{foot}</table>",
            plain(block.caption),
        )


def _row(block: Table, row: tuple[Prose | int, ...]) -> str:
    cells = []
    for place, (column, cell) in enumerate(zip(block.columns, row, strict=True)):
        text = f"{cell:,}" if isinstance(cell, int) else prose(cell)
        classes = f"{column.align}{' wraps' if column.wraps else ''}"
        tag, scope = ("th", ' scope="row"') if place == 0 else ("td", "")
        cells.append(f'<{tag}{scope} class="{classes}">{text}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>"


def _scrolling(inner: str, name: str) -> str:
    """Return what may be wider than a phone, to be moved sideways in its place."""
    return f'<div class="wide" role="group" tabindex="0" aria-label="{escape(name)}">{inner}</div>'


def _items(block: Items) -> str:
    return f"<ul>{''.join(f'<li>{prose(item)}</li>' for item in block.items)}</ul>"


def _equation(block: Equation) -> str:
    aligned = any("&" in line for line in block.lines)
    lines = (block.latex,) if aligned else tuple(p for line in block.lines for p in broken(line))
    made = "".join(formula(line, display=True) for line in lines)
    longest = max(map(letters, block.lines), default=0)
    scrolls = ' role="group" tabindex="0" aria-label="long formula"' if longest > _PHONE else ""
    return f'<div class="formula"{scrolls}>{made}</div>'


def _listing(block: Listing) -> str:
    caption = f"<figcaption>{prose(block.caption)}</figcaption>" if block.caption else ""
    text = escape(block.text, quote=False)
    return f'<figure class="listing">{caption}<pre tabindex="0"><code>{text}</code></pre></figure>'


def _theorem(block: TheoremRecord) -> str:
    formula_ = _equation(Equation(block.latex)) if block.latex else ""
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{prose(text)}</dd>" for name, text in theorem_facts(block)
    )
    return (
        f'<div class="theorem"><p><strong>{escape(block.name.replace("_", " "))}</strong> '
        f"{_inline(block.verdict)}</p><p>{prose(worded(block.statement))}</p>{formula_}"
        f"<dl>{facts}</dl></div>"
    )
