"""isl is asked every claim of the steps, and what it refutes is no proof."""

import sys
from pathlib import Path

import pytest

from convproof.errors import MissingExtraError
from convproof.proving import cross
from convproof.proving.cross import contradictions, cross_checked
from convproof.proving.find import asked
from convproof.proving.run import run
from convproof.symbolic.solver import decide
from convproof.symbolic.solver.presburger import Agreement
from tests.proving import claims

FILE = str(Path(claims.__file__))
pytest.importorskip("islpy")


def test_isl_holds_what_is_true_and_refutes_what_is_false() -> None:
    right, wrong = cross_checked((f"{FILE}:right", f"{FILE}:wrong"), 1)
    assert (right["proof"], right["step"], right["expressible"]) == ("ceiling", "ceiling", True)
    assert (right["held"], right["refuted"]) == (8, [])
    assert len(wrong["refuted"]) == 7
    assert wrong["refuted"][0]["s"] == 2
    assert wrong["refuted"][0]["t"] is None
    assert "n = 1" in wrong["refuted"][0]["counterexample"]


def test_sums_and_proofs_are_asked_claim_by_claim_in_any_number_of_processes() -> None:
    names = (f"{FILE}:proof", f"{FILE}:sums")
    records = cross_checked(names, 2)
    assert records == cross_checked(names, 1)
    steps = [f.name for step in claims.proof.steps() for f in decide(step)]
    assert [r["step"] for r in records if r["proof"] == "shift"] == steps
    assert all(r["expressible"] and not r["refuted"] for r in records)


def test_a_step_that_cannot_be_built_is_told_and_stops_no_other() -> None:
    records = cross_checked((f"{FILE}:raising", f"{FILE}:right"), 2)
    assert [r["proof"] for r in records] == ["raising", "raising", "ceiling"]
    assert "ZeroDivisionError" in records[1]["error"]


def test_a_proved_step_that_isl_refutes_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = run(asked([f"{FILE}:right", f"{FILE}:wrong"]), 1, on=lambda _: None)
    records = cross_checked((f"{FILE}:right", f"{FILE}:wrong"), 1)
    assert contradictions(records, outcomes) == []
    lie = Agreement(expressible=True, refuted=(((1, 1), {claims.n: 1}),))
    monkeypatch.setattr(cross, "cross_check", lambda _: lie)
    records = cross_checked((f"{FILE}:right", f"{FILE}:wrong"), 1)
    assert [r["proof"] for r in contradictions(records, outcomes)] == ["ceiling"]


def test_without_isl_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "islpy", None)
    with pytest.raises(MissingExtraError, match=r"convproof\[isl\]"):
        cross_checked(())
