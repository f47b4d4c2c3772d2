"""The HTML page: well-formed, complete in itself, told to those who cannot see it."""

import re
from xml.etree.ElementTree import Element, fromstring

import pytest
from html5lib import HTMLParser

from convproof.report.html import html
from convproof.report.model import Block, Equation, Math, Text
from tests.report.samples import BLOCKS, HOSTILE, MATRIX, document

_XHTML, _SVG, _MATHML = (
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.w3.org/2000/svg}",
    "{http://www.w3.org/1998/Math/MathML}",
)


def _page(*blocks: Block) -> Element:
    return fromstring(html(document(*blocks)).removeprefix("<!DOCTYPE html>\n"))


def faults(page: Element) -> list[str]:
    """Return what a reader without a screen, or without a network, would miss."""
    found = []
    for each in page.iter(f"{_SVG}svg"):
        named = each.find(f"{_SVG}title")
        if each.get("role") != "img" or named is None or not named.text:
            found.append("a picture without a name")
    for each in page.iter(f"{_XHTML}table"):
        heads = [*each.iter(f"{_XHTML}th")]
        if each.find(f"{_XHTML}caption") is None or any(not th.get("scope") for th in heads):
            found.append("a table without a caption or a scope")
    if any("\\" in "".join(each.itertext()) for each in page.iter(f"{_MATHML}math")):
        found.append("a formula with a command of LaTeX in it")
    keys = [each.get("id") for each in page.iter() if each.get("id")]
    if len(keys) != len(set(keys)):
        found.append("two things with one id")
    if any(not value for each in page.iter(f"{_MATHML}mtable") for value in each.attrib.values()):
        found.append("a table of a formula with an empty attribute")
    for each in page.iter():
        if each.tag.endswith(("script", "link", "img", "iframe")) or each.get("src"):
            found.append(f"{each.tag} from elsewhere")
        if not (each.get("href") or "#").startswith("#"):
            found.append("a link to elsewhere")
    return found


def test_the_page_of_every_block_is_well_formed_and_has_no_fault() -> None:
    assert faults(_page()) == []


def test_the_page_of_each_block_by_itself_is_well_formed_and_has_no_fault() -> None:
    assert [faults(_page(block)) for block in BLOCKS] == [[]] * len(BLOCKS)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('role="img" ', "", "a picture without a name"),
        (' scope="col"', "", "a table without a caption or a scope"),
        ("<mo>&#x0003D;</mo>", "<mo>\\eq</mo>", "a formula with a command of LaTeX in it"),
        ("<main>", '<main><img alt="" />', f"{_XHTML}img from elsewhere"),
        ("<mtable ", '<mtable frame="" ', "a table of a formula with an empty attribute"),
    ],
)
def test_a_page_with_a_fault_is_found_out(old: str, new: str, told: str) -> None:
    """The check of the test above could have failed."""
    text = html(document()).removeprefix("<!DOCTYPE html>\n")
    assert told in faults(fromstring(text.replace(old, new)))


def errors(text: str) -> list[str]:
    """Return what a parser of the HTML standard complains of."""
    parser = HTMLParser(strict=False)
    parser.parse(text)
    return [code for _, code, _ in parser.errors]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_the_page_is_valid_html(block: Block) -> None:
    assert errors(html(document(block))) == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("<main><p><div>x</div></p>", "unexpected-end-tag"),
        ("<main><table><p>x</p></table>", "unexpected-start-tag-implies-table-voodoo"),
        ('<main><p id="a" id="b">x</p>', "duplicate-attribute"),
        ("<main><p>&nonsense;</p>", "expected-named-entity"),
    ],
)
def test_a_page_that_is_not_valid_is_found_out(new: str, told: str) -> None:
    assert told in errors(html(document()).replace("<main>", new))


def test_a_comma_stays_with_its_formula() -> None:
    text = html(document(Text("of ", Math("n = 7"), ", or ", Math("r"), " taps")))
    assert text.count('<span class="held">') == 1
    assert "</math>,</span> or " in text


def test_a_users_name_is_text_wherever_it_stands() -> None:
    """What is between the tags reads as it was given: no tag, no entity, no command of it."""
    page = _page(Text(HOSTILE), MATRIX)
    read = ["".join(each.itertext()) for each in page.iter(f"{_XHTML}p")]
    assert HOSTILE in read
    assert page.find(f".//{_XHTML}b") is None
    assert page.findtext(f"{_XHTML}head/{_XHTML}title") == HOSTILE


def test_what_mathml_cannot_tell_is_shown_as_it_is_written() -> None:
    r"""``\Bigl\langle`` and unknown commands are no formula: they stand as code."""
    page = _page(Text(Math(r"\unknowncommand x")))
    assert next(each.text for each in page.iter(f"{_XHTML}code")) == r"\unknowncommand x"
    assert page.find(f".//{_MATHML}math") is None


def test_a_long_formula_within_a_line_is_moved_sideways_on_a_phone() -> None:
    short, long = Math("n = 7"), Math(" + ".join(f"w_{{{n}}}" for n in range(30)))
    text = html(document(Text("of ", short, " and ", long)))
    assert text.count('class="long"') == 1
    assert text.index('class="long"') > text.index("<mn>7</mn>")


def test_every_frame_has_one_choice_and_the_first_is_chosen() -> None:
    text = html(document())
    assert len(re.findall(r'type="radio"', text)) == 2
    assert len(re.findall(r'checked="checked"', text)) == 1
    assert "input:nth-of-type(2):checked ~ .frames > .frame:nth-child(2)" in text


def test_a_long_sum_is_aligned_line_by_line() -> None:
    page = _page(Equation("a &= b", "&= c"))
    assert len([*page.iter(f"{_MATHML}mtr")]) == 2


def test_the_page_is_the_same_at_every_run() -> None:
    assert html(document()) == html(document())
