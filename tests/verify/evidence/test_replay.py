"""What is written can be asked again."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import run
from convproof.evidence import read
from tests.verify.evidence.documents import FLIPPED, document_of


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
    document = document_of("flipped.py", "--only", "conv2d", "--xfail", "known.toml")
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


def test_a_word_that_no_target_lacks_is_told_and_not_passed_over(
    failing: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a target would be asked more than when the failure was recorded."""
    target = failing["targets"][0] | {"lacks": ["squares"]}
    (folder / "out.json").write_text(json.dumps(failing | {"targets": [target]}), encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", "out.json", "--in-process"]) == 1
    assert "every failure: lacks names squares; known are anisotropic, " in capsys.readouterr().out


@pytest.mark.parametrize("left", ["", "def conv1d(x, w, b, **options): return x"])
@pytest.mark.usefixtures("failing")
def test_a_target_that_is_gone_is_not_fixed(
    left: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "flipped.py").write_text(left, encoding="utf-8")
    assert run(["replay", "out.json", "--in-process"]) == 1
    assert "GONE flipped.py" in capsys.readouterr().out


def test_a_run_without_failures_has_nothing_to_replay(capsys: pytest.CaptureFixture[str]) -> None:
    document_of("flipped.py:conv1d", "--only", "conv1d")
    capsys.readouterr()
    assert run(["replay", "out.json"]) == 0
    assert capsys.readouterr().out == "0 of 0 recorded failures are fixed\n"


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
