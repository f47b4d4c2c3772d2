"""Files in KernelBench's form: what ``ModelNew`` answers is judged, what ``Model`` is only told."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from convproof.cli import run  # needs torch
from convproof.errors import TargetError
from convproof.functions import Function, roles_of
from convproof.verify.inquiry import inquiry
from convproof.verify.session import Asked
from convproof.verify.targets.find import find_target

HEAD = """
import torch
from torch import nn
from torch.nn import functional as F


class Model(nn.Module):
    def __init__(self, {parameters}):
        super().__init__()
        self.layer = {layer}

    def forward(self, x):
        return {answer}


class ModelNew(nn.Module):
    def __init__(self, {parameters}):
        super().__init__()
        self.{name} = {layer}

    def forward(self, x):
        layer = self.{name}
        return {new}


def get_inputs():
    return []


def get_init_inputs():
    return {inits}
"""
CONV: dict[str, str] = {
    "parameters": "in_channels, out_channels, kernel_size, stride=(1, 1), bias=False",
    "layer": "nn.Conv2d(in_channels, out_channels, kernel_size, stride=stride, bias=bias)",
    "inits": "[3, 8, (3, 5)]",
}
SQUARE = CONV | {
    "parameters": "in_channels: int, out_channels: int, kernel_size: int, bias: bool = False",
    "layer": "nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)",
    "inits": "[3, 8, 3]",
}
POOL = {
    "parameters": "kernel_size, stride, padding",
    "layer": "nn.MaxPool1d(kernel_size, stride, padding)",
    "inits": "[4, 2, 1]",
}
RELU = {"parameters": "", "layer": "nn.ReLU()", "inits": "[]"}
FIXED = CONV | {
    "parameters": "in_channels, out_channels, kernel_size",
    "layer": "nn.Conv2d(in_channels, out_channels, kernel_size, padding=1)",
}


def _write(folder: Path, parts: dict[str, str], **more: str) -> str:
    text = {"answer": "self.layer(x)", "name": "layer", "new": "layer(x)"} | parts | more
    path = folder / "task.py"
    path.write_text(HEAD.format(**text), encoding="utf-8")
    return str(path)


def _outcomes(spec: str, examples: int = 8, only: str = "") -> dict[str, list[Any]]:
    asked = Asked(profile="quick", seed=0, arrays="torch", examples=examples, in_process=True)
    with inquiry(spec, asked) as open_:
        asked_for = [each for each in open_.questions() if only in ("", each[0].name)]
        return {f.name: open_.answers(f, dtype) for f, dtype in asked_for}


def _statuses(spec: str, examples: int = 8) -> dict[str, set[str]]:
    found = _outcomes(spec, examples)
    return {name: {o.status for o in outs} - {"not run", "weak"} for name, outs in found.items()}


@pytest.mark.parametrize(
    ("parts", "layer"), [(CONV, "conv2d"), (POOL, "max_pool1d"), (RELU, "relu")]
)
def test_a_right_model_obeys_every_law(parts: dict[str, str], layer: str, tmp_path: Path) -> None:
    statuses = _statuses(_write(tmp_path, parts))
    assert statuses.keys() == {Function(layer, role).name for role in roles_of(layer)}
    assert all("pass" in seen and "fail" not in seen for seen in statuses.values()), statuses


@pytest.mark.parametrize(
    ("new", "law"),
    [
        ("layer(x.flip(-1))", "exact"),
        ("layer(x)[..., :1, :1]", "shape"),
        ("layer(x).mul(2)", "exact"),
        ("torch.zeros_like(layer(x))", "exact"),
    ],
)
def test_a_wrong_model_is_refuted(new: str, law: str, tmp_path: Path) -> None:
    """By the law of the layer, with a snippet that runs."""
    outcomes = _outcomes(_write(tmp_path, CONV, new=new), 40)["conv2d"]
    (failed,) = [outcome for outcome in outcomes if outcome.status == "fail"]
    assert failed.theorem.name == law


def test_it_is_given_tensors_unless_told_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other arrays are one mistake of the call, and no failure of the model."""
    spec = _write(tmp_path, CONV)
    few = ["--seed", "1", "--examples", "2", "--only", "conv2d_weight", "--in-process"]
    assert run(["verify", spec, *few]) == 0
    capsys.readouterr()
    assert run(["verify", spec, *few, "--arrays", "numpy"]) == 4
    told = capsys.readouterr()
    assert told.err.endswith("is asked through torch's autograd: give --arrays torch.\n")
    assert told.out == ""


def test_weights_under_another_name_are_given_in_order(tmp_path: Path) -> None:
    statuses = _statuses(_write(tmp_path, CONV, name="mine"))
    assert set.union(*statuses.values()) == {"pass"}, statuses


def test_one_integer_for_all_axes_is_asked_windows_that_are_alike(tmp_path: Path) -> None:
    target = find_target(_write(tmp_path, SQUARE))
    assert target.lacks == {"stride", "padding", "dilation", "groups", "anisotropic"}
    assert find_target(_write(tmp_path, CONV)).lacks == {"padding", "dilation", "groups"}
    outcomes = _outcomes(_write(tmp_path, SQUARE), 20, "conv2d")["conv2d"]
    exact = next(outcome for outcome in outcomes if outcome.theorem.name == "exact")
    assert (exact.examples, exact.status) == (20, "pass")
    assert not any("kernel" in reason for reason in exact.weak)  # Model has no bias
    assert {outcome.status for outcome in outcomes} <= {"pass", "weak", "not run", "unsupported"}
    assert "pass" in {outcome.status for outcome in outcomes}
    reasons = {reason for outcome in outcomes for reason in outcome.weak}
    assert any("the target lacks anisotropic" in reason for reason in reasons)  # of other laws


def test_a_layer_of_the_models_own_is_not_that_of_the_case(tmp_path: Path) -> None:
    """The constructor fixes padding 1: every case has another."""
    statuses = _statuses(_write(tmp_path, FIXED))
    assert statuses["conv2d"] == {"unsupported"}


def test_a_model_that_does_more_than_its_layer_is_not_judged(tmp_path: Path) -> None:
    found = _outcomes(_write(tmp_path, CONV, answer="torch.relu(self.layer(x)) + 1"))["conv2d"]
    answered = {outcome.theorem.name for outcome in found if outcome.status == "pass"}
    assert answered <= {"empty", "rejects"}  # what an answer of its own is not needed for
    assert any("does not answer as the Conv2d" in outcome.reason for outcome in found)


def test_what_is_off_the_graph_has_a_forward_alone(tmp_path: Path) -> None:
    statuses = _statuses(_write(tmp_path, CONV, new="layer(x).detach()"))
    assert statuses.pop("conv2d") == {"pass"}
    assert set.union(*statuses.values()) == {"unsupported"}, statuses


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (CONV | {"layer": "nn.Sequential(nn.ReLU(), nn.Tanh())"}, "it holds ReLU, Tanh"),
        (CONV | {"inits": "[]"}, r"Model\(\*get_init_inputs\(\)\) of .* failed: TypeError"),
        (POOL | {"parameters": "size", "layer": "nn.MaxPool1d(size)", "inits": "[2]"}, "with size"),
    ],
)
def test_a_model_that_cannot_be_read_is_told(
    parts: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(TargetError, match=words):
        find_target(_write(tmp_path, parts))
