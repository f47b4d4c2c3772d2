"""Searching for a case that breaks a theorem, and shrinking it: Hypothesis, run as a function.

One integer seeds a search, so the same command gives the same cases. Nothing is kept on disk.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from convproof.cases import ConvCase
from convproof.theorems import Violation

_ROUND = 10  # beyond it Hypothesis mutates earlier cases instead of drawing new ones
_MOST_ROUNDS = 3  # times as many as would do if no case came twice


@dataclass(slots=True, kw_only=True)
class Found:
    """What a search saw.

    Attributes:
        examples: cases tried before the first violation, or in all.
        weak: the reasons of the weak cases, with their counts.
        violation: the law that the smallest case breaks, if any does.
        case: that case.
        flaky: whether a case broke the law once and kept it when it was asked again.
    """

    examples: int
    weak: dict[str, int]
    violation: Violation | None = None
    case: ConvCase | None = None
    flaky: bool = False


def search(
    check: Callable[[ConvCase], str | None],
    cases: SearchStrategy[ConvCase],
    *,
    examples: int,
    seed_: int,
) -> Found:
    """Return what checking ``examples`` distinct cases found; a violation has its smallest case.

    Args:
        check: raises ``Violation``, or returns why the case was weak, or None.
        cases: where cases are drawn from.
        examples: how many to try.
        seed_: of the search.
    """
    found = Found(examples=0, weak={})
    held: set[ConvCase] = set()
    for number in range(_MOST_ROUNDS * -(-examples // _ROUND)):
        if found.violation is not None or found.examples >= examples:
            break
        _round(check, cases, found, held, most=examples, seed_=seed_ + number * 2**32)
    return found


def _round(
    check: Callable[[ConvCase], str | None],
    cases: SearchStrategy[ConvCase],
    found: Found,
    held: set[ConvCase],
    *,
    most: int,
    seed_: int,
) -> None:
    """Search among a few cases, each drawn afresh; those that held already are passed over."""

    @settings(
        max_examples=_ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @seed(seed_)
    @given(cases)
    def ask(case: ConvCase) -> None:
        searching = found.violation is None
        if case in held or (searching and found.examples >= most):
            return
        found.examples += searching
        try:
            weak = check(case)
        except Violation as violation:
            found.violation, found.case = violation, case
            raise
        held.add(case)
        if weak is not None and searching:
            found.weak[weak] = found.weak.get(weak, 0) + 1

    try:
        ask()
    except Violation:
        pass  # Hypothesis asks the smallest case last, so it is the one that was kept
    except Flaky:
        if found.violation is None:
            raise
        found.flaky = True
