"""Where pages may end: no heading, table head or announcement is left alone at the foot of one."""

import re
from itertools import pairwise

import pytest

from convproof.report import latex_room
from convproof.report.draw import tikz
from convproof.report.latex import equation, latex
from convproof.report.latex_room import height, room, stays
from convproof.report.latex_table import table
from convproof.report.model import (
    Block,
    Cell,
    Column,
    Document,
    Equation,
    Items,
    Matrix,
    Section,
    Table,
    Text,
    Vector,
    Verdict,
)
from convproof.report.pdf import has_tex, pdf
from tests.report.samples import BLOCKS, MATRIX, document

needs_tex = pytest.mark.skipif(not has_tex(), reason="there is no pdflatex")
_ANNOUNCED = (Text("The derivative:"), Equation("dx = T^\\top da"))


def _table(rows: int, totals: int = 0) -> Table:
    columns = (Column(heading="n"), Column(heading="what", wraps=True))
    held = tuple((str(n), "a few words") for n in range(rows + totals))
    return Table(caption="rows", columns=columns, rows=held[:rows], totals=held[rows:])


def _tall(rows: int) -> Matrix:
    cells = tuple(Cell(row=row, column=0, label="w", classes=(0,)) for row in range(rows))
    names = tuple(f"a_{{{row}}}" for row in range(rows))
    left, right = Vector(labels=names), Vector(labels=("x",))
    return Matrix(
        caption="M", description="m", shape=(rows, 1), cells=cells, left=left, right=right
    )


@pytest.mark.parametrize("rows", range(1, 17))
def test_a_short_table_is_never_broken(rows: int) -> None:
    """It is one box, with one head and one line at its end."""
    made = table(_table(rows))
    assert "longtable" not in made
    assert made.count(r"\bottomrule") == made.count(r"\midrule") == 1


@pytest.mark.parametrize(("rows", "totals"), [(17, 0), (17, 1), (40, 2), (300, 1)])
def test_no_page_begins_or_ends_with_one_row_of_a_long_table(rows: int, totals: int) -> None:
    r"""``\\*`` forbids a break behind a row: the first, the last but one, that before totals."""
    made = table(_table(rows, totals))
    ends = re.findall(r"^\d+ & a few words \\\\(\*?)$", made, re.MULTILINE)
    assert len(ends) == rows + totals
    assert ends[0] == ends[-2] == "*"
    assert ends[-1] == ""
    assert "" in ends[1:-2]
    if totals:
        assert ends[rows - 1] == "*"


@pytest.mark.parametrize("count", [15, 40])
def test_no_page_begins_or_ends_with_one_or_two_lines_of_a_long_equation(count: int) -> None:
    r"""``\\*`` stands behind the first two lines, and before each of the last two."""
    made = equation(Equation(*(f"x_{{{n}}} = {'y + ' * 30}" for n in range(count))))
    ends = re.findall(r" \\\\(\*?)$", made, re.MULTILINE)
    assert len(ends) == count - 1
    assert ends == ["*"] * 2 + [""] * (count - 5) + ["*"] * 2


def test_a_heading_asks_for_the_room_of_all_that_stays_with_it() -> None:
    """Heading, announcement, equation and picture; what may stand on the next page is not in it."""
    held: tuple[Block, ...] = (*_ANNOUNCED, MATRIX)
    whole = room(Section(title="s", blocks=(*held, Text("after"), *held)))
    assert whole == room(Section(title="s", blocks=held))
    assert whole > sum(map(height, held))
    for shorter in (held[:1], held[:2]):
        assert room(Section(title="s", blocks=shorter)) < whole


@pytest.mark.parametrize("count", range(1, 9))
def test_a_heading_asks_for_the_room_of_every_item_of_a_short_list(count: int) -> None:
    """Of two lines each: no page begins with the last one alone."""
    item = "words " * 20
    lists = [Items(*[item] * n) for n in (count, count + 1)]
    whole, more = (room(Section(title="s", blocks=(Text("so:"), held))) for held in lists)
    assert whole >= room(Section(title="s", blocks=(Text("so:"),))) + 2 * count * 12
    assert (more > whole) == (count < 8)


def test_headings_ask_for_those_below_them() -> None:
    """``1 Pooling``, a sentence and ``1.1 Along one axis`` stand where the latter begins."""
    inner = Section(title="inner", blocks=(*_ANNOUNCED, MATRIX))
    outer = Section(title="outer", blocks=(Text("a sentence"), inner))
    assert room(outer) > room(inner)
    told = re.findall(r"\\needroom\{(\d+)pt\}", latex(document(outer)))
    assert sorted(map(int, told), reverse=True) == list(map(int, told))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_what_is_announced_is_on_the_page_of_its_announcement(block: Block) -> None:
    """Text stays with what is no text, and an equation with whatever follows it."""
    ahead = not isinstance(block, Text | Section)
    assert stays(Text("so:"), block) == ahead
    body = latex(document(Text("so:"), block)).partition(r"\begin{document}")[2]
    assert (r"so:\staytogether" in body) == ahead
    assert stays(Equation("x"), block) != isinstance(block, Section)


def test_a_verdict_stays_with_its_equation() -> None:
    blocks = next(b.blocks for b in BLOCKS if isinstance(b, Section))
    assert [stays(a, b) for a, b in pairwise((*_ANNOUNCED, *blocks))] == [True, True]
    assert not stays(Verdict(badge=next(b.badge for b in BLOCKS if isinstance(b, Verdict))), None)


def _pages(*blocks: Block) -> tuple[int, str]:
    """Return how many pages TeX makes, and its log."""
    held = Document(title="t", blocks=blocks, command="c", version="v")
    log = pdf(latex(held))[1]
    found = re.search(r"\((\d+) pages?,", log)
    assert found is not None
    return int(found[1]), log


def _taken(section: Section) -> float:
    """Return the points that TeX fills with a section, up to the next."""
    inner = Section(title="s", blocks=(Section(title="s", blocks=(section,) * 3),))
    told = latex(Document(title="t", blocks=(inner,), command="c", version="v"))
    measured = told.replace(r"\needroom{", r"\par\message{at \the\pagetotal;}\needroom{")
    at = [float(each) for each in re.findall(r"at ([\d.]+)pt;", pdf(measured)[1])]
    assert len(at) == 5
    return at[4] - at[3]


@pytest.mark.full
@needs_tex
@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_heading_asks_for_no_less_than_its_list_takes(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the last item is on its page; with less for the heading itself it would not be."""
    section = Section(title="s", blocks=(Text("of:"), Items(*["words " * 20] * count)))
    taken = _taken(section)
    assert taken <= room(section) < taken + 14
    monkeypatch.setattr(latex_room, "_HEADING", 34.0)
    assert room(section) < taken


@pytest.mark.full
@needs_tex
def test_the_tallest_picture_is_on_one_page_with_its_heading() -> None:
    """No empty page before it, and nothing below the foot of the page."""
    section = Section(title="s", blocks=(Text("words " * 60), _ANNOUNCED[1], _tall(50)))
    pages, log = _pages(Text("before"), section)
    assert (pages, "Overfull" in log) == (2, False)


@pytest.mark.full
@needs_tex
def test_a_picture_that_is_higher_than_a_page_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The check of the test above could have failed."""
    monkeypatch.setattr(tikz, "HIGHEST", 900.0)
    section = Section(title="s", blocks=(Text("words " * 60), _ANNOUNCED[1], _tall(50)))
    pages, log = _pages(Text("before"), section)
    assert pages > 2 or r"Overfull \vbox" in log
