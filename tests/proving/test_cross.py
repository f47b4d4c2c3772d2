"""isl is asked every claim of the steps, and what it refutes is no proof."""

import sys
from pathlib import Path
from typing import Any

import pytest

from convproof.errors import MissingExtraError
from convproof.proving import cross
from convproof.proving.cross import contradictions, cross_checked
from convproof.proving.find import asked
from convproof.proving.run import run
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, decide
from convproof.symbolic.solver.presburger import Agreement
from convproof.symbolic.solver.terms import le
from tests.proving import claims

pytest.importorskip("islpy")
FILE = str(Path(claims.__file__))
BOTH = (f"{FILE}:TRUE", f"{FILE}:FALSE")


def test_isl_holds_what_is_true_and_refutes_what_is_false() -> None:
    true, false = cross_checked(BOTH, 1)
    assert (true["proof"], true["expressible"], true["held"]) == ("ceiling", True, 8)
    assert true["refuted"] == []
    assert (false["held"], len(false["refuted"])) == (1, 7)
    assert false["refuted"][0] == "n = 1, s = 2"


def test_every_claim_of_the_steps_is_asked_in_order() -> None:
    """And in any number of processes."""
    names = (f"{FILE}:PROVED", f"{FILE}:SUMS")
    ended: list[str] = []
    records = cross_checked(names, 2, ended=ended.append)
    assert records == cross_checked(names, 1)
    assert sorted(ended) == ["proved", "shifted"]
    steps = [finding.name for step in claims.PROVED.steps() for finding in decide(step)]
    assert [each["step"] for each in records if each["proof"] == "proved"] == steps
    assert not any(each["refuted"] for each in records)


def test_what_cannot_be_built_is_left_to_its_outcome_and_stops_no_other() -> None:
    records = cross_checked((f"{FILE}:RAISING", f"{FILE}:TRUE"), 2)
    assert {each["proof"] for each in records} <= {"raising", "ceiling"}
    assert records[-1]["proof"] == "ceiling"


def test_two_strides_take_all_pairs_of_literals() -> None:
    """64 pairs of s_1 and s_2, not the 8 of equal ones."""
    one, two, n = size("s_1"), size("s_2"), index("n")
    claim = Claim(name="pairs", goal=le(one * n + two * n, one * n + two * n))
    assert cross._of_claim("pairs", claim)["held"] == 64


def test_isl_against_what_is_proved_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it refutes what is refuted is none."""
    outcomes = run(asked(BOTH), 1, on=lambda _: None)
    assert contradictions(cross_checked(BOTH, 1), outcomes) == []
    lie = Agreement(expressible=True, refuted=(((1, 1), {claims.n: 1}),))
    monkeypatch.setattr(cross, "cross_check", lambda *_, **__: lie)
    found = contradictions(cross_checked(BOTH, 1), outcomes)
    assert [each["proof"] for each in found] == ["ceiling"]


def test_a_fault_of_isl_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*given: Any, **more: Any) -> Agreement:
        raise ZeroDivisionError(len(given) + len(more))

    monkeypatch.setattr(cross, "cross_check", fault)
    (record,) = cross_checked(BOTH[:1], 1)
    assert record["error"].startswith("ZeroDivisionError: 1")
    assert not record["expressible"]


def test_without_islpy_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "islpy", None)
    with pytest.raises(MissingExtraError, match=r"convproof\[isl\]"):
        cross_checked(())
