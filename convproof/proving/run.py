"""Proofs in several processes, for an engine uses one processor."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal

from convproof.proving.find import Asked, found
from convproof.proving.outcome import Outcome, outcome


def run(
    things: Sequence[Asked], workers: int | None = None, *, on: Callable[[Outcome], None]
) -> tuple[Outcome, ...]:
    """Return what became of each, in the order they are given.

    Args:
        things: what is to be proved.
        workers: how many processes; with one, it is this; the processors by default.
        on: told of each as it ends.
    """
    count = min(workers or os.cpu_count() or 1, len(things))
    if count <= 1:
        done = []
        for each in things:
            done.append(_decided(each))
            on(done[-1])
        return tuple(done)
    results: dict[Asked, Outcome] = {}
    with _pool(count) as pool:
        waiting: dict[Future[Outcome], Asked] = {pool.submit(_decided, e): e for e in things}
        while waiting:
            ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                each = waiting.pop(future)
                try:
                    results[each] = future.result()
                except BrokenProcessPool:  # an engine took its process with it
                    results[each] = _died(each)
                on(results[each])
    return tuple(results[each] for each in things)


def _decided(each: Asked) -> Outcome:
    return outcome(each.name, found(each.spec))


def _died(each: Asked) -> Outcome:
    return Outcome(
        name=each.name,
        kind="",
        verdict="unknown",
        findings=(),
        changed="",
        twin=(),
        seconds=0.0,
        error="a process of the run was killed before this was decided: ask it by itself",
    )


@contextmanager
def _pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes leave Ctrl-C to this one, and end with it."""
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_deaf)
    try:
        yield pool
    except BaseException:
        for process in (pool._processes or {}).values():  # noqa: SLF001  # kill_workers: Python 3.14
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _deaf() -> None:
    signal(SIGINT, SIG_IGN)
