"""What becomes of a proof, whatever happens in it."""

from typing import Any

import pytest
import sympy as sp

from convproof.proving.about import CLAIMED, about
from convproof.proving.outcome import Outcome, outcome
from convproof.proving.words import checkable, infix, told
from convproof.symbolic.solver import Finding, Instances
from convproof.symbolic.solver.terms import both, either, eq, iff, implies, le, lt, negation
from tests.proving import claims

n, s = claims.n, claims.s


@pytest.mark.parametrize(
    ("thing", "verdict"),
    [
        (claims.TRUE, "proved"),
        (claims.FALSE, "refuted"),
        (claims.SUMS, "proved"),
        (claims.PROVED, "proved"),
    ],
)
def test_a_verdict_says_what_became_of_it(thing: Any, verdict: str) -> None:
    found = outcome("name", thing)
    assert (found.verdict, found.error) == (verdict, "")


@pytest.mark.parametrize(
    ("thing", "error"),
    [
        (claims.VACUOUS, "it would hold of nothing"),
        (claims.DIVIDED, "the divisor i is not known to be positive"),
        (claims.RAISING, "ZeroDivisionError: integer division or modulo by zero (claims.py, line "),
        (claims.EMPTY, "it has no steps: nothing is shown"),
        (claims.EXITING, "SystemExit: 3 (claims.py, line "),
    ],
)
def test_what_cannot_be_asked_is_unsound_and_says_why(thing: Any, error: str) -> None:
    """Only proved is proved; what raises is unsound, in one line."""
    found = outcome("name", thing)
    assert found.verdict == "unsound"
    assert error in found.error
    assert "\n" not in found.error


def test_a_proof_whose_twin_holds_too_is_unsound() -> None:
    found = outcome("untwinned", claims.UNTWINNED)
    assert (found.verdict, found.error, found.changed) == ("unsound", "", "without 1 <= n")
    assert found.counterexample == ""


def test_ctrl_c_is_no_outcome() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome("some", Instances(name="some", sizes="few", check=interrupted))


class _SpeechlessError(Exception):
    def __str__(self) -> str:
        raise ValueError


def test_an_error_that_cannot_say_what_it_is_is_still_told() -> None:
    assert told(_SpeechlessError()) == "_SpeechlessError: no message"
    assert told(ValueError("one\n  two")) == "ValueError: one two"


def test_a_claim_alone_states_what_it_says() -> None:
    words = about(claims.TRUE)
    assert words.kind == CLAIMED
    assert words.statement == "floor((n - 1)/s) + 1 = ceiling(n/s)"
    assert about(claims.VACUOUS).statement == "n < 1 => n = s"
    assert about(claims.SUMS).statement.startswith("sum(w[k], over k: 0 <= k, k < r) = ")
    assert about(claims.PROVED).statement == claims.PROVED.statement


def test_conditions_are_written_as_by_hand() -> None:
    one, two = eq(n, s), lt(n, s)
    assert infix(either(one, two)) == "n = s or n < s"
    assert infix(implies(one, two)) == "n = s => n < s"
    assert infix(negation(one)) == "not (n = s)"
    assert infix(sp.false) == "false"
    assert infix(iff(both(one, two), le(n, s))) in (
        "(n = s and n < s) <=> n <= s",
        "n <= s <=> (n = s and n < s)",
    )


def test_a_counterexample_tells_what_both_sides_are_there() -> None:
    (finding,) = outcome("floor", claims.FALSE).findings
    assert finding.counterexample == "n = 1, s = 2: floor((n - 1)/s) + 1 is 1, floor(n/s) is 0"
    assert checkable(claims.FALSE, "n = 2, s = 2") == "n = 2, s = 2"  # it refutes nothing
    assert checkable(claims.FALSE, "whatever") == "whatever"


def test_the_order_of_engines_is_nobodys_business() -> None:
    """cvc5+z3 is z3+cvc5."""

    def by(*engines: str) -> Finding:
        return Finding(name="", says="", status="proved", engines=engines, seconds=0.0)

    findings = (by("cvc5", "z3"), by("z3", "cvc5"), by("z3"))
    found = Outcome(name="", verdict="proved", seconds=0.0, findings=findings)
    assert found.engines == {"z3+cvc5": 2, "z3": 1}
    assert found.weakest == "z3"


def test_the_record_of_a_proof_says_what_it_is() -> None:
    record = outcome("proved", claims.PROVED).as_record()
    assert (record["statement"], record["source"]) == (claims.PROVED.statement, "a test")
    assert sum(record["engines"].values()) == len(record["steps"])
    assert record["twin"]["changed"].startswith("without Eq(k, floor(n/s))")
    assert record["twin"]["counterexample"]


def test_the_keys_of_a_record_are_these() -> None:
    record = outcome("floor", claims.FALSE).as_record()
    about_it = {"statement", "latex", "kind", "rule", "source", "asked_as"}
    became = {"name", "verdict", "seconds", "engines", "weakest", "error", "steps", "twin"}
    assert set(record) == about_it | became
    step = {"name", "says", "status", "engines", "seconds", "counterexample"}
    assert set(record["steps"][0]) == step
    assert set(record["twin"]) == {"changed", "counterexample"}
