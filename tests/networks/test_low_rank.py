"""A convolution in two by its singular values: what is cut is their tail, and no less is possible.

Data of known singular values: ``W = sum_q s_q u_q v_q^T`` with columns of a Hadamard matrix, whose
norms are powers of two, so that every number here is an integer or a dyadic fraction.
"""

from dataclasses import replace

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.networks import Network, network
from convproof.networks.count import total
from convproof.networks.evaluate import forward, vjp
from convproof.networks.low_rank import Factors, factored, factors, low_rank
from tests.networks.agreement import assert_all_agree, integers

H = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], float)
SINGULAR = np.array([96.0, 40.0, 8.0, 2.0])
NET = network("n", "input(7, 4) conv(1, 4) a = conv(2, 4, p1, s2) fc(2)")
NUMPY = load_implementation("numpy")


def _weights() -> np.ndarray:
    """Return (4, 4, 2, 2) of the singular values: u_q of 16 rows and norm 4, v_q of 4 and 2."""
    rows = np.kron(H, H)[:, [1, 7, 8, 14]] / 4 @ np.diag(SINGULAR) @ (H / 2).T
    return np.moveaxis(rows.reshape(4, 2, 2, 4), -1, 1)


def _product(cut: Factors) -> np.ndarray:
    """Return ``sum_q U[m,q,k] V[q,c]``, by two loops."""
    made = np.zeros((4, 4, 2, 2))
    for q in range(cut.rank):
        for c in range(4):
            made[:, c] += cut.u[:, q] * cut.v[q, c, 0, 0]
    return made


@pytest.mark.parametrize("rank", range(1, 5))
def test_what_is_cut_is_the_tail_of_the_singular_values(rank: int) -> None:
    """|W - U V^T|_F^2 = sum_{q > m} s_q^2.

    Within ``|s|_max max(rows, columns) eps`` for each singular value, the error that NumPy's
    ``matrix_rank`` and MATLAB's ``rank`` take for that of a decomposition; once more for ``U``.
    """
    cut = factors(_weights(), rank)
    error = np.linalg.norm(_weights() - _product(cut))
    allowed = 2 * SINGULAR[0] * 16 * np.finfo(float).eps * np.sqrt(4)

    assert abs(cut.singular_values - SINGULAR).max() <= allowed
    assert abs(error - np.linalg.norm(SINGULAR[rank:])) <= allowed
    assert abs(cut.error - np.linalg.norm(SINGULAR[rank:])) <= allowed


@pytest.mark.parametrize("rank", range(1, 4))
def test_no_other_pair_of_that_rank_cuts_less(rank: int) -> None:
    """Eckart and Young 1936: against other columns of the same, and against random ones."""
    best, rng = factors(_weights(), rank).error, np.random.default_rng(0)
    rows = np.moveaxis(_weights(), 1, -1).reshape(16, 4)
    for _ in range(20):
        other, _ = np.linalg.qr(rng.normal(size=(4, rank)))
        assert np.linalg.norm(rows - rows @ other @ other.T) > best
    kept = (H / 2)[:, 4 - rank :]
    assert np.linalg.norm(rows - rows @ kept @ kept.T) > best


def _by_hand(net: Network, u: np.ndarray, v: np.ndarray) -> tuple[list[np.ndarray], ...]:
    """Return the answers and image derivatives of one convolution U V^T, and of two."""
    parameters, x = integers(net, 0)
    weight = np.einsum("mqyx,qc->mcyx", u, v[:, :, 0, 0])
    made = factored(net, "a", len(v))
    one = {**parameters, "a.weight": weight}
    two = {**parameters, "a.weight": u, "a.v.weight": v}
    results = []
    for graph, held in ((net, one), (made, {k: two[k] for k in made.parameter_shapes})):
        tape = forward(graph, NUMPY, held, x)
        x_bar, gradients = vjp(tape, {graph.outputs[0]: np.ones_like(tape.answer)})
        results.append([tape.answer, x_bar, gradients["a.bias"], gradients["conv1.weight"]])
    return tuple(results)


