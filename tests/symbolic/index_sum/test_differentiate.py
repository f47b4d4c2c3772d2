"""SymPy's derivative under sums: what it does for us, and what it must not be asked."""

from itertools import product
from typing import Any

import pytest
import sympy as sp

from convproof import Axis
from convproof.symbolic.index_sum import Convolution, Form, Relation, derivative, explicit
from convproof.symbolic.index_sum.differentiate import fresh
from tests.symbolic.index_sum.families import axes

x, w, da = sp.symbols("x w da", cls=sp.IndexedBase)
A = Relation()


def small() -> list[Axis]:
    """Return some hundred axes of n <= 4: floor, ceil_mode and circular."""
    some = [*axes("zeros")[::11], *axes("ceil_mode")[::19], *axes("circular")[::13]]
    return [
        axis
        for axis in some
        if isinstance(axis, Axis) and axis.input_size <= 4 and axis.output_size <= 5
    ]


def written_out(axis: Axis) -> sp.Expr:
    """Return sum_o da[o] a[o] as an explicit polynomial, straight from the relation."""
    terms = []
    for o, k in product(range(axis.output_size), range(axis.kernel_size)):
        i = axis.stride * o + axis.dilation * k - axis.padding[0]
        if axis.padding_mode == "circular":
            i %= axis.input_size
        if 0 <= i < axis.input_size:
            terms.append(da[o] * w[k] * x[i])
    return sp.Add(*terms)


def test_the_forms_are_sympys_derivatives_of_the_polynomial_of_a_hundred_axes() -> None:
    """d/dx[i] and d/dw[k] of sum_o da[o] a[o], term by term."""
    tried = small()
    assert len(tried) >= 100
    for axis in tried:
        convolution = Convolution(padding_mode=axis.padding_mode)
        loss, sizes = written_out(axis), A.at(axis)
        for i in range(axis.input_size):
            for form in (convolution.input_gather, convolution.input_scatter):
                assert at(form, sizes, i) == sp.diff(loss, x[i]), (form.name, axis, i)
        for k in range(axis.kernel_size):
            assert at(convolution.weight, sizes, k) == sp.diff(loss, w[k]), (axis, k)


def test_sympys_own_evaluation_of_the_deltas_forgets_that_the_dilation_divides() -> None:
    """Sum(w[k] delta(i, s o + t k - p)).doit() is w[(i + p - s o)/t], an integer or not."""
    o, k, i = A.o, A.k, A.i
    matrix = sp.Sum(w[k] * x[A.reads], (k, 0, A.r - 1)).diff(x[i]).doit()
    wrong = 0
    for axis in small()[::10]:
        sizes = A.at(axis)
        for output, read in product(range(axis.output_size), range(axis.input_size)):
            entry = matrix.subs({**sizes, o: output, i: read})
            tap, rest = divmod(read + axis.padding[0] - axis.stride * output, axis.dilation)
            right = w[tap] if rest == 0 and 0 <= tap < axis.kernel_size else 0
            wrong += entry != right
    assert wrong > 0


def test_a_bound_variable_does_not_capture_the_index() -> None:
    """d/dx[k] sum_k x[k]^2 = 2 x[k] if 0 <= k <= n; SymPy finds sum_k 2 x[k]."""
    k, n = sp.Symbol("k", integer=True), sp.Symbol("n", integer=True)
    square = sp.Sum(x[k] ** 2, (k, 0, n))
    assert square.diff(x[k]) == sp.Sum(2 * x[k], (k, 0, n))  # sympy issue 21891

    right = derivative(square, x[k])
    assert explicit(right, {n: 3, k: 2}) == 2 * x[2]
    assert explicit(right, {n: 3, k: 4}) == 0


def test_capture_is_avoided_where_a_weight_is_differentiated_by_its_own_letter() -> None:
    """dw[k], and not dw[k'], though the forward sum is over k."""
    assert Convolution().weight.left == sp.IndexedBase("dw")[A.k]
    assert A.k in Convolution().weight.expression.free_symbols


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_sum_has_variables_of_its_own(depth: int) -> None:
    """Nested sums over one letter are told apart, the inner one's range with them."""
    k = sp.Symbol("k", integer=True)
    nested = sp.Sum(x[k], (k, 0, 2))
    for _ in range(depth - 1):
        nested = sp.Sum(nested * w[k], (k, 0, k + 1), (k, 0, 2))
    variables = [v for each in fresh(nested).atoms(sp.Sum) for v in each.variables]
    assert len(set(variables)) == len(variables)
    assert explicit(fresh(nested), {}) == explicit(nested, {})


def at(form: Form, sizes: dict[Any, int], place: int) -> sp.Expr:
    """Return one entry of a form at sizes."""
    return explicit(form.expression, {**sizes, form.left.indices[0]: place})
