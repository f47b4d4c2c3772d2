"""The search: the same cases for the same seed, the smallest counterexample, honest flakiness."""

import ast
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from convproof.calls import Answer, Call, call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.strategies import cases
from convproof.theorems import Seen, Theorem, Unanswered, Violation
from convproof.verify.runner import _confirm
from convproof.verify.search import Search, Tally, first_broken
from tests.processes import printed_whatever_is_imported


def _theorem(name: str) -> Theorem:
    return Theorem(name=name, statement=name, latex=name, check=lambda *_: Seen())


ONE, TWO, THREE = map(_theorem, ("one", "two", "three"))


def _refuse(case: Case, law: str = "none") -> None:
    raise Violation(law=law, call=call_of(Function("conv2d"), case, case.integers()))


def _searched(
    check: Callable[[Case], Seen | None], layer: str = "conv2d", *, examples: int, seed: int = 0
) -> Tally:
    search = Search((ONE,), lambda _, case: check(case), examples=examples, seed_=seed)
    return search.among(cases(layer))[ONE]


def _stride(case: Case) -> tuple[int, ...]:
    assert isinstance(case.layer, Conv)
    return case.layer.stride


def test_the_same_seed_asks_the_same_cases() -> None:
    def asked(seed: int) -> list[Case]:
        seen: list[Case] = []
        _searched(seen.append, examples=20, seed=seed)
        return seen

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)
    assert len(asked(1)) == 20


def test_the_same_seed_asks_the_same_cases_whatever_a_process_has_imported() -> None:
    """Hypothesis's own source of data mixes in constants of the modules it finds imported."""
    code = (
        "from convproof.verify.search import Search; from convproof.strategies import cases;"
        "from convproof.theorems import Seen, THEOREMS; seen = [];"
        "ask = lambda _, case: seen.append(str((case, case.seed)));"
        "Search(THEOREMS[:1], ask, examples=60, seed_=3).among(cases('conv2d')); print(seen)"
    )
    assert len(ast.literal_eval(printed_whatever_is_imported(code))) == 60


def test_no_case_is_asked_twice() -> None:
    """Cases that come again are passed over, not counted."""
    seen: list[Case] = []
    _searched(seen.append, examples=40)
    assert len(set(seen)) == len(seen) == 40


def test_a_violation_comes_with_its_smallest_case() -> None:
    """Every convolution with stride > 1 on the second axis: the smallest is stride (1, 2)."""

    def check(case: Case) -> Seen:
        if _stride(case)[1] > 1:
            _refuse(case)
        return Seen()

    found = _searched(check, examples=50)
    assert found.violation is not None
    assert found.case is not None
    assert _stride(found.case) == (1, 2)
    assert found.case.input_shape == (1, 1, 1, 1)


def test_a_broken_theorem_leaves_the_earlier_ones_to_be_searched() -> None:
    """The third breaks at once and the second later: the second, which explains it, is told."""
    asked: dict[str, int] = {}

    def ask(theorem: Theorem, case: Case) -> Seen:
        asked[theorem.name] = asked.get(theorem.name, 0) + 1
        if theorem is THREE or (theorem is TWO and _stride(case)[1] > 1):
            _refuse(case, theorem.name)
        return Seen()

    search = Search((ONE, TWO, THREE), ask, examples=50, seed_=0)
    tallies = search.among(cases("conv2d"))
    broken, tally = first_broken(tallies)
    assert broken is TWO
    assert str(tally.violation) == "two"
    assert tallies[THREE].violation is not None
    assert tallies[ONE].examples == search.cases_asked == 50


def test_who_wants_only_the_first_violation_gets_it_and_nothing_more_is_asked() -> None:
    """The third breaks at stride 2: neither a smaller case nor the laws before it are asked."""
    asked: list[tuple[str, Case]] = []

    def ask(theorem: Theorem, case: Case) -> Seen:
        asked.append((theorem.name, case))
        if theorem is THREE and _stride(case)[1] > 1:
            _refuse(case, theorem.name)
        return Seen()

    search = Search((ONE, TWO, THREE), ask, examples=50, seed_=0, first=True)
    broken, tally = first_broken(search.among(cases("conv2d")))
    assert broken is THREE
    assert len({case for _, case in asked}) == search.cases_asked < 50
    assert asked[-1] == (THREE.name, tally.case)


def test_an_answer_that_changes_when_asked_again_is_flaky_and_fails() -> None:
    calls = count()

    def check(case: Case) -> Seen:
        if next(calls) == 3:
            _refuse(case)
        return Seen()

    found = _searched(check, "conv1d", examples=20)
    assert found.flaky
    assert found.violation is not None


def test_weak_cases_are_counted_by_reason() -> None:
    found = _searched(lambda _: Seen("it could not fail"), "conv1d", examples=7)
    assert found.weak == {"it could not fail": 7}


def test_cases_that_a_theorem_does_not_speak_of_are_no_examples() -> None:
    assert _searched(lambda _: None, "conv1d", examples=7) == Tally()


def test_the_worst_ratio_is_kept() -> None:
    ratios = iter([0.25, 0.5, 0.125])
    assert _searched(lambda _: Seen("", next(ratios)), "conv1d", examples=3).ratio == 0.5


def test_an_error_of_our_own_is_never_taken_for_a_pass() -> None:
    def check(_: Case) -> Seen:
        msg = "a bug in a theorem"
        raise ZeroDivisionError(msg)

    with pytest.raises(ZeroDivisionError):
        _searched(check, "conv1d", examples=7)


def test_an_error_of_our_own_in_the_last_case_is_told_as_it_is() -> None:
    """It is not asked again, as no more cases are wanted: that does not make it unreliable."""
    asked = count(1)

    def check(case: Case) -> Seen:
        del case
        if next(asked) == 5:
            raise ZeroDivisionError
        return Seen()

    with pytest.raises(ZeroDivisionError):
        _searched(check, examples=5)


def test_a_slow_call_does_not_stand_for_one_that_hangs() -> None:
    """Shrunk to a call that only the short limit ends, the failure is told as it was found."""
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(1,), stride=(1,), padding=((0, 0),),
        dilation=(1,), bias=False,
    )  # fmt: skip
    large, small = (Case(layer=layer, input_shape=(1, 1, size)) for size in (4, 1))

    class Slow:
        shrinking = False
        layouts = ("plain",)

        def ask(self, call: Call) -> Answer:
            del call
            return Answer(np.zeros(1), Arrays())

        def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
            raise NotImplementedError

    function = Function("conv1d")
    hangs = [
        Unanswered(law="hung", call=call_of(function, case, case.integers()), silence="hung")
        for case in (large, small)
    ]
    tally = Tally(violation=hangs[1], case=small, found=(large, hangs[0]))
    _confirm(Slow(), tally)

    assert tally.case == large
    assert tally.violation is hangs[0]
