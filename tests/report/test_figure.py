"""``Derivation.figure()``: the coloured matrix with Matplotlib."""

import sys
from pathlib import Path

import pytest

from convproof.errors import MissingExtraError, UnsupportedError
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.draw.diagram import diagram
from convproof.report.draw.mpl import drawn
from convproof.report.draw.plot import plot
from convproof.report.draw.window import frames
from convproof.report.figure import block
from convproof.symbolic import derive
from tests.report.samples import BARS, DIAGRAM, LINES, WINDOW

STRIDED = derive(*spec(VARIANTS["strided"], 1))


@pytest.mark.parametrize("title", [each.title for each in STRIDED.equations()])
def test_a_figure_has_the_cells_of_its_equation(title: str) -> None:
    """As many labels as entries, in all vectors and in the matrix."""
    figure = STRIDED.figure(title)
    held = next(each for each in STRIDED.equations() if each.title == title)
    texts = [text.get_text() for text in figure.axes[0].texts]
    for row in held.matrix.spelled("latex"):
        for entry in row:
            assert entry == "0" or f"${entry}$" in texts
    entries = len(held.matrix.entries) + sum(held.matrix.shape)
    assert len(texts) == entries + 2  # and the signs
    assert len(block(STRIDED, title).cells) == len(held.matrix.entries)


def test_a_figure_is_saved_as_svg_and_png(tmp_path: Path) -> None:
    figure = STRIDED.figure()
    for suffix, begin in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        place = tmp_path / f"figure.{suffix}"
        figure.savefig(place)
        assert place.read_bytes().startswith(begin)


def test_every_picture_can_be_drawn() -> None:
    for drawing in (plot(LINES), plot(BARS), diagram(DIAGRAM), *frames(WINDOW)[:1]):
        assert drawn(drawing).axes[0].texts


def test_an_equation_that_is_not_there_is_named() -> None:
    with pytest.raises(UnsupportedError, match="there are forward, input derivative"):
        STRIDED.figure("sideways")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"convproof\[plot\]"):
        STRIDED.figure()
