"""The command line: exit codes, one clear line for a mistake, files that are whole or not there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM

import pytest

from convproof import Axis, __version__, implementation
from convproof.cli import UNREAD, run
from convproof.errors import TargetError
from convproof.verify.failure import printed
from tests.processes import started

FLIPPED = """
import os

from convproof import get_implementation


def conv2d(x, w, bias=None, **options):
    return get_implementation("reference").conv2d(x, w[..., ::-1, ::-1], bias, **options)


def noisy(x, w, bias=None, **options):
    print("noise")
    return get_implementation("reference").conv2d(x, w, bias, **options)


def interrupted(x, w, bias=None, **options):
    raise KeyboardInterrupt


def raw(x, w, bias=None, **options):
    os.write(1, b"written by C")
    return get_implementation("reference").conv2d(x, w, bias, **options)


class Odd(BaseException):
    def __str__(self):
        raise ValueError


def odd(x, w, bias=None, **options):
    raise Odd


def tensors(x, w, bias=None, **options):
    raise TypeError("must be Tensor, not ndarray\\nand more")


def without_groups(x, w, bias=None, **options):
    if options.pop("groups") != 1:
        raise NotImplementedError("groups")
    return get_implementation("reference").conv2d(x, w, bias, **options)


def careless(x, w, bias=None, **options):
    try:
        return get_implementation("reference").conv2d(x, w, bias, **options)
    except ValueError:
        return x


def invalid(x, w, bias=None, **options):
    raise TypeError("got (numpy.ndarray), but expected one of:\\n * (Tensor input)")


def striding(x, w, bias=None, **options):
    if max(options["stride"]) > 1:
        return [][1]
    return get_implementation("reference").conv2d(x, w, bias, **options)


def few(x, w, bias=None, stride=1, padding=0):
    return get_implementation("reference").conv2d(x, w, bias, stride=stride, padding=padding)


for each in (noisy, interrupted, raw, odd, tensors, without_groups, careless, invalid, few):
    each.__name__ = "conv2d"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flipped.py").write_text(FLIPPED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


QUICK = ["--dims", "1", "--examples", "5", "--seed", "1"]
FEW = ["--examples", "5", "--seed", "1", "--workers", "1"]  # the target in a process of its own


def test_what_holds_exits_0_with_a_plain_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "reference", *QUICK]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(
        "function                   dtype    cases  laws  weak  error/bound  verdict"
    )
    assert re.search(r"^reference passed: \d+ theorems hold, 0 fail", told.out, re.MULTILINE)
    (laws,) = re.findall(r"^laws: (.*)$", told.out, re.MULTILINE)
    assert laws.startswith("shape, untouched, ")
    assert {"exact", "rounding", "special"} <= {*laws.split(", ")}
    assert "reference: conv1d float32" in told.err
    assert "\x1b" not in told.out


def test_pages_of_numbers_are_left_to_the_evidence() -> None:
    """Few arrays are printed as they are; large ones are named with the way to them."""
    code = "x = np.array([1.0])\nassert x"
    assert printed(code) == code.splitlines()
    told = printed(f"x = np.array({[1.0] * 2000})")
    assert len(told) == 2
    assert "convproof replay FILE" in told[1]


def test_what_fails_exits_1_and_shows_law_case_values_and_snippet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["verify", "flipped.py:conv2d", "--seed", "1"]) == 1
    out = capsys.readouterr().out
    for words in (
        "FAIL conv2d (float32): exact",
        "law:             y[n,m,o] = b[m] + sum_{c,k}",
        "first differing: y[",
        "stride (1, 1)  padding",
        "    module = SimpleNamespace(**run_path('flipped.py'))",
        "    assert y[",
        "unsupported: conv2d_input, conv2d_weight, conv2d_bias, and 76 functions of other layers",
        "flipped.py:conv2d FAILED: 4 theorems hold, 1 fail, ",
        " functions unsupported; ",
        "seed 1",
    ):
        assert words in out


