"""A training step as a whole is PyTorch's: exactly where no sum rounds, else within a bound."""

from collections.abc import Iterator

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F  # noqa: N812  # as everyone writes it

from convproof.implementation import load_implementation
from convproof.layers import Conv, Linear, MaxPool, ReLU, Softmax
from convproof.networks import Network, network
from convproof.networks.evaluate import forward, vjp
from convproof.training.loss import cross_entropy, of_logits
from convproof.training.sgd import SGD
from convproof.training.state import drawn

Arrays = dict[str, np.ndarray]
UNIT = 2.0**-53


def _ours(
    net: Network, rule: SGD, start: Arrays, velocity: Arrays, x: np.ndarray, labels: np.ndarray
) -> tuple[float, Arrays]:
    tape = forward(net, load_implementation("numpy"), start, x)
    loss = cross_entropy(tape, labels)
    _, gradients = vjp(tape, loss.cotangents)
    moved, _ = rule.step(start, gradients, velocity)
    return loss.total / len(labels), moved


def _torchs(
    net: Network, rule: SGD, start: Arrays, velocity: Arrays, x: np.ndarray, labels: np.ndarray
) -> tuple[float, Arrays]:
    """Take the step with torch's own layers, autograd and optimiser."""
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in start.items()}
    values = {"input": torch.tensor(x)}
    for node in net:
        read, layer = values[node.reads[0]], node.layer
        weights = [tensors[f"{node.name}.{part}"] for part in layer.parameter_shapes]
        if isinstance(layer, Conv):
            values[node.name] = F.conv2d(read, weights[0], weights[1], padding=1)
        elif isinstance(layer, Linear):
            values[node.name] = F.linear(read, *weights)
        elif isinstance(layer, MaxPool):
            values[node.name] = F.max_pool2d(read, layer.kernel_size[0])
        elif isinstance(layer, ReLU):
            values[node.name] = F.relu(read)
        elif isinstance(layer, Softmax):
            logits = read
        else:
            values[node.name] = read.flatten(1)
    loss = F.cross_entropy(logits, torch.tensor(labels))
    torch.autograd.backward(loss)
    optimiser = torch.optim.SGD(
        list(tensors.values()), lr=rule.lr, momentum=rule.momentum, weight_decay=rule.weight_decay
    )
    for name, tensor in tensors.items():
        if velocity:
            optimiser.state[tensor]["momentum_buffer"] = torch.tensor(velocity[name])
    optimiser.step()
    return float(loss.detach()), {n: t.detach().numpy() for n, t in tensors.items()}


EXACT = "input(6, 6, 1) conv(3, 2, p1) pool(2) conv(3, 2, p1) relu fc(4) softmax"


def _level(net: Network, x: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Return integers with which all logits of every image are equal.

    With the features ``h_n`` of image ``n`` and ``v_k`` orthogonal to all of them, the weights
    ``u + v_k`` give ``z[n,k] = u h_n`` for every class ``k``, though no derivative vanishes.
    """
    start = {n: rng.integers(-2, 3, s).astype(float) for n, s in net.parameter_shapes.items()}
    start["fc1.bias"][:], start["fc1.weight"][:] = 3, start["fc1.weight"][0]
    tape = forward(net, load_implementation("numpy"), start, x)
    features = sp.Matrix(tape.values["flatten1"].astype(int))
    for vector in features.nullspace()[-4:]:
        whole = vector * sp.ilcm(*(entry.q for entry in vector))
        start["fc1.weight"] += np.outer([0, 1, -1, 2], np.array(whole, float).ravel())
    return start


def test_a_step_is_equal_to_torchs_where_every_number_is_dyadic() -> None:
    """softmax(z) = 1/4 for equal logits: y - t is exact, and so is all that follows."""
    net = network("exact", EXACT, activation="none")
    rng = np.random.default_rng(0)
    x, labels = rng.integers(0, 3, (4, *net.input_shape)).astype(float), np.array([0, 1, 1, 3])
    start = _level(net, x, rng)
    velocity = {n: rng.integers(-2, 3, a.shape).astype(float) for n, a in start.items()}
    rule = SGD(lr=0.25, momentum=0.5, weight_decay=0.125)

    loss, moved = _ours(net, rule, start, velocity, x, labels)
    expected_loss, expected = _torchs(net, rule, start, velocity, x, labels)
    for name, array in start.items():
        without_a_loss = array - 0.25 * (0.5 * velocity[name] + 0.125 * array)
        assert np.any(moved[name] != without_a_loss)  # or the equality would say little
        np.testing.assert_array_equal(moved[name], expected[name])
    assert loss == expected_loss == np.log(4)


def test_the_derivative_is_that_of_softmax_and_logarithm_one_after_the_other() -> None:
    """z_bar = (y - t) / m = softmax_vjp(z, d(-log y_label / m)), for one image in four."""
    z = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    labels = np.array([2, 0])
    _, z_bar, right = of_logits(z, labels)
    y_bar = np.zeros_like(z)
    y_bar[[0, 1], labels] = -1 / 0.25 / 2

    chained = load_implementation("numpy").input_vjp(Softmax(dim=-1), z, y_bar)
    np.testing.assert_array_equal(z_bar, chained)
    assert right == 1


@pytest.mark.parametrize("large", [1e3, 1e300])
def test_large_logits_have_finite_losses(large: float) -> None:
    """log sum exp(z - max z) is finite for every finite z."""
    total, z_bar, _ = of_logits(np.array([[large, 0.0], [0.0, large]]), np.array([0, 0]))
    assert total == large
    np.testing.assert_array_equal(z_bar, [[0, 0], [-0.5, 0.5]])


def test_auxiliary_classifiers_count_three_tenths() -> None:
    """Szegedy et al. 2015: the derivative of loss + 0.3 auxiliary loss."""
    net = network("two", "input(2, 1) a = conv(2, 3) fc(2) softmax fc(2)(a) softmax")
    rng = np.random.default_rng(0)
    start = {n: rng.normal(size=s) for n, s in net.parameter_shapes.items()}
    tape = forward(net, load_implementation("numpy"), start, rng.normal(size=(3, 1, 2, 2)))
    labels = np.array([0, 1, 1])
    loss = cross_entropy(tape, labels)
    assert list(loss.cotangents) == ["fc1", "fc2"]
    _, main, _ = of_logits(tape.values["fc1"], labels)
    _, other, _ = of_logits(tape.values["fc2"], labels)
    np.testing.assert_array_equal(loss.cotangents["fc1"], main)
    np.testing.assert_array_equal(loss.cotangents["fc2"], 0.3 * other)


def test_every_place_has_draws_of_its_own() -> None:
    """A generator is a function of seed, purpose, epoch and step, and of nothing else."""

    def places() -> Iterator[int]:
        for seed in (0, 1):
            for purpose in ("initial", "order", "augmentation", "dropout"):
                for epoch in (0, 1):
                    for step in (0, 1):
                        yield int(drawn(seed, purpose, epoch, step).integers(2**62))

    first = list(places())
    assert first == list(places())
    assert len(set(first)) == 32
