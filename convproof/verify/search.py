"""Searching for a case that breaks a theorem, and shrinking it: Hypothesis, run as a function.

All theorems of a function are asked of each case in turn. One integer seeds a search, so the same
command gives the same cases, whatever else the process has imported. When a theorem breaks, its
case is shrunk at once, with that theorem alone; then the search goes on with the theorems before
it, which would explain the failure better.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.database import ExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from convproof.cases import Case
from convproof.theorems import Seen, Theorem, Violation
from convproof.verify.seeded import BACKEND, drawn_from
from convproof.violations import kind_of

_IDLE = 10  # cases after which a target that answered none is asked no more
UNSUPPORTED = "unsupported: "  # a reason that begins so is no weakness of the case
Ask = Callable[[Theorem, Case], Seen | None]


@dataclass(slots=True)
class Tally:
    """What was seen of one theorem.

    Attributes:
        examples: cases asked before the first violation, or in all.
        weak: the reasons of the weak cases, with their counts.
        ratio: the worst error over its bound, where there is a bound.
        violation: the law that the smallest case breaks, if any does.
        case: that case.
        found: the case and violation that were seen first, before anything was made smaller.
        flaky: whether a case broke the law once and kept it when it was asked again.
    """

    examples: int = 0
    weak: dict[str, int] = field(default_factory=dict)
    ratio: float | None = None
    violation: Violation | None = None
    case: Case | None = None
    found: tuple[Case, Violation] | None = None
    flaky: bool = False

    @property
    def unsupported(self) -> int:
        """How many cases could not be asked."""
        return sum(n for reason, n in self.weak.items() if reason.startswith(UNSUPPORTED))

    @property
    def answered(self) -> bool:
        """Whether some case was answered."""
        return self.violation is not None or self.examples > self.unsupported

    def note(self, seen: Seen) -> None:
        """Count a case that broke nothing."""
        if seen.weak:
            self.weak[seen.weak] = self.weak.get(seen.weak, 0) + 1
        if seen.ratio is not None:
            self.ratio = max(self.ratio or 0.0, seen.ratio)


class Search:
    """One search among the cases of a function.

    Args:
        theorems: in the order in which a broken one explains the later.
        ask: asks a theorem of a case: raises ``Violation``, or returns what was seen, or None
            where the theorem does not speak of the case.
        examples: how many distinct cases to try.
        seed_: of the search.
        database: where failing cases are kept and asked again first; None: nowhere.
        first: end at the first violation, and make nothing smaller.
    """

    def __init__(
        self,
        theorems: tuple[Theorem, ...],
        ask: Ask,
        *,
        examples: int,
        seed_: int,
        database: ExampleDatabase | None = None,
        first: bool = False,
    ) -> None:
        self.tallies = {theorem: Tally() for theorem in theorems}
        self.cases_asked = 0
        self._ask, self._examples, self._seed = ask, examples, seed_
        self._database, self._first = database, first
        self._active = list(theorems)
        self._broken: Theorem | None = None
        self._fault: Exception | None = None  # of what asks, not of the target
        self._held: set[Case] = set()

    @property
    def shrinking(self) -> bool:
        """Whether a case that broke a theorem is being made smaller."""
        return self._broken is not None

    def among(self, cases: SearchStrategy[Case]) -> dict[Theorem, Tally]:
        """Return what asking all theorems found; a violation has its smallest case."""
        if self._database is not None:
            self._round(cases, 0, Phase.reuse)
        number, before = 0, -1
        while self.cases_asked > before and self._wants_more():
            number, before = number + 1, self.cases_asked
            self._round(cases, number, Phase.generate)
        return self.tallies

    def _wants_more(self) -> bool:
        """Return whether another case would tell something."""
        return bool(self._active) and self.cases_asked < self._examples and not self._is_idle()

    def _is_idle(self) -> bool:
        """Return whether the target answered none of several cases."""
        rest = [tally for law, tally in self.tallies.items() if "rejects" not in law.needs]
        asked = any(tally.examples for tally in rest)
        return self.cases_asked >= _IDLE and asked and not any(tally.answered for tally in rest)

    def _round(self, cases: SearchStrategy[Case], number: int, source: Phase) -> None:
        """Search until a theorem breaks; cases that held already are passed over."""

        @settings(
            backend=BACKEND,
            max_examples=self._examples,
            database=self._database,
            deadline=None,
            phases=(source,) if self._first else (source, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(cases)
        def ask(case: Case) -> None:
            if self._broken is not None:
                self._asked(self._broken, case)
            elif case not in self._held and self._wants_more():
                self.cases_asked += 1
                for theorem in list(self._active):
                    self._asked(theorem, case)
                self._held.add(case)

        try:
            with drawn_from(f"{self._seed} {number}"):
                ask()
        except SkipTest:
            pass  # nothing is kept that could be asked again
        except Violation:
            pass  # Hypothesis asks the smallest case last, so it is the one that was kept
        except Flaky:
            if self._fault is not None:  # the last case that was wanted, which is not asked again
                raise self._fault from None
            if self._broken is None:
                raise
            self.tallies[self._broken].flaky = True
        if self._broken is not None:
            earlier = 0 if self._first else self._active.index(self._broken)
            self._active = self._active[:earlier]
            self._broken = None

    def _asked(self, theorem: Theorem, case: Case) -> None:
        tally = self.tallies[theorem]
        try:
            seen = self._ask(theorem, case)
        except Violation as violation:
            tally.examples += self._broken is None
            kept = tally.violation
            if kept is None:
                tally.found = case, violation
            if kept is None or kind_of(kept) == kind_of(violation):
                tally.violation, tally.case = violation, case
                self._broken = theorem
                raise
            return  # shrinking keeps to the kind of failure that was found
        except Exception as fault:
            self._fault = fault
            raise
        if seen is not None and self._broken is None:
            tally.examples += 1
            tally.note(seen)


def broken(tallies: dict[Theorem, Tally]) -> Iterator[tuple[Theorem, Tally]]:
    """Return the theorems that were broken, in their order."""
    return ((theorem, tally) for theorem, tally in tallies.items() if tally.violation is not None)


def first_broken(tallies: dict[Theorem, Tally]) -> tuple[Theorem, Tally] | tuple[None, Any]:
    """Return the first broken theorem, which explains the others, or None."""
    return next(broken(tallies), (None, None))
