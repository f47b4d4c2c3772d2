"""A derivation in print: within the width, balanced LaTeX, and readable at any size."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.layers import AvgPool, Conv
from convproof.report.pdf import has_tex, pdf
from convproof.symbolic import Derivation, Letters, derive
from convproof.triples import Triples


@st.composite
def derivations(draw: st.DrawFn) -> Derivation:
    """Draw a convolution or a pooling over one axis or two; shrinks towards one tap."""
    dims = draw(st.integers(1, 2))
    kernel_size = tuple(draw(st.integers(1, 3)) for _ in range(dims))
    low, high = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    window: dict[str, Any] = {
        "kernel_size": kernel_size,
        "stride": (draw(st.integers(1, 2)),) * dims,
        "dilation": (1,) * dims,
    }
    size = tuple(r + draw(st.integers(0, 20 if dims == 1 else 3)) for r in kernel_size)
    if draw(st.booleans()):
        return derive(AvgPool(padding=((0, 0),) * dims, **window), size)
    layer = Conv(
        in_channels=draw(st.integers(1, 2)), out_channels=draw(st.integers(1, 2)),
        padding=((low, high),) * dims, padding_mode=draw(st.sampled_from(["zeros", "circular"])),
        **window,
    )  # fmt: skip
    return derive(layer, size)


def large() -> Derivation:
    """Return a layer whose T has more than two million entries."""
    layer = Conv(
        in_channels=3, out_channels=12, kernel_size=(3, 3), stride=(1, 1),
        padding=((1, 1), (1, 1)), dilation=(1, 1),
    )  # fmt: skip
    return derive(layer, (16, 16))


@settings(deadline=None)
@given(derivations(), st.integers(20, 120))
def test_no_line_is_wider_than_asked(derivation: Derivation, width: int) -> None:
    """len(line) <= width."""
    assert max(map(len, derivation.text(width).splitlines())) <= width


@settings(deadline=None)
@given(derivations())
def test_a_wide_terminal_changes_nothing(derivation: Derivation) -> None:
    """text(infinity) == str."""
    assert derivation.text(10_000) == str(derivation)


@settings(deadline=None)
@given(derivations())
def test_no_line_ends_in_blanks(derivation: Derivation) -> None:
    assert not re.search(r"[ \t]$", str(derivation), re.MULTILINE)


def test_a_hopelessly_narrow_matrix_is_replaced_by_its_size() -> None:
    assert "(3072 × 768: too wide)" in large().text(12)


def test_a_large_layer_is_abbreviated() -> None:
    """First and last rows and columns, with a legend of the dots."""
    text = large().text(100)
    assert len(text.splitlines()) < 80
    assert "⋱" in text
    assert text.endswith("⋮ ⋯ ⋱ stand for entries that are not all zero.")
    assert "w₁₂,₃,₂,₂" in text  # twelve channels need commas
    assert "\\ddots" in large().latex()


def test_small_matrices_need_no_legend() -> None:
    layer = AvgPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    assert "stand for" not in str(derive(layer, (4,)))


@settings(deadline=None)
@given(derivations())
def test_the_latex_is_balanced(derivation: Derivation) -> None:
    """Braces, environments, left and right; and no character that LaTeX does not know."""
    text = derivation.latex()
    assert text.isascii()
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    depth: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if kind == "begin":
            depth.append(name)
        else:
            assert depth.pop() == name
    assert not depth
    assert not re.search(r"\n\s*\n", text)  # a blank line ends mathematics in LaTeX


def test_the_latex_is_a_display_for_each_equation() -> None:
    """Sizes: align*; then ``title, $law$:`` as text before each display."""
    layer = AvgPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    derivation = derive(layer, (4,))
    assert derivation.latex().splitlines() == [
        "Sizes:",
        r"\begin{align*}",
        r"& n = 4, r = 2, s = 2, t = 1, p_{\mathrm{low}} = 0, p_{\mathrm{high}} = 0 \\",
        r"& \hat{r} = r + (r - 1)(t - 1) = 2 + 1 \cdot 0 = 2 \\",
        r"& n' = \left\lfloor \frac{n + p_{\mathrm{low}} + p_{\mathrm{high}} - \hat{r}}{s} "
        r"\right\rfloor + 1 = \left\lfloor \frac{4 + 0 + 0 - 2}{2} \right\rfloor + 1 = 2",
        r"\end{align*}",
        r"Forward, $\mathbf{a} = T\,\mathbf{x}$:",
        r"\[",
        r"\arraycolsep=3pt",
        r"\begin{pmatrix} a_{1} \\ a_{2} \end{pmatrix} = \begin{pmatrix} \frac{1}{2} & "
        r"\frac{1}{2} &  &  \\  &  & \frac{1}{2} & \frac{1}{2} \end{pmatrix} \cdot "
        r"\begin{pmatrix} x_{1} \\ x_{2} \\ x_{3} \\ x_{4} \end{pmatrix}",
        r"\]",
        r"Input derivative, $d\mathbf{x} = T^\top d\mathbf{a}$:",
        r"\[",
        r"\arraycolsep=3pt",
        r"\begin{pmatrix} dx_{1} \\ dx_{2} \\ dx_{3} \\ dx_{4} \end{pmatrix} = "
        r"\begin{pmatrix} \frac{1}{2} &  \\ \frac{1}{2} &  \\  & \frac{1}{2} \\  & \frac{1}{2} "
        r"\end{pmatrix} \cdot \begin{pmatrix} da_{1} \\ da_{2} \end{pmatrix}",
        r"\]",
    ]


ARTICLE = r"""\documentclass{article}
\usepackage{amsmath}
\begin{document}
%s
\end{document}
"""


def conv(size: tuple[int, ...], kernel: int, *, stride: int = 1, padding: int = 0) -> Derivation:
    """Return a convolution of one channel, alike along every axis."""
    n = len(size)
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(kernel,) * n, stride=(stride,) * n,
        padding=((padding, padding),) * n, dilation=(1,) * n,
    )  # fmt: skip
    return derive(layer, size)


PRINTED: dict[str, Derivation] = {
    "README's of one axis": conv((7,), 3, stride=2),
    "README's of two": conv((5, 5), 3, padding=1),
    "12 columns": conv((4, 3), 2, padding=1),
    "channels": large(),
}


@pytest.mark.full
@pytest.mark.skipif(not has_tex(), reason="there is no pdflatex")
@pytest.mark.parametrize("name", PRINTED)
def test_no_box_of_an_article_is_overfull(name: str) -> None:
    """TeX's log has no ``Overfull``, neither of a line nor of a page."""
    _, log = pdf(ARTICLE % PRINTED[name].latex())
    assert "Overfull" not in log


