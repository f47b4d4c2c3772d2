"""How derived forms are compared: indices are matched by factors, else by name."""

import pytest
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.index_sum import AveragePooling, Convolution
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import decide
from convproof.theorems.derivatives.forms import from_pairs, inner, lacking, primed, same
from convproof.theorems.proof import changes

LAYER = Convolution()
AVERAGE = AveragePooling()


def test_an_inner_product_sums_over_the_free_indices_too() -> None:
    """<da, a> = sum_{o,k} [..] w[k] x[e] da[o]."""
    loss = inner(LAYER.forward, "da")

    assert loss.indices == (index("o"), index("k"))
    assert ("da", (index("o"),)) in loss.entries
    assert set(LAYER.forward.given) <= set(loss.guard)


def test_primed_sums_share_no_index() -> None:
    loss = inner(LAYER.forward, "da")

    assert [v.name for v in primed(loss).indices] == ["o'", "k'"]
    assert not {*loss.indices} & {s for part in primed(loss).guard for s in part.free_symbols}


def test_forward_pairs_lack_the_entry_that_is_differentiated_by() -> None:
    """sum over s o' + t k' - p_low = i of da[o'] w[k']."""
    step = from_pairs(LAYER.forward, LAYER.input_gather)
    (relation,) = LAYER.relations
    o, k = index("o'"), index("k'")
    place = relation.reads.xreplace({relation.o: o, relation.k: k})

    assert {letter for letter, _ in step.left.entries} == {"da", "w"}
    assert sp.Eq(place, relation.i, evaluate=False) in step.left.guard
    assert step.to_right == {index("k"): k}
    assert set(step.to_left) == {o, k}


def test_an_index_in_no_factor_is_matched_by_name() -> None:
    """1/d[o] da[o] does not name the tap."""
    step = from_pairs(AVERAGE.forward, AVERAGE.input_gather)

    assert step.to_left[index("k'")] == index("k")


def test_sums_with_other_factors_are_not_compared() -> None:
    with pytest.raises((ClaimError, KeyError)):
        same("w for x", primed(LAYER.weight.guarded_sum()), LAYER.input_gather.guarded_sum())


@pytest.mark.parametrize("guard", LAYER.input_gather.guards, ids=str)
def test_no_guard_of_the_gather_form_can_be_left_out(guard: sp.Basic) -> None:
    form = LAYER.input_gather
    twin = lacking(from_pairs(LAYER.forward, form), form, guard, str(guard))

    assert changes(twin.of, twin.step) == 1
    assert any(finding.status == "refuted" for finding in decide(twin.step))
