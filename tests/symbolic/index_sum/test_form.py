"""A form is a sum, entries and guards, in any letters; a bracket is 0 or 1 when decided."""

from collections import Counter

import pytest
import sympy as sp

from convproof import Axis
from convproof.errors import ClaimError, ShapeError
from convproof.symbolic.index_sum import (
    AveragePooling,
    Convolution,
    Iverson,
    Relation,
    softmax_input,
    triples,
)
from convproof.symbolic.index_sum.arithmetic import compiled
from convproof.symbolic.solver.terms import both, box, divides, lt, negation

A = Relation()
AXIS = Axis(input_size=4, kernel_size=3, stride=2, dilation=2, padding=(2, 1))


@pytest.mark.parametrize("which", range(4))
def test_a_form_is_a_guarded_sum_of_the_solver(which: int) -> None:
    """The same monomials, where the ranges of the sum are guards."""
    form = Convolution().forms[which]
    (index,) = form.left.indices
    same: Counter[object] = Counter()
    for place in range(int(form.shape(str(form.left.base))[0].subs(A.at(AXIS)))):
        same += form.guarded_sum().at({**A.at(AXIS), index: place}, reach=5)
    assert sum(same.values()) == len(AXIS.triples())
    assert {letter for letter, _ in form.entries()} == {
        letter
        for monomial in same
        for letter, _ in monomial  # type: ignore[attr-defined]
    }


def test_a_term_that_is_no_product_of_entries_is_no_guarded_sum() -> None:
    """Two terms; an exponential."""
    with pytest.raises(ClaimError, match="has 2 terms"):
        softmax_input().guarded_sum()


def test_the_ranges_of_the_free_indices_are_given() -> None:
    """0 <= i < n are hypotheses, and no guards."""
    form = Convolution().input_gather
    assert form.given == box(0, A.i, A.n)
    assert not set(form.given) & set(form.guards)


def test_reading_what_does_not_exist_is_said() -> None:
    """The entry and the shape."""
    form = Convolution().forward
    mutant = form.without(form.guards[0])
    with pytest.raises(ShapeError, match=r"x\[-2\] is read, but x has the shape \(4,\)"):
        triples(mutant, A.at(AXIS))


def test_other_letters_change_the_arrays_shapes_and_claims_too() -> None:
    """What is exchanged twice is as before."""
    turned = Convolution().transposed.forward
    there = {sp.IndexedBase("a"): sp.IndexedBase("z"), A.o: sp.Symbol("m", integer=True)}
    form = turned.renamed("other", there)
    assert str(form.left) == "z[m]"
    assert form.shape("z") == (A.outputs,)
    assert all(claim.name.startswith("other") for claim in form.obligations)
    assert not any(A.o in claim.symbols for claim in form.obligations)
    assert form.renamed(turned.name, {new: old for old, new in there.items()}) == turned


def test_a_divisor_is_an_entry_below_the_line() -> None:
    """1/d[o]."""
    assert ("1/d", (A.o,)) in AveragePooling().forward.entries()


@pytest.mark.parametrize(
    ("bracket", "value"),
    [
        (Iverson(), 1),
        (Iverson(sp.true, lt(1, 2)), 1),
        (Iverson(divides(2, 3), lt(A.i, A.n)), 0),
        (Iverson(both(*box(0, A.i, A.n))).subs({A.i: 1, A.n: 2}), 1),
        (Iverson(lt(A.i, A.n), lt(A.i, A.n)), Iverson(lt(A.i, A.n))),
    ],
)
def test_a_bracket_is_decided_by_numbers(bracket: sp.Expr, value: sp.Expr) -> None:
    """[] = 1, [A, A] = [A], [false, ..] = 0."""
    assert bracket == value


def test_a_bracket_is_not_decided_by_what_symbols_are_known_to_be() -> None:
    """[0 <= n] stays, though n is positive: a solver is asked all of it."""
    assert Iverson(*box(0, A.n, A.r)).args == box(0, A.n, A.r)
    assert sp.latex(Iverson(lt(A.n, A.r)) ** 2) == r"\left(\left[n < r\right]\right)^{2}"


def test_terms_that_are_no_integers_are_refused() -> None:
    """N/2 is none; floor, ceiling, remainder, powers and negations are."""
    with pytest.raises(ClaimError, match="is nothing that a claim about integers can say"):
        compiled(sp.sqrt(A.n))
    term = sp.ceiling(A.n / 2, evaluate=False) ** 2 - sp.Max(A.n, A.r) % 3
    assert compiled(term)({A.n: 5, A.r: 7}) == 8
    assert compiled(negation(lt(A.n, A.r)))({A.n: 5, A.r: 7}) == False  # noqa: E712
