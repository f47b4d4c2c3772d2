"""``convproof train``: what it writes, what it refuses, and what it reaches on real digits."""

import gzip
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof.benchmarks import machine, training
from convproof.cli import USAGE, main, run
from convproof.networks import files
from convproof.training.progress import Bar
from convproof.training.state import State

QUICK = ["--epochs", "2", "--lr", "0.1"]


def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def _mnist(folder: Path, labels: np.ndarray | None = None) -> str:
    """Write four files whose digits are bright columns."""
    rng = np.random.default_rng(0)
    for stem, n in (("train", 40), ("t10k", 20)):
        found = np.arange(n) % 10 if labels is None else labels
        images = rng.integers(0, 50, (n, 28, 28)).astype(np.uint8)
        images[np.arange(n), :, 2 * (np.arange(n) % 10) + 4] = 255
        for what, array in (("images-idx3", images), ("labels-idx1", found.astype(np.uint8))):
            head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            path = folder / f"{stem}-{what}-ubyte.gz"
            path.write_bytes(gzip.compress(head + array.tobytes()))
    return f"mnist:{folder}"


def test_the_result_has_the_curve_the_recipe_and_the_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "linear.json"
    arguments = [
        "train",
        "linear",
        "--data",
        "digits",
        *QUICK,
        "--validation",
        "0.2",
        "--runs",
        "2",
    ]
    assert run([*arguments, "--json", str(path)]) == 0

    document = _document(path)
    assert (document["schema"], document["verdict"]) == ("convproof/train/1", "trained")
    assert document["images"] == {"train": 1437, "test": 360}
    assert document["recipe"]["lr"] == 0.1
    assert [found["seed"] for found in document["runs"]] == [0, 1]
    for found in document["runs"]:
        assert [point["epoch"] for point in found["curve"]] == [1, 2]
        assert set(found["curve"][0]) >= {"loss", "accuracy", "validation_loss", "lr"}
        assert found["test"]["accuracy"] == found["test"]["correct"] / 360
    mean = sum(found["test"]["accuracy"] for found in document["runs"]) / 2
    assert document["mean_test_accuracy"] == mean
    out = capsys.readouterr()
    assert out.err == ""  # no bar where no terminal is
    assert out.out.count("test accuracy") == 3


def test_json_alone_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "linear", "--data", "digits", "--epochs", "1", "--json"]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["network"] == "linear"
    assert "test accuracy" in out.err


def test_mnist_is_one_command_and_the_lectures_figure_stands_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The slide's recipe is the default; its title and words are told and written."""
    path = tmp_path / "mnist.json"
    arguments = ["train", "convnet", "--data", _mnist(tmp_path), "--epochs", "1"]
    assert run([*arguments, "--json", str(path)]) == 0
    assert 'lecture 7, "MNIST layer 1 filters": test error: 1.2%' in capsys.readouterr().out
    document = _document(path)
    assert document["lecture"]["test_accuracy"] == 0.988
    assert document["recipe"]["lr"] == document["recipe"]["weight_decay"] == 1e-2
    assert document["images"] == {"train": 40, "test": 20}


def test_a_checkpoint_is_gone_on_from_and_parameters_are_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held, saved = tmp_path / "held.safetensors", tmp_path / "saved.safetensors"
    arguments = ["train", "two-layer", "--data", "digits", *QUICK, "--checkpoint", str(held)]
    assert run(arguments) == 0
    assert run(arguments) == USAGE
    assert "is there already. Go on from it (--resume" in capsys.readouterr().err
    assert run([*arguments, "--resume", "--save", str(saved)]) == 0
    assert set(files.read(saved)) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}
    assert run([*arguments, "--resume", "--seed", "1"]) == USAGE
    assert "its seed is 0, not 1" in capsys.readouterr().err


