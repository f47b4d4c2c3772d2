"""What becomes of each kind of step."""

from typing import Any

import pytest

from convproof.errors import ClaimError
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Instances, decide
from convproof.symbolic.solver.terms import both, eq, le, lt

n, i = size("n"), index("i")


def test_a_claim_has_a_finding_for_each_of_its_parts() -> None:
    step = Claim(name="two", goal=both(le(0, n), lt(i, n)), hypotheses=(le(i, 0),))
    one, other = sorted(decide(step), key=lambda finding: finding.says)
    assert (one.name, other.name) in {("two (1)", "two (2)"), ("two (2)", "two (1)")}
    assert {one.says, other.says} == {"i <= 0 => 0 <= n", "i <= 0 => i < n"}
    assert one.status == other.status == "proved"
    assert set(one.texts) == set(one.engines) == {"z3", "cvc5"}


def test_a_false_claim_without_symbols_fails_whatever_the_numbers() -> None:
    (finding,) = decide(Claim(name="no", goal=eq(1, 2)))
    assert (finding.status, finding.counterexample) == ("refuted", "whatever the numbers")


@pytest.mark.parametrize(("failing", "status"), [("", "proved"), ("n = 3", "refuted")])
def test_instances_say_at_which_sizes_they_were_checked(failing: str, status: str) -> None:
    (finding,) = decide(Instances(name="some", sizes="n up to 3", check=lambda: failing))
    assert (finding.status, finding.counterexample) == (status, failing)
    assert finding.says == "checked for n up to 3"
    assert finding.engines == ("instances",)


@pytest.mark.usefixtures("untyped")
def test_what_is_no_step_is_refused() -> None:
    for thing in (eq(n, n), None, "n = n"):
        step: Any = thing
        with pytest.raises(ClaimError, match="no step"):
            decide(step)
