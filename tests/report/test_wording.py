"""Formulas within sentences: what is one is set, and no word of the sentence becomes one."""

import re

import pytest

from convproof.report.formulas import mathml
from convproof.report.model import Math, plain
from convproof.report.wording import worded
from convproof.theorems.proofs import proofs

TEXTS = [
    text
    for proof in proofs().values()
    for text in (proof.statement, proof.rule)
    if text
]  # fmt: skip
_NAMED = {"hat", "lfloor", "rfloor", "lceil", "rceil", "max", "min", "bmod", "mid", "mathrm"}
_NAMED |= {"leftarrow", "sum", "low", "high", "out", "le", "ge", "div"}
_GREEK = {"alpha", "beta", "delta", "epsilon", "lambda", "theta", "xi", "dx", "dy"}
_SET = _GREEK | {"floor", "ceil", "Max", "Min", "Abs", "mod", "low", "high", "out", "sum"}


def formulas(text: str) -> list[str]:
    """Return the formulas of a sentence."""
    return [run.latex for run in worded(text) if isinstance(run, Math)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sizes from s (n' - 1) + r̂ - p_low to", [r"s\, (n' - 1) + \hat{r} - p_{\mathrm{low}}"]),
        ("A kernel with a bias b", ["b"]),
        ("a = -1/4, on ties: b <= a", ["a = -1/4", r"b \le a"]),
        ("a G-th, the s-th, a 1x1 layer, layer's and C's", []),
        ("ceil(n/s) outputs of n mod s", [r"\lceil n/s \rceil", r"n \bmod s"]),
        ("k' biases: (r_1 r_2 k/G + 1) k' parameters", ["k'", r"(r_{1}\,r_{2}\,k/G + 1)\,k'"]),
        ("without Eq(Mod(l, t), 0)", [r"t \mid l"]),
        ("o*s - p_low is 1, M*h**2/16", [r"o\,s - p_{\mathrm{low}}", r"M\,h^2/16"]),
        ("da[0] w[1] x[-2] occurs 0 times", [r"da[0]\,w[1]\,x[-2]"]),
        ("as do just those (a convolution, not c)", ["c"]),
        ("pool(3, 2) with C(2, 1) = 2", ["C(2, 1) = 2"]),
        ("f(2 x) = 2 f(x).", [r"f(2\,x) = 2\,f(x)"]),
        ("x is -1/4, of -1, a word", ["x", "-1/4", "-1"]),
    ],
)
def test_what_is_a_formula_is_set_as_one(text: str, wanted: list[str]) -> None:
    assert formulas(text) == wanted


def test_a_formula_of_a_statement_holds_no_word_and_can_be_told() -> None:
    """Words of a formula are names of functions, Greek letters and subscripts."""
    for latex in (latex for text in TEXTS for latex in formulas(text)):
        assert set(re.findall(r"[A-Za-z]{2,}", latex)) <= _NAMED | _GREEK
        assert mathml(latex, display=False) is not None


def test_no_word_of_a_statement_is_lost() -> None:
    """Read aloud it has the words of the statement, in their order."""
    for text in TEXTS:
        said = iter(re.findall(r"[A-Za-z]{2,}", plain(worded(text))))
        words = re.findall(r"[A-Za-z]{2,}", text)
        assert all(word in said for word in words if word not in _SET), text
