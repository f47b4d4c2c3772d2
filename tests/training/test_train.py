"""Training as a whole: it learns, it draws as asked, and it says what it cannot do."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from convproof.networks import network
from convproof.networks.evaluate import forward
from convproof.networks.initial import init
from convproof.training import (
    Dataset,
    DivergedError,
    Preparation,
    Recipe,
    TrainingError,
    from_shallower,
    train,
)
from convproof.training.loss import of_logits
from convproof.training.run import Run
from convproof.training.state import State
from tests.training.small import EVERYTHING, net, stripes


def test_a_small_network_learns_and_its_curve_has_every_epoch() -> None:
    recipe = Recipe(epochs=15, batch_size=8, lr=0.1)
    text = "input(6, 6, 1) conv(3, 4, p1) pool(2) fc(3) softmax"
    trained = train(network("n", text), stripes(60), recipe, validation=stripes(12, 1))
    assert trained.score(stripes(30, 2)).accuracy == 1
    assert [point["epoch"] for point in trained.curve] == list(range(1, 16))
    assert trained.curve[-1]["validation_loss"] < trained.curve[0]["validation_loss"]
    held = trained.score(stripes(12, 1))
    assert trained.curve[-1]["validation_loss"] == held.loss
    of_training_part = Preparation.of(stripes(60), "unit")
    np.testing.assert_array_equal(trained.preparation.mean, of_training_part.mean)


def test_a_seed_is_a_training() -> None:
    """The same seed gives the same bits, another one another training."""
    found = [train(net(), stripes(), EVERYTHING, seed=seed).parameters for seed in (0, 0, 1)]
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name])
    assert np.any(found[0]["conv1.weight"] != found[2]["conv1.weight"])


def test_every_image_is_seen_once_in_every_epoch() -> None:
    """The order is a permutation; the last step has what is left."""
    seen: list[list[int]] = [[]]
    data = Dataset(
        name="n", images=np.arange(10).reshape(10, 1, 1, 1), labels=np.arange(10) % 2, classes=2
    )
    run = Run(
        network=network("n", "input(1, 1) fc(2) softmax"), data=data, validation=None,
        recipe=Recipe(epochs=2, batch_size=4), implementation=_Watching(seen), seed=0,
        preparation=_unprepared(data), place=_unmoved,
    )  # fmt: skip
    for state in run.states(run.first(None)):
        if state.step == 0:
            seen.append([])  # noqa: PERF401  # while the states are taken
    assert [sorted(epoch) for epoch in seen[:2]] == [list(range(10))] * 2
    assert seen[0] != seen[1]


def _unprepared(data: Dataset) -> Any:
    zero = np.zeros(data.image_shape, np.float32)
    return Preparation(mean=zero, scale=1.0)


def _unmoved(array: np.ndarray) -> np.ndarray:
    return array


class _Watching:
    """The NumPy path, that notes the first number of every image it reads."""

    name, supports = "watching", frozenset[str]()

    def __init__(self, seen: list[list[int]]) -> None:
        from convproof.implementation import load_implementation

        self._inner, self._seen = load_implementation("numpy"), seen

    def forward(self, layer: Any, x: Any, *arrays: Any) -> Any:
        if arrays:
            self._seen[-1].extend(int(i) for i in x[:, 0])
        return self._inner.forward(layer, x, *arrays)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_dropout_keeps_the_mean_and_is_off_when_it_is_judged() -> None:
    """A mask is 0 or 1 / (1 - p), each element by itself; E[mask] = 1."""
    run = Run(
        network=net(), data=stripes(), validation=None, recipe=EVERYTHING,
        implementation=_loaded(), seed=0, preparation=_unprepared(stripes()), place=_unmoved,
    )  # fmt: skip
    state = run.first(None)
    x, labels = run.preparation(stripes().images), stripes().labels
    losses = {run.gradients(state.parameters, x, labels, 0, step)[0].loss for step in range(4)}
    again = run.gradients(state.parameters, x, labels, 0, 0)[0].loss
    assert len(losses) == 4
    assert again in losses
    assert run.score(state, stripes()) == run.score(state, stripes())


def _loaded() -> Any:
    from convproof.implementation import load_implementation

    return load_implementation("numpy")


def test_arrays_of_another_library_are_trained_where_they_are() -> None:
    """Images and parameters are moved once to where they are computed, and come back at the end."""
    kinds: set[type] = set()

    def told(state: State) -> None:
        groups = (state.parameters, state.velocity, state.average)
        kinds.update(type(array) for group in groups for array in group.values())

    trained = train(
        net(), stripes(), EVERYTHING, implementation="torch", place=torch.from_numpy, progress=told
    )
    assert kinds == {torch.Tensor}
    assert {type(array) for array in trained.parameters.values()} == {np.ndarray}
    assert trained.score(stripes()).images == 20

    z, labels = np.zeros((3, 4)), np.array([0, 3, 3])
    (total, z_bar, right), of_tensor = of_logits(z, labels), of_logits(torch.from_numpy(z), labels)
    assert (total, right) == (of_tensor[0], of_tensor[2])
    np.testing.assert_array_equal(z_bar, of_tensor[1])


def test_the_average_is_that_of_torch() -> None:
    """a <- d a + (1 - d) p after every step, from the first parameters on: dyadic d."""
    states: list[State] = []
    recipe = replace(EVERYTHING, averaging=0.5)
    trained = train(net(), stripes(), recipe, progress=states.append)
    average: Any = train(net(), stripes(), replace(recipe, epochs=0)).parameters
    for state in states:
        average = {n: 0.5 * average[n] + 0.5 * p for n, p in state.parameters.items()}
    for name, array in trained.parameters.items():
        np.testing.assert_array_equal(array, average[name])


def test_a_training_that_diverges_says_at_which_rate() -> None:
    with pytest.raises(DivergedError, match=r"at lr=1e\+30"):
        train(net(), stripes(), replace(EVERYTHING, lr=1e30))


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("input(5, 5, 1) fc(3) softmax", r"reads images of shape \(1, 5, 5\)"),
        ("input(6, 6, 1) fc(4) softmax", "one number for each of 3 classes"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(text: str, law: str) -> None:
    with pytest.raises(TrainingError, match=law):
        train(network("n", text), stripes(), EVERYTHING)


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ({"epochs": -1}, "epochs >= 0"),
        ({"batch_size": 0}, "batch_size >= 1"),
        ({"lr": 0.0}, "lr > 0"),
        ({"lr": float("nan")}, "lr > 0"),
        ({"std": float("inf")}, "std > 0"),
        ({"momentum": 1.0}, "0 <= momentum < 1"),
        ({"averaging": -0.1}, "0 <= averaging < 1"),
        ({"weight_decay": -1.0}, "weight_decay >= 0"),
        ({"nesterov": True, "momentum": 0.0}, "needs a momentum"),
    ],
)
def test_a_recipe_without_meaning_is_refused(wrong: dict[str, Any], law: str) -> None:
    with pytest.raises(TrainingError, match=law):
        Recipe(**wrong)


VGG = {
    "a": "conv(3, 2, p1) pool(2) conv(3, 4, p1) pool(2) conv(3, 6, p1) conv(3, 6, p1) pool(2) "
    "conv(3, 8, p1) conv(3, 8, p1) pool(2)",
    "d": "conv(3, 2, p1) conv(3, 2, p1) pool(2) conv(3, 4, p1) conv(3, 4, p1) pool(2) "
    "conv(3, 6, p1) conv(3, 6, p1) conv(3, 6, p1) pool(2) conv(3, 8, p1) conv(3, 8, p1) pool(2)",
}
HEAD = "fc(5) dropout fc(5) dropout fc(3) softmax"


def _vgg(name: str) -> tuple[Any, dict[str, np.ndarray]]:
    net = network(name, f"input(16, 16, 1) {VGG[name]} {HEAD}")
    return net, init(net, np.random.default_rng(len(VGG[name])))


def test_a_deeper_network_begins_with_the_layers_of_the_shallower() -> None:
    """A's first four convolutions and its fully connected layers; all others stay as drawn."""
    (a, trained), (d, drawn) = _vgg("a"), _vgg("d")
    started = from_shallower(d, drawn, a, trained)
    pairs = {"conv1": "conv1", "conv3": "conv2", "conv5": "conv3", "conv6": "conv4",
             "fc1": "fc1", "fc2": "fc2", "fc3": "fc3"}  # fmt: skip
    for node in d:
        if f"{node.name}.weight" in drawn:
            source, name = (trained, pairs[node.name]) if node.name in pairs else (drawn, node.name)
            for part in ("weight", "bias"):
                expected = source[f"{name}.{part}"]
                np.testing.assert_array_equal(started[f"{node.name}.{part}"], expected)
    started["conv1.weight"][:] = 0
    assert np.any(trained["conv1.weight"] != 0)  # a copy


