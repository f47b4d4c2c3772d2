"""``convproof prove``: what is printed and written, and the exit codes."""

import json
import sys
from pathlib import Path
from typing import Any

import cvc5
import pytest
import z3

from convproof.cli import FAILED, PASSED, USAGE, prove, run
from convproof.symbolic.solver.engines import ask_cvc5
from convproof.theorems.proofs import proofs
from tests.proving import claims

FILE = str(Path(claims.__file__))
EXAMPLE = str(Path(__file__).parent.parent.parent / "examples" / "claims.py")
ONE = ["--workers", "1"]
Capture = pytest.CaptureFixture[str]


def test_a_proof_of_ours_is_proved(capsys: Capture) -> None:
    assert run(["prove", "strided", *ONE]) == PASSED
    out, err = capsys.readouterr()
    assert out.startswith("strided  proved ")
    assert "1 of 1 proved" in out
    assert "1 of 1 false twins refuted" in out
    assert err == ""


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("right", PASSED, "ceiling  proved "),
        ("wrong", FAILED, "  at n = "),
        ("vacuous", FAILED, "hold of nothing"),
        ("divided", FAILED, "not known to be positive"),
        ("raising", FAILED, "ZeroDivisionError: "),
        ("exiting", FAILED, "SystemExit: 3"),
        ("untwinned", FAILED, "its twin, without 1 <= n, is not refuted"),
        ("sums", PASSED, "shifted  proved "),
    ],
)
def test_a_users_claim_has_a_verdict_and_a_code(
    name: str, code: int, told: str, capsys: Capture
) -> None:
    """0 proved, 1 refuted, unknown or unsound; never a traceback."""
    assert run(["prove", f"{FILE}:{name}", *ONE]) == code
    out, err = capsys.readouterr()
    assert told in out
    assert err == ""


def test_the_example_has_two_laws_and_one_mistake(capsys: Capture) -> None:
    assert run(["prove", EXAMPLE, *ONE]) == FAILED
    out = capsys.readouterr().out
    verdicts = {
        line[:41].strip(): line[41:].split()[0] for line in out.splitlines()[:6] if "/1" in line
    }
    assert verdicts == {
        "half padding keeps the size at stride 1": "proved",
        "half padding keeps ceil(n/s)": "proved",
        "half padding keeps floor(n/s)": "REFUTED",
    }
    assert "s = 3" in out
    assert "2 of 3 proved" in out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("strded", "did you mean strided"),
        (f"{FILE}:rihgt", "did you mean right"),
        (f"{FILE}:number", "only a Claim"),
        ("nowhere.py", "there is no file"),
    ],
)
def test_a_name_that_stands_for_nothing_is_a_users_mistake(
    name: str, told: str, capsys: Capture
) -> None:
    assert run(["prove", name]) == USAGE
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err


def test_the_list_names_each_proof_and_what_it_states(capsys: Capture) -> None:
    assert run(["prove", "--list"]) == PASSED
    assert capsys.readouterr().out.splitlines() == [
        f"{p.name}: {p.statement}" for p in proofs().values()
    ]
    assert run(["prove", "--list", f"{FILE}:right", f"{FILE}:proof"]) == PASSED
    listed = capsys.readouterr().out.splitlines()
    assert listed == [f"ceiling: Claim, {FILE}:right", "shift: A sum may be shifted."]
    assert run(["prove", "--list", "--json"]) == PASSED
    assert len(json.loads(capsys.readouterr().out)["proofs"]) == len(proofs())


def test_json_alone_owns_standard_output_and_a_file_is_whole(
    tmp_path: Path, capsys: Capture
) -> None:
    assert run(["prove", f"{FILE}:wrong", *ONE, "--json"]) == FAILED
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["verdict"]) == ("convproof/prove/1", "failed")
    assert document["proofs"][0]["steps"][0]["counterexample"]
    path = tmp_path / "found.json"
    assert run(["prove", f"{FILE}:right", *ONE, "--json", str(path)]) == PASSED
    assert json.loads(path.read_text())["proofs"][0]["verdict"] == "proved"
    assert set(json.loads(path.read_text())["engines"]) == {"z3", "cvc5"}
    assert run(["prove", "strded", "--json", str(path)]) == USAGE
    assert json.loads(path.read_text())["proofs"][0]["verdict"] == "proved"
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]


