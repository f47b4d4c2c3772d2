"""PyTorch's device: what becomes a graph, and what a loop; with a stand-in for its CUDA.

The stand-in captures as CUDA does: a launch within a capture is noted and not run, and run by each
replay.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch

from convproof_gpu.measuring import on_torch
from convproof_gpu.measuring.on_torch import TorchDevice


class Stand:
    """One stream, and at most one capture of it."""

    def __init__(self) -> None:
        self.captured: list[Callable[[], Any]] | None = None
        self.reserved = 0
        self.emptied = 0
        self.breaks = False

    def launch(self, kernel: Callable[[], Any]) -> None:
        if self.captured is None:
            kernel()
        else:
            self.captured.append(kernel)

    @contextmanager
    def graph(self, graph: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        assert capture_error_mode == "relaxed"
        del stream
        self.captured = graph.kernels
        try:
            yield
            if self.breaks:
                msg = "operation not permitted when stream is capturing\nsecond line"
                raise RuntimeError(msg)
        finally:
            self.captured = None


class Graph:
    def __init__(self) -> None:
        self.kernels: list[Callable[[], Any]] = []

    def replay(self) -> None:
        for kernel in self.kernels:
            kernel()


class Event:
    now = 0.0

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = Event.now

    def synchronize(self) -> None:
        pass

    def elapsed_time(self, other: "Event") -> float:
        return other.at - self.at


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Stand:
    stand = Stand()
    for name, value in {
        "Stream": object,
        "stream": lambda _: nullcontext(),
        "synchronize": lambda: None,
        "graph": stand.graph,
        "CUDAGraph": Graph,
        "Event": Event,
        "memory_reserved": lambda: stand.reserved,
        "empty_cache": lambda: setattr(stand, "emptied", stand.emptied + 1),
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return stand


def adding(stand: Stand, x: torch.Tensor, count: list[int]) -> Callable[[], torch.Tensor]:
    """Return a call that makes its answer by a launch, and counts the launches that ran."""

    def call() -> torch.Tensor:
        y = torch.zeros_like(x)

        def kernel() -> None:
            count[0] += 1
            y.copy_(x + 1)

        stand.launch(kernel)
        return y

    return call


def test_calls_become_one_graph(cuda: Stand) -> None:
    """A replay is as many launches as there are calls, and its answers are theirs."""
    count = [0]
    calls = [adding(cuda, torch.full((3,), float(n)), count) for n in range(4)]
    replay = TorchDevice().prepared(calls, 2)
    before = count[0]
    replay()

    assert replay.how == "graph"
    assert count[0] - before == 4
    assert [float(answer[0]) for answer in replay.answers] == [3.0, 4.0]


def test_what_cannot_be_captured_is_a_loop_that_says_why(cuda: Stand) -> None:
    cuda.breaks = True
    count = [0]
    replay = TorchDevice().prepared([adding(cuda, torch.ones(3), count)] * 3, 1)
    before = count[0]
    replay()

    assert replay.how == "loop: no graph (operation not permitted when stream is capturing)"
    assert count[0] - before == 3


def test_a_graph_that_writes_nothing_is_no_graph(cuda: Stand) -> None:
    """Launches on another stream are run at once, and no replay repeats them."""

    def elsewhere() -> torch.Tensor:
        return torch.ones(3)

    del cuda
    replay = TorchDevice().prepared([elsewhere], 1)

    assert replay.how == "loop: the graph does not write the answer"


def test_a_graph_that_writes_something_else_is_no_graph(cuda: Stand) -> None:
    """Replayed, it must write what the call writes."""
    times = [0.0]

    def changing() -> torch.Tensor:
        y = torch.zeros(3)

        def kernel() -> None:
            times[0] += 1
            y.fill_(times[0])

        cuda.launch(kernel)
        return y

    assert TorchDevice().prepared([changing], 1).how.startswith("loop: the graph")


def test_a_time_is_between_two_events(cuda: Stand) -> None:
    """Milliseconds of CUDA's events, told in microseconds."""
    del cuda

    def replay() -> None:
        Event.now += 0.25

    assert TorchDevice().elapsed_us(replay, 4) == 1000.0


def test_a_latency_is_of_one_call(cuda: Stand) -> None:
    """The call before the first one that is timed warms up."""
    count = [0]
    assert TorchDevice().latency_us(adding(cuda, torch.ones(3), count), 10) > 0
    assert count == [11]


def test_memory_is_given_back_when_it_is_much(cuda: Stand) -> None:
    device = TorchDevice()
    device.release()
    cuda.reserved = on_torch._MUCH
    device.release()

    assert cuda.emptied == 1


def test_a_lost_context_is_seen(cuda: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    del cuda
    device = TorchDevice()
    assert device.is_alive()

    def lost() -> None:
        msg = "CUDA error: an illegal memory access was encountered"
        raise RuntimeError(msg)

    monkeypatch.setattr(torch.cuda, "synchronize", lost)
    assert not device.is_alive()


@pytest.mark.gpu
def test_a_row_is_measured_on_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    """LeNet-5's first layer, forward and both derivatives, as graphs of both sides."""
    import json

    from convproof.cli import run

    assert run(["bench", "gpu", "--layers", "lenet5/conv1", "--precision", "fp32", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]

    assert [row["status"] for row in rows] == ["measured"] * 3
    assert {row["ours"]["how"] for row in rows} == {"graph"}
