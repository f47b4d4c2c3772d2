"""The schema says what is written."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.calls import LAYOUTS
from convproof.cli import run
from convproof.evidence import schema
from convproof.functions import FAMILIES
from convproof.numeric.rounding import PRECISIONS
from convproof.strategies import cases
from convproof.theorems import DisagreementError
from convproof.verify.record import of_case, to_case
from convproof.verify.runner import DTYPES, PROFILES, Status
from convproof.verify.session import EXHAUSTIVE, Asked, verify
from convproof.verify.targets.kind import KINDS
from convproof.violations import Silence
from tests.verify.evidence.documents import FLIPPED_LINE, changed, document_of

LAYERS = [layer for names in FAMILIES.values() for layer in names]


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


@pytest.mark.usefixtures("a_slice")
@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (["flipped.py", "--only", "conv2d"], "failed"),
        (["flipped.py", "--only", "conv1d"], "passed"),
        (["reference", "--only", "conv1d,max_pool1d,relu,softmax,fold"], "passed"),
        (["flipped.py:conv1d", "--dtype", "float32,bfloat16,int64"], "passed"),
        (["line.py", "--only", "conv1d", "--profile", "exhaustive"], "failed"),
    ],
)
def test_a_run_is_written_as_the_schema_says(arguments: list[str], verdict: str) -> None:
    document = document_of(*arguments)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["verdict"] == verdict


@pytest.mark.usefixtures("a_slice")
def test_a_failure_of_the_exhaustive_profile_is_asked_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document_of("line.py", "--only", "conv1d", "--profile", "exhaustive")
    assert run(["replay", "out.json"]) == 1
    assert "STILL FAILING" in capsys.readouterr().out
    (folder / "line.py").write_text(FLIPPED_LINE.replace("[..., ::-1]", ""), encoding="utf-8")
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
    document = document_of("flipped.py", "--only", "conv2d")
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert (document["verdict"], document["targets"]) == ("unknown", [])
    assert document["reason"] == "the derivation says 3 and the oracle 4"


def test_a_target_whose_package_is_not_installed_is_written_as_the_schema_says() -> None:
    from convproof.verify.record import of_report

    report = verify("absent", Asked(profile="quick", seed=1), alone=False)
    document = document_of("flipped.py:conv1d", "--only", "conv1d")
    document["targets"].append(of_report(report))
    assert of_report(report)["verdict"] == "unsupported"
    jsonschema.Draft202012Validator(schema()).validate(document)


def test_an_error_that_is_nan_is_written_as_json(folder: Path) -> None:
    """JSON has neither NaN nor Infinity."""

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    document = document_of("nan.py", "--only", "relu_input")
    (failed,) = [t for t in document["targets"][0]["theorems"] if t["verdict"] == "fail"]
    assert (failed["theorem"], failed["failure"]["got"]) == ("rounding", "nan")
    json.loads((folder / "out.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert _valid(document)


@pytest.mark.parametrize("verdict", ["pass", "weak", "unsupported", "not run", "xpass"])
def test_every_verdict_without_a_failure_is_in_the_schema(
    verdict: str, failing: dict[str, Any]
) -> None:
    place = ["targets", 0, "theorems", 0]
    assert failing["targets"][0]["theorems"][0]["failure"] is None
    assert _valid(changed(failing, [*place, "verdict"], verdict))
    assert not _valid(changed(failing, [*place, "verdict"], "fail"))


def test_the_schema_refuses_what_it_does_not_name(failing: dict[str, Any]) -> None:
    """Each object is closed, and each value is of its kind."""
    number, failed = next(
        (i, t) for i, t in enumerate(failing["targets"][0]["theorems"]) if t["failure"]
    )
    theorem = ["targets", 0, "theorems", number]
    assert _valid(failing)
    assert failed["failure"]["index"] is not None
    assert _valid(changed(failing, [*theorem, "verdict"], "xfail"))
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
        assert not _valid(changed(failing, path, value)), path


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
