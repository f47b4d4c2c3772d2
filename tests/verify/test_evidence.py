"""Evidence: the schema says what is written, and what is written can be asked again."""

import json
import re
from contextlib import chdir
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.calls import LAYOUTS
from convproof.cli import run
from convproof.errors import EvidenceError
from convproof.evidence import read, schema
from convproof.functions import FAMILIES
from convproof.numeric.rounding import PRECISIONS
from convproof.strategies import cases
from convproof.theorems import DisagreementError
from convproof.verify.record import of_case, to_case
from convproof.verify.runner import DTYPES, PROFILES, Status
from convproof.verify.session import EXHAUSTIVE, Asked, verify
from convproof.verify.targets.kind import KINDS
from convproof.violations import Silence

LAYERS = [layer for names in FAMILIES.values() for layer in names]
FLIPPED = """
from convproof import get_implementation


def conv2d(x, w, bias=None, **options):
    return get_implementation("numpy").conv2d(x, w[..., ::-1], bias, **options)


def conv1d(x, w, bias=None, **options):
    return get_implementation("numpy").conv1d(x, w, bias, **options)
"""
NAN = """
import numpy as np

from convproof import get_implementation


def relu_input(x, y_bar):
    x_bar = get_implementation("numpy").relu_input(x, y_bar)
    return x_bar if (x == x.round()).all() else np.full_like(x_bar, np.nan)
"""
QUICK = ["--seed", "1", "--examples", "6", "--in-process"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flipped.py").write_text(FLIPPED, encoding="utf-8")
    (tmp_path / "nan.py").write_text(NAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _document(*arguments: str) -> dict[str, Any]:
    run(["verify", *arguments, *QUICK, "--json", "out.json"])
    return read("out.json")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the document of a failing run, written once."""
    with chdir(tmp_path_factory.mktemp("recorded")):
        Path("flipped.py").write_text(FLIPPED, encoding="utf-8")
        return json.dumps(_document("flipped.py", "--only", "conv2d,conv1d"))


@pytest.fixture
def failing(recorded: str, folder: Path) -> dict[str, Any]:
    (folder / "out.json").write_text(recorded, encoding="utf-8")
    return read("out.json")


def _valid(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(document))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    """Each enumeration is the type, or the table, that the code has of it."""
    held = schema()["$defs"]
    theorem, failure = held["theorem"]["properties"], held["failure"]["properties"]
    assert theorem["verdict"]["enum"] == list(get_args(Status))
    assert theorem["dtype"]["enum"] == list(DTYPES)
    assert theorem["precision"]["enum"] == list(PRECISIONS)
    assert held["asked"]["properties"]["arrays"]["enum"] == list(KINDS)
    assert failure["layout"]["enum"] == list(LAYOUTS)
    assert failure["silence"]["enum"] == [*get_args(Silence), None]
    assert schema()["properties"]["profile"]["enum"] == [*PROFILES, EXHAUSTIVE]


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (["flipped.py", "--only", "conv2d"], "failed"),
        (["flipped.py", "--only", "conv1d"], "passed"),
        (["reference", "--only", "conv1d,max_pool1d,relu,softmax,fold"], "passed"),
        (["flipped.py:conv1d", "--dtype", "float32,bfloat16,int64"], "passed"),
        (["flipped.py", "--only", "conv2d", "--profile", "exhaustive"], "failed"),
    ],
)
def test_a_run_is_written_as_the_schema_says(arguments: list[str], verdict: str) -> None:
    document = _document(*arguments)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["verdict"] == verdict


def test_a_failure_of_the_exhaustive_profile_is_asked_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _document("flipped.py", "--only", "conv2d", "--profile", "exhaustive")
    assert run(["replay", "out.json"]) == 1
    assert "STILL FAILING" in capsys.readouterr().out
    (folder / "flipped.py").write_text(FLIPPED.replace("[..., ::-1]", ""), encoding="utf-8")
    assert run(["replay", "out.json"]) == 0
    assert "FIXED" in capsys.readouterr().out


def test_what_exhaustion_cannot_decide_is_refused_with_what_it_can(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["verify", "numpy", "--profile", "exhaustive", "--only", "conv3d,relu"]) == 4
    assert "input and weight VJPs, but conv3d, conv3d_input" in capsys.readouterr().err


def test_a_disagreement_of_ours_is_written_as_the_schema_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def differ(*_: object, **__: object) -> None:
        msg = "the derivation says 3 and the oracle 4"
        raise DisagreementError(msg)

    monkeypatch.setattr("convproof.verify.session.run", differ)
    document = _document("flipped.py", "--only", "conv2d")
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert (document["verdict"], document["targets"]) == ("unknown", [])
    assert document["reason"] == "the derivation says 3 and the oracle 4"


def test_a_target_whose_package_is_not_installed_is_written_as_the_schema_says() -> None:
    from convproof.verify.record import of_report

    report = verify("absent", Asked(profile="quick", seed=1), alone=False)
    document = _document("flipped.py:conv1d", "--only", "conv1d")
    document["targets"].append(of_report(report))
    assert of_report(report)["verdict"] == "unsupported"
    jsonschema.Draft202012Validator(schema()).validate(document)


def test_an_error_that_is_nan_is_written_as_json(folder: Path) -> None:
    """JSON has neither NaN nor Infinity."""

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    document = _document("nan.py", "--only", "relu_input")
    (failed,) = [t for t in document["targets"][0]["theorems"] if t["verdict"] == "fail"]
    assert (failed["theorem"], failed["failure"]["got"]) == ("rounding", "nan")
    json.loads((folder / "out.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert _valid(document)


def _changed(document: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
    """Return the document with one value replaced, or added."""
    changed = deepcopy(document)
    held: Any = changed
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = value
    return changed


@pytest.mark.parametrize("verdict", ["pass", "weak", "unsupported", "not run", "xpass"])
def test_every_verdict_without_a_failure_is_in_the_schema(
    verdict: str, failing: dict[str, Any]
) -> None:
    place = ["targets", 0, "theorems", 0]
    assert failing["targets"][0]["theorems"][0]["failure"] is None
    assert _valid(_changed(failing, [*place, "verdict"], verdict))
    assert not _valid(_changed(failing, [*place, "verdict"], "fail"))


def test_the_schema_refuses_what_it_does_not_name(failing: dict[str, Any]) -> None:
    """Each object is closed, and each value is of its kind."""
    number, failed = next(
        (i, t) for i, t in enumerate(failing["targets"][0]["theorems"]) if t["failure"]
    )
    theorem = ["targets", 0, "theorems", number]
    assert _valid(failing)
    assert failed["failure"]["index"] is not None
    assert _valid(_changed(failing, [*theorem, "verdict"], "xfail"))
    refused: list[tuple[list[Any], Any]] = [
        (["more"], 1),
        (["schema"], "convproof/evidence/2"),
        (["verdict"], "unknown"),
        (["created"], "yesterday"),
        (["targets", 0, "more"], 1),
        ([*theorem, "more"], 1),
        ([*theorem, "verdict"], "pass"),
        ([*theorem, "failure", "more"], 1),
        ([*theorem, "failure", "silence"], "asleep"),
        ([*theorem, "failure", "case", "layer"], "Layer"),
        ([*theorem, "failure", "case", "spec", "more"], 1),
        ([*theorem, "failure", "case", "spec", "stride"], [0, 1]),
        ([*theorem, "failure", "case", "seed"], -1),
    ]
    for path, value in refused:
        assert not _valid(_changed(failing, path, value)), path


@pytest.mark.parametrize("layer", LAYERS)
@settings(max_examples=20)
@given(data=st.data())
def test_a_case_survives_the_round_trip(layer: str, data: st.DataObject) -> None:
    """to_case(of_case(case)) = case, through JSON, and the schema knows the record."""
    case = data.draw(cases(layer))
    record = json.loads(json.dumps(of_case(case)))
    assert to_case(record) == case
    of_cases = {"$ref": "#/$defs/case", "$defs": schema()["$defs"]}
    jsonschema.Draft202012Validator(of_cases).validate(record)


def test_replay_says_still_failing_and_after_the_mending_fixed(
    folder: Path, failing: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing["verdict"] == "failed"
    capsys.readouterr()
    assert run(["replay", "out.json"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("STILL FAILING flipped.py conv2d float32 exact: y[n,m,o] = b[m]")
    assert told[-1] == "0 of 1 recorded failures are fixed"
    (folder / "flipped.py").write_text(FLIPPED.replace("w[..., ::-1]", "w"), encoding="utf-8")
    assert run(["replay", "out.json"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "FIXED flipped.py conv2d float32 exact",
        "1 of 1 recorded failures are fixed",
    ]


def test_a_failure_that_is_known_is_told_and_fails_no_replay(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = 'target = "flipped.py"\n[[expected]]\nfunction = "conv2d"\ntheorem = "exact"\n'
    (folder / "known.toml").write_text(f'{entry}reason = "flipped"\n', encoding="utf-8")
    document = _document("flipped.py", "--only", "conv2d", "--xfail", "known.toml")
    assert document["verdict"] == "passed"
    capsys.readouterr()
    assert run(["replay", "out.json", "--in-process"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("STILL FAILING (known) flipped.py conv2d float32 exact")
    assert "0 of 1 recorded failures are fixed" in told


@pytest.mark.usefixtures("failing")
def test_replay_writes_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["replay", "out.json", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["verdict"]) == ("convproof/replay/1", "failed")
    assert [each["verdict"] for each in document["failures"]] == ["STILL FAILING"]


def test_a_device_that_is_not_here_is_told_and_no_failure_of_the_target(
    folder: Path, failing: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    target = failing["targets"][0] | {"arrays": "torch", "device": "nowhere"}
    (folder / "out.json").write_text(json.dumps(failing | {"targets": [target]}), encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", "out.json", "--in-process"]) == 1
    assert "every failure: torch has no device 'nowhere': " in capsys.readouterr().out
    asked = ["verify", "flipped.py", "--arrays", "torch", "--device", "nowhere"]
    assert run(asked) == 4
    told = capsys.readouterr()
    assert told.err.startswith("Error: torch has no device 'nowhere': ")
    assert (told.out, told.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("left", ["", "def conv1d(x, w, b, **options): return x"])
@pytest.mark.usefixtures("failing")
def test_a_target_that_is_gone_is_not_fixed(
    left: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flipped.py").write_text(left, encoding="utf-8")
    assert run(["replay", "out.json", "--in-process"]) == 1
    assert "GONE flipped.py" in capsys.readouterr().out


def test_a_run_without_failures_has_nothing_to_replay(capsys: pytest.CaptureFixture[str]) -> None:
    _document("flipped.py:conv1d")
    capsys.readouterr()
    assert run(["replay", "out.json"]) == 0
    assert capsys.readouterr().out == "0 of 0 recorded failures are fixed\n"


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
    for end in range(0, len(text) - 1, 97):
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
    changed = _changed(failing, ["targets", 0, "theorems", number, *path], value)
    (folder / "bad.json").write_text(json.dumps(changed), encoding="utf-8")
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
    changed = _changed(failing, ["targets", 0, *path], value)
    (folder / "bad.json").write_text(json.dumps(changed), encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", "bad.json", "--in-process"]) == 4
    told = capsys.readouterr()
    assert message in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


HASHED = """
from pathlib import Path

import numpy as np

from convproof import get_implementation

count = Path("processes")
count.write_text(count.read_text() + "." if count.exists() else ".")
END = np.float32(np.inf if len(count.read_text()) % 2 else -np.inf)


def conv1d(x, w, bias=None, **options):
    y = get_implementation("numpy").conv1d(x, w, bias, **options)
    wobbles = w[0].size > 5 and (x != x.round()).any()
    return np.nextafter(y, END) if wobbles else y
"""


def test_what_another_process_answers_otherwise_is_asked_of_two_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Right within the bound, the same in every call of a process, and other bits in the next."""
    (folder / "hashed.py").write_text(HASHED, encoding="utf-8")
    asked = ["verify", "hashed.py:conv1d", "--only", "conv1d", "--examples", "6", "--seed", "1"]
    assert run([*asked, "--json", "out.json"]) == 1
    records = read("out.json")["targets"][0]["theorems"]
    (told,) = [
        r["failure"]["law"] for r in records if r["failure"] and r["theorem"] == "determinism"
    ]
    assert "another process differs" in told
    capsys.readouterr()
    assert run(["replay", "out.json"]) == 1
    assert re.search("STILL FAILING.*determinism", capsys.readouterr().out)
