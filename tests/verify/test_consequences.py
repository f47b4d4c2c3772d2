"""A derivative that is wrong only as the target's own VJPs are is no failure of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import run
from convproof.functions import Function
from convproof.theorems import THEOREMS
from convproof.verify.led_back import led_back
from convproof.verify.runner import Outcome
from convproof.verify.xfail import Expected, applied

RIGHT = """
from convproof import functional as F

lacks = {"rejects", "empty", "groups"}


def conv1d(x, w, b, **options):
    return F.conv1d(x, w, b, **options)


def conv1d_input(input_size, w, y_bar, **options):
    return F.conv1d_input(input_size, w, y_bar, **options)


def conv1d_weight(x, weight_size, y_bar, **options):
    return F.conv1d_weight(x, weight_size, y_bar, **options)


def conv1d_second_output(x, w, y_bar, u, v, **options):
    return F.conv1d(u, w, None, **options) + F.conv1d(x, v, None, **options)


def conv1d_second_input(x, w, y_bar, u, v, **options):
    return F.conv1d_input(x.shape, v, y_bar, **options)


def conv1d_second_weight(x, w, y_bar, u, v, **options):
    return F.conv1d_weight(u, w.shape, y_bar, **options)


def conv1d_jvp(x, w, x_dot, w_dot, **options):
    return F.conv1d(x_dot, w, None, **options) + F.conv1d(x, w_dot, None, **options)
"""
TWICE = {  # the weight VJP, and what its derivatives then are
    "F.conv1d_weight(x, weight_size, y_bar, **options)":
        "2 * F.conv1d_weight(x, weight_size, y_bar, **options)",
    "+ F.conv1d(x, v, None, **options)": "+ 2 * F.conv1d(x, v, None, **options)",
    "F.conv1d_input(x.shape, v, y_bar, **options)":
        "2 * F.conv1d_input(x.shape, v, y_bar, **options)",
}  # fmt: skip
OF_JVP = {"F.conv1d(x, w_dot, None, **options)": "2 * F.conv1d(x, w_dot, None, **options)"}
ALONE = {"return F.conv1d_weight(u, w.shape": "return 3 * F.conv1d_weight(u, w.shape"}
FORWARD = {"return F.conv1d(x, w, b, **options)": "return 2 * F.conv1d(x, w, b, **options)"}
FEW = ["--seed", "1", "--examples", "4", "--in-process"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _verdicts(faults: dict[str, str], folder: Path, *more: str) -> dict[str, tuple[str, str]]:
    """Return the verdict, and why, of the exact law of each function."""
    source = RIGHT
    for right, wrong in faults.items():
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    (folder / "mine.py").write_text(source, encoding="utf-8")
    run(["verify", "mine.py", *FEW, *more, "--json", "out.json"])
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    told: list[dict[str, Any]] = document["targets"][0]["theorems"]
    exact = [t for t in told if t["theorem"] == "exact" and t["verdict"] != "unsupported"]
    return {t["function"].removeprefix("conv1d_"): (t["verdict"], t["reason"]) for t in exact}


@pytest.mark.usefixtures("pipe", "untyped")
def test_what_is_entailed_by_a_wrong_weight_vjp_follows_from_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """<second_output, e> = <f_input(w, e), u> + <f_weight(x, e), v> of the target's own VJPs."""
    found = _verdicts(TWICE | OF_JVP, folder)
    follows = ("not run", "it follows from conv1d_weight, which breaks a law")
    assert found.pop("weight") == ("fail", "")
    for role in ("second_output", "second_input", "jvp"):
        assert found.pop(role) == follows
    assert found == dict.fromkeys(("conv1d", "input", "second_weight"), ("pass", ""))
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("FAIL ")] == [
        "FAIL conv1d_weight (float32): exact"
    ]
    assert f"conv1d_second_input (float32): exact: {follows[1]}" in lines
    (row,) = [line for line in lines if line.startswith("conv1d_jvp  ")]
    assert row.endswith("exact follows from conv1d_weight")
    assert "1 fail, 3 follow from these, " in lines[-1]


@pytest.mark.usefixtures("untyped")
def test_a_fault_of_its_own_is_a_failure_beside_that_of_the_vjp(folder: Path) -> None:
    """Wrong in another way than the VJPs are; and wrong where these are right."""
    own = {"+ F.conv1d(x, v, None, **options)": "- 2 * F.conv1d(x, v, None, **options)"}
    found = _verdicts(TWICE | own | ALONE, folder)
    assert {role for role, (verdict, _) in found.items() if verdict == "fail"} == {
        "weight", "second_output", "second_weight",
    }  # fmt: skip
    assert found["second_input"][0] == "not run"


@pytest.mark.full
def test_a_derivative_in_forward_mode_follows_from_a_wrong_layer(folder: Path) -> None:
    """f_jvp = f(x_dot, w) + f(x, w_dot) of the target's own f."""
    entailed = {"return F.conv1d(x_dot, w": "return 2 * F.conv1d(x_dot, w"} | OF_JVP
    found = _verdicts(FORWARD | entailed, folder)
    assert found["conv1d"] == ("fail", "")
    assert found["jvp"] == ("not run", "it follows from conv1d, which breaks a law")
    assert {found[role][0] for role in ("input", "weight", "second_output")} == {"pass"}


def test_where_the_vjp_is_not_asked_its_consequence_is_the_failure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else nothing would fail; the function to mend is told."""
    found = _verdicts(TWICE, folder, "--only", "conv1d_second_output")
    assert found == {"second_output": ("fail", "")}
    assert "it follows from the target's own conv1d_weight, wrong here as well: mend that" in (
        capsys.readouterr().out
    )


def test_a_known_failure_of_another_law_hides_no_consequence() -> None:
    """The VJP's few cases did not find its wrong numbers: those of the derivative tell of them."""
    vjp, second = map(Function.named, ("conv1d_weight", "conv1d_second_input"))
    laws = {(t.name, f): t for t in THEOREMS for f in (vjp, second) if t.speaks_of(f)}

    def outcomes(law: str) -> list[Outcome]:
        found = [
            Outcome(function=vjp, theorem=laws[law, vjp], dtype="float32", status="fail"),
            Outcome(function=second, theorem=laws["exact", second], dtype="float32", status="fail"),
        ]
        found[1].follows = (vjp,)
        led_back(found)
        known = Expected(
            target="mine.py", versions=(), function=vjp.name, theorem=law, reason="known"
        )
        return applied(found, [known])

    assert [o.status for o in outcomes("rejects")] == ["xfail", "fail"]
    assert [o.status for o in outcomes("exact")] == ["xfail", "not run"]
