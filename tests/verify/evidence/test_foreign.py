"""What is no evidence is refused in one line, before anything is asked or allocated."""

import json
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import run
from convproof.errors import EvidenceError
from convproof.evidence import read
from tests.verify.evidence.documents import changed

RELU = {"layer": "ReLU", "spec": {}, "input_shape": [1], "seed": 0, "magnitude": 1}
FOREIGN = [
    b"",
    b"{",
    b"[]",
    b"3",
    b"null",
    b'"evidence"',
    b"\xff\xfe",
    b"{}",
    b"[" * 100_000,
    b'{"schema": "convproof/evidence/2", "targets": []}',
    b'{"schema": ["convproof/evidence/1"], "targets": []}',
    b'{"schema": "convproof/evidence/1"}',
    b'{"schema": "convproof/evidence/1", "targets": {}}',
    b'{"schema": "convproof/evidence/1", "targets": [3]}',
    b'{"schema": "convproof/evidence/1", "targets": [{}]}',
    b'{"schema": "convproof/evidence/1", "targets": [{"target": "t", "theorems": 3}]}',
    b'{"schema": "convproof/evidence/1", "targets": [{"target": "t", "theorems": [3]}]}',
    b'{"schema": "convproof/evidence/1", "targets": [{"target": "t", "theorems": [{}]}]}',
]


def _is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["replay", "bad.json", "--in-process"]) == 4
    told = capsys.readouterr()
    assert told.err.startswith("Error: ")
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: repr(text[:60]))
def test_a_foreign_file_is_refused_in_one_line(
    text: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.json").write_bytes(text)
    _is_refused_in_one_line(capsys)


def test_an_absent_file_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    _is_refused_in_one_line(capsys)


def test_a_truncated_file_is_refused_wherever_it_ends(
    folder: Path, failing: dict[str, Any]
) -> None:
    text = json.dumps(failing)
    for end in range(0, len(text) - 1, 397):
        (folder / "bad.json").write_text(text[:end], encoding="utf-8")
        with pytest.raises(EvidenceError, match="it is no JSON"):
            read("bad.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["function"], "conv4d"),
        (["function"], []),
        (["theorem"], "nonsense"),
        (["theorem"], "linearity?"),
        (["dtype"], "int3"),
        (["dtype"], {}),
        (["precision"], "f8"),
        (["precision"], None),
        (["failure"], 3),
        (["failure", "case"], None),
        (["failure", "case", "layer"], "Layer"),
        (["failure", "case", "layer"], "dataclass"),
        (["failure", "case", "layer"], 3),
        (["failure", "case", "layer"], "ReLU"),
        (["failure", "case", "spec"], None),
        (["failure", "case", "spec", "more"], 1),
        (["failure", "case", "spec", "stride"], [0, 0]),
        (["failure", "case", "spec", "stride"], [1.5, 1]),
        (["failure", "case"], RELU),
        (["failure", "case", "spec", "stride"], "ab"),
        (["failure", "case", "spec", "kernel_size"], [99, 99]),
        (["failure", "case", "spec", "kernel_size"], None),
        (["failure", "case", "input_shape"], [1]),
        (["failure", "case", "input_shape"], 3),
        (["failure", "case", "input_shape"], [1, 1, "a", 1]),
        (["failure", "case", "seed"], "many"),
        (["failure", "case", "seed"], -1),
        (["failure", "case", "seed"], None),
        (["failure", "case", "magnitude"], -1),
        (["failure", "case", "magnitude"], 1e400),
    ],
    ids=repr,
)
@pytest.mark.usefixtures("untyped")
def test_a_malformed_record_is_refused_in_one_line(
    path: list[Any],
    value: Any,
    folder: Path,
    failing: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = failing["targets"][0]["theorems"]
    number = next(i for i, record in enumerate(records) if record["failure"])
    other = changed(failing, ["targets", 0, "theorems", number, *path], value)
    (folder / "bad.json").write_text(json.dumps(other), encoding="utf-8")
    _is_refused_in_one_line(capsys)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["arrays"], "jax", 'targets[0].arrays is "jax", expected one of numpy, torch, cupy.'),
        (["device"], None, "targets[0].device is null, expected a string."),
        (["theorems"], None, "targets[0].theorems is null, expected a list."),
        (["target"], "\ud800", "it is no JSON"),
        (["seconds"], 1e400, "it is no JSON (Infinity is no number)"),
        (["seconds"], 10**400, "targets[0].seconds is 1000"),
        (["theorems", 0], None, "targets[0].theorems[0] is null, expected an object."),
        (["theorems", 0, "failure", "case", "input_shape", 0], 10**9, "is too large"),
        (["theorems", 0, "failure", "case", "input_shape"], [1] * 100, "cannot be read"),
        (["theorems", 0, "failure", "case", "spec", "padding"], [[10**9] * 2] * 2, "too large"),
        (["theorems", 0, "failure", "case", "spec", "out_channels"], 10**12, "is too large"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_wrong_field_is_told_with_what_is_expected(
    path: list[Any],
    value: Any,
    message: str,
    folder: Path,
    failing: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything is asked or allocated."""
    target = failing["targets"][0]
    target["theorems"] = [t for t in target["theorems"] if t["failure"]]
    other = changed(failing, ["targets", 0, *path], value)
    (folder / "bad.json").write_text(json.dumps(other), encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", "bad.json", "--in-process"]) == 4
    told = capsys.readouterr()
    assert message in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)
