"""``convproof sweep`` and ``merge``: what is printed and written, and the exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import FAILED, PASSED, USAGE, run
from convproof.verify.sweep.coverage import FEATURES
from convproof.verify.sweep.document import PASSING
from tests.verify.sweep.targets import FILE

RIGHT, WRONG = f"{FILE}:right", f"{FILE}:wrong"
FEW = ["--geometries", "12"]


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_a_sweep_prints_the_coverage_and_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", RIGHT, *FEW]) == PASSED
    printed = capsys.readouterr().out
    assert all(f"\n{feature} " in printed for feature in FEATURES)
    assert "12 geometries, 12 distinct, over 2 layers" in printed
    assert "failing 0, known to fail 0, weak" in printed


def test_a_failure_is_printed_with_what_reproduces_it_and_the_code_is_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["sweep", WRONG, *FEW, "--only", "conv1d"]) == FAILED
    printed = capsys.readouterr().out
    assert "FAIL conv1d_weight (float32): exact" in printed
    assert "    assert y[0, 0, 0] ==" in printed


def test_a_known_failure_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = tmp_path / "known.toml"
    entry = 'function = "conv1d_weight"\ntheorem = "exact"\nreason = "strides"\n'
    known.write_text(f'target = "{WRONG}"\n[[expected]]\n{entry}')
    assert run(["sweep", WRONG, *FEW, "--only", "conv1d", "--xfail", str(known)]) == PASSED
    assert "FAIL" not in capsys.readouterr().out


def test_shards_are_merged_to_the_whole(tmp_path: Path) -> None:
    whole, *parts = paths = [tmp_path / f"{name}.json" for name in ("whole", "one", "two")]
    shards = ["1/1", "1/2", "2/2"]
    for path, shard in zip(paths, shards, strict=True):
        assert run(["sweep", RIGHT, *FEW, "--shard", shard, "--json", str(path)]) == PASSED
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one.json",
        "two.json",
        "whole.json",
    ]

    merged = tmp_path / "merged.json"
    assert run(["merge", *map(str, parts), "--json", str(merged)]) == PASSED
    expected, found = read(whole), read(merged)
    assert found["schema"] == "convproof/sweep/1"
    assert {k: v for k, v in found.items() if k not in PASSING} == {
        k: v for k, v in expected.items() if k not in PASSING
    }


def test_a_part_alone_is_not_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = str(tmp_path / "part.json")
    assert run(["sweep", RIGHT, *FEW, "--shard", "2/2", "--json", part]) == PASSED
    assert run(["merge", part]) == FAILED
    assert "MISSING units: 0 of 2" in capsys.readouterr().out
    assert run(["merge", part, part]) == USAGE
    assert "shards are disjoint" in capsys.readouterr().err


def test_json_alone_owns_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", RIGHT, *FEW, "--only", "relu", "--json"]) == PASSED
    assert json.loads(capsys.readouterr().out)["verdict"] == "passed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shard", "0/2"], "'0/2' is no shard: write i/n with 1 <= i <= n"),
        (["--shard", "3/2"], "'3/2' is no shard"),
        (["--shard", "all"], "'all' is no shard"),
        (["--only", "softmax"], "'softmax' is no layer with an exact law"),
        (["--only", "conv3d"], "has none of conv3d"),
        (["--xfail", "nothing.toml"], "is no list of known failures"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", RIGHT, *arguments]) == USAGE
    assert message in capsys.readouterr().err
