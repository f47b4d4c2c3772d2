"""Merging: the union of the shards is the whole sweep, and nothing else."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from convproof.cli import USAGE, run
from convproof.errors import EvidenceError
from convproof.verify.sweep import merged, sweep
from convproof.verify.sweep.document import lines
from convproof.verify.sweep.merge import read, schema
from convproof.verify.sweep.plan import Wanted
from tests.verify.sweep.targets import FILE
from tests.verify.sweep.test_sweep import Inline, lasting

WANTED = Wanted(geometries=30, per_unit=5)


@cache
def shard(i: int, n: int, wanted: Wanted = WANTED, target: str = "wrong") -> dict[str, Any]:
    return sweep(f"{FILE}:{target}", wanted=wanted, shard=(i, n), executor=Inline())


def test_the_union_of_the_shards_is_the_whole() -> None:
    whole = shard(1, 1)
    assert lasting(merged([shard(i, 3) for i in (2, 1, 3)])) == lasting(whole)
    assert lasting(merged([merged([shard(3, 3), shard(1, 3)]), shard(2, 3)])) == lasting(whole)


def test_what_is_missing_is_named() -> None:
    part = merged([shard(1, 2)])
    assert part["missing"] == list(range(1, part["units"], 2))
    assert "MISSING units: 1, 3" in "\n".join(lines(part))
    right = merged([shard(1, 2, target="right")])
    assert right["verdict"] == "unknown"


def test_shards_that_share_a_unit_are_refused() -> None:
    part = shard(1, 2)
    with pytest.raises(EvidenceError, match=r"both hold unit 0: shards are disjoint"):
        merged([part, part])


@pytest.mark.parametrize(
    ("other", "field"),
    [(replace(WANTED, seed=1), "wanted"), (replace(WANTED, geometries=31), "wanted")],
)
def test_shards_of_different_sweeps_are_refused(other: Wanted, field: str) -> None:
    with pytest.raises(EvidenceError, match=f"different sweeps: {field} is"):
        merged([shard(1, 2), shard(2, 2, other)])
    with pytest.raises(EvidenceError, match="different sweeps: target is"):
        merged([shard(1, 2), shard(2, 2, target="right")])


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(EvidenceError, match="nothing to merge"):
        merged([])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "it is no JSON"),
        ('{"schema": "convproof/evidence/1"}', "its schema is 'convproof/evidence/1'"),
        ('{"schema": "convproof/sweep/1"}', "it lacks version, packages"),
        ("[]", "its schema is None"),
    ],
)
def test_what_is_no_result_of_a_sweep_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "part.json"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=message):
        read(path)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read(tmp_path / "nothing.json")


def _changed(path: list[Any], value: Any) -> Any:
    document = json.loads(json.dumps(shard(1, 2)))
    held = document
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = value
    return document


MALFORMED: list[tuple[list[Any], Any, str]] = [
    (["results"], None, "results is null, expected a list."),
    (["results", 0], {}, "results[0] lacks unit, layer, geometries, checks, "),
    (["results", 1, "unit"], "x", 'results[1].unit is "x", expected an integer from 0'),
    (["results", 1, "unit"], 99, "results[1].unit is 99, expected one of the "),
    (["results", 1, "unit"], 1, "results[1].unit is 1, expected one of 1/2."),
    (["results", 1, "unit"], 0, "results[1].unit is 0, expected another, for it is there before."),
    (["results", 0, "layer"], "gelu", 'results[0].layer is "gelu", expected one of conv1d, '),
    (["results", 0, "geometries"], 10**9, "results[0].geometries is 1000000000, expected as many "),
    (
        ["results", 0, "failing"],
        99,
        "results[0].failing is 99, expected the sum of failing_functio",
    ),
    (["results", 0, "weak"], 6, "results[0].geometries is 5, expected at least those that are"),
    (["results", 0, "coverage", "bias"], None, "results[0].coverage.bias is null, expected an int"),
    (["seconds"], "x", 'seconds is "x", expected a number from 0.'),
    (["units"], 10**12, "units is 1000000000000, expected an integer from 1 to 10000000."),
    (["shards"], ["3/2"], "shards[0] is 3/2, expected i/n with 1 <= i <= n."),
    (["shards"], ["all"], 'shards[0] is "all", expected a string like ^[1-9]'),
    (["wanted"], {}, "wanted lacks geometries, per_unit, seed, only, arrays, device."),
]


@pytest.mark.parametrize(("place", "value", "message"), MALFORMED, ids=repr)
def test_a_malformed_result_is_refused_in_one_line_and_nothing_is_written(
    place: list[Any],
    value: Any,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """File, field, what is there and what is expected."""
    path = tmp_path / "part.json"
    path.write_text(json.dumps(_changed(place, value)))
    capsys.readouterr()
    assert run(["merge", str(path), "--json", str(tmp_path / "out.json")]) == USAGE
    told = capsys.readouterr()
    assert told.err.startswith(f"Error: '{path}' is no whole result of a sweep: {message}")
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert [each.name for each in tmp_path.iterdir()] == ["part.json"]


@pytest.mark.parametrize("target", ["right", "wrong"])
def test_a_result_is_written_as_the_schema_says(target: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(shard(1, 2, target=target))


def test_a_unit_that_was_lost_is_read(tmp_path: Path) -> None:
    lost = {"unit": 0, "layer": "conv1d", "lost": "BrokenProcessPool: killed"}
    (tmp_path / "part.json").write_text(json.dumps(_changed(["results", 0], lost)))
    assert merged([read(tmp_path / "part.json")])["summary"]["lost_units"] == 1


def test_one_layer_may_be_named_alone() -> None:
    assert Wanted(only="conv1d") == Wanted(only=("conv1d",))


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document, path = shard(1, 2), tmp_path / "part.json"
    path.write_text(json.dumps(document))
    assert read(path) == document
