"""A folder with targets, and the evidence of a failing run."""

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from convproof.evidence import read
from tests.verify.evidence.documents import FLIPPED, FLIPPED_LINE, NAN, document_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flipped.py").write_text(FLIPPED, encoding="utf-8")
    (tmp_path / "line.py").write_text(FLIPPED_LINE, encoding="utf-8")
    (tmp_path / "nan.py").write_text(NAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the document of a failing run, written once."""
    with chdir(tmp_path_factory.mktemp("recorded")):
        Path("flipped.py").write_text(FLIPPED, encoding="utf-8")
        return json.dumps(document_of("flipped.py", "--only", "conv2d,conv1d"))


@pytest.fixture
def failing(recorded: str, folder: Path) -> dict[str, Any]:
    (folder / "out.json").write_text(recorded, encoding="utf-8")
    return read("out.json")