def _says(path: Path) -> str:
    if path.stem.endswith("z3"):  # Z3's own reader of files
        solver = z3.Solver()
        solver.add(z3.parse_smt2_file(str(path)))
        return str(solver.check())
    return ask_cvc5(path.read_text(encoding="utf-8")).said


def test_written_files_are_answered_by_the_engines_as_their_heads_say(tmp_path: Path) -> None:
    assert cvc5.__version__
    assert run(["prove", "strided", f"{FILE}:wrong", *ONE, "--smt2", str(tmp_path)]) == FAILED
    files = sorted(tmp_path.rglob("*.smt2"))
    assert {path.parent.name for path in files} == {"strided", "floor"}
    assert len(files) > 20
    for path in files:
        head = path.read_text(encoding="utf-8").partition("\n")[0]
        assert head == f"; {path.stem.rpartition('-')[2]}: {_says(path)}", path


def test_older_files_of_the_same_proof_are_removed_and_no_others(
    tmp_path: Path, capsys: Capture
) -> None:
    there, beside = tmp_path / "ceiling", tmp_path / "floor"
    for folder in (there, beside):
        folder.mkdir()
        for name in ("099-z3.smt2", "twin-099-cvc5.smt2", "notes.smt2", "mine.txt"):
            (folder / name).write_text("older")
    assert run(["prove", f"{FILE}:right", *ONE, "--smt2", str(tmp_path)]) == PASSED
    names = {path.name for path in there.iterdir()}
    assert names >= {"notes.smt2", "mine.txt", "001-z3.smt2"}
    assert not names & {"099-z3.smt2", "twin-099-cvc5.smt2"}
    assert len(list(beside.iterdir())) == 4
    assert f"in {tmp_path}, of 1 proofs" in capsys.readouterr().out.replace("\n  ", " ")


def test_a_folder_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("convproof.proving.run.run", lambda *_, **__: 1 // 0)
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        assert run(["prove", f"{FILE}:right", "--smt2", str(place)]) == USAGE
        assert "--smt2" in capsys.readouterr().err


def test_no_line_is_wider_than_a_narrow_terminal(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    run(["prove", EXAMPLE, f"{FILE}:vacuous", "strided", *ONE])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 40


def test_isl_is_asked_too(capsys: Capture) -> None:
    pytest.importorskip("islpy")
    assert run(["prove", f"{FILE}:right", *ONE, "--isl"]) == PASSED
    assert "isl decides 1 of 1 steps, for s and t in 1..8, and agrees" in capsys.readouterr().out
    assert run(["prove", f"{FILE}:wrong", *ONE, "--isl", "--json"]) == FAILED
    document = json.loads(capsys.readouterr().out)
    assert len(document["isl"][0]["refuted"]) == 7


def test_a_contradiction_by_isl_fails(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    lie = {"proof": "ceiling", "step": "ceiling", "expressible": True, "held": 0}
    lies: Any = [{**lie, "refuted": [{"s": 1, "t": None, "counterexample": "n = 1, s = 1"}]}]
    monkeypatch.setattr(prove, "_cross_checked", lambda *_: lies)
    monkeypatch.setattr(prove, "_check", lambda *_: None)
    assert run(["prove", f"{FILE}:right", *ONE, "--isl"]) == FAILED
    assert "CONTRADICTS what is proved: ceiling: ceiling: at" in capsys.readouterr().out


def test_without_isl_the_extra_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "islpy", None)
    assert run(["prove", f"{FILE}:right", "--isl"]) == USAGE
    assert "pip install 'convproof[isl]'" in capsys.readouterr().err


def test_a_terminal_sees_a_bar_on_standard_error(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["prove", f"{FILE}:right", f"{FILE}:sums", *ONE]) == PASSED
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert out.startswith("ceiling  proved ")
    assert "0/2" in err


def test_help_says_what_the_verdicts_mean(capsys: Capture) -> None:
    assert run(["prove", "--help"]) == PASSED
    out = capsys.readouterr().out
    assert all(word in out for word in ("proved", "REFUTED", "UNKNOWN", "UNSOUND", "exit code"))
    assert max(map(len, out.splitlines())) <= 100
