"""Deltas are eliminated where that is sound, and refused where it is not."""

import pytest
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.index_sum import Iverson, derived, eliminate, explicit, unwrap
from convproof.symbolic.index_sum.summand import Summand
from convproof.symbolic.solver.terms import box, divides, quotient, remainder

v, u, z = sp.symbols("v u z", integer=True)
s, n = sp.symbols("s n", integer=True, positive=True)
x, da = sp.IndexedBase("x"), sp.IndexedBase("da")


def summand(equation: tuple[sp.Expr, sp.Expr]) -> Summand:
    return Summand(limits=((v, sp.S.Zero, n - 1),), equations=(equation,), factors=(x[v],))


@pytest.mark.parametrize(
    "equation", [(s * v, u), (u, s * v), (-s * v, -u), (u + s, s * v + s)], ids=str
)
def test_an_equation_is_solved_whichever_way_it_is_written(
    equation: tuple[sp.Expr, sp.Expr],
) -> None:
    """sum_v [s v = u] x[v] = [s | u][0 <= u/s < n] x[u/s]."""
    after, _ = eliminate(summand(equation), equation, v, ())
    assert after.guards[0] == divides(s, u)
    for size, stride, place in ((3, 2, 4), (3, 2, 3), (2, 2, 4), (3, 1, -1), (3, 3, 6)):
        at = {n: size, s: stride, u: place}
        held = [x[each] for each in range(size) if stride * each == place]
        assert explicit(after.expression, at) == sum(held)


@pytest.mark.parametrize("equation", [(v**2, u), (z * v, u), (sp.floor(v / s), u)], ids=str)
def test_what_has_no_one_solution_is_refused(equation: tuple[sp.Expr, sp.Expr]) -> None:
    """A square, a coefficient that may be 0, a quotient."""
    with pytest.raises(ClaimError, match="cannot be solved for v"):
        eliminate(summand(equation), equation, v, ())


def test_a_remainder_is_unwrapped_only_where_the_index_is_known_to_be_one() -> None:
    """[i = e mod n] says nothing else of i."""
    equation = (u, remainder(s * v, n))
    with pytest.raises(ClaimError, match="is known to be in"):
        unwrap(summand(equation), equation, ())
    after, _ = unwrap(summand(equation), equation, box(0, u, n))
    ((_, low, high),) = after.limits[1:]
    assert (low, high) == (0, quotient(n * s - s, n))


def test_a_delta_with_two_bound_indices_is_asked_which_to_eliminate() -> None:
    """[i = o + k] is a gather or a scatter."""
    o, k, i = sp.symbols("o k i", integer=True)
    w = sp.IndexedBase("w")
    loss = sp.Sum(da[o] * w[k] * x[o + k], (o, 0, n - 1), (k, 0, s - 1))
    shapes = (("x", (n + s - 1,)), ("da", (n,)), ("w", (s,)))
    with pytest.raises(ClaimError, match="to be solved for"):
        derived("convolution", loss, x[i], shapes)
    assert derived("convolution", loss, x[i], shapes, ("o",)).left == sp.IndexedBase("dx")[i]


def test_the_derivative_of_a_product_of_sums_is_one_sum_for_each_factor() -> None:
    """d (sum_j x[j])^2 / dx[i] = 2 sum_j x[j], for 0 <= i < n."""
    j, i = sp.symbols("j i", integer=True)
    square = sp.Sum(x[j], (j, 0, n - 1)) * sp.Sum(x[j], (j, 0, n - 1))
    form = derived("square", square, x[i], (("x", (n,)),))
    assert explicit(form.expression, {n: 3, i: 1}) == 2 * (x[0] + x[1] + x[2])


def test_a_bracket_does_not_change_with_the_entries() -> None:
    """d [x[i] < x[z]] / dx[i] = 0, off the boundary."""
    assert sp.diff(Iverson(sp.Lt(x[u], x[v])) * x[z], x[u]) == Iverson(
        sp.Lt(x[u], x[v])
    ) * sp.KroneckerDelta(u, z)
