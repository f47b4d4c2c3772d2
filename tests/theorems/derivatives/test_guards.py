"""Every guard of a closed form is needed for all sizes: without it, engines refute the law."""

from dataclasses import replace
from typing import Any

import pytest

from convproof.errors import ClaimError
from convproof.symbolic.solver import SameSum, decide
from convproof.theorems.derivatives import PROOFS
from convproof.theorems.proofs import proofs

IMPLIED = (  # by the other guards: the turns that a circular form can make
    "floor(-p_low/n) <= v",
    "v < floor((n'*s - p_low + r*t - s - t)/n) + 1",
)


def stands_without(step: SameSum, guard: Any) -> bool:
    """Return whether no engine refutes a law whose right side lacks a guard."""
    try:
        found = decide(replace(step, right=step.right.without(guard)))
    except ClaimError:  # an index that the guard alone bounds: such a sum is none
        return False
    return "refuted" not in {finding.status for finding in found}


@pytest.mark.full
@pytest.mark.parametrize("name", PROOFS)
def test_a_law_whose_closed_form_lacks_one_guard_is_refuted(name: str) -> None:
    """Not |- left = right without it."""
    steps = [step for step in proofs()[name].steps() if isinstance(step, SameSum)]
    kept = {str(g) for step in steps for g in step.right.guard if stands_without(step, g)}
    assert kept <= {*IMPLIED}
    assert bool(kept) == (name == "circular_derivative")
