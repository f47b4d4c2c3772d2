"""A device that launches on the CPU, and whose time is a count: nothing here reads a clock."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from convproof_gpu.measuring.clock import Call


class FakeReplay:
    """Calls, made again when it is called."""

    how = "graph"

    def __init__(self, device: "FakeDevice", calls: Sequence[Call]) -> None:
        self._device, self._calls = device, calls

    def __call__(self) -> None:
        for call in self._calls:
            self._device.made(call)


class FakeDevice:
    """Every call takes as many microseconds as ``costs`` says, else ``usual``."""

    name = "cpu"

    def __init__(self, usual: float = 10_000.0, costs: dict[Call, float] | None = None) -> None:
        self.usual, self.costs = usual, costs or {}
        self.order: list[Call] = []
        self.clock = 0.0
        self.alive = True

    def made(self, call: Call) -> Any:
        self.clock += self.costs.get(call, self.usual)
        self.order.append(call)
        return call()

    def stream(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def release(self) -> None:
        pass

    def is_alive(self) -> bool:
        return self.alive

    def prepared(self, calls: Sequence[Call], hold: int) -> FakeReplay:
        assert hold >= 1
        return FakeReplay(self, list(calls))

    def elapsed_us(self, replay: Callable[[], Any], times: int) -> float:
        begin = self.clock
        for _ in range(times):
            if isinstance(replay, FakeReplay):
                replay()
            else:
                self.made(replay)
        return self.clock - begin

    def latency_us(self, call: Call, times: int) -> float:
        assert times > 1
        return self.elapsed_us(call, 1) + 1
