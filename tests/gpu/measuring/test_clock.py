"""The order of launches, and what is told of them; on a device whose time is a count."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from convproof_gpu.measuring.clock import Call, Side, Stopwatch, sets_of
from tests.gpu.measuring.fake import FakeDevice


def side(name: str, sets: int = 1, **more: Any) -> Side:
    def call(number: int) -> Call:
        return lambda: f"{name}{number}"

    return Side(name=name, calls=[call(number) for number in range(sets)], **more)


def never(name: str, error: Exception) -> None:
    raise AssertionError(name) from error


def test_sides_take_turns() -> None:
    """A B A B: in every round each side is timed once, after both were prepared."""
    device = FakeDevice()
    a, b = side("a"), side("b")
    Stopwatch(rounds=3, launches=1).compare(device, [a, b], never)

    names = [call() for call in device.order]
    assert names[-6:] == ["a0", "b0"] * 3


def test_the_launches_of_a_graph_walk_over_all_sets() -> None:
    """Launch j uses set j mod n."""
    device = FakeDevice(usual=1.0)
    a = side("a", sets=3)
    Stopwatch(rounds=1, fewest=1, launches=7, turn_us=7.0).compare(device, [a], never)

    assert [call() for call in device.order][-7:] == ["a0", "a1", "a2", "a0", "a1", "a2", "a0"]


@given(st.floats(0.5, 1e5), st.integers(1, 3))
def test_a_time_is_that_of_one_launch(cost: float, sets: int) -> None:
    """``us = (time of a turn) / (replays * launches)``, however many of both there are."""
    device = FakeDevice(usual=cost)
    (timing,) = Stopwatch().compare(device, [side("a", sets)], never).values()

    assert abs(timing.us - cost) < 1e-6 * cost + 1e-6
    assert timing.least <= timing.us <= timing.most
    assert timing.launches <= 10


def test_a_slow_call_is_launched_less_often() -> None:
    """A graph takes 30 ms at most, or is one launch."""
    of = {
        cost: Stopwatch().compare(FakeDevice(usual=cost), [side("a")], never)["a"].launches
        for cost in (100.0, 10_000.0, 50_000.0)
    }
    assert of == {100.0: 10, 10_000.0: 3, 50_000.0: 1}


def test_a_very_slow_call_is_timed_once_and_the_others_as_ever() -> None:
    """An engine of seconds takes two timed launches in all, and its rival the usual rounds."""
    slow, quick = side("slow"), side("quick")
    device = FakeDevice(usual=10.0, costs={slow.calls[0]: 1e6})
    found = Stopwatch().compare(device, [slow, quick], never)

    assert (found["slow"].us, found["slow"].rounds, found["slow"].how) == (1e6, 1, "loop: slow")
    assert (found["quick"].us, found["quick"].rounds) == (10.0, 7)
    assert device.order.count(slow.calls[0]) == 2


class Drifting(FakeDevice):
    """Each call takes as long as the next number says."""

    def __init__(self, *costs: float) -> None:
        super().__init__()
        self._next = iter(costs)

    def made(self, call: Call) -> Any:
        self.usual = next(self._next)
        return super().made(call)


def test_the_median_is_told_with_its_extremes() -> None:
    """Of five rounds; two launches before them prepare."""
    device = Drifting(1.0, 1.0, 5.0, 2.0, 9.0, 3.0, 4.0)
    timing = Stopwatch(rounds=5, launches=1, turn_us=0.0).compare(device, [side("a")], never)["a"]

    assert (timing.least, timing.us, timing.most) == (2.0, 4.0, 9.0)


def test_after_its_time_a_comparison_makes_the_fewest_rounds() -> None:
    clock = iter(range(1000))
    timing = Stopwatch(rounds=7, fewest=3, seconds=0.5).compare(
        FakeDevice(), [side("a")], never, now=lambda: float(next(clock))
    )["a"]

    assert timing.rounds == 3


def test_a_side_that_fails_is_told_and_the_others_are_timed() -> None:
    def breaks() -> None:
        msg = "no engine"
        raise RuntimeError(msg)

    told: dict[str, str] = {}
    found = Stopwatch().compare(
        FakeDevice(),
        [Side(name="bad", calls=[breaks]), side("good")],
        lambda name, error: told.update({name: str(error)}),
    )

    assert told == {"bad": "no engine"}
    assert list(found) == ["good"]


def test_a_side_is_prepared_under_its_own_settings() -> None:
    """And not under those of the side before it."""
    held: list[str] = []
    seen: list[tuple[str, ...]] = []

    @contextmanager
    def setting(name: str) -> Iterator[None]:
        held.append(name)
        yield
        held.remove(name)

    sides = [
        Side(name=n, calls=[lambda: seen.append(tuple(held))], within=lambda n=n: setting(n))  # type: ignore[misc]
        for n in ("x", "y")
    ]
    Stopwatch(rounds=1, fewest=1, launches=1).compare(FakeDevice(), sides, never)

    assert seen[0] == seen[1] == ("x",)
    assert ("y",) in seen
    assert ("x", "y") not in seen


@given(st.integers(1, 1 << 34))
def test_sets_cover_the_cache_or_are_eight(size: int) -> None:
    """``n = 8`` or ``n * bytes >= 128 MiB``, and no set is superfluous."""
    sets = sets_of(size)

    assert sets == 8 or sets * size >= 128 << 20
    assert sets == 1 or (sets - 1) * size < 128 << 20
