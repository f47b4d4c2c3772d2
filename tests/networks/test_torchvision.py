"""torchvision's networks: its counts, its state dicts, and the answers of torch.nn."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.layers import Layer, MaxPool
from convproof.networks import Network
from convproof.networks.count import total
from convproof.networks.evaluate import forward
from convproof.networks.names import named
from convproof.networks.reduced import reduced
from convproof.networks.zoo.torchvision_googlenet import transform_input
from convproof.networks.zoo.torchvision_state import load, placed, state_shapes
from tests.networks.torchvision_modules import module

COUNTS = {  # as torchvision publishes them
    "torchvision-alexnet": 61_100_840,
    "torchvision-vgg11": 132_863_336,
    "torchvision-vgg13": 133_047_848,
    "torchvision-vgg16": 138_357_544,
    "torchvision-vgg19": 143_667_240,
    "torchvision-googlenet": 6_624_904,
}
SIZES = {"torchvision-alexnet": 127, "torchvision-googlenet": 128}
GOOGLENET = "torchvision-googlenet"
State = dict[str, torch.Tensor]


def width(channels: int) -> int:
    """A sixteenth, rounded up."""
    return -(-channels // 16)


def small(name: str) -> Network:
    return reduced(named(name), divisor=16, size=SIZES.get(name, 64))


@cache
def whole_numbers(name: str) -> State:
    """Return a state of small integers, of which few are not zero; variances are 4 - eps.

    ``sqrt(running_var + eps) = 2``, and weights of normalisations are even: every sum is exact.
    """
    rng = np.random.default_rng(0)
    state: State = {}
    with torch.device("meta"):
        shapes = {n: tuple(t.shape) for n, t in module(name, width).state_dict().items()}
    for key, shape in shapes.items():
        if key.endswith("running_var"):
            values = np.full(shape, 4 - 0.001)
        elif key.endswith("bn.weight"):
            values = rng.choice([2.0, 2.0, 4.0, -2.0], shape)
        elif len(shape) > 1:
            values = _few(rng, shape)
        else:
            values = rng.integers(-1, 3, shape).astype(float)
        state[key] = torch.tensor(values, dtype=torch.int64 if not shape else torch.float64)
    return state


def _few(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return rows with three entries of 1, 1 and -1, or fewer."""
    rows = np.zeros((shape[0], int(np.prod(shape[1:]))))
    for row in rows:
        row[rng.integers(0, row.size, 3)] = (1, 1, -1)
    return rows.reshape(shape)


def _images(name: str) -> np.ndarray:
    size = SIZES.get(name, 64)
    return np.random.default_rng(1).integers(-3, 4, (1, 3, size, size)).astype(float)


@cache
def _expected(name: str) -> list[np.ndarray]:
    theirs = module(name, width).double()
    theirs.load_state_dict(whole_numbers(name))
    with torch.no_grad():
        return [y.numpy() for y in theirs(torch.from_numpy(_images(name)))]


