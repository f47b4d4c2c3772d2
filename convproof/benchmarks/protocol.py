"""How two rivals are timed: in turn, each warm, and neither beside the other's idle threads.

The worker threads of a BLAS spin for some milliseconds after a product, and take a core from
whatever runs next. So before each side's turn there is a pause, then calls that are not timed.
The best time is reported, for what disturbs a call only adds to it, and the median beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, sleep
from typing import Any

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How long a comparison takes.

    Attributes:
        rounds: turns of each side at least.
        patience: seconds that a comparison takes at least: quick calls get more turns.
        pause: seconds before a turn.
        calls: timed calls of a turn at most, after as many that are not timed.
        seconds: a turn's time, after which no call is begun; the first one always is.
    """

    rounds: int = 6
    patience: float = 5.0
    pause: float = 0.06
    calls: int = 4
    seconds: float = 0.4

    def compare(self, *sides: Call) -> list[dict[str, float]]:
        """Return the best and the median milliseconds of each side."""
        times: list[list[float]] = [[] for _ in sides]
        begin, turns = perf_counter(), 0
        while turns < self.rounds or perf_counter() - begin < self.patience:
            turns += 1
            for side, seen in zip(sides, times, strict=True):
                sleep(self.pause)
                self._turn(side)
                seen.extend(self._turn(side))
        return [{"best": _ms(min(seen)), "median": _ms(median(seen))} for seen in times]

    def _turn(self, call: Call) -> list[float]:
        seen: list[float] = []
        while len(seen) < self.calls and (not seen or sum(seen) < self.seconds):
            begin = perf_counter()
            call()
            seen.append(perf_counter() - begin)
        return seen


QUICK = Protocol(rounds=1, patience=0.0, pause=0.0, calls=1, seconds=0.0)


def seconds_of(call: Call) -> tuple[float, Any]:
    """Return how long one call takes, and what it returns."""
    begin = perf_counter()
    result = call()
    return perf_counter() - begin, result


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 4)
