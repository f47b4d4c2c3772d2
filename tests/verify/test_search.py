"""The search: the same cases for the same seed, the smallest counterexample, honest flakiness."""

from itertools import count

import pytest

from convproof.cases import ConvCase
from convproof.strategies import conv_cases
from convproof.theorems import Violation
from convproof.verify.search import search


def _refuse(case: ConvCase) -> None:
    raise Violation(law="none", arrays=case.integers())


def test_the_same_seed_asks_the_same_cases() -> None:
    def asked(seed: int) -> list[ConvCase]:
        seen: list[ConvCase] = []
        search(seen.append, conv_cases(2), examples=20, seed_=seed)
        return seen

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)
    assert len(asked(1)) == 20


def test_a_violation_comes_with_its_smallest_case() -> None:
    """Every convolution with stride > 1 on the second axis: the smallest is stride (1, 2)."""

    def check(case: ConvCase) -> None:
        if case.layer.stride[1] > 1:
            _refuse(case)

    found = search(check, conv_cases(2), examples=50, seed_=0)
    assert found.violation is not None
    assert found.case is not None
    assert found.case.layer.stride == (1, 2)
    assert found.case.input_size == (1, 1)


def test_an_answer_that_changes_when_asked_again_is_flaky_and_fails() -> None:
    calls = count()

    def check(case: ConvCase) -> None:
        if next(calls) == 3:
            _refuse(case)

    found = search(check, conv_cases(1), examples=20, seed_=0)
    assert found.flaky
    assert found.violation is not None


def test_weak_cases_are_counted_by_reason() -> None:
    found = search(lambda _: "it could not fail", conv_cases(1), examples=7, seed_=0)
    assert found.weak == {"it could not fail": 7}


def test_an_error_of_our_own_is_never_taken_for_a_pass() -> None:
    def check(_: ConvCase) -> None:
        msg = "a bug in a theorem"
        raise ZeroDivisionError(msg)

    with pytest.raises(ZeroDivisionError):
        search(check, conv_cases(1), examples=7, seed_=0)
