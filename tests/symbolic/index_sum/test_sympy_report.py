"""The report for SymPy says what SymPy does, and what it would do with the fix."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
import sympy as sp

REPORT = Path(__file__).parents[3] / "reports" / "sympy-sum-doit.md"
TEXT = REPORT.read_text(encoding="utf-8")
REPORTED = "1.14.0"

pytestmark = pytest.mark.skipif(sp.__version__ != REPORTED, reason=f"the report is of {REPORTED}")


def block(heading: str) -> str:
    """Return the code block below a heading."""
    found = re.search(rf"^## {heading}\n.*?^```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def sections(diff: str) -> tuple[str, str]:
    """Return what a diff takes away and what it puts there."""
    old, new = [], []
    for line in diff.splitlines():
        if line[0] in " -":
            old.append(line[1:])
        if line[0] in " +":
            new.append(line[1:])
    return "\n".join(old), "\n".join(new)


def run() -> None:
    """Run the reproduction as a script of its own."""
    exec(block("To reproduce"), {})


def test_the_code_prints_what_the_report_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Sum(delta(m, 2 k), ..).doit() = 1."""
    run()
    assert capsys.readouterr().out == block("Actual")


def test_the_cause_is_where_the_report_says() -> None:
    """The solution is asked to be within real limits, and no more."""
    lines = inspect.getsource(delta_module()).splitlines()
    assert lines[316 - 1] in block("Cause")
    assert lines[325 - 1] in block("Cause")
    assert "solve(" in lines[316 - 1]


def test_with_the_fix_the_code_prints_what_is_expected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contains(m/2, Integers)."""
    module = delta_module()
    old, new = sections(block("Suggested fix"))
    source = inspect.getsource(module.deltasummation)
    assert old in source
    for name in ("deltasummation", "deltaproduct"):  # put back afterwards
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(module, "And", sp.And, raising=False)
    exec(source.replace(old, new), module.__dict__)

    run()
    assert capsys.readouterr().out == block("Expected")


def delta_module() -> ModuleType:
    """Return SymPy's module of deltas."""
    import sympy.concrete.delta

    module: ModuleType = sympy.concrete.delta
    return module
