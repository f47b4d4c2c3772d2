"""What a person is shown: each cause once, and by name what was left out."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.cli import run
from convproof.cli.show import show_report
from convproof.functions import Function
from convproof.layers import Conv
from convproof.theorems import THEOREMS, Violation
from convproof.verify.markdown import markdown
from convproof.verify.runner import Outcome
from convproof.verify.session import Asked, Report

CONV = Conv(
    in_channels=1, out_channels=1, kernel_size=(1,), stride=(1,), padding=((0, 0),), dilation=(1,)
)
CASE = Case(layer=CONV, input_shape=(1, 1, 1))
OFFERED = [Function("conv1d", role) for role in ("forward", "input", "weight")]


def _outcome(name: str, status: Any, law: str = "") -> Outcome:
    function, one = Function.named(name), np.ones((1, 1, 1))
    arrays = Arrays({"x": one, "w": one, "y_bar": one})
    call = call_of(function, CASE, arrays)
    violation = Violation(law=law, call=call, assertion="", index=None) if law else None
    return Outcome(
        function=function, theorem=THEOREMS[0], dtype="float32", status=status, examples=1,
        violation=violation, case=CASE,
    )  # fmt: skip


def _report(outcomes: list[Outcome], offered: list[Function], **asked: Any) -> Report:
    target = SimpleNamespace(
        functions=offered, supports=(), lacks=(), omits={}, prelude="import kernels",
        expression={function: f"kernels.{function.name}" for function in offered},
    )  # fmt: skip
    return Report(
        spec="kernels", target=target, outcomes=outcomes,
        asked=Asked(profile="quick", seed=0, **asked),
    )  # fmt: skip


def _shown(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    show_report(report)
    return capsys.readouterr().out


def test_one_cause_is_shown_in_full_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Failures of one law on one case are one block, that of another law is a block of its own."""
    failed = [
        _outcome("conv1d", "fail", "it raised"),
        _outcome("conv1d_input", "fail", "another"),
        _outcome("conv1d_weight", "fail", "it raised"),
    ]
    out = _shown(_report(failed, OFFERED), capsys)
    heads = [line for line in out.splitlines() if line.startswith("FAIL ")]
    assert heads == ["FAIL conv1d (float32): shape", "FAIL conv1d_input (float32): shape"]
    assert out.count("the same:        conv1d_weight (float32): shape\n") == 1
    assert out.count("reproduce:") == 2
    assert "3 fail" in out


def test_what_the_offered_layers_lack_is_named_among_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = [f.name for f in Function.all() if f not in OFFERED]
    outcomes = [_outcome("conv1d", "pass"), *(_outcome(n, "unsupported") for n in others)]
    out = _shown(_report(outcomes, OFFERED), capsys)
    lacking = [f"conv1d_{r}" for r in ("bias", "jvp", "second_output", "second_input")]
    named = ", ".join([*lacking, "conv1d_second_weight"])
    rest = len(others) - 5
    assert f"unsupported: {named}, and {rest} functions of other layers\n" in out


def test_a_verdict_on_tensors_without_gradients_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Right before the verdict, and in the summary as Markdown."""
    report = _report([_outcome("conv1d", "pass")], OFFERED[:1], arrays="torch")
    note, verdict = _shown(report, capsys).splitlines()[-2:]
    vjps = "conv1d_input, conv1d_weight, conv1d_bias"
    assert note == (f"gradients not asked: {vjps}; `autograd:kernels` asks them through autograd")
    assert verdict.startswith("kernels passed")
    assert f"{note}." in markdown([report]).splitlines()


def test_a_name_that_is_no_function_is_answered_with_those_that_are_near(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["verify", "--only", "conv2"]) == 4
    told = "did you mean conv2d, conv3d or conv1d? `convproof list` names all."
    assert f"'conv2' is no function; {told}" in capsys.readouterr().err
    assert run(["verify", "--only", "xyzzy"]) == 4
    told = "'xyzzy' is no function; `convproof list` names all."
    assert told in capsys.readouterr().err
