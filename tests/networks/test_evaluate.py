"""A network as a whole: its answers and all its derivatives are those of PyTorch's autograd."""

import numpy as np
import pytest
import torch

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.networks import Network, network
from convproof.networks.evaluate import forward, vjp
from convproof.networks.wiring import Dropout

BRANCHED = """
input(12, 2)
a = conv(3, 4, p1) pool(3, 2, p1)
inc(2, (2, 3), (1, 2), 2)
avg(2) dropout fc(3)
conv(1, 2)(a) fc(2)
"""
INTEGER = "input(6, 2) a = conv(3, 2, p1) pool(2) inc(1, (1, 2), (1, 1), 1) fc(3) conv(1, 1)(a)"


def _integers(net: Network, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = net.parameter_shapes
    parameters = {n: rng.integers(-1, 2, shape).astype(float) for n, shape in shapes.items()}
    return parameters, rng.integers(-2, 3, (2, *net.input_shape)).astype(float)


def _by_autograd(
    net: Network, parameters: dict[str, np.ndarray], x: np.ndarray
) -> list[np.ndarray]:
    """Return outputs, and the derivatives of the sum of (output index + 1) * output."""
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in parameters.items()}
    image = torch.tensor(x, requires_grad=True)
    tape = forward(net, load_implementation("torch"), tensors, image)
    outputs = [tape.values[name] for name in net.outputs]
    loss = sum(((i + 1) * y).sum() for i, y in enumerate(outputs))
    assert isinstance(loss, torch.Tensor)
    torch.autograd.backward(loss)
    grads = [image.grad, *(tensors[n].grad for n in sorted(tensors))]
    return [t.detach().numpy() for t in (*outputs, *grads) if t is not None]


def _by_vjp(
    net: Network, name: str, parameters: dict[str, np.ndarray], x: np.ndarray
) -> list[np.ndarray]:
    tape = forward(net, load_implementation(name), parameters, x)
    bars = {o: np.full_like(tape.values[o], i + 1) for i, o in enumerate(net.outputs)}
    x_bar, gradients = vjp(tape, bars)
    return [
        *(tape.values[o] for o in net.outputs),
        x_bar,
        *(gradients[n] for n in sorted(gradients)),
    ]


@pytest.mark.parametrize("name", ["numpy", "reference"])
@pytest.mark.parametrize("seed", range(3))
def test_answers_and_every_gradient_are_exact_in_integers(name: str, seed: int) -> None:
    """y_bar_u = sum over readers of (d f_v)^T y_bar_v, equal to autograd's."""
    net = network("whole", INTEGER)
    parameters, x = _integers(net, seed)
    expected = _by_autograd(net, parameters, x)

    found = _by_vjp(net, name, parameters, x)
    assert len(found) == len(expected) == 3 + len(parameters)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_simulator_gives_the_same_integers() -> None:
    net = network("whole", INTEGER)
    parameters, x = _integers(net, 0)
    narrow = {n: a.astype(np.float32) for n, a in parameters.items()}
    expected = _by_vjp(net, "numpy", parameters, x)

    for one, other in zip(_by_vjp(net, "sim", narrow, x.astype(np.float32)), expected, strict=True):
        np.testing.assert_array_equal(one, other)


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
    parameters, _ = _integers(net, 0)
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
    parameters, x = _integers(net, 0)
    given = {n: a for n, a in {**parameters, **change}.items() if a is not None}
    with pytest.raises(NetworkError) as raised:
        forward(net, load_implementation("numpy"), given, x)
    assert told in str(raised.value)


def test_images_that_do_not_fit_are_refused_with_the_layer() -> None:
    net = network("n", BRANCHED)
    parameters, x = _integers(net, 0)
    with pytest.raises(NetworkError, match=r"fc1 \(Linear\)"):
        forward(net, load_implementation("numpy"), parameters, np.concatenate([x, x], axis=2))
