"""How rivals are timed: in turn, on rotated buffers, as graphs of launches, by the GPU's events.

Each side's ten launches are one graph, so that the host's work is not measured; they walk over
several sets of buffers, so that what one launch leaves in the L2 is not what the next one reads.
In every round each side has its turn, A B A B, so that a drifting clock disturbs all alike. A
median is told with the least and the most: differences inside them are ties.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter
from typing import Any, Protocol

Call = Callable[[], Any]


class Replay(Protocol):
    """Launches that were prepared, and how: ``"graph"``, or ``"loop"`` with the reason."""

    how: str

    def __call__(self) -> None:
        """Launch them again, without waiting."""


class Device(Protocol):
    """What times launches.

    Attributes:
        name: as PyTorch calls it.
    """

    name: str

    def stream(self) -> AbstractContextManager[Any]:
        """Return a context in which everything is launched in one order."""

    def release(self) -> None:
        """Give back what memory nobody holds."""

    def is_alive(self) -> bool:
        """Return whether it still computes: a launch that read beyond its memory ends that."""

    def prepared(self, calls: Sequence[Call], hold: int) -> Replay:
        """Return the calls as one replay; of their answers the last ``hold`` are kept alive."""

    def elapsed_us(self, replay: Callable[[], Any], times: int) -> float:
        """Return the device's microseconds of so many replays, one after the other."""

    def latency_us(self, call: Call, times: int) -> float:
        """Return the microseconds of one call, seen by the host that makes many and then waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A rival, or we.

    Attributes:
        name: as told.
        calls: the same call on each set of buffers.
        within: the settings under which it launches.
    """

    name: str
    calls: Sequence[Call]
    within: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Microseconds of one launch.

    Attributes:
        us: the median of the rounds.
        least: of them.
        most: of them.
        rounds: how many.
        launches: of a replay.
        how: see ``Replay``.
    """

    us: float
    least: float
    most: float
    rounds: int
    launches: int
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """How long a comparison takes.

    Attributes:
        rounds: of all sides.
        fewest: rounds that are made even if the time is over.
        launches: of a graph, at most.
        graph_us: a graph's time, at most, unless it is one launch.
        turn_us: a turn's time, at least, so that the graph's own launch does not count.
        seconds: of the rounds of one comparison, after which no more than the fewest are made.
        slow_us: a call's time from which it is timed once more, and not as a graph.
    """

    rounds: int = 7
    fewest: int = 3
    launches: int = 10
    graph_us: float = 30_000.0
    turn_us: float = 1_000.0
    seconds: float = 1.5
    slow_us: float = 100_000.0

    def compare(
        self,
        device: Device,
        sides: Sequence[Side],
        failed: Callable[[str, Exception], None],
        now: Callable[[], float] = perf_counter,
    ) -> dict[str, Timing]:
        """Return the timing of every side by its name.

        Args:
            device: what times.
            sides: with names of their own.
            failed: told of a side that cannot be prepared, which is left out.
            now: seconds, of any clock.
        """
        ready = []
        for side in sides:
            try:
                ready.append(self._ready(device, side))
            except Exception as error:  # a rival may lack memory, or an engine for the layer
                failed(side.name, error)
        seen: dict[str, list[float]] = {turn.name: [] for turn in ready}
        begin = now()
        for number in range(self.rounds):
            if number >= self.fewest and now() - begin > self.seconds:
                break
            for turn in ready:
                if turn.is_slow and number:
                    continue
                whole = device.elapsed_us(turn.replay, turn.times)
                seen[turn.name].append(whole / turn.times / turn.launches)
        return {turn.name: turn.timing(seen[turn.name]) for turn in ready}

    def _ready(self, device: Device, side: Side) -> "_Turn":
        with side.within():
            side.calls[0]()  # searches, compiles and allocates
            once = max(device.elapsed_us(side.calls[-1], 1), 0.1)
            if once > self.slow_us:
                return _Turn(side.name, side.calls[0], "loop: slow", is_slow=True)
            launches = max(1, min(self.launches, int(self.graph_us / once)))
            calls = [side.calls[number % len(side.calls)] for number in range(launches)]
            replay = device.prepared(calls, len(side.calls))
        each = max(device.elapsed_us(replay, 1), 0.1)
        times = max(1, min(100, ceil(self.turn_us / each)))
        return _Turn(side.name, replay, replay.how, launches, times)


@dataclass(frozen=True, slots=True)
class _Turn:
    name: str
    replay: Callable[[], Any]
    how: str
    launches: int = 1
    times: int = 1
    is_slow: bool = False

    def timing(self, seen: Sequence[float]) -> Timing:
        return Timing(
            us=median(seen),
            least=min(seen),
            most=max(seen),
            rounds=len(seen),
            launches=self.launches,
            how=self.how,
        )


def sets_of(set_bytes: int, apart: int = 128 << 20, most: int = 8) -> int:
    """Return how many sets of buffers are as many bytes as lie between two uses of one.

    Args:
        set_bytes: of one set.
        apart: twice the L2 of an H100 or more.
        most: sets.

    Example:
        >>> sets_of(1 << 30), sets_of(50 << 20), sets_of(1)
        (1, 3, 8)
    """
    return max(1, min(most, ceil(apart / max(1, set_bytes))))
