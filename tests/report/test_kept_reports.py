"""``reports/``: the documents that are kept are those that their commands make."""

import re
import shlex
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from convproof.cli import run
from convproof.report import laws
from convproof.report.derivation.document import laws_of
from convproof.report.derivation.variants import VARIANTS
from convproof.report.kept import digest, place, read, versions
from convproof.report.lecture.audit import claims
from convproof.report.lecture.judging import proofs_of

REPORTS = Path("reports")
SHOWN = (*laws_of(VARIANTS.values()), *proofs_of(claims()))
README = (REPORTS / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`convproof (report .*) -o reports --format tex,pdf`", README)
AGAIN = "is not what its command makes: run .ci/reports"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every law became what ``reports/proofs.json`` says; no engine is asked."""

    def asked(*_: object, **__: object) -> None:
        pytest.fail("a law is not in reports/proofs.json: run .ci/reports")

    monkeypatch.setattr(laws, "run", asked)
    monkeypatch.setattr(laws, "_held", {})
    monkeypatch.setattr(laws, "_versions", {})
    laws.recall(read(REPORTS / "proofs.json"), versions(REPORTS / "proofs.json"))


def differing(made: Path) -> list[str]:
    """Return the names of the files made that differ from those kept."""
    return [
        file.name
        for file in sorted(made.iterdir())
        if not (REPORTS / file.name).is_file()
        or (REPORTS / file.name).read_bytes() != file.read_bytes()
    ]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_kept_document_is_what_its_command_makes(command: str, tmp_path: Path) -> None:
    """Byte by byte, with the outcomes that were recorded when the laws were decided."""
    assert run([*shlex.split(command), "-o", str(tmp_path), "--format", "tex"]) == 0
    assert list(tmp_path.iterdir())
    assert not differing(tmp_path), AGAIN


@pytest.mark.usefixtures("recorded")
def test_another_outcome_is_seen_in_the_audit(tmp_path: Path) -> None:
    """The test above could have failed: a law that is not proved makes another document."""
    name = proofs_of(claims())[0]
    laws.recall({name: replace(read(REPORTS / "proofs.json")[name], verdict="unknown")})
    assert run(["report", "lecture", "-o", str(tmp_path), "--format", "tex"]) == 1
    assert differing(tmp_path) == ["lecture.json", "lecture.tex"]


def test_every_document_has_a_command_and_a_digest() -> None:
    """A .tex that was made anew without its PDF, or the other way, has another digest."""
    lines = (REPORTS / "SHA256SUMS").read_text().splitlines()
    digests = {name: told for told, name in (line.split("  ") for line in lines)}
    documents = [p for p in REPORTS.iterdir() if p.suffix in (".tex", ".pdf")]
    assert {p.name for p in documents} | {"proofs.json", "lecture.json"} == digests.keys()
    for name, told in digests.items():
        assert sha256((REPORTS / name).read_bytes()).hexdigest() == told, f"{name} {AGAIN}"
    assert all(f"`{p.stem}`" in README for p in documents)
    assert len(COMMANDS) == len(documents) / 2


def test_every_law_that_is_shown_has_been_proved() -> None:
    assert read(REPORTS / "proofs.json").keys() == set(SHOWN)


@pytest.mark.full
def test_the_laws_become_what_was_recorded_when_they_are_decided_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(laws, "_held", {})
    laws.prove(SHOWN, fresh=True)
    assert read(place(), digest()) == read(REPORTS / "proofs.json")
