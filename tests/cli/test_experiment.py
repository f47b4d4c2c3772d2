"""``convproof experiment``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import run
from convproof.experiments import pose_invariance


def test_an_experiment_leaves_its_picture_and_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """NAME.png and NAME.json, and one line of what was found."""
    assert run(["experiment", "pose-invariance", "--quick", "-o", str(tmp_path / "new")]) == 0
    record = json.loads((tmp_path / "new" / "pose-invariance.json").read_text())
    assert (tmp_path / "new" / "pose-invariance.png").read_bytes().startswith(b"\x89PNG")
    assert record["found"] in capsys.readouterr().out
    assert record["schema"] == "convproof/experiment/1"


def test_a_picture_that_fails_leaves_both_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all."""

    def fails(numbers: dict[str, Any]) -> Any:
        del numbers
        raise ArithmeticError

    before = {tmp_path / f"pose-invariance.{kind}": kind for kind in ("png", "json")}
    for place, text in before.items():
        place.write_text(text)
    changed = replace(pose_invariance.EXPERIMENT, draw=fails)
    monkeypatch.setattr(pose_invariance, "EXPERIMENT", changed)
    with pytest.raises(ArithmeticError):
        run(["experiment", "pose-invariance", "--quick", "-o", str(tmp_path)])
    assert {place: place.read_text() for place in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pose-invarience"], "did you mean pose-invariance"),
        ([], "name an experiment of these, or all"),
        (["pose-invariance", "--format", "gif"], "png"),
        (["three-networks", "--data", "nothing"], "no data set is called"),
        (["pose-invariance", "--implementation", "nobody"], "nobody"),
        (["pose-invariance", "--data", "faces"], "learns from no data set"),
        (["all", "nothing"], "no experiment is called 'nothing'"),
        (["linaer"], "no experiment is called 'linaer': did you mean linear-regions?"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_4(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing is written."""
    assert run(["experiment", *arguments, "-o", str(tmp_path / "new")]) == 4
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("new/*"))


def test_a_folder_in_the_place_of_a_picture_is_a_mistake_in_o(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option that named it is told, and nothing else is left."""
    (tmp_path / "pose-invariance.png").mkdir()
    assert run(["experiment", "pose-invariance", "--quick", "-o", str(tmp_path)]) == 4
    assert "Invalid value for -o" in capsys.readouterr().err
    assert [place.name for place in tmp_path.iterdir()] == ["pose-invariance.png"]


def test_the_list_names_every_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    """One per line, with its title."""
    from convproof.experiments import NAMES

    assert run(["experiment", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(NAMES)
