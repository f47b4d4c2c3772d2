"""What becomes of a proof, whatever happens in it."""

from typing import Any

import pytest

from convproof.errors import MissingExtraError
from convproof.proving.outcome import CLAIMED, outcome, told
from convproof.symbolic.solver import Claim, Instances
from convproof.theorems.proof import Proof
from tests.proving import claims


def missing() -> str:
    raise MissingExtraError("islpy", "isl")  # noqa: EM101


@pytest.mark.parametrize(
    ("thing", "verdict", "error"),
    [
        (claims.right, "proved", ""),
        (claims.wrong, "refuted", ""),
        (claims.proof, "proved", ""),
        (claims.vacuous, "unsound", "hold of nothing"),
        (claims.divided, "unsound", "not known to be positive"),
        (claims.raising, "unsound", "ZeroDivisionError: "),
        (claims.exiting, "unsound", "SystemExit: 3 (claims.py, line "),
        (claims.empty, "unsound", "has no steps"),
        (claims.untwinned, "unsound", ""),
        (Instances(name="some", sizes="few", check=lambda: str(1 // 0)), "unsound", "ZeroDivision"),
    ],
)
def test_a_verdict_says_what_became_of_it(thing: Any, verdict: str, error: str) -> None:
    """Only proved is proved; what raises is unsound, in one line."""
    found = outcome("name", thing)
    assert (found.verdict, found.error.count("\n")) == (verdict, 0)
    assert error in found.error
    assert bool(found.error) == bool(error)


def test_a_proof_has_a_twin_and_a_claim_has_none() -> None:
    proof, claim = outcome("shift", claims.proof), outcome("ceiling", claims.right)
    assert isinstance(claims.proof, Proof)
    assert isinstance(claims.right, Claim)
    assert (proof.changed, claim.changed) == ("without 0 <= k", "")
    assert "occurs 1 times on the left, 0 on the right" in proof.counterexample
    assert (proof.kind, claim.kind) == ("all sizes, by machine", CLAIMED)


def test_a_record_is_plain_and_says_how_many_engines_proved() -> None:
    record = outcome("shift", claims.proof).as_record()
    assert set(record["engines"]) <= {"z3", "cvc5", "z3+cvc5"}
    assert sum(record["engines"].values()) == len(record["steps"])
    assert record["twin"]["changed"] == "without 0 <= k"


def test_a_package_that_is_missing_is_no_fault_of_a_claim() -> None:
    with pytest.raises(MissingExtraError):
        outcome("some", Instances(name="some", sizes="few", check=missing))


def test_an_exception_is_told_in_one_line() -> None:
    assert told(ValueError("one\n  two")) == "ValueError: one two"
    assert told(KeyError()) == "KeyError: no message"