def test_json_alone_owns_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """schema, version, command, verdict; and what the target prints stays out of it."""
    assert run(["verify", "flipped:noisy", "--seed", "1", "--examples", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "convproof/evidence/1"
    assert document["version"] == __version__
    assert (document["command"].split()[0], document["verdict"]) == ("convproof", "passed")
    (target,) = document["targets"]
    assert {theorem["verdict"] for theorem in target["theorems"]} <= {
        "pass",
        "weak",
        "unsupported",
        "not run",
    }


def test_what_c_code_prints_stays_out_of_the_document(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["verify", "flipped:raw", "--seed", "1", "--examples", "3", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["verdict"] == "passed"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("odd", "it raised Odd: (no message)"),
        ("interrupted", "it raised KeyboardInterrupt: "),
        ("tensors", "it raised TypeError: must be Tensor, not ndarray\n"),
        ("tensors", "a target that takes torch tensors is verified with --arrays torch"),
        ("invalid", "a target that takes torch tensors is verified with --arrays torch"),
        ("without_groups", 'a target that does not offer groups says so: lacks = {"groups"}'),
        ("careless", 'a target that does not check its arguments says so: lacks = {"rejects"}'),
    ],
)
def test_whatever_a_target_raises_is_a_reported_failure_and_what_it_may_declare_is_told(
    function: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", f"flipped:{function}", *FEW]) == 1
    assert words in capsys.readouterr().out


def test_a_bug_is_told_by_its_line_and_never_by_a_hint_to_declare_it_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An IndexError at stride 2 is no refusal of strides."""
    assert run(["verify", "flipped:striding", *FEW]) == 1
    told = capsys.readouterr().out
    line = FLIPPED.splitlines().index("        return [][1]") + 1
    assert f"raised at flipped.py:{line}\n" in told
    assert "lacks" not in told


def test_what_a_user_says_is_lacking_is_neither_asked_nor_passed_and_is_recorded(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """few(x, w, b, stride, padding) is asked without dilation and groups."""
    assert run(["verify", "flipped:few", *FEW]) == 4
    assert "is not passed: --lacks dilation,groups" in capfd.readouterr().err
    assert run(["verify", "flipped:few", *FEW, "--lacks", "dilation,groups", "--json"]) == 0
    (target,) = json.loads(capfd.readouterr().out)["targets"]
    assert target["lacks"] == ["dilation", "groups"]
    assert run(["verify", "flipped:careless", *FEW, "--lacks", "rejects"]) == 0


def test_a_fault_of_our_own_is_unknown_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The derivation and the oracle differ: nothing can be said of the target."""
    right = Axis.output_size.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Axis, "output_size", property(lambda axis: max(1, right(axis) - 1)))
    alone = ["--workers", "1"]  # the fault is planted in this process
    assert run(["verify", "numpy", "--dims", "1", "--seed", "1", "--json", *alone]) == 1
    told = capsys.readouterr()
    assert "fault of convproof, not of the target" in told.err
    assert json.loads(told.out)["verdict"] == "unknown"


def test_an_implementation_that_cannot_be_imported_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def load(self) -> None:
            msg = "libtorch.so: cannot open"
            raise OSError(msg)

    def found(*, group: str, name: str) -> list[Broken]:
        return [Broken()] if group and name == "broken" else []

    monkeypatch.setattr(implementation, "entry_points", found)
    with pytest.raises(TargetError, match=r"failed: OSError: libtorch\.so"):
        implementation.load_implementation("broken")
    assert capsys.readouterr().out == ""


def test_json_file_holds_the_failure(folder: Path) -> None:
    assert run(["verify", "flipped:conv2d", *FEW, "--json", "out.json"]) == 1
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    (failed,) = [t for t in document["targets"][0]["theorems"] if t["verdict"] == "fail"]
    assert failed["theorem"] == "exact"
    failure = failed["failure"]
    assert failure["got"] != failure["expected"]
    assert "import flipped" in failure["snippet"]
    assert [path.name for path in folder.glob(".out*")] == []


def test_an_interrupted_run_exits_2_and_leaves_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out.json").write_text("old", encoding="utf-8")
    assert run(["verify", "flipped:interrupted", "--in-process", "--json", "out.json"]) == 2
    assert capsys.readouterr().err.endswith("interrupted\n")
    assert (folder / "out.json").read_text(encoding="utf-8") == "old"
    assert [path.name for path in folder.glob(".out*")] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["verify", "nonsense"], "no target is called 'nonsense'"),
        (["verify", "flipped:nothing"], "nothing is called 'nothing'"),
        (["verify", "--profile", "slow"], "'slow' is not one of"),
        (
            ["verify", "--only", "conv4d"],
            "'conv4d' is no function; did you mean conv3d, conv2d or conv1d?",
        ),
        (["verify", "--dims", "0"], "must be some of 1, 2 and 3"),
        (["verify", "--dtype", "int3"], "'int3' is none of float32"),
        (["verify", "--lacks", "dilatoin"], "is none of anisotropic, bfloat16, ceil, dilation"),
        (["verify", "--lacks", "dilatoin"], "did you mean dilation?"),
        (["extract", "numpy", "--lacks", "square"], "'square' is none of anisotropic, bfloat16"),
        (["verify", "--examples", "0"], "x>=1"),
        (["verify", "--only", "conv1d", "--dims", "2"], "leave no function"),
        (["verify", "flipped:conv2d", "--only", "conv3d"], "could be checked: looked for conv3d"),
        (["verify", "--json", "numpy"], "write `convproof verify numpy --json`"),
        (["verify", "--json", "flipped.py"], "flipped.py is taken for a target"),
        (["verify", "numpy", "--json", "absent/out.json"], "No such file or directory"),
        (["verify", "numpy", "--json", "."], "Is a directory"),
        (["derive", "conv"], "Missing option '--input'"),
        (["derive", "conv", "--input", "2", "--kernel", "5"], "kernel span"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_4(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 4
    told = capsys.readouterr()
    assert words in told.err
    assert "Traceback" not in told.err + told.out
    assert told.out == ""


def test_list_names_implementations_functions_and_theorems(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["list"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("numpy", "reference", "symbolic", "torch", "conv3d_weight"))
    assert run(["list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "list"
    assert {"name", "functions", "statement", "latex"} <= set(document["theorems"][0])


def test_version_and_help_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"convproof, version {__version__}\n"
    for arguments in ([], ["--help"], ["verify", "--help"], ["bench", "--help"]):
        assert run(arguments) == 0


def test_the_installed_command_is_this_one() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "convproof", "verify", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stdout == ""


WAITS = """
from time import sleep


def conv2d(x, w, bias=None, **options):
    open("called", "w").close()
    sleep(100)
"""
DRAFTS = [".out.json.*", ".out.xml.*", ".out.md.*"]


@pytest.mark.parametrize("where", [[], ["--in-process"]])
@pytest.mark.parametrize(("number", "code"), [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 2)])
def test_a_signal_that_ends_a_run_leaves_no_file(
    number: int, code: int, where: list[str], folder: Path
) -> None:
    """A real process, killed while the target is called; what was there before stays."""
    (folder / "waits.py").write_text(WAITS, encoding="utf-8")
    (folder / "out.json").write_text("old", encoding="utf-8")
    files = ["--json", "out.json", "--junit", "out.xml", "--markdown", "out.md"]
    told = started("verify", "waits.py:conv2d", "--timeout", "100", *files, *where)
    while not (folder / "called").exists():
        with pytest.raises(subprocess.TimeoutExpired):
            told.wait(0.05)
    assert all(any(folder.glob(draft)) for draft in DRAFTS)
    told.send_signal(number)
    _, error = told.communicate(timeout=60)
    assert (told.returncode, "Traceback" in error) == (code, False)
    assert not any(any(folder.glob(draft)) for draft in DRAFTS)
    assert not (folder / "out.xml").exists()
    assert (folder / "out.json").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["--help"], ["verify", "flipped:conv2d", "--seed", "1", "--examples", "5"]],
)
def test_output_that_nobody_reads_ends_quietly_with_141(arguments: list[str]) -> None:
    """As of a program that dies of SIGPIPE; 1 would say that a law is broken."""
    with started(*arguments) as told:
        assert told.stdout is not None
        assert told.stderr is not None
        told.stdout.close()
        error = told.stderr.read()
    assert told.returncode == UNREAD == 141
    assert not re.search("Traceback|Broken pipe|Exception", error)


@pytest.mark.parametrize(("function", "code"), [("noisy", 0), ("conv2d", 1)])
def test_a_summary_that_cannot_be_written_is_a_warning_and_no_verdict(
    function: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "absent/summary.md")
    few = ["--seed", "1", "--examples", "5", "--only", "conv2d", "--in-process"]
    assert run(["verify", f"flipped.py:{function}", *few, "--json", "out.json"]) == code
    message = "Warning: GITHUB_STEP_SUMMARY is 'absent/summary.md', which cannot be written: No "
    assert message in capsys.readouterr().err


def test_our_own_implementations_are_verified_without_a_target(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["verify", "--dims", "1", "--examples", "2", "--only", "conv1d_bias"]) == 0
    out = capsys.readouterr().out
    assert all(f"{name} passed" in out for name in ("numpy", "reference", "symbolic"))
