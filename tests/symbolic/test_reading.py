"""Readings of a multiset of triples, against the dense sum over them."""

from dataclasses import replace

import numpy as np
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.axes import Axis
from convproof.symbolic import Letters, Reading, Reciprocals
from convproof.symbolic.reading import star, toeplitz, unfold
from convproof.triples import Triples


@st.composite
def multisets(draw: st.DrawFn) -> Triples:
    """Draw any multiset of triples, repeated ones included; shrinks towards few."""
    sizes = (draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 12)))
    triple = st.tuples(*(st.integers(0, size - 1) for size in sizes))
    drawn = draw(st.lists(triple, max_size=12))
    o, k, i = np.array(drawn, dtype=int).reshape(-1, 3).T
    return Triples(o, k, i, sizes=sizes)


def letters(triples: Triples) -> tuple[Letters, Letters, Letters]:
    names = zip(("da", "w", "x"), triples.sizes, strict=True)
    da, w, x = (Letters(name=name, shape=(size,)) for name, size in names)
    return da, w, x


def dense(reading: Reading) -> sp.Matrix:
    """M[row, column] = sum of entry, one summand at a time."""
    symbols, out = reading.letters.symbols(), sp.zeros(*reading.shape)
    for r, c, e in zip(reading.rows, reading.columns, reading.entries, strict=True):
        out[int(r), int(c)] += symbols[int(e)]
    return out


@settings(deadline=None)
@given(multisets())
def test_the_sparse_matrix_is_the_sum_over_the_triples(triples: Triples) -> None:
    """T[o,i] = sum w_k, U[o,k] = sum x_i, D[k,i] = sum da_o."""
    da, w, x = letters(triples)
    for reading in (toeplitz(triples, w), unfold(triples, x), star(triples, da)):
        assert reading.sparse() == dense(reading)
        assert reading.transposed.sparse() == dense(reading).T


@settings(deadline=None)
@given(multisets())
def test_the_two_forward_maps_are_one(triples: Triples) -> None:
    """T x == U w."""
    _, w, x = letters(triples)
    assert toeplitz(triples, w).times(x) == unfold(triples, x).times(w)


@settings(deadline=None)
@given(multisets())
def test_the_polynomials_are_the_matrix_product(triples: Triples) -> None:
    """M.times(v) == expand(M v)."""
    da, _, x = letters(triples)
    for vector in (x, replace(x, name="a"), replace(da, shape=x.shape)):  # either order, and equal
        product = star(triples, da).sparse() * sp.Matrix(vector.symbols())
        assert list(star(triples, da).times(vector)) == list(product.expand())


@settings(deadline=None)
@given(multisets())
def test_the_text_of_every_entry_is_its_symbols(triples: Triples) -> None:
    """sympify(text) == entry; "0" where there is none."""
    _, w, _ = letters(triples)
    reading = toeplitz(triples, w)
    assert sp.Matrix(reading.spelled("plain")) == dense(reading)


def test_a_circular_wrap_adds_two_weights_in_one_entry() -> None:
    """For n = 2, r = 3, p = 1: a_1 = w_1 x_2 + w_2 x_1 + w_3 x_2."""
    axis = Axis(input_size=2, kernel_size=3, padding=(1, 1), padding_mode="circular")
    reading = toeplitz(axis.triples(), Letters(name="w", shape=(3,)))
    w1, w2, w3 = sp.symbols("w_1:4")
    assert reading.sparse() == sp.Matrix([[w2, w1 + w3], [w1 + w3, w2]])
    assert reading.spelled("unicode") == [["w₂", "w₁ + w₃"], ["w₁ + w₃", "w₂"]]


def test_equal_numbers_add_up() -> None:
    """1/2 + 1/2 is 1, and a rational matrix stays rational."""
    twice = Triples(np.array([0, 0]), np.array([0, 0]), np.array([0, 0]), sizes=(1, 1, 1))
    assert toeplitz(twice, Reciprocals(divisors=(2,))).sparse() == sp.Matrix([[1]])
    assert toeplitz(twice, Reciprocals(divisors=(3,))).sparse() == sp.Matrix([[sp.Rational(2, 3)]])


@settings(deadline=None)
@given(multisets())
def test_the_matrix_is_an_ordinary_sympy_matrix(triples: Triples) -> None:
    """It is as if its entries had been set one by one: writable, and differentiable."""
    _, w, _ = letters(triples)
    matrix = toeplitz(triples, w).sparse()
    assert isinstance(matrix, sp.SparseMatrix)
    assert matrix.diff(sp.Symbol("w_1")) == dense(toeplitz(triples, w)).diff(sp.Symbol("w_1"))
    matrix[0, 0] = 1
    assert matrix[0, 0] == 1