def test_the_two_convolutions_are_one_of_u_v() -> None:
    """Stride, padding and bias are the second's: equal in integers, forward and backward."""
    rng = np.random.default_rng(0)
    u, v = rng.integers(-2, 3, (4, 2, 2, 2)), rng.integers(-2, 3, (2, 4, 1, 1))
    one, two = _by_hand(NET, u.astype(float), v.astype(float))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_transposed_v_is_refuted() -> None:
    rng = np.random.default_rng(0)
    u, v = rng.integers(-2, 3, (4, 4, 2, 2)), rng.integers(-2, 3, (4, 4, 1, 1))
    one, _ = _by_hand(NET, u.astype(float), v.astype(float))
    _, two = _by_hand(NET, u.astype(float), v.transpose(1, 0, 2, 3).astype(float))
    assert np.any(one[0] != two[0])


def test_the_pair_is_a_network_of_its_own_and_exact_in_integers() -> None:
    assert_all_agree(factored(NET, "a", 3))


def test_a_network_of_full_rank_is_the_network() -> None:
    """With m = k nothing is cut: the answers differ by the rounding of U and V alone.

    Of integers ``|x| <= 2`` and 1x1 weights of at most 1, the convolution reads ``|z| <= 9``: 64
    products of ``|W|``, so that an error of ``allowed`` in each weight is ``576 allowed``, and the
    rounding of the sums, of at most 64 + 4 + 4 additions, is below it.
    """
    parameters, x = integers(NET, 0)
    parameters["a.weight"] = _weights()
    made, held, cut = low_rank(NET, parameters, "a", 4)
    here = forward(NET, NUMPY, parameters, x).values["a"]
    there = forward(made, NUMPY, held, x).values["a"]
    allowed = 2 * SINGULAR[0] * 16 * np.finfo(float).eps * np.sqrt(4)

    assert cut.error == 0.0
    assert abs(here - there).max() <= 2 * 576 * allowed


def test_a_smaller_rank_has_fewer_parameters_and_operations() -> None:
    """m (k + r^2 k') for r^2 k k', the bias as it was: lecture 7's bottleneck."""
    net = network("n", "input(9, 8) conv(3, 16, p1)")
    made = factored(net, "conv1", 2)
    assert [node.name for node in made] == ["conv1.v", "conv1"]
    assert total(net).parameters == 9 * 8 * 16 + 16
    assert total(made).parameters == 2 * (8 + 9 * 16) + 16
    assert total(made).multiply_adds == 2 * (8 + 9 * 16) * 81
    assert made.shapes["conv1"] == net.shapes["conv1"]


def test_factors_have_the_weights_format() -> None:
    """float32 stays; integers, which hold no directions, become float64."""
    assert factors(_weights().astype(np.float32), 2).u.dtype == np.float32
    assert factors(_weights().astype(int), 2).v.dtype == np.float64


@pytest.mark.parametrize("rank", [0, 5, -1])
def test_a_rank_that_there_is_not_is_refused(rank: int) -> None:
    with pytest.raises(
        NetworkError, match=rf"16 rows and 4 columns, so of rank 1 to 4, got rank={rank}"
    ):
        factors(_weights(), rank)


def test_what_is_no_single_convolution_is_refused() -> None:
    net = network("n", "input(8, 4) g = conv(3, 4, g2) m = masked(3, (0) (1)) fc(2)")
    with pytest.raises(NetworkError, match=r"g is a Conv of 2 groups; a convolution of one"):
        factored(net, "g", 1)
    with pytest.raises(NetworkError, match=r"m is a MaskedConv; a convolution of one"):
        factored(net, "m", 1)
    with pytest.raises(NetworkError, match=r"has no node 'x'"):
        factored(net, "x", 1)


def test_weights_that_are_not_finite_are_refused() -> None:
    bad = np.where(_weights() == _weights().max(), np.nan, _weights())
    with pytest.raises(NetworkError, match=r"only finite weights have singular values, but \d+ of"):
        factors(bad, 1)


def test_the_other_layers_and_outputs_stay() -> None:
    """Auxiliary classifiers that read the convolution read the second of the two."""
    net = network("n", "input(6, 2) a = conv(3, 4) fc(2) softmax avg(2)(a) fc(3)")
    made = factored(net, "a", 1)
    assert made.outputs == net.outputs
    assert [n for n in made.nodes if n.name not in ("a", "a.v")] == [
        n for n in net.nodes if n.name != "a"
    ]
    assert replace(made["a"], layer=net["a"].layer).reads == ("a.v",)