def _answers(net: Network, parameters: dict[str, np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    tape = forward(net, load_implementation("numpy"), parameters, x)
    return [tape.values[name] for name in net.outputs]


@pytest.mark.parametrize(("name", "parameters"), COUNTS.items())
def test_a_network_has_as_many_parameters_as_torchvision_says(name: str, parameters: int) -> None:
    """AlexNet 61,100,840; VGG-16 138,357,544; GoogLeNet 6,624,904."""
    assert total(named(name)).parameters == parameters


def test_googlenet_with_its_auxiliary_classifiers_has_13_004_888_parameters() -> None:
    """In 364 arrays, the counters of its 59 normalisations among them."""
    net = named(GOOGLENET)
    shapes = state_shapes(net)
    assert total(net).parameters + total(net, auxiliary=True).parameters == 13_004_888
    assert len(shapes) + sum(name.endswith("running_var") for name in shapes) == 364


@pytest.mark.parametrize("name", COUNTS)
def test_the_arrays_are_named_and_shaped_as_those_of_the_modules(name: str) -> None:
    """At full width; the counters of training have no use afterwards."""
    with torch.device("meta"):
        theirs = module(name, lambda channels: channels).state_dict()
    shapes = {n: tuple(t.shape) for n, t in theirs.items() if t.ndim}
    assert state_shapes(named(name)) == shapes


@pytest.mark.parametrize("name", COUNTS)
def test_a_state_dict_gives_the_modules_answers_exactly(name: str, tmp_path: Path) -> None:
    """logits(state, x) are equal in whole numbers, batch normalisations folded or not."""
    state, x = whole_numbers(name), _images(name)
    save_file(state, tmp_path / "state.safetensors")
    expected = _expected(name)

    found = _answers(*load(tmp_path / "state.safetensors", small(name)), x)
    arrays = {key: tensor.numpy() for key, tensor in state.items()}
    unfolded = _answers(*placed(arrays, small(name)), x)
    assert len(expected) == (3 if name == GOOGLENET else 1)
    for y, one, other in zip(expected, found, unfolded, strict=True):
        assert len(np.unique(y)) > 5
        np.testing.assert_array_equal(one, y)
        np.testing.assert_array_equal(other, y)


def _each(net: Network, change: Callable[[str, Layer], Layer]) -> Network:
    return replace(net, nodes=tuple(replace(n, layer=change(n.name, n.layer)) for n in net))


def _rounding_down(_: str, layer: Layer) -> Layer:
    """A pool without ceil_mode, padded so that the sizes stay."""
    if (
        isinstance(layer, MaxPool)
        and layer.ceil_mode
        and layer.stride == (2, 2) != layer.kernel_size
    ):
        return replace(layer, ceil_mode=False, padding=((1, 0), (1, 0)))
    return layer


def _padded_once_more(name: str, layer: Layer) -> Layer:
    """The third branch shifted by one cell, as a kernel of another size shifts it."""
    if name.endswith("branch3.1.conv"):
        return replace(layer, padding=((2, 0), (2, 0)))  # type: ignore[call-arg]
    return layer


def _swapped(net: Network) -> Network:
    """Every module joins its first and last branches in the other order, where sizes let it."""
    reads = {n.name: n.reads for n in net if len(n.reads) == 4}
    swapped = {name: (d, b, c, a) for name, (a, b, c, d) in reads.items()}
    nodes = tuple(replace(n, reads=swapped.get(n.name, n.reads)) for n in net)
    return replace(net, nodes=nodes)


FAULTS: dict[str, Callable[[Network], Network]] = {
    "branches swapped": _swapped,
    "no ceil_mode": lambda net: _each(net, _rounding_down),
    "third branch shifted": lambda net: _each(net, _padded_once_more),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_graph_gives_other_answers(fault: str) -> None:
    """What the comparison above is for."""
    arrays = {key: tensor.numpy() for key, tensor in whole_numbers(GOOGLENET).items()}
    expected = _expected(GOOGLENET)

    wrong, parameters = placed(arrays, FAULTS[fault](small(GOOGLENET)))
    found = _answers(wrong, parameters, _images(GOOGLENET))
    assert any(not np.array_equal(one, y) for one, y in zip(found, expected, strict=True))


def test_a_third_branch_of_5x5_does_not_take_the_weights() -> None:
    """The published one; torchvision's is of 3x3."""
    state = {key: tensor.numpy() for key, tensor in whole_numbers(GOOGLENET).items()}
    name = "inception4b.branch3.1.conv"
    published = replace(small(GOOGLENET)[name].layer, kernel_size=(5, 5), padding=((2, 2), (2, 2)))  # type: ignore[call-arg]
    net = _each(small(GOOGLENET), lambda own, layer: published if own == name else layer)
    with pytest.raises(
        NetworkError, match=r"branch3\.1\.conv\.weight must have the shape \(4, 2, 5"
    ):
        placed(state, net)


def test_a_state_without_auxiliary_classifiers_gives_the_network_without_them() -> None:
    arrays = {k: t.numpy() for k, t in whole_numbers(GOOGLENET).items() if k[:3] != "aux"}
    net, parameters = placed(arrays, small(GOOGLENET))
    assert net.outputs == ("fc",)
    assert not any(name.startswith("aux") for name in parameters)


VGG11 = "torchvision-vgg11"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"features.0.bias": None}, "needs the array features.0.bias of shape (4,): the state"),
        (
            {"features.0.bias": None, "features.0.bais": np.zeros(4)},
            "It has features.0.bais, which",
        ),
        ({"features.0.weight": np.zeros((4, 3, 5, 5))}, "must have the shape (4, 3, 3, 3), the"),
        ({"features.0.bias": np.zeros(4, int)}, "features.0.bias must hold floats, the state dict"),
        ({"classifier.7.bias": np.zeros(4)}, "has no array 'classifier.7.bias', which the state"),
    ],
)
def test_a_wrong_state_is_named(change: dict[str, np.ndarray | None], told: str) -> None:
    arrays = {k: np.zeros(shape) for k, shape in state_shapes(small(VGG11)).items()}
    given = {k: a for k, a in {**arrays, **change}.items() if a is not None}
    with pytest.raises(NetworkError) as raised:
        placed(given, small(VGG11))
    assert told in str(raised.value)


def test_images_are_transformed_to_the_means_and_deviations_of_one_half() -> None:
    """((x std + mean) - 1/2) / (1/2): an image that was normalised otherwise."""
    pixels = np.random.default_rng(0).random((2, 3, 4, 5))
    mean = np.array([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = np.array([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    expected = (pixels - 0.5) / 0.5
    found = transform_input((pixels - mean) / std)
    assert (
        np.abs(found - expected).max() <= 16 * 2.0**-53 * 5
    )  # sixteen roundings of numbers below 5
