"""A network as a whole: its answers and all its derivatives are those of PyTorch's autograd."""

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.networks import network
from convproof.networks.evaluate import forward, vjp
from convproof.networks.wiring import Dropout
from tests.networks.agreement import assert_all_agree, assert_simulated, integers

BRANCHED = """
input(12, 2)
a = conv(3, 4, p1) pool(3, 2, p1)
inc(2, (2, 3), (1, 2), 2)
avg(2) dropout fc(3)
conv(1, 2)(a) fc(2)
"""
INTEGER = "input(6, 2) a = conv(3, 2, p1) pool(2) inc(1, (1, 2), (1, 1), 1) fc(3) conv(1, 1)(a)"


@pytest.mark.parametrize("seed", range(3))
def test_answers_and_every_gradient_are_exact_inintegers(seed: int) -> None:
    """y_bar_u = sum over readers of (d f_v)^T y_bar_v, equal to autograd's."""
    assert_all_agree(network("whole", INTEGER), seed)


def test_the_simulator_gives_the_sameintegers() -> None:
    assert_simulated(network("whole", INTEGER))


def test_dropout_multiplies_by_its_mask_both_ways() -> None:
    """y = m x, x_bar = m y_bar."""
    net = network("n", "input(4) dropout(0.5)")
    x, mask = np.array([[1.0, 2, 3, 4]]), np.array([[0.0, 2, 0, 2]])
    tape = forward(net, load_implementation("numpy"), {}, x, masks=lambda *_: mask)

    np.testing.assert_array_equal(tape.answer, [[0, 4, 0, 8]])
    x_bar, gradients = vjp(tape, {"dropout1": np.ones((1, 4))})
    np.testing.assert_array_equal(x_bar, mask)
    assert gradients == {}
    assert isinstance(net["dropout1"].layer, Dropout)


def test_a_fully_convolutional_network_takes_larger_images() -> None:
    """The answer at each place is that of the window by itself (lecture 7, "LeNet-5")."""
    net = network("n", "input(6, 1) conv(3, 2) pool(2) conv(2, 3)")
    parameters, _ = integers(net, 0)
    x = np.random.default_rng(0).integers(-3, 4, (1, 1, 8, 8)).astype(float)
    numpy = load_implementation("numpy")

    whole = forward(net, numpy, parameters, x).answer
    assert whole.shape == (1, 3, 2, 2)
    corner = forward(net, numpy, parameters, x[:, :, 2:, 2:]).answer
    np.testing.assert_array_equal(whole[:, :, 1:, 1:], corner)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"a.bias": None}, "has the parameter a.bias of shape (4,), which is not given"),
        ({"a.weight": np.zeros((4, 3, 3, 3))}, "must have the shape (4, 2, 3, 3), got (4, 3"),
        ({"conv9.bias": np.zeros(1)}, "has no parameter 'conv9.bias'"),
    ],
)
def test_a_wrong_parameter_is_named(change: dict[str, np.ndarray | None], told: str) -> None:
    net = network("n", BRANCHED)
    parameters, x = integers(net, 0)
    given = {n: a for n, a in {**parameters, **change}.items() if a is not None}
    with pytest.raises(NetworkError) as raised:
        forward(net, load_implementation("numpy"), given, x)
    assert told in str(raised.value)


def test_images_that_do_not_fit_are_refused_with_the_layer() -> None:
    net = network("n", BRANCHED)
    parameters, x = integers(net, 0)
    with pytest.raises(NetworkError, match=r"fc1 \(Linear\)"):
        forward(net, load_implementation("numpy"), parameters, np.concatenate([x, x], axis=2))
