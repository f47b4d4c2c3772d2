"""JUnit XML: it parses, its counts are those of its cases, and each says what came of it."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from convproof.cli import run
from convproof.verify.junit import junit
from convproof.verify.session import Asked, verify

MIXED = r"""
from convproof import get_implementation

_right = get_implementation("numpy")


def conv2d(x, w, bias=None, **options):
    return _right.conv2d(x, w[..., ::-1], bias, **options)


def conv1d(x, w, bias=None, **options):
    raise ValueError("<no & \"such\" layer>\x00\x1b[0m\ufffe\udc80 ∑ ]]>")


relu = _right.relu
"""
KNOWN = """
target = "mixed.py"

[[expected]]
function = "conv2d"
theorem = "exact"
reason = "a known <flip>"

[[expected]]
function = "relu"
theorem = "shape"
reason = "it was wrong"
"""
QUICK = ["--seed", "1", "--examples", "6", "--in-process", "--only", "conv1d,conv2d,relu,tanh"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mixed.py").write_text(MIXED, encoding="utf-8")
    (tmp_path / "known.toml").write_text(KNOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _written(folder: Path, *more: str) -> tuple[int, list[ET.Element]]:
    code = run(["verify", "mixed.py", *QUICK, *more, "--junit", "out.xml"])
    root = ET.parse(folder / "out.xml").getroot()
    assert root.tag == "testsuites"
    return code, list(root)


def _became(case: ET.Element) -> str:
    """Return what came of a test case: each says one thing at most."""
    assert len(case) <= 1
    return case[0].tag if len(case) else "passed"


@pytest.mark.parametrize(("more", "failures"), [([], 2), (["--xfail", "known.toml"], 2)])
def test_the_counts_are_those_of_the_cases(
    more: list[str], failures: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """tests = passed + failures + skipped, and no case comes twice."""
    code, (suite,) = _written(folder, *more)
    counts = Counter(map(_became, suite))
    assert (suite.tag, suite.get("name")) == ("testsuite", "mixed.py")
    assert {case.tag for case in suite} == {"testcase"}
    assert int(suite.get("tests", -1)) == len(suite) == counts.total()
    assert int(suite.get("failures", -1)) == counts["failure"] == failures
    assert int(suite.get("skipped", -1)) == counts["skipped"]
    assert suite.get("errors") == "0"
    assert len({(case.get("classname"), case.get("name")) for case in suite}) == len(suite)
    assert f"{counts['passed']} theorems hold" in capsys.readouterr().out
    assert code == 1


def test_a_failure_holds_its_law_and_its_snippet(folder: Path) -> None:
    _, (suite,) = _written(folder)
    told = {(c.get("classname"), c.get("name")): c[0] for c in suite if _became(c) == "failure"}
    exact = told["mixed.py.conv2d", "exact[float32]"]
    assert exact.get("message", "").startswith("y[n,m,o] = b[m]")
    assert "assert y[" in (exact.text or "")
    assert "first differing: " in (exact.text or "")
    shape = told["mixed.py.conv1d", "shape[float32]"]
    assert '<no & "such" layer>' in shape.get("message", "")
    assert "∑ ]]>" in (shape.text or "")


def test_a_known_failure_is_skipped_and_one_that_holds_fails(folder: Path) -> None:
    _, (suite,) = _written(folder, "--xfail", "known.toml")
    told = {(c.get("classname"), c.get("name")): c for c in suite}
    (known,) = told["mixed.py.conv2d", "exact[float32]"]
    assert (known.tag, known.get("message")) == ("skipped", "xfail: a known <flip>")
    (holds,) = told["mixed.py.relu", "shape[float32]"]
    assert holds.tag == "failure"
    assert holds.get("message") == "expected to fail (it was wrong), but it holds"


def test_what_is_not_asked_is_skipped_with_its_reason(folder: Path) -> None:
    _, (suite,) = _written(folder)
    reasons = {c.get("classname"): c[0].get("message") for c in suite if _became(c) == "skipped"}
    assert reasons["mixed.py.tanh"] == "unsupported: the target has no such function"
    assert reasons["mixed.py.conv2d"] == "not run: the function breaks an earlier theorem"


def test_every_target_has_a_suite() -> None:
    """One whose package is missing is empty."""
    asked = Asked(profile="quick", seed=1, only=("relu",), examples=3, in_process=True)
    specs = ["reference", "absent"]
    root = ET.fromstring(junit([verify(spec, asked, alone=False) for spec in specs]))
    assert [suite.get("name") for suite in root] == specs
    assert [len(suite) > 0 for suite in root] == [True, False]
