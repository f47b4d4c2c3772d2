"""Verdicts of the experiments that train, on scores that are given: nothing is trained."""

from math import log10
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convproof.experiments import Finding, Settings, hyper_parameters, learning
from convproof.experiments import learning_rate as rates
from convproof.experiments import shuffled_pixels as pixels
from convproof.experiments import three_networks as three
from convproof.experiments.top_activations import _patches
from convproof.networks.field import Field
from convproof.training import DivergedError, Recipe
from convproof.training.state import State


def _scored(accuracy: float, losses: tuple[float, ...] = (1.0,)) -> Any:
    return SimpleNamespace(
        score=lambda part: SimpleNamespace(accuracy=accuracy),  # noqa: ARG005
        curve=[{"loss": loss} for loss in losses],
    )


@pytest.mark.parametrize(
    ("accuracies", "agreement"),
    [
        ((0.90, 0.95, 0.99), "agrees"),
        ((0.95, 0.95, 0.99), "in part"),
        ((0.90, 0.951, 0.95), "in part"),  # within the standard error
        ((0.90, 0.99, 0.95), "disagrees"),
    ],
)
def test_three_networks_disagree_only_beyond_the_standard_error(
    accuracies: tuple[float, ...], agreement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sqrt(p (1 - p) / n + q (1 - q) / n)."""
    table = dict(zip(three._NETWORKS, accuracies, strict=True))
    monkeypatch.setattr(three, "learned", lambda name, *_, **__: _scored(table[name]))
    assert three.run(Settings()).agreement == agreement
    if agreement == "disagrees":
        assert three.run(Settings(quick=True)).agreement == "in part"


@pytest.mark.parametrize(
    ("shuffled", "agreement"), [(0.98, "in part"), (0.975, "in part"), (0.80, "agrees")]
)
def test_that_shuffling_hurts_is_said_only_beyond_the_standard_error(
    shuffled: float, agreement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 1080 images half a point less is chance, eighteen are not."""
    calls = iter(range(12))

    def learned(name: str, *_: Any, **__: Any) -> Any:
        return _scored(shuffled if name == "convnet" and next(calls) % 2 else 0.98)

    monkeypatch.setattr(pixels, "learned", learned)
    assert pixels.run(Settings()).agreement == agreement


def _searched(monkeypatch: pytest.MonkeyPatch, accuracy: Any) -> Finding:
    def learned(name: str, part: Any, recipe: Recipe, settings: Settings) -> Any:
        del name, part, settings
        return _scored(accuracy(recipe))

    monkeypatch.setattr(hyper_parameters, "learned", learned)
    return hyper_parameters.run(Settings())


def test_equal_scores_are_no_gain_of_random_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no parameter matters, neither search is better: planted, >= in the place of >."""
    found = _searched(monkeypatch, lambda recipe: 0.5)  # noqa: ARG005
    assert (found.numbers["better"], found.numbers["worse"]) == (0, 0)
    assert found.agreement == "in part"


def test_longer_training_alone_is_no_gain_of_the_finer_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The coarse best, trained as long, beats what is near it: planted, not trained again."""
    seen: list[float] = []

    def accuracy(recipe: Recipe) -> float:
        if recipe.epochs > 2:
            seen.append(recipe.lr)
            return 0.9 if len(seen) == 17 else 0.8  # the last is the coarse best again
        return 1 - abs(log10(recipe.lr) + 1.5) / 10  # random search comes nearer than the grid

    found = _searched(monkeypatch, accuracy)
    assert found.numbers["better"] > found.numbers["worse"]
    assert len(seen) == 17
    assert found.agreement == "in part"


@pytest.mark.parametrize(("last", "agreement"), [(None, "agrees"), (2.5, "agrees"), (2, "in part")])
def test_a_rate_is_too_high_where_nothing_is_learned(
    last: float | None, agreement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ln 10 = 2.30: the loss of the same probability for every class."""

    def learned(name: str, part: Any, recipe: Recipe, settings: Settings) -> Any:
        del name, part, settings
        if recipe.lr == rates._RATES[-1]:
            if last is None:
                raise DivergedError
            return _scored(0.1, (9.0, float(last)))
        return _scored(0.5, (2.0, 1.5) if recipe.lr == rates._RATES[0] else (1.0, 0.1))

    monkeypatch.setattr(rates, "learned", learned)
    assert rates.run(Settings()).agreement == agreement


def test_every_training_tells_its_bar_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sees what a long experiment does."""
    told: list[State] = []

    class Bar:
        def __init__(self, epochs: int, doing: str) -> None:
            assert (epochs, doing) == (1, "linear, learning rate 0.05, seed 3")

        def __enter__(self) -> Any:
            return told.append

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(learning, "Bar", Bar)
    settings = Settings(seed=3)
    recipe = learning.plain(settings, epochs=1)
    learning.learned("linear", learning.parts_of(settings).train, recipe, settings)
    assert told
    assert told[-1].epoch == 1


def test_colours_stay_colours_and_no_weight_is_grey() -> None:
    """(N, 3, H, W) -> (N, H, W, 3): v / 255, and (1 + w / max |w|) / 2."""
    red = np.zeros((1, 3, 1, 2), np.uint8)
    red[0, 0] = 255
    assert learning.seen(red).tolist() == [[[[1, 0, 0], [1, 0, 0]]]]
    assert learning.seen(red[:, :1]).tolist() == [[[255, 255]]]
    weights = np.array([2.0, 0, -4, 4, 0, 0]).reshape(1, 3, 1, 2)
    expected = (1 + weights.transpose(0, 2, 3, 1) / 4) / 2
    assert (learning.seen_signed(weights) == expected).all()
    assert (learning.seen_signed(np.zeros((1, 3, 2, 2))) == 0.5).all()
    assert learning.tiled(np.ones((3, 1, 1, 3)), 2)[1, 1].tolist() == [0.5] * 3


def test_a_patch_is_what_its_cell_sees_with_zeros_beyond_the_image() -> None:
    """p[i, j] = x[start + step o + (i, j)]."""
    image = np.arange(1, 17).reshape(1, 1, 4, 4)
    field = (Field(size=3, step=2, start=-1), Field(size=3, step=1, start=0))
    corner, inner = (_patches(image, [(0, *cell)], field)[0, 0] for cell in ((0, 0), (1, 1)))
    assert corner.tolist() == [[0, 0, 0], [1, 2, 3], [5, 6, 7]]
    assert inner.tolist() == [[6, 7, 8], [10, 11, 12], [14, 15, 16]]
