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

BOUNDS = [
    pytest.param(
        family, form, index, id=f"{form.name}, {family}, {index}",
        marks=[pytest.mark.full] if family in ("plane", "space") else [],
    )
    for family, forms in FORMS.items()
    for form in forms
    for index, *_ in form.summand().limits
]  # fmt: skip


@pytest.mark.parametrize(("family", "form", "guard"), MUTANTS)
def test_a_form_without_one_guard_is_wrong(family: str, form: Form, guard: Any) -> None:
    """It has a monomial too many, or one that reads what does not exist."""
    mutant = form.without(guard)
    assert len(mutant.guards) == len(form.guards) - 1
    assert not is_right(mutant, family)


@pytest.mark.parametrize(("family", "form", "index"), BOUNDS)
def test_a_form_with_one_bound_moved_is_wrong(family: str, form: Form, index: Any) -> None:
    """sum_{k=0}^{r-1} with a term less, or one more, at either end.

    Turns of a circular form are bounded by its guards too, so that one more adds nothing.
    """
    limits = form.summand().limits
    ((_, low, high),) = (limit for limit in limits if limit[0] == index)
    fewer, more = ((low + 1, high), (low, high - 1)), ((low - 1, high), (low, high + 1))
    for bounds in fewer if index.name == "v" else fewer + more:
        changed = tuple((v, *(bounds if v == index else ends)) for v, *ends in limits)
        mutant = replace(form, expression=replace(form.summand(), limits=changed).expression)
        assert not is_right(mutant, family), bounds


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
