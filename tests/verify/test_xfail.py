"""Known failures: one that fails is no news, one that holds is, and a file is what it says."""

import json
from pathlib import Path

import pytest

from convproof.cli import run
from convproof.errors import EvidenceError
from convproof.verify.xfail import read

FLIPPED = """
from convproof import get_implementation

packages = ("numpy",)


def conv2d(x, w, bias=None, **options):
    return get_implementation("numpy").conv2d(x, w[..., ::-1], bias, **options)


def conv1d(x, w, bias=None, **options):
    return get_implementation("numpy").conv1d(x, w, bias, **options)
"""
KNOWN = """
target = "flipped.py"

[[expected]]
function = "conv2d"
theorem = "exact"
reason = "a known flip"
"""
HOLDS = KNOWN.replace("conv2d", "conv1d")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flipped.py").write_text(FLIPPED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _verified(folder: Path, known: str, only: str, *more: str) -> int:
    (folder / "known.toml").write_text(known, encoding="utf-8")
    quick = ["--seed", "1", "--examples", "6", "--in-process", "--only", only]
    return run(["verify", "flipped.py", *quick, "--xfail", "known.toml", *more])


def _verdicts(folder: Path, function: str) -> dict[str, str]:
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    theorems = document["targets"][0]["theorems"]
    return {t["theorem"]: t["verdict"] for t in theorems if t["function"] == function}


def test_a_known_failure_is_told_and_exits_0(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verified(folder, KNOWN, "conv2d", "--json", "out.json") == 0
    out = capsys.readouterr().out
    assert "xfail exact" in out
    assert "0 fail, 1 fail as expected" in out
    assert "FAIL" not in out
    verdicts = _verdicts(folder, "conv2d")
    assert verdicts["exact"] == "xfail"
    assert verdicts["rounding"] == "not run"


def test_a_known_failure_that_holds_exits_1_and_says_why_it_was_known(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verified(folder, HOLDS, "conv1d", "--json", "out.json") == 1
    out = capsys.readouterr().out
    assert "XPASS exact" in out
    assert "1 hold against expectation" in out
    assert "expected to fail (a known flip), but it holds" in out
    assert _verdicts(folder, "conv1d")["exact"] == "xpass"


def test_a_law_may_be_named_by_what_is_told_of_it(folder: Path) -> None:
    """Of any theorem, as a crash is."""
    any_ = KNOWN.replace('"exact"', '"*"')
    assert _verified(folder, f'{any_}law = "*in integers: equality"\nstrict = false', "conv2d") == 0


def test_one_that_is_not_strict_may_hold(folder: Path) -> None:
    assert _verified(folder, f"{HOLDS}strict = false\n", "conv1d") == 0
    assert _verified(folder, f"{KNOWN}strict = false\n", "conv2d") == 0


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("[[expected]]", 'versions = { numpy = "0.1" }\n[[expected]]'),
        ('"flipped.py"', '"flipped.py:conv2d"'),
        ('"conv2d"', '"conv2d_*"'),
        ('"exact"', '"shape"'),
        ("reason", 'dtype = "int*"\nreason'),
        ("reason", 'law = "*SIGABRT"\nreason'),
    ],
)
def test_an_entry_of_another_place_does_not_excuse_a_failure(
    was: str, now: str, folder: Path
) -> None:
    """Another version, target, function, theorem or dtype."""
    assert _verified(folder, KNOWN.replace(was, now), "conv2d") == 1


def test_an_entry_of_another_version_does_not_apply(folder: Path) -> None:
    """It speaks of the versions that it names, and of any if it names none."""
    head = 'versions = { numpy = "0.1", torch = "2.0" }\n[[expected]]'
    (folder / "known.toml").write_text(KNOWN.replace("[[expected]]", head), encoding="utf-8")
    (entry,) = read("known.toml")
    assert entry.speaks_of("flipped.py", {"numpy": "0.1", "torch": "2.0", "jax": "1"})
    assert not entry.speaks_of("flipped.py", {"numpy": "0.1", "torch": "2.1"})
    assert not entry.speaks_of("other.py", {"numpy": "0.1", "torch": "2.0"})


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (
            '"flipped.py"',
            '"other.py"',
            "the known failures are about other.py: none is about flipped.py numpy",
        ),
        ('"exact"', '"adjoint"', "conv2d: adjoint is expected to fail, but is not asked there"),
        ('"conv2d"', '"relu"', ""),
        ("", "", ""),
    ],
)
def test_known_failures_that_change_nothing_are_told(
    was: str, now: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of another target, or of a law that is not asked; a function not asked says nothing."""
    _verified(folder, KNOWN.replace(was, now), "conv2d")
    told = capsys.readouterr().err
    assert words in told
    assert ("Warning" in told) == bool(words)


@pytest.mark.parametrize("function", ["conv*", "conv2d", "conv?d", "*"])
def test_a_pattern_names_several_functions(function: str, folder: Path) -> None:
    assert _verified(folder, KNOWN.replace("conv2d", function), "conv2d") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'must say target = "..."'),
        ("target", "is no list of known failures"),
        ("target = 3", 'must say target = "..."'),
        ('target = "t"', "has no [[expected]] entry"),
        ('target = "t"\nversions = 3', "must say target"),
        ('target = "t"\nversions = { numpy = 2 }\nexpected = []', "versions"),
        ('target = "t"\nexpected = 3', "has no [[expected]] entry"),
        ('target = "t"\nexpected = [3]', "entry 1 of 'bad.toml' is no table"),
        ('target = "t"\n[[expected]]', "it lacks function, reason, theorem"),
        (f"{KNOWN}more = 1", "it has more"),
        (f"{KNOWN}strict = 1", "strict is true or false"),
        (KNOWN.replace('"exact"', "3"), "all are texts"),
        (KNOWN.replace('"exact"', '"exactly"'), "'exactly' is no theorem"),
        (KNOWN.replace('"conv2d"', '"conv2"'), "no function is called 'conv2'; there are conv2d"),
        (f'{KNOWN}dtype = "f32"', "no dtype is called 'f32'; there are"),
    ],
)
def test_a_malformed_file_is_one_clear_line_and_exit_4(
    text: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.toml").write_text(text, encoding="utf-8")
    assert run(["verify", "flipped.py", "--xfail", "bad.toml"]) == 4
    told = capsys.readouterr()
    assert words in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_is_not_there_or_no_text_exits_4(
    content: bytes | None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (folder / "bad.toml").write_bytes(content)
    with pytest.raises(EvidenceError, match="is no list of known failures"):
        read("bad.toml")
    assert run(["verify", "flipped.py", "--xfail", "bad.toml"]) == 4
    assert capsys.readouterr().err.count("\n") == 1
