"""``convproof prove``: what is printed and written, and the exit codes."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from convproof.cli import FAILED, PASSED, USAGE, prove, run
from convproof.theorems.proofs import proofs
from tests.processes import printed, started
from tests.proving import claims

FILE = str(Path(claims.__file__))
EXAMPLE = str(Path(__file__).parent.parent.parent / "examples" / "claims.py")
ONE = ["--workers", "1"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _unwrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As without a terminal: xdist's workers are told of one."""
    monkeypatch.delenv("COLUMNS", raising=False)


def test_what_is_proved_exits_0_with_a_table_and_a_summary(capsys: Capture) -> None:
    assert run(["prove", "same_padding", f"{FILE}:SUMS", *ONE]) == PASSED
    out, err = capsys.readouterr()
    assert out.startswith("same_padding  proved ")
    assert "\nshifted       proved " in out
    assert "2 of 2 proved" in out
    assert "1 of 1 false twins refuted" in out
    assert err == ""


def test_a_refuted_claim_exits_1_with_numbers_that_a_person_can_check(capsys: Capture) -> None:
    assert run(["prove", f"{FILE}:FALSE", *ONE]) == FAILED
    out = capsys.readouterr().out
    assert "refuted: floor((n - 1)/s) + 1 = floor(n/s)" in out
    assert "it fails at n = 1, s = 2: floor((n - 1)/s) + 1 is 1, floor(n/s) is 0" in out


def test_what_cannot_be_asked_exits_1_and_says_why_and_the_rest_goes_on(capsys: Capture) -> None:
    """1 for what is unsound; never a traceback."""
    names = ("VACUOUS", "DIVIDED", "RAISING", "EXITING", "EMPTY", "UNTWINNED", "TRUE")
    assert run(["prove", *(f"{FILE}:{name}" for name in names), *ONE]) == FAILED
    out, err = capsys.readouterr()
    assert out.count("UNSOUND ") == 6
    for told in (
        "hold of nothing",
        "the divisor i is not known to be positive",
        "ZeroDivisionError: integer division",
        "SystemExit: 3 (claims.py, line ",
        "it has no steps",
        "its twin, without 1 <= n, is not refuted",
        "\nceiling    proved ",
    ):
        assert told in out
    assert "Traceback" not in out + err


def test_the_worked_example_has_two_true_claims_and_a_false_one(capsys: Capture) -> None:
    assert run(["prove", EXAMPLE, *ONE, "--json"]) == FAILED
    found = json.loads(capsys.readouterr().out)["proofs"]
    assert {each["name"]: each["verdict"] for each in found} == {
        "half padding keeps the size at stride 1": "proved",
        "half padding keeps ceil(n/s)": "proved",
        "half padding keeps floor(n/s)": "refuted",
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["same_paddin"], "did you mean same_padding"),
        (["--list", "same_paddin"], "did you mean same_padding"),
        (["absent.py"], "there is no file 'absent.py'"),
        (["--json", "same_padding"], "write `convproof prove same_padding --json`"),
        (["--json", "claims.py:X"], "is taken for a NAME"),
        (["same_padding", "--json", "absent/found.json"], "No such file or directory"),
        (["same_padding", "--smt2", "file"], "Directory 'file' is a file."),
        (["same_padding", "--smt2", "file/below"], "cannot be written: Not a directory."),
        (["same_padding", "--workers", "0"], "x>=1"),
    ],
)
def test_a_mistake_is_told_before_the_work_and_exits_4(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("convproof.proving.run.run", lambda *_, **__: 1 // 0)
    assert run(["prove", *arguments]) == USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert told in " ".join(err.split())


def test_the_list_names_kind_and_statement(capsys: Capture) -> None:
    assert run(["prove", "--list"]) == PASSED
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(proofs())
    assert all(f": {p.statement}" in line for p, line in zip(proofs().values(), lines, strict=True))
    assert run(["prove", "--list", f"{FILE}:TRUE", "--json"]) == PASSED
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "listed"  # nothing was asked
    (claim,) = document["proofs"]
    assert claim["statement"] == "floor((n - 1)/s) + 1 = ceiling(n/s)"
    assert claim["name"] == "ceiling"


def test_json_alone_owns_standard_output(capsys: Capture) -> None:
    assert run(["prove", f"{FILE}:FALSE", *ONE, "--json"]) == FAILED
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["verdict"]) == ("convproof/prove/1", "failed")
    assert set(document["engines"]) == {"z3", "cvc5"}


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "found.json"
    assert run(["prove", f"{FILE}:TRUE", *ONE, "--json", str(path)]) == PASSED
    whole = path.read_text()
    assert json.loads(whole)["proofs"][0]["verdict"] == "proved"

    def interrupted(*given: Any, **more: Any) -> None:
        raise KeyboardInterrupt(given, more)

    monkeypatch.setattr("convproof.proving.run.run", interrupted)
    assert run(["prove", f"{FILE}:FALSE", "--json", str(path)]) == 2
    assert path.read_text() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]


