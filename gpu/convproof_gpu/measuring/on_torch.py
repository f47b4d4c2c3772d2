"""The stopwatch's device that is a GPU, through PyTorch: a stream, its graphs and its events."""

import gc
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any

from convproof_gpu.measuring.clock import Call

_MUCH = 8 << 30  # bytes that the pools keep
_SAME = 1e-2  # of the norm: two launches of a side may sum in another order, not compute another y


class _Replay:
    """Launches as a graph, or as a loop."""

    def __init__(self, launch: Callable[[], Any], how: str, answers: Sequence[Any] = ()) -> None:
        self.how = how
        self.answers = answers  # lie where the graph writes
        self._launch = launch

    def __call__(self) -> None:
        self._launch()


class TorchDevice:
    """A CUDA device on a stream of its own, on which all launches of a measurement are made.

    PyTorch owns the tensors; our launches go to its current stream, so its graphs capture them.
    """

    def __init__(self) -> None:
        import torch

        self._torch: Any = torch
        self.name = "cuda"
        self._stream = self._torch.cuda.Stream()

    def stream(self) -> AbstractContextManager[Any]:
        """Return a context in which PyTorch's current stream is the device's."""
        context: AbstractContextManager[Any] = self._torch.cuda.stream(self._stream)
        return context

    def synchronize(self) -> None:
        """Wait for everything."""
        self._torch.cuda.synchronize()

    def prepared(self, calls: Sequence[Call], hold: int) -> _Replay:
        """Return a graph of the calls, or a loop where they cannot be captured."""

        def sequence() -> list[Any]:
            kept: deque[Any] = deque(maxlen=hold)
            for call in calls:
                kept.append(call())
            return list(kept)

        with self.stream():
            for _ in range(2):  # the pools of both libraries then have what the capture asks for
                sequence()
        self.synchronize()
        try:
            graph, answers = self._captured(sequence)
        except Exception as error:  # an operation that waits, or allocates otherwise
            why = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
            self.synchronize()
            self._stream = self._torch.cuda.Stream()
            return _Replay(sequence, f"loop: no graph ({why})")
        if not self._writes(graph, answers, calls[-1]):
            return _Replay(sequence, "loop: the graph does not write the answer")
        return _Replay(graph.replay, "graph", answers)

    def elapsed_us(self, replay: Callable[[], Any], times: int) -> float:
        """Return the time between two events around the replays."""
        start, stop = (self._torch.cuda.Event(enable_timing=True) for _ in range(2))
        with self.stream():
            start.record()
            for _ in range(times):
                replay()
            stop.record()
        stop.synchronize()
        return float(start.elapsed_time(stop)) * 1e3

    def latency_us(self, call: Call, times: int) -> float:
        """Return the host's time of one of many calls in a row, the last one waited for."""
        with self.stream():
            call()
            self.synchronize()
            begin = perf_counter()
            for _ in range(times):
                call()
            self.synchronize()
        return (perf_counter() - begin) / times * 1e6

    def release(self) -> None:
        """Give unused memory back if it is much: one library cannot use what the other keeps."""
        cupy = sys.modules.get("cupy")
        pool = cupy.get_default_memory_pool() if cupy is not None else None
        kept = self._torch.cuda.memory_reserved() + (pool.total_bytes() if pool else 0)
        if kept < _MUCH:
            return
        gc.collect()
        self.synchronize()
        self._torch.cuda.empty_cache()
        if pool:
            pool.free_all_blocks()

    def is_alive(self) -> bool:
        """Return whether the context is not lost."""
        try:
            self.synchronize()
        except RuntimeError:
            return False
        return True

    def _captured(self, sequence: Callable[[], list[Any]]) -> tuple[Any, list[Any]]:
        torch = self._torch
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="relaxed"):
            answers = sequence()
        return graph, answers

    def _writes(self, graph: Any, answers: Sequence[Any], call: Call) -> bool:
        """Return whether a replay overwrites a poisoned answer with the one that a call has."""
        torch = self._torch
        with self.stream():
            answer, right = answers[-1], call()
            answer.fill_(float("nan"))
            graph.replay()
            difference = torch.linalg.vector_norm((answer - right).float())
            norm = torch.linalg.vector_norm(right.float())
        return bool(difference <= _SAME * norm)
