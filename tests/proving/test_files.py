"""SMT-LIB files: any solver says of each what its first line says."""

from dataclasses import replace
from pathlib import Path

import cvc5
import pytest
import z3

from convproof.proving.files import folders, texts, writable, write
from convproof.proving.outcome import Outcome, outcome
from tests.proving import claims


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    asked = (claims.PROVED, claims.FALSE, claims.SUMS)
    return tuple(outcome(each.name, each) for each in asked)


def of_z3(path: Path) -> str:
    solver = z3.Solver(ctx=z3.Context())
    solver.from_file(str(path))
    return str(solver.check())


def of_cvc5(path: Path) -> str:
    solver = cvc5.Solver(cvc5.TermManager())
    parser = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, str(path))
    said, symbols = "", parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        said += str(command.invoke(solver, symbols))
    return said.strip()


def test_every_file_is_what_its_first_line_says_of_it(
    tmp_path: Path, outcomes: tuple[Outcome, ...]
) -> None:
    """unsat of what is proved, sat of what is refuted, by both solvers from the file alone."""
    written = write(tmp_path, outcomes)
    paths = sorted(tmp_path.rglob("*.smt2"))
    heads = {path: path.read_text(encoding="utf-8").splitlines()[0] for path in paths}
    for path, head in heads.items():
        engine = path.stem.rpartition("-")[2]
        assert head in (f"; {engine}: unsat", f"; {engine}: sat")
        assert of_z3(path) == of_cvc5(path) == head.partition(": ")[2]
    assert len(paths) == written == sum(len(list(texts(each))) for each in outcomes)
    names = {
        str(path.relative_to(tmp_path)) for path, head in heads.items() if head[-5:] == ": sat"
    }
    false = ("proved/twin-001", "half-padding-keeps-floor-n-s/001")
    assert names == {f"{at}-{engine}.smt2" for at in false for engine in ("z3", "cvc5")}


def test_the_files_of_an_earlier_run_are_removed_and_nothing_else(
    tmp_path: Path, outcomes: tuple[Outcome, ...]
) -> None:
    """Those of the same proofs."""
    for name in ("proved", "another"):
        (tmp_path / name).mkdir()
        for old in ("009-z3.smt2", "twin-009-cvc5.smt2", "notes.txt", "mine.smt2"):
            (tmp_path / name / old).write_text("old", encoding="utf-8")
    write(tmp_path, outcomes)
    kept = {path.name for path in (tmp_path / "proved").iterdir()}
    assert "001-z3.smt2" in kept
    assert {"notes.txt", "mine.smt2"} <= kept
    assert not {"009-z3.smt2", "twin-009-cvc5.smt2"} & kept
    assert len(list((tmp_path / "another").iterdir())) == 4


def test_each_proof_has_a_folder_of_its_own() -> None:
    """Though names agree where a file system tells nothing apart."""
    names = ["n/s", "n s", "N_S", "N-s-2", "…", "a" * 300]
    made = [Outcome(name=name, verdict="proved", seconds=0.0) for name in names]
    found = [folder for folder, _ in folders(made)]
    assert found == ["n-s", "n-s-2", "N_S", "N-s-2-2", "claim", "a" * 100]


def test_a_bijection_that_fails_while_no_sum_differs_was_sat(
    outcomes: tuple[Outcome, ...],
) -> None:
    """The step is unknown, and the engine's answer is what the file says."""
    false = outcomes[1]
    unknown = replace(false, findings=(replace(false.findings[0], status="unknown"),))
    assert {text.splitlines()[0] for _, text in texts(unknown)} == {"; z3: sat", "; cvc5: sat"}


def test_a_place_that_cannot_be_written_is_found_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in ("file", "file/below"):
        with pytest.raises(OSError, match="file"):
            writable(tmp_path / place)
    writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
