"""No guard is there for nothing: a closed form without any one of them is wrong somewhere small."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.index_sum import Convolution, Form, differing
from convproof.symbolic.solver.terms import eq
from convproof.triples import Triples
from tests.symbolic.index_sum.families import FORMS, instances, is_right

MUTANTS = [
    pytest.param(family, form, guard, id=f"{form.name}, {family}, without {guard}")
    for family, forms in FORMS.items()
    for form in forms
    for guard in form.guards
]


@pytest.mark.parametrize(("family", "form", "guard"), MUTANTS)
def test_a_form_without_one_guard_is_wrong(family: str, form: Form, guard: Any) -> None:
    """It has a monomial too many, or one that reads what does not exist."""
    mutant = form.without(guard)
    assert len(mutant.guards) == len(form.guards) - 1
    assert not is_right(mutant, family)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("which", ["input_gather", "input_scatter"])
def test_the_turns_of_a_circular_form_are_as_few_as_can_be(which: str, end: int) -> None:
    """sum_v from floor(-p/n) to floor(max e / n): one less at either end is wrong."""
    form: Form = getattr(Convolution(padding_mode="circular"), which)
    parts = form.summand()
    (turn,) = [limit for limit in parts.limits if limit[0].name == "v"]
    v, low, high = turn
    shorter = (v, low + 1, high) if end == 0 else (v, low, high - 1)
    limits = tuple(shorter if limit == turn else limit for limit in parts.limits)
    mutant = replace(form, expression=replace(parts, limits=limits).expression)
    assert not is_right(mutant, "circular")


def test_a_guard_that_is_none_cannot_be_deleted() -> None:
    """The error says which there are."""
    form = Convolution().forward
    with pytest.raises(ClaimError, match="is not among its guards"):
        form.without(eq(1, sp.Symbol("n")))


def test_the_first_difference_is_found_whatever_kind_it_is_of() -> None:
    """Other extents, another count, other indices: the first of the sizes that are wrong."""
    sizes, right = instances("zeros")
    form = Convolution().forward
    one = next(place for place, each in enumerate(right) if len(each) > 3)
    O, K, I = right[one].sizes
    o, k, i = right[one].legs
    last = Triples(o, k, i, sizes=(O, K, 99))
    for changed in (
        Triples(o, k, i, sizes=(O, K, I + 1)),
        Triples(o[1:], k[1:], i[1:], sizes=(O, K, I)),
        Triples(o, k, np.roll(i, 1), sizes=(O, K, I)),
    ):
        others = [*right[:one], changed, *right[one + 1 : -1], last]
        assert differing(form, sizes, others) == one
