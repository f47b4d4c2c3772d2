"""``convproof report lecture``: the audit's files, and its JSON."""

import json
from pathlib import Path

import pytest

from convproof.cli import run


def test_the_audit_is_written_and_its_json_alone_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """lecture.html, lecture.json; exit code 0 though claims disagree; no law is decided."""
    line = ["report", "lecture", "--no-proofs", "--format", "html", "-o", str(tmp_path), "--json"]
    assert run(line) == 0
    printed = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lecture.html", "lecture.json"]
    written = json.loads((tmp_path / "lecture.json").read_text(encoding="utf-8"))
    assert written["claims"] == printed["claims"]
    assert printed["schema"] == "convproof/report-lecture/1" == written["schema"]
    assert printed["summary"]["disagree"] > 0
    assert "89,915,392" in (tmp_path / "lecture.html").read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "lecture", "--format", "doc", "-o", str(tmp_path)]) == 4
    assert "doc" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_directory_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4, no traceback, and the file is what it was."""
    (tmp_path / "taken").write_text("mine")
    assert run(["report", "lecture", "--no-proofs", "-o", str(tmp_path / "taken")]) == 4
    assert "taken" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.full
def test_the_audit_with_its_proofs_agrees_on_all_that_is_a_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVPROOF_CACHE", str(tmp_path / "cache"))
    assert run(["report", "lecture", "-o", str(tmp_path)]) == 0
    assert "0 undecided" in capsys.readouterr().out
    assert (tmp_path / "lecture.tex").is_file()
