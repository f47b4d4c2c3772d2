"""What the experiments measure, on cases whose answer is known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from convproof.experiments import (
    NAMES,
    Settings,
    named,
    strided_fields,
    toeplitz,
    top_activations,
)
from convproof.experiments.figures import rendered
from convproof.experiments.names import ExperimentError
from convproof.experiments.occlusion import occluded
from convproof.experiments.shuffled_pixels import shuffled
from convproof.implementation import load_implementation
from convproof.networks import Network, network
from convproof.networks.evaluate import forward, vjp
from convproof.networks.field import Field, fields
from convproof.networks.regularisers import Toeplitz
from convproof.training import Dataset, Preparation, Split, Trained

_CHEAP = ("pose-invariance", "receptive-field", "toeplitz")


@pytest.mark.parametrize("name", _CHEAP)
def test_a_picture_can_be_drawn_again_from_the_json_to_the_same_bytes(name: str) -> None:
    """draw(json(numbers)) = draw(numbers)."""
    experiment = named(name)
    finding = experiment.run(Settings(quick=True))
    assert finding.agreement == "agrees", finding.found
    again = json.loads(json.dumps(finding.numbers))
    first, second = (rendered(experiment.draw(n), "svg") for n in (finding.numbers, again))
    assert first == second


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_runs_quickly_and_draws(name: str) -> None:
    """Of each: a finding, and a picture."""
    experiment = named(name)
    finding = experiment.run(Settings(quick=True))
    assert finding.agreement != "disagrees", finding.found
    assert rendered(experiment.draw(finding.numbers), "png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "change", [{"size": 1}, {"step": 1}, {"start": -1}], ids=["size", "step", "start"]
)
@pytest.mark.parametrize("name", ["LeNet-5", "MNIST convnet, maxima"])
def test_a_wrong_field_of_a_strided_stack_is_not_what_is_measured(
    name: str, change: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R, J or the start off by one at the last layer: planted, and found there alone."""

    def wrong(net: Network) -> dict[str, tuple[Field, ...]]:
        found = fields(net)
        last = found[net.outputs[0]][0]
        more = {key: getattr(last, key) + by for key, by in change.items()}
        return {**found, net.outputs[0]: (replace(last, **more),) * 2}

    right = strided_fields.measured(name, Settings())
    assert right["agrees"]
    monkeypatch.setattr(strided_fields, "fields", wrong)
    found = strided_fields.measured(name, Settings())
    same = [row["measured"] == row["formula"] for row in found["layers"]]
    assert same == [True] * (len(same) - 1) + [False]
    assert not found["agrees"]


def test_an_experiment_that_there_is_not_is_answered_with_the_nearest() -> None:
    """occlusions: occlusion."""
    with pytest.raises(ExperimentError, match="did you mean occlusion"):
        named("occlusions")


def test_the_penalty_of_the_experiment_is_its_quadratic_form() -> None:
    """P(W) = w^T Q w / 2, in integers."""
    q = toeplitz._form()
    rng = np.random.default_rng(0)
    w = rng.integers(-5, 6, (toeplitz._OUTPUTS, toeplitz._INPUTS)).astype(float)
    value = Toeplitz(strength=1.0, taps=toeplitz._TAPS).value(w)
    assert w.ravel() @ q @ w.ravel() / 2 == value
    assert (q == q.T).all()


def _parts() -> Split:
    images = np.arange(4 * 2 * 3 * 3, dtype=np.uint8).reshape(4, 2, 3, 3)
    part = Dataset(name="four", images=images, labels=np.array([0, 1, 0, 1]), classes=2)
    return Split(train=part, test=part.take(np.array([1, 3])))


def test_all_images_and_channels_are_shuffled_by_one_permutation() -> None:
    """y[n,c,i] = x[n,c,p(i)]."""
    parts = _parts()
    found = shuffled(parts, 0)
    one = found.train.images[0, 0].ravel()
    order = [int(v) for v in one]  # the first image counts its pixels
    assert sorted(order) == list(range(9)) != order
    for before, after in ((parts.train, found.train), (parts.test, found.test)):
        flat = before.images.reshape(len(before), 2, 9)[..., order]
        assert (after.images.reshape(flat.shape) == flat).all()


def _trained(net: Network, weight: int = 1) -> Trained:
    """A network with weights above zero: no ReLU stops anything."""
    parameters = {
        name: np.full(shape, weight if name.endswith("weight") else 0, np.float32)
        + np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 5
        for name, shape in net.parameter_shapes.items()
    }
    nothing = Preparation(mean=np.zeros(net.input_shape, np.float32), scale=1.0)
    return Trained(
        network=net,
        parameters=parameters,
        preparation=nothing,
        curve=(),
        implementation=load_implementation("numpy"),
    )


def test_where_no_relu_stops_anything_what_comes_back_is_the_derivative() -> None:
    """With weights and images above 0 the way back of ZFNet is the VJP, in integers."""
    net = network("n", "input(8, 1) conv(3, 2) relu pool(2) conv(2, 3) relu")
    trained = _trained(net)
    images = np.random.default_rng(0).integers(1, 9, (2, 1, 8, 8)).astype(np.uint8)
    cells = [(0, 0, 1), (1, 1, 0)]
    back = top_activations.reconstructed(trained, images, "relu2", 1, cells)
    tape = forward(net, trained.implementation, trained.parameters, images.astype(np.float32))
    y_bar = np.zeros_like(tape.answer)
    for n, y, x in cells:
        y_bar[n, 1, y, x] = tape.answer[n, 1, y, x]
    x_bar, _ = vjp(tape, {"relu2": y_bar})
    assert (back == x_bar).all()
    assert top_activations._outside(back, cells, _field(net)) == 0
    moved = [(n, 1 - y, 1 - x) for n, y, x in cells]
    assert top_activations._outside(back, moved, _field(net)) > 0


def _field(net: Network):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return fields(net)["relu2"]


def test_a_grey_square_on_grey_changes_nothing_and_one_on_the_only_light_does() -> None:
    """map[y, x] = p where the square covers what is grey already."""
    net = network("n", "input(6, 1) fc(2) softmax")
    images = np.full((1, 1, 6, 6), 10, np.uint8)
    images[0, 0, 4, 4] = 28  # the mean is 10.5, and 10 in integers
    trained = _trained(net, 0)
    scale = Preparation(mean=np.zeros((1, 6, 6), np.float32), scale=1000.0)
    trained = Trained(
        network=net,
        parameters=trained.parameters,
        preparation=scale,
        curve=(),
        implementation=trained.implementation,
    )
    found = occluded(trained, images, np.array([0]), 2)
    answer = forward(net, trained.implementation, trained.parameters, scale(images)).answer
    same = found[0] == float(answer[0, 0])
    covers = np.zeros((5, 5), bool)
    covers[3:, 3:] = True
    assert (same == ~covers).all()
