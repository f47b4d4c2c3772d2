"""Formulas: broken without loss, and as MathML that is the formula."""

from xml.dom.minidom import parseString

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.report.derivation.forms import forms_of, lines
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.formulas import broken, letters, mathml, parts, sum_lines
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
        assert joined.split() == form.latex.split()
        assert mathml(" \\\\\n".join(held), display=True) is not None


@given(st.lists(st.sampled_from(["a", "w_{1} x_{2}", r"\frac{1}{9} x"]), min_size=1, max_size=40))
def test_a_sum_is_broken_before_its_signs_without_loss(terms: list[str]) -> None:
    held = sum_lines("y", terms, 30)
    text = " ".join(held).replace("y &=", "").replace(r"&\quad {} +", "+")
    assert text.split() == " + ".join(terms).split()
    assert all(letters(line) <= 30 for line in held)


def test_a_formula_is_not_broken_within_a_bracket() -> None:
    assert parts(r"\left( a, \quad b \right), \quad c") == (r"\left( a, \quad b \right)", "c")
