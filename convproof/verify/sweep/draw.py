"""The geometries of a unit: a function of layer, offers and seed, and of nothing else.

A sweep is cut over processes, so its cases are those of ``convproof.verify.seeded``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Flaky

from convproof.cases import Case
from convproof.strategies import cases
from convproof.verify.seeded import BACKEND, drawn_from
from convproof.violations import Violation, kind_of

_MOST_ROUNDS = 8  # small layers run out of geometries
Ask = Callable[[Case], object]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the cases of one unit come from.

    Attributes:
        layer: its functional name.
        offers: see ``convproof.strategies.cases``.
        count: how many cases.
        seed: any text: other texts, other cases.
    """

    layer: str
    offers: frozenset[str]
    count: int
    seed: str

    def drawn(self) -> dict[Case, int]:
        """Return as many distinct cases, or all that turn up, each with its round."""
        found: dict[Case, int] = {}
        for number in range(_MOST_ROUNDS):
            turn = count()

            def keep(case: Case, turn: Iterator[int] = turn, number: int = number) -> None:
                if next(turn) and len(found) < self.count:  # the first is always the simplest one
                    found.setdefault(case, number)

            self._round(number, keep)
            if len(found) == self.count:
                break
        return found

    def smallest(self, number: int, failing: Case, ask: Ask) -> tuple[Case, Violation, bool]:
        """Return the smallest case that breaks a law as a drawn one does, and whether it is flaky.

        Args:
            number: the round of the case.
            failing: the case.
            ask: raises ``Violation`` if a case breaks the law.

        Raises:
            LookupError: if it breaks none any more.
        """
        kept: tuple[Case, Violation] | None = None

        def again(case: Case) -> None:
            nonlocal kept
            if kept is None and case != failing:
                return
            try:
                ask(case)
            except Violation as violation:
                if kept is None or kind_of(kept[1]) == kind_of(violation):
                    kept = case, violation
                    raise

        flaky = False
        try:
            self._round(number, again, Phase.shrink)
        except Violation:
            pass  # Hypothesis asks the smallest case last, so it is the one that was kept
        except Flaky:
            flaky = True
        if kept is None:
            msg = f"it broke a law once, and kept it when asked again: {failing}"
            raise LookupError(msg)
        return *kept, flaky

    def _round(self, number: int, ask: Callable[[Case], None], *phases: Phase) -> None:
        """Ask cases of a round, drawn by a backend that knows its seed alone."""

        @settings(
            backend=BACKEND,
            max_examples=self.count + 1,
            database=None,
            deadline=None,
            phases=(Phase.generate, *phases),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(cases(self.layer, self.offers))
        def each(case: Case) -> None:
            ask(case)

        with drawn_from(f"{self.seed} {number}"):
            each()