@pytest.fixture
def _signals() -> Iterator[None]:
    """Give back the handlers that the command line sets."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
def test_sigterm_ends_at_a_whole_step_and_the_training_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line turns the signal into an interruption; its code is 128 + 15."""
    held, saved = tmp_path / "held.safetensors", tmp_path / "saved.safetensors"
    arguments = ["train", "linear", "--data", "digits", *QUICK, "--save", str(saved)]
    assert run(arguments) == 0
    expected = files.read(saved)
    saved.unlink()
    steps: list[State] = []

    def struck(self: Bar, state: State) -> None:
        del self
        steps.append(state)
        if len(steps) == 50:
            os.kill(os.getpid(), signal.SIGTERM)

    arguments += ["--checkpoint", str(held)]
    monkeypatch.setattr(Bar, "__call__", struck)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    monkeypatch.undo()
    assert ended.value.code == 128 + signal.SIGTERM
    assert not saved.exists()
    assert run([*arguments, "--resume"]) == 0
    for name, array in files.read(saved).items():
        np.testing.assert_array_equal(array, expected[name])


def test_search_takes_the_best_of_its_trials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "searched.json"
    arguments = ["train", "linear", "--data", "digits", *QUICK, "--search", "2"]
    assert run([*arguments, "--search-epochs", "1", "--json", str(path)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert f"lr {_document(path)['recipe']['lr']:.2e}" in first


@pytest.mark.parametrize(
    ("arguments", "law"),
    [
        (["nothing", "--data", "digits"], "no network is called 'nothing'"),
        (["convnett", "--data", "digits"], "did you mean convnet"),
        (["linear", "--data", "letters"], "no data set is called 'letters'"),
        (["linear", "--data", "mnist:nowhere"], "has no file train-images-idx3-ubyte"),
        (["vgg16", "--data", "digits"], "reads images of shape (3, 224, 224)"),
        (["linear", "--data", "digits", "--lr", "0"], "a training needs lr > 0"),
        (["linear", "--data", "digits", "--schedule", "often"], "'often' is no schedule"),
        (["linear", "--data", "digits", "--initial", "zero"], "'zero' is not one of 'he'"),
        (["linear", "--data", "digits", "--preset", "lecture"], "the lecture has no recipe"),
        (["linear", "--data", "digits", "--resume"], "name it by --checkpoint"),
        (["linear", "--data", "digits", "--runs", "2", "--save", "a"], "leave out --runs"),
        (["linear", "--data", "digits", "--implementation", "no"], "no implementation is called"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], law: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", *arguments]) == USAGE
    err = capsys.readouterr().err
    assert law in " ".join(err.split())
    assert "Traceback" not in err


def test_without_scikit_learn_the_line_to_install_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert run(["train", "linear", "--data", "digits"]) == USAGE
    assert "pip install 'convproof[data]'" in capsys.readouterr().err


def test_steps_are_timed_against_torchs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table is written from the record alone; both sides take nearly the same step."""
    pytest.importorskip("torch")
    path = tmp_path / "bench.json"
    assert run(["bench", "train", "--quick", "--json", str(path)]) == 0
    document = _document(path)
    (row,) = document["rows"]
    assert row["ratio"] == round(row["numpy_ms"]["best"] / row["torch_ms"]["best"], 3)
    text = f"{machine.text(document['machine'])}\n{training.text(document)}\n"
    assert capsys.readouterr().out == text


@pytest.mark.full
@pytest.mark.usefixtures("untyped")
def test_a_convnet_reads_digits_and_simpler_networks_lie_below_it(tmp_path: Path) -> None:
    """At least 98.5 % of the test part, as a mean over the seeds 0 to 4."""
    means = {}
    for name in ("convnet", "two-layer", "linear"):
        path = tmp_path / f"{name}.json"
        arguments = ["train", name, "--data", "digits", "--runs", "5"]
        assert run([*arguments, "--json", str(path)]) == 0
        document = _document(path)
        means[name] = document["mean_test_accuracy"]
    assert means["convnet"] >= 0.985
    assert means["linear"] < means["convnet"]
    assert means["two-layer"] < means["convnet"]
