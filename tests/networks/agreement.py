"""What the tests of networks share: integer data, and answers with all derivatives, twice."""

import numpy as np
import torch

from convproof.implementation import load_implementation
from convproof.networks import Network
from convproof.networks.evaluate import forward, vjp


def integers(net: Network, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return parameters of -1, 0 and 1, and two images of -2 to 2."""
    rng = np.random.default_rng(seed)
    shapes = net.parameter_shapes
    parameters = {n: rng.integers(-1, 2, shape).astype(float) for n, shape in shapes.items()}
    return parameters, rng.integers(-2, 3, (2, *net.input_shape)).astype(float)


def by_autograd(net: Network, parameters: dict[str, np.ndarray], x: np.ndarray) -> list[np.ndarray]:
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


def by_vjp(
    net: Network, name: str, parameters: dict[str, np.ndarray], x: np.ndarray
) -> list[np.ndarray]:
    """Return the same, by our own derivatives through an implementation."""
    tape = forward(net, load_implementation(name), parameters, x)
    bars = {o: np.full_like(tape.values[o], i + 1) for i, o in enumerate(net.outputs)}
    x_bar, gradients = vjp(tape, bars)
    return [
        *(tape.values[o] for o in net.outputs),
        x_bar,
        *(gradients[n] for n in sorted(gradients)),
    ]


def assert_all_agree(net: Network, seed: int = 0) -> None:
    """Assert that NumPy's, the oracle's and autograd's answers and derivatives are equal."""
    parameters, x = integers(net, seed)
    expected = by_autograd(net, parameters, x)
    for name in ("numpy", "reference"):
        found = by_vjp(net, name, parameters, x)
        assert len(found) == len(expected) == len(net.outputs) + 1 + len(parameters)
        _assert_equal(found, expected)


def assert_simulated(net: Network, seed: int = 0) -> None:
    """Assert that the simulator's answers and derivatives are NumPy's."""
    parameters, x = integers(net, seed)
    narrow = {n: a.astype(np.float32) for n, a in parameters.items()}
    expected = by_vjp(net, "numpy", parameters, x)
    _assert_equal(by_vjp(net, "sim", narrow, x.astype(np.float32)), expected)


def _assert_equal(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert [one.shape for one in found] == [other.shape for other in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
