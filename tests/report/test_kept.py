"""Proofs that are kept between reports: taken only where the engines would be asked the same."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from convproof.proving.find import Asked
from convproof.proving.outcome import Outcome, Verdict
from convproof.report import kept, laws
from convproof.report.kept import (
    Became,
    digest,
    digest_of,
    installed,
    keep,
    place,
    read,
    versions,
)

FOUND = Became(
    verdict="proved", steps=(3, 3), engines=(("z3+cvc5", 3),), changed="c", counterexample="n = 1"
)
LAW = "strided"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(laws, "_held", {})


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that the engines are asked of from now on; they prove all of them."""
    names: list[str] = []

    def run(things: tuple[Asked, ...], *_: object, **__: object) -> tuple[Outcome, ...]:
        names.extend(each.name for each in things)
        return tuple(Outcome(name=each.name, verdict="proved", seconds=0.0) for each in things)

    monkeypatch.setattr(laws, "run", run)
    return names


def test_what_is_kept_is_what_was_found() -> None:
    keep(place(), {LAW: FOUND})
    keep(place(), {"dilated": FOUND})
    assert read(place(), digest()) == {LAW: FOUND, "dilated": FOUND}


def test_the_versions_of_the_engines_are_kept_with_the_proofs() -> None:
    """Those that are installed: the digest is of them; a damaged file tells none."""
    assert versions(place()) == {}
    keep(place(), {LAW: FOUND})
    assert (
        versions(place()) == installed() == {n: version(n) for n in ("z3-solver", "cvc5", "sympy")}
    )
    place().write_text(place().read_text().replace("engines", "others"))
    assert versions(place()) == {}


def test_a_law_is_decided_once_for_all_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process, which holds nothing, takes it from the file; each name is counted."""
    names, ended = _asked(monkeypatch), list[str]()
    laws.prove([LAW])
    monkeypatch.setattr(laws, "_held", {})
    laws.prove([LAW], ended=ended.append)
    assert names == [LAW] == ended
    assert laws.law(LAW).verdict.word == "proved"


def test_fresh_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    names = _asked(monkeypatch)
    keep(place(), {LAW: FOUND})
    laws.prove([LAW], fresh=True)
    assert names == [LAW]
    assert laws.law(LAW).steps == (0, 0)  # not those of the file


def test_other_sources_or_engines_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken of another digest, and it is forgotten when a proof of this one is kept."""
    names = _asked(monkeypatch)
    with monkeypatch.context() as then:
        then.setattr(kept, "digest", lambda: "another")
        keep(place(), {LAW: FOUND, "dilated": FOUND})
    assert read(place()) == {LAW: FOUND, "dilated": FOUND}
    laws.prove([LAW])
    assert names == [LAW] == list(read(place()))


@pytest.mark.parametrize("verdict", ["unknown", "unsound", "refuted"])
def test_only_a_proof_is_kept(verdict: Verdict) -> None:
    """An engine that gave up, or was killed, is asked again."""
    keep(place(), {LAW: replace(FOUND, verdict=verdict)})
    assert not read(place())


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"schema": "convproof/report-proofs/1"}', "\x00",
        '{"schema": "convproof/report-proofs/1", "sources": "S", "proofs": {"a": {}}}',
        '{"schema": "convproof/report-proofs/1", "sources": "S", "proofs": [1]}',
    ],
)  # fmt: skip
def test_a_damaged_file_keeps_nothing(text: str) -> None:
    place().parent.mkdir(parents=True)
    place().write_text(text.replace('"S"', json.dumps(digest())))
    assert not read(place(), digest())
    keep(place(), {LAW: FOUND})
    assert read(place(), digest()) == {LAW: FOUND}


def test_a_record_that_claims_another_verdict_is_not_taken() -> None:
    keep(place(), {LAW: FOUND})
    place().write_text(place().read_text().replace('"proved"', '"refuted"'))
    assert not read(place(), digest())


def test_a_folder_that_cannot_be_made_keeps_nothing_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("CONVPROOF_CACHE", str(tmp_path / "file"))
    keep(place(), {LAW: FOUND})
    assert not read(place())
    assert (tmp_path / "file").read_text() == "mine"


def test_the_digest_is_of_every_source_below_the_reports_and_of_the_versions(
    tmp_path: Path,
) -> None:
    """A report's own words are no part of a proof; a law, a moved line and an engine are."""
    for name in ("theorems/a.py", "symbolic/b.py", "report/c.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("1\n")
    before = digest_of(tmp_path, ["z3 1"])
    assert digest_of(tmp_path, ["z3 2"]) != before
    (tmp_path / "report/c.py").write_text("2\n")
    assert digest_of(tmp_path, ["z3 1"]) == before
    (tmp_path / "theorems/a.py").write_text("2\n")
    changed = digest_of(tmp_path, ["z3 1"])
    (tmp_path / "theorems/a.py").write_text("1\n")
    (tmp_path / "symbolic/b.py").write_text("2\n")
    assert len({before, changed, digest_of(tmp_path, ["z3 1"])}) == 3
