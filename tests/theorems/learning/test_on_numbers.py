"""What the proofs of this room claim, seen on numbers: the slide's matrix, and NumPy's layers."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from convproof import get_implementation

_right = get_implementation("numpy")
_V = sp.Matrix([1, 2, 3, 5, 7, 11])
_L = sp.Matrix(
    [
        [1, 0, 0, 0, -1, 0],
        [0, 1, 0, 0, 0, -1],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [-1, 0, 0, 0, 1, 0],
        [0, -1, 0, 0, 0, 1],
    ]
)
_TOEPLITZ = sp.Matrix([[1, 0], [0, 1], [0, 0], [0, 0], [1, 0], [0, 1]])
_ANISOTROPIC = sp.diag(1, 1, 1, 1, 2, 3) + sp.Matrix(
    6, 6, lambda a, b: sp.Rational(abs(a - b) == 1, 4)
)


@pytest.mark.parametrize("a", [sp.eye(6), 3 * sp.eye(6), _ANISOTROPIC], ids=["1", "3", "A"])
def test_the_slides_matrix_tends_to_the_minimiser_among_toeplitz_matrices(a: Any) -> None:
    """(A + lambda L)^-1 A V -> T (T' A T)^-1 T' A V, which is T (T' T)^-1 T' V if A = c I."""
    t = _TOEPLITZ
    restricted = t * (t.T * a * t).inv() * t.T * a * _V
    projection = t * (t.T * t).inv() * t.T * _V

    assert (restricted == projection) == a.is_diagonal()
    for growing in (10**3, 10**6, 10**9):
        off = (a + growing * _L).LUsolve(a * _V) - restricted
        assert max(map(abs, off)) <= sp.Rational(100, growing)


def test_off_the_band_the_limit_is_zero() -> None:
    """(I + lambda L)^-1 V = V / (1 + lambda) for V zero but for V[0, 2] = 5, off the band."""
    v, growing = sp.Matrix([0, 0, 5, 0, 0, 0]), 10**6
    found = (sp.eye(6) + growing * _L).LUsolve(v)

    assert found == v / (1 + growing)
    assert all(t == 0 for t in _TOEPLITZ.T * v)


@given(outputs=st.integers(1, 4), taps=st.integers(1, 4))
def test_the_penalty_has_rank_entries_less_taps(outputs: int, taps: int) -> None:
    """rank B = n' n - r, of the matrix B of the squares' linear forms."""
    n = outputs + taps - 1
    forms = []
    for o in range(outputs):
        for i in range(n):
            form = np.zeros((outputs, n))
            form[o, i] = 1
            if not 0 <= i - o < taps:
                forms.append(form.ravel())
            elif o > 0:
                form[o - 1, i - 1] = -1
                forms.append(form.ravel())
    assert len(forms) == outputs * n - taps
    if forms:
        assert np.linalg.matrix_rank(np.array(forms)) == len(forms)


@given(st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.integers(0, 2**32 - 1))
def test_a_low_rank_kernel_is_a_bottleneck(rank: int, padding: int, stride: int, seed: int) -> None:
    """conv(x, U V^T) = conv(conv(x, V), U)."""
    rng = np.random.default_rng(seed)
    x, u, v = (rng.integers(-4, 5, shape) for shape in ((2, 4, 6), (3, rank, 3), (rank, 4, 1)))
    w = np.einsum("lqk,qcz->lck", u, v)
    narrow = _right.conv1d(x, v)

    whole = _right.conv1d(x, w, stride=stride, padding=padding)
    assert np.array_equal(whole, _right.conv1d(narrow, u, stride=stride, padding=padding))


@given(st.integers(0, 2**32 - 1))
def test_a_network_in_a_network_is_convolution_then_two_of_1x1(seed: int) -> None:
    """y[., o] = h(W_3 h(W_2 h(W_1 patch(o))))."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-4, 5, (1, 2, 7))
    one, two, three = (rng.integers(-3, 4, s) for s in ((3, 2, 3), (4, 3, 1), (2, 4, 1)))
    convolved = _right.relu(_right.conv1d(x, one, stride=2))
    got = _right.relu(_right.conv1d(_right.relu(_right.conv1d(convolved, two)), three))
    for o in range(3):
        patch = x[0, :, 2 * o : 2 * o + 3].ravel()
        hidden = np.maximum(one.reshape(3, -1) @ patch, 0)
        hidden = np.maximum(two[..., 0] @ hidden, 0)
        assert np.array_equal(got[0, :, o], np.maximum(three[..., 0] @ hidden, 0))


@given(st.integers(1, 9), st.integers(0, 60))
def test_tangents_of_a_square_attain_their_bound(pieces: int, at: int) -> None:
    """0 <= x^2 - max_j (c_j^2 + 2 c_j (x - c_j)) <= 2 h^2 / 8, exactly, with equality at x = 0."""
    h, x = Fraction(1, pieces), Fraction(at, 60)
    midpoints = [(j + Fraction(1, 2)) * h for j in range(pieces)]
    short = x**2 - max(c**2 + 2 * c * (x - c) for c in midpoints)

    assert 0 <= short <= h**2 / 4
    assert (short == h**2 / 4) == (x % h == 0)
