"""A run in several processes has the outcomes of one process, whatever becomes of them."""

import os
from dataclasses import replace
from functools import partial
from multiprocessing import active_children
from typing import Any

import pytest

from convproof.functions import Function
from convproof.theorems import DisagreementError
from convproof.verify import runner
from convproof.verify.parallel import PER_PROCESS, processes, run_in
from convproof.verify.record import evidence
from convproof.verify.runner import Outcome, Plan
from convproof.verify.session import Asked, verify
from convproof.verify.targets.open import opened

ASKED = Asked(profile="quick", seed=3, only=("relu", "conv1d", "maxout"), examples=4)
PLAN = Plan(
    functions=(Function("relu"), Function("tanh")), dtypes=("float32",), examples=(3, 3), seed=0
)
OPENING = partial(opened, "numpy")
WRONG = """
import convproof.functional as F
def conv1d(*args, **options):
    return F.conv1d(*args, **options) + 1
relu = F.relu
maxout = F.maxout
"""


def told(spec: str, workers: int) -> Any:
    report = verify(spec, replace(ASKED, workers=workers))
    (target,) = evidence([report], profile="quick", seed=3, verdict="")["targets"]
    return target["theorems"]


def quietly(outcome: Outcome) -> None:
    del outcome


def ask(workers: int, run: Any = runner.run, on: Any = quietly) -> list[Any]:
    with OPENING() as (subject, target):
        found = run_in(workers, OPENING, run, subject, target.functions, PLAN, on=on)
    return [(o.function, o.theorem.name, o.status, o.examples, o.weak) for o in found]


def run_that_dies_elsewhere(owner: int, *args: Any, **options: Any) -> list[Outcome]:
    if os.getpid() != owner:
        os._exit(1)
    return runner.run(*args, **options)


def run_that_disagrees(*args: Any, **options: Any) -> list[Outcome]:
    del args, options
    msg = "the oracle and the derivation differ"
    raise DisagreementError(msg)


def test_two_processes_have_the_outcomes_of_one_and_its_failure(tmp_path: Any) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    found = told(str(path), 2)
    assert found == told(str(path), 1)
    assert {row["verdict"] for row in found} >= {"pass", "fail"}


def test_what_a_killed_process_was_asked_is_asked_here() -> None:
    assert ask(2, partial(run_that_dies_elsewhere, os.getpid())) == ask(1)


def test_what_a_run_raises_elsewhere_is_raised_here() -> None:
    with pytest.raises(DisagreementError, match="differ"):
        ask(2, run_that_disagrees)


def test_an_interrupted_run_leaves_no_process() -> None:
    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt(outcome.function.name)

    with pytest.raises(KeyboardInterrupt):
        ask(2, on=interrupt)
    assert not active_children()


def test_a_few_functions_are_worth_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 4, raising=False)
    every = tuple(Function.all())
    assert processes(None, PLAN) == 1
    assert processes(None, replace(PLAN, functions=every[: 2 * PER_PROCESS])) == 2
    assert processes(None, replace(PLAN, functions=every)) == 4
    assert processes(3, PLAN) == 3