def test_the_texts_are_written_into_a_folder_per_proof(tmp_path: Path, capsys: Capture) -> None:
    """What they say is asked in tests/proving/test_files.py."""
    names = (f"{FILE}:TRUE", f"{FILE}:FALSE")
    assert run(["prove", *names, *ONE, "--smt2", str(tmp_path / "new")]) == FAILED
    folders = {path.parent.name for path in tmp_path.rglob("*.smt2")}
    assert folders == {"ceiling", "half-padding-keeps-floor-n-s"}
    assert "files of what the engines were asked in" in capsys.readouterr().out


def test_no_line_is_wider_than_a_narrow_terminal(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    run(["prove", f"{FILE}:FALSE", f"{FILE}:VACUOUS", "same_padding", *ONE])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_isl_agrees_and_a_contradiction_is_told_loudly(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("islpy")
    assert run(["prove", f"{FILE}:TRUE", *ONE, "--isl"]) == PASSED
    assert "isl decides 1 of 1 steps, for s and t in 1..8, and refutes none" in (
        capsys.readouterr().out
    )
    assert run(["prove", f"{FILE}:FALSE", *ONE, "--isl"]) == FAILED
    assert "and refutes 1" in capsys.readouterr().out
    lie: Any = {"proof": "ceiling", "step": "ceiling", "expressible": True, "held": 0}
    monkeypatch.setattr(prove, "_cross_checked", lambda *_: [{**lie, "refuted": ["n = 1, s = 1"]}])
    assert run(["prove", f"{FILE}:TRUE", *ONE, "--isl"]) == FAILED
    assert "CONTRADICTION: isl refutes a step that is proved: ceiling: ceiling: at n = 1" in (
        capsys.readouterr().out
    )


def test_a_fault_while_isl_is_asked_is_no_agreement(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("islpy")
    fault: Any = {"proof": "ceiling", "step": "ceiling", "expressible": False, "held": 0}
    faults = [{**fault, "refuted": [], "error": "ValueError: of isl"}]
    monkeypatch.setattr(prove, "_cross_checked", lambda *_: faults)
    assert run(["prove", f"{FILE}:TRUE", *ONE, "--isl"]) == FAILED
    assert "isl was not asked: ceiling: ceiling: ValueError: of isl" in capsys.readouterr().out


def test_without_islpy_the_line_that_installs_it_is_told_first(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "islpy", None)
    monkeypatch.setattr("convproof.proving.run.run", lambda *_, **__: 1 // 0)
    assert run(["prove", f"{FILE}:TRUE", "--isl"]) == USAGE
    assert "pip install 'convproof[isl]'" in capsys.readouterr().err


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for(files: list[Path], process: "subprocess.Popen[str]") -> list[int]:
    until = monotonic() + 60
    while not all(file.exists() and file.read_text() for file in files):
        assert process.poll() is None
        assert monotonic() < until
        sleep(0.05)
    return [int(file.read_text()) for file in files]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc of processes")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 2), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_its_processes_and_leaves_no_file(
    number: int, code: int, tmp_path: Path
) -> None:
    path, files = tmp_path / "slow.py", [tmp_path / "one", tmp_path / "two"]
    path.write_text(
        "import os, time\nfrom pathlib import Path\n"
        "from convproof.symbolic.solver import Instances\n"
        "def wait(file): Path(file).write_text(str(os.getpid())); time.sleep(100)\n"
        f"one = Instances(name='one', sizes='few', check=lambda: wait({str(files[0])!r}))\n"
        f"two = Instances(name='two', sizes='few', check=lambda: wait({str(files[1])!r}))\n"
    )
    wanted = ["--json", str(tmp_path / "found.json"), "--workers", "2"]
    with started("prove", str(path), *wanted) as told:
        pids = _wait_for(files, told)
        told.send_signal(number)
        told.communicate(timeout=30)
    assert told.returncode == code
    assert not any(map(_lives, pids))
    assert not [each for each in tmp_path.iterdir() if "found" in each.name]


def test_the_help_shows_the_worked_example_and_keeps_its_lines(capsys: Capture) -> None:
    assert run(["prove", "--help"]) == PASSED
    lines = capsys.readouterr().out.splitlines()
    assert "    convproof prove examples/claims.py" in lines
    for word in ("proved", "REFUTED", "UNKNOWN", "UNSOUND"):
        assert any(line.startswith(f"    {word} ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_help_imports_no_engine() -> None:
    held = printed(
        "import sys, convproof.cli; convproof.cli.run(['prove', '--help']);"
        "print('HELD', *[name for name in ('z3', 'cvc5', 'sympy', 'rich') if name in sys.modules])"
    )
    assert held.splitlines()[-1].strip() == "HELD"
