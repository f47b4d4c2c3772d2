"""Formulas are read, not run, and evaluated exactly."""

from fractions import Fraction

import pytest

from convproof.report.lecture.claim import Formula, Rule
from convproof.report.lecture.formulas import FormulaError, agrees, value


def test_quotients_are_exact() -> None:
    """``floor(x / 3)`` of ``x = 3 (2**60) - 1`` is not rounded as a float is."""
    assert value("x/3", {"x": 2}) == Fraction(2, 3)
    assert value("floor(x/3)", {"x": 3 * 2**60 - 1}) == 2**60 - 1


@pytest.mark.parametrize(
    "text", ["n'", "__import__('os')", "n.real", "n if n else 1", "0.5", "n(1)", "x", "1/0", ""]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match=r"no value|no number"):
        value(text, {"n": 3})


def test_a_sum_runs_over_the_letters_it_names() -> None:
    """``sum_k k = 0 + 1 + 2``; with a letter that no sum binds there is no agreement."""
    rule = Rule(
        letters=("n",),
        points=((1,), (2,)),
        at=lambda n: 3 * n,
        right=Formula("k*n", ("k",)),
        indices=range(3),
    )
    assert agrees(rule.right, rule)
    assert not agrees(Formula("k*n"), rule)