def test_the_deeper_network_computes_the_shallower_if_what_is_new_is_the_identity() -> None:
    """With identities in between (ReLU is idempotent) D's answer is A's."""
    (a, trained), (d, drawn) = _vgg("a"), _vgg("d")
    started = from_shallower(d, drawn, a, trained, convs=6)
    for name in ("conv2", "conv4", "conv7"):
        weight = np.zeros_like(started[f"{name}.weight"])
        weight[range(len(weight)), range(len(weight)), 1, 1] = 1
        started[f"{name}.weight"] = weight
    x = np.random.default_rng(0).normal(size=(2, 1, 16, 16)).astype(np.float32)
    verbs = _loaded()
    expected = forward(a, verbs, trained, x).answer
    np.testing.assert_array_equal(forward(d, verbs, started, x).answer, expected)


def test_layers_that_do_not_correspond_are_refused() -> None:
    a, trained = _vgg("a")

    def other(text: str) -> tuple[Any, dict[str, np.ndarray]]:
        net = network("other", f"input(16, 16, 1) {text}")
        return net, init(net, np.random.default_rng(0))

    wide = other(f"{VGG['a'].replace('3, 2', '3, 3')} {HEAD}")
    with pytest.raises(TrainingError, match=r"conv1.weight of a has the shape \(2, 1, 3, 3\)"):
        from_shallower(a, trained, *wide)
    shallow = other(f"{VGG['a'].replace('conv(3, 6, p1) ', '', 1)} fc(3)")
    with pytest.raises(TrainingError, match="no layer in the place of conv4"):
        from_shallower(*shallow, a, trained)
    one = other(f"{VGG['a']} fc(3)")
    with pytest.raises(TrainingError, match=r"fc1.weight of other has the shape \(3, 8\)"):
        from_shallower(*one, a, trained)
