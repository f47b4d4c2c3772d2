"""What is chosen before a training: the network, the recipe, and two numbers of it by search."""

from typing import Any

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.networks import network
from convproof.training import (
    Dataset,
    Recipe,
    Schedule,
    TrainingError,
    preset,
    search,
    suited,
)
from convproof.training.search import Trial
from tests.training.small import stripes


def test_search_takes_the_best_on_a_part_of_the_training_part() -> None:
    told: list[Trial] = []
    text = "input(6, 6, 1) conv(3, 4, p1) pool(2) fc(3) softmax"
    found = search(
        network("n", text), stripes(30), Recipe(batch_size=8), trials=3, epochs=2,
        lr=(1e-3, 1e-1), progress=told.append,
    )  # fmt: skip
    assert sorted(map(id, found)) == sorted(map(id, told))
    accuracies = [trial.accuracy for trial in found]
    assert accuracies == sorted(accuracies, reverse=True)
    assert all(1e-3 <= trial.recipe.lr <= 1e-1 for trial in found)
    with pytest.raises(TrainingError, match="drawn in log space"):
        search(network("n", text), stripes(), Recipe(), trials=1, epochs=1, lr=(0.0, 1.0))


def test_networks_are_built_for_the_images() -> None:
    """The lecture's where its 5x5 kernels fit; its name in the zoo has the same parameters."""
    from convproof.networks.names import named

    def blank(*shape: int) -> Dataset:
        images = np.zeros((1, *shape), np.uint8)
        return Dataset(name="blank", images=images, labels=np.zeros(1, int), classes=10)

    for name, shape in (("mnist-convnet", (1, 28, 28)), ("cifar10-convnet", (3, 32, 32))):
        built = suited("convnet", blank(*shape))
        assert built.parameter_shapes == named(name).parameter_shapes
    cifar = blank(3, 32, 32)
    for name in ("linear", "two-layer"):
        assert suited(name, cifar).parameter_shapes == named(name).parameter_shapes
    assert suited("convnet", blank(1, 8, 8)).input_shape == (1, 8, 8)
    assert suited("convnet", blank(1, 16, 17)).shapes["pool2"] == (64, 1, 1)
    assert suited("input(8, 1) fc(10)", blank(1, 8, 8)).name == "network"
    with pytest.raises(NetworkError, match="no network is called 'convnett'"):
        suited("convnett", cifar)


def test_the_lectures_recipes_are_those_of_its_slides() -> None:
    """m, epsilon, lambda and sigma, slide by slide."""

    def numbers(network: str, data: str) -> tuple[Any, ...]:
        recipe = preset("lecture", network, data).recipe
        assert (recipe.epochs, recipe.momentum, recipe.initial) == (10, 0, "gaussian")
        assert recipe.schedule == Schedule()
        return recipe.batch_size, recipe.lr, recipe.weight_decay, recipe.std

    assert numbers("linear", "cifar10") == (200, 1e-6, 5e2, 1e-4)
    assert numbers("two-layer", "cifar10") == (200, 2e-3, 2e-1, 1e-4)
    assert numbers("convnet", "mnist") == numbers("cifar10-convnet", "cifar10")
    assert numbers("convnet", "mnist") == (128, 1e-2, 1e-2, 0.1)
    assert preset("", "convnet", "mnist") == preset("lecture", "convnet", "mnist")
    ours = preset("digits", "convnet", "mnist")
    assert ours.recipe != preset("", "convnet", "mnist").recipe
    assert ours.figure is not None
    assert preset("", "convnet", "digits").figure is None
    with pytest.raises(TrainingError, match="the lecture has no recipe for convnet on digits"):
        preset("lecture", "convnet", "digits")
