"""Formulas: broken without loss, and as MathML that is the formula."""

import re
from fractions import Fraction
from xml.dom.minidom import parseString
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.report.derivation.forms import forms_of, lines
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.formulas import (
    beside,
    broken,
    letters,
    low_slashed,
    mathml,
    parts,
    slashed,
    sum_lines,
)
from convproof.theorems.proofs import proofs


def test_the_equation_of_a_proof_can_be_told_in_mathml() -> None:
    """No command of LaTeX is left in it, and it is well-formed."""
    for part in [part for proof in proofs().values() for part in broken(proof.latex)]:
        made = mathml(part, display=True)
        assert made is not None, part
        assert "\\" not in made
        parseString(made)


@pytest.mark.parametrize("name", list(VARIANTS))
@pytest.mark.parametrize("dims", [1, pytest.param(2, marks=pytest.mark.full)])
def test_a_closed_form_is_broken_without_loss(name: str, dims: int) -> None:
    """Its lines, put together, are the form; each can be told in MathML."""
    for form in forms_of(spec(VARIANTS[name], dims)[0], dims):
        held = lines(form)
        joined = " ".join(line.replace("&=", "=").removeprefix(r"&\quad ") for line in held)
        assert joined.split() == low_slashed(form.latex).split()
        assert mathml(" \\\\\n".join(held), display=True) is not None


def value(latex: str) -> Fraction:
    """Return what a formula of numbers, sums, fractions, and spaces for products is."""
    text = latex.replace("}{", ")/(").replace(r"\frac{", "((").replace("}", "))")
    text = re.sub(r"(?<=\d) (?=\d)", "*", text)
    found: Fraction = eval(re.sub(r"\d+", r"F(\g<0>)", text), {"F": Fraction})  # our own text
    return found


_NUMBERS = st.integers(1, 9).map(str)
_FORMULAS = st.recursive(
    _NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: rf"\frac{{{pair[0]}}}{{{pair[1]}}}"),
        st.tuples(inner, _NUMBERS).map(lambda pair: f"{pair[0]} + {pair[1]}"),
        st.tuples(_NUMBERS, _NUMBERS).map(" ".join),
    ),
    max_leaves=8,
)


@given(_FORMULAS)
def test_a_fraction_on_one_line_is_the_same_number(latex: str) -> None:
    r"""``\frac{a + b}{c d}`` is ``(a + b)/(c d)``, however deep."""
    assert "frac" not in slashed(latex)
    assert value(slashed(latex)) == value(latex)


@given(st.integers(1, 40), st.integers(20, 120))
def test_equations_beside_each_other_are_all_there_and_read_downwards(
    count: int, line: int
) -> None:
    held = tuple(f"x_{{{n}}} &= y_{{{n}}}" for n in range(count))
    rows = [row.split(r" &\qquad ") for row in beside(held, line)]
    columns = [[row[k] for row in rows if k < len(row)] for k in range(len(rows[0]))]
    assert tuple(each for column in columns for each in column) == held


def test_lines_of_one_equation_are_not_set_beside_each_other() -> None:
    held = ("y &= a", *[r"&\quad {} + b"] * 9)
    assert beside(held) == held


_WORDS = re.compile(r"\\(?:begin|end)\{[a-z*]+\}|\\[A-Za-z]+")


def told(made: str) -> list[str]:
    """Return the letters and digits of MathML, in the order of the alphabet."""
    text = "".join(fromstring(made).itertext())
    return sorted(each for each in text if each.isascii() and each.isalnum())


@pytest.mark.parametrize("name", list(VARIANTS))
@pytest.mark.parametrize("dims", [1, pytest.param(2, marks=pytest.mark.full)])
def test_the_mathml_of_a_form_has_the_letters_and_digits_of_its_latex(name: str, dims: int) -> None:
    """None is lost, none is added, and the comparison sees a digit that is."""
    for form in forms_of(spec(VARIANTS[name], dims)[0], dims):
        latex = " \\\\\n".join(lines(form))
        made = mathml(latex, display=True)
        assert made is not None
        assert told(made) == sorted(each for each in _WORDS.sub("", latex) if each.isalnum())
        assert told(made.replace("<mn>0</mn>", "", 1)) != told(made)


@given(st.lists(st.sampled_from(["a", "w_{1} x_{2}", r"\frac{1}{9} x"]), min_size=1, max_size=40))
def test_a_sum_is_broken_before_its_signs_without_loss(terms: list[str]) -> None:
    held = sum_lines("y", terms, 30)
    text = " ".join(held).replace("y &=", "").replace(r"&\quad {} +", "+")
    assert text.split() == " + ".join(terms).split()
    assert all(letters(line) <= 30 for line in held)


def test_a_definition_is_one_sign_in_mathml() -> None:
    """``a := b``, not ``a : = b``."""
    made = mathml("a := b", display=False)
    assert made is not None
    assert "<mo>:=</mo>" in made


def test_a_formula_is_not_broken_within_a_bracket() -> None:
    assert parts(r"\left( a, \quad b \right), \quad c") == (r"\left( a, \quad b \right)", "c")