def test_columns_that_a_line_has_no_room_for_are_left_out() -> None:
    """Of 12 columns fewer, with dots that are explained; of 7 all."""
    wide, narrow = PRINTED["12 columns"].latex(), PRINTED["README's of one axis"].latex()
    assert r"\cdots" in wide
    assert wide.endswith("dots stand for entries that are not all zero.")
    assert "dots" not in narrow


def test_a_notebook_shows_mathematics() -> None:
    """$$ aligned $$, which MathJax and KaTeX know."""
    derivation = large()
    for text in (derivation._repr_latex_(), derivation.equations()[0]._repr_latex_()):
        assert text.startswith("$$\\begin{aligned}\n")
        assert text.endswith("\n\\end{aligned}$$")
    assert repr(derivation) == (
        "<Derivation: convolution, 3 → 12 channels, (3, 16, 16) to (12, 16, 16)>"
    )


def test_different_axes_have_their_laws_and_equal_ones_one() -> None:
    layer = AvgPool(
        kernel_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1)
    )  # fmt: skip
    assert "each axis: n = 4, r = 2" in str(derive(layer, (4, 4)))
    different = str(derive(layer, (4, 2)))
    assert "axis 1: n = 4, r = 2" in different
    assert "axis 2: n = 2, r = 2" in different


def test_any_relation_can_be_derived() -> None:
    """A relation that no layer has, given as triples and shapes: a_1 = w_1 x_1 + w_1 x_2."""
    triples = Triples(np.array([0, 0]), np.array([0, 0]), np.array([0, 1]), sizes=(1, 1, 2))
    x, w, a = (Letters(name=name, shape=(n,)) for name, n in (("x", 2), ("w", 1), ("a", 1)))
    derivation = Derivation(name="sum", triples=triples, x=x, w=w, a=a)
    assert str(derivation).startswith("sum\n1 weights, 2 products\n\nforward: a = T x\n")
    assert str(derivation.equations()[2]) == "(dw₁) = (x₁ + x₂) · (da₁)"


@pytest.mark.parametrize("width", [1, 5, 12, 30, 79, 200])
def test_any_width_gives_text(width: int) -> None:
    assert "forward" in large().text(width).replace("\n", "").replace(" ", "")
