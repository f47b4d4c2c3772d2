"""A network as a whole: its answers and all its derivatives are those of PyTorch's autograd."""

from typing import Any, cast

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.implementation import Implementation, load_implementation
from convproof.layers import Conv, Layer, LocalResponseNorm, MaxPool, ReLU
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
def test_answers_and_every_gradient_are_exact_in_integers(seed: int) -> None:
    """y_bar_u = sum over readers of (d f_v)^T y_bar_v, equal to autograd's."""
    assert_all_agree(network("whole", INTEGER), seed)


def test_the_simulator_gives_the_same_integers() -> None:
    assert_simulated(network("whole", INTEGER))


class Counted:
    """NumPy's verbs; it keeps the layers whose ``x_bar`` is asked for."""

    name, supports = "counted", load_implementation("numpy").supports

    def __init__(self) -> None:
        self._right = load_implementation("numpy")
        self.asked: list[Layer] = []

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._right, verb)

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        self.asked.append(layer)
        return self._right.input_vjp(layer, x, y_bar, *arrays)


FIRST: dict[str, list[type[Layer]]] = {  # text: whose cotangent the images' alone needs, backward
    INTEGER: [Conv],
    "input(6, 2) norm pool(2) conv(3, 2) avg(1) fc(3)": [Conv, MaxPool, LocalResponseNorm],
    "input(6, 2) masked(3, (0) (0, 1)) fc(2)": [Conv],
    "input(6, 2) a = relu b = conv(1, 2) concat(a, b) conv(3, 1)": [Conv, ReLU],
}


@pytest.mark.parametrize("text", FIRST)
def test_what_the_images_cotangent_alone_needs_is_left_out(text: str) -> None:
    """w_bar has the same bits; ``x_bar`` is asked of the layers that a parameter comes before."""
    net = network("whole", text, activation="none")
    parameters, x = integers(net, 0)
    found = []
    for image in (True, False):
        counted = Counted()
        tape = forward(net, cast(Implementation, counted), parameters, x)
        bars = {name: np.ones_like(tape.values[name]) for name in net.outputs}
        found.append((*vjp(tape, bars, image=image), counted.asked))
    (x_bar, whole, every), (none, gradients, asked) = found

    assert x_bar.shape == x.shape
    assert none is None
    assert {n: a.tobytes() for n, a in gradients.items()} == {
        n: a.tobytes() for n, a in whole.items()
    }
    assert every[: len(asked)] == asked
    assert [type(layer) for layer in every[len(asked) :]] == FIRST[text]


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
