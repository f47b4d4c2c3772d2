"""What makes the rewrites sound: claims that are true on small integers, and that engines prove."""

from typing import Any

import numpy as np
import pytest

from convproof.symbolic.index_sum import (
    AveragePooling,
    Convolution,
    Relation,
    local_response_norm_input,
    softmax_input,
)
from convproof.symbolic.index_sum.arithmetic import compiled
from convproof.symbolic.solver import Claim, prove
from convproof.symbolic.solver.claim import conjunction
from convproof.symbolic.solver.evaluation import truth
from convproof.symbolic.solver.terms import divides

A = Relation()
CIRCULAR = Convolution(padding_mode="circular")
FORMS = [
    *Convolution().forms,
    *CIRCULAR.forms,
    *Convolution().transposed.forms,
    *Convolution(dims=2, groups=True, channels=True, batch=True).forms,
    *AveragePooling().forms,
    local_response_norm_input(),
    softmax_input(),
]
CLAIMS = {(claim.goal, *claim.hypotheses): claim for form in FORMS for claim in form.obligations}


def small(claim: Claim) -> list[dict[Any, int]]:
    """Return some of the small integers that obey a claim's hypotheses, for its letters."""
    random = np.random.default_rng(0)
    many = {
        v: random.integers(1 if v.is_positive else 0 if v.is_nonnegative else -3, 5, 4000)
        for v in claim.symbols
    }
    held = compiled(conjunction(claim.hypotheses))(many) if claim.hypotheses else np.ones(1, bool)
    return [
        {v: int(each[place]) for v, each in many.items()} for place in np.flatnonzero(held)[:50]
    ]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.name)
def test_an_obligation_holds_on_small_integers_and_not_of_nothing(claim: Claim) -> None:
    """Hypotheses => goal, and the hypotheses hold somewhere."""
    tried = small(claim)
    assert tried
    assert all(truth(each, at) for at in tried for each in claim.assumed)
    assert not any(claim.fails_at(at) for at in tried)


@pytest.mark.parametrize(
    "claim",
    [*Convolution().input_gather.obligations, *CIRCULAR.input_gather.obligations],
    ids=lambda claim: claim.name,
)
def test_an_engine_proves_the_obligation(claim: Claim) -> None:
    """For all integers."""
    assert all(verdict.status == "proved" for verdict in prove(claim))


def test_the_quotient_is_no_solution_unless_the_stride_divides() -> None:
    """s o = u does not follow from o = floor(u/s) alone, as SymPy has it."""
    claims = Convolution().input_gather.obligations
    (claim,) = [each for each in claims if each.name.endswith("the quotient is o")]
    without = claim.without(divides(A.s, A.i + A.low - A.t * A.k))
    assert any(without.fails_at(at) for at in small(without))


def test_every_derived_form_that_divides_says_so_in_its_obligations() -> None:
    """Both input derivatives of each axis have all five claims of a solution."""
    for form in (Convolution().input_gather, Convolution().input_scatter):
        named = [claim.name.partition(": ")[2] for claim in form.obligations]
        assert len(named) == 7
        assert sum("divides" in name for name in named) == 1
        assert sum("quotient" in name for name in named) == 2
        assert sum("known" in name for name in named) == 2
