"""A sweep: its units on any executor, each result journalled as it comes.

A worker that is killed, by the system or by what it runs, takes no result with it. The units that
were under way are tried again one by one, so that the one to blame is known; a unit that fails
``TRIES`` times is given up and named in the result.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from time import perf_counter
from typing import Any

from convproof import errors
from convproof.errors import ConvProofError
from convproof.theorems import DisagreementError
from convproof.verify.isolation.tie import die_with
from convproof.verify.sweep.document import documented, head_of, identity_of
from convproof.verify.sweep.journal import Journal
from convproof.verify.sweep.plan import Wanted, of_shard, planned
from convproof.verify.sweep.unit import Unit, perform
from convproof.verify.targets.open import opened
from convproof.verify.xfail import Expected

TRIES = 3
_AHEAD = 2  # units in hand per worker, so that none waits for the next
_WIDE = 64  # units in hand at an executor that does not tell how many workers it has
Values = dict[str, Any]
On = Callable[[int, int], None]
Perform = Callable[[Unit, int], Values]


def sweep(
    spec: str,
    *,
    wanted: Wanted = Wanted(),  # noqa: B008  # frozen
    shard: tuple[int, int] = (1, 1),
    executor: Executor | None = None,
    workers: int = 1,
    journal: Path | None = None,
    resume: bool = True,
    expected: Sequence[Expected] = (),
    on: On | None = None,
) -> Values:
    """Return the document of a sweep, or of a shard of it.

    Args:
        spec: the target, see ``convproof.verify.targets.find``.
        wanted: what is asked of it.
        shard: ``(i, n)``: part ``i`` of ``n``, from 1.
        executor: whose workers do the units; None: as many processes as ``workers``.
        workers: how many.
        journal: a file for results as they come; None: they are kept in memory.
        resume: whether to go on with what the journal has.
        expected: failures that are known.
        on: told how many units are done, of how many; None: nobody.

    Raises:
        TargetError: if the target cannot be found, or has none of the layers.
        MissingExtraError: if its package is not installed.
        DisagreementError: if the derivation and the oracle differ.
        EvidenceError: if the journal is of another sweep.
    """
    started = perf_counter()
    with opened(spec, kind=wanted.arrays, bare=wanted.bare, device=wanted.device) as (_, target):
        units = planned(spec, target, wanted)
        head = head_of(spec, target, wanted, units=len(units), shard=shard)
    mine = of_shard(units, shard)
    with Journal(journal, identity_of(head), resume=resume) as kept:
        left = [unit for unit in mine if unit.number not in kept.done]
        for found in performed(left, executor=executor, workers=workers):
            kept.add(found)
            if on is not None:
                on(len(kept.done), len(mine))
        results = [kept.done[unit.number] for unit in mine]
    return documented(head, results, expected, seconds=perf_counter() - started)


def performed(
    units: Iterable[Unit],
    *,
    executor: Executor | None = None,
    workers: int = 1,
    perform: Perform = perform,
) -> Iterator[Values]:
    """Return the result of every unit, in the order in which they come.

    Args:
        units: what is to be done.
        executor: whose workers do it; if it breaks, the rest goes on in a pool of our own.
        workers: the size of such a pool.
        perform: what does a unit; it must be importable where the workers are.

    Raises:
        ConvProofError: if a unit ends in one: it would end so anywhere.
    """
    hands = _Hands(executor, workers)
    waiting = deque((unit, 0) for unit in units)
    with hands:
        while waiting or hands.held:
            hands.take(waiting, perform)
            for unit, attempt, outcome in hands.done():
                if isinstance(outcome, dict):
                    yield _or_raise(outcome)
                elif attempt + 1 < TRIES:
                    waiting.appendleft((unit, attempt + 1))
                else:
                    told = f"{type(outcome).__name__}: {outcome}"
                    yield {"unit": unit.number, "layer": unit.layer, "lost": told}


class _Hands:
    """An executor and the units that it has in hand; it is replaced when it breaks."""

    def __init__(self, executor: Executor | None, workers: int) -> None:
        self.held: dict[Future[Values], tuple[Unit, int]] = {}
        self._executor = executor
        self._workers = workers
        self._room = _WIDE if executor is not None else _AHEAD * workers
        self._own = ExitStack()

    def __enter__(self) -> "_Hands":
        if self._executor is None:
            self._executor = self._pool()
        return self

    def __exit__(self, *error: object) -> None:
        for future in self.held:
            future.cancel()
        self._own.close()

    def take(self, waiting: "deque[tuple[Unit, int]]", perform: Perform) -> None:
        """Hand out what there is room for; a unit that was lost before is alone in hand."""
        while waiting and len(self.held) < self._room:
            unit, attempt = waiting[0]
            if self.held and (attempt or any(again for _, again in self.held.values())):
                return
            assert self._executor is not None
            try:
                future = self._executor.submit(perform, unit, attempt)
            except BrokenExecutor:
                if self.held:
                    return
                self._replace()
                continue
            waiting.popleft()
            self.held[future] = (unit, attempt)

    def done(self) -> Iterator[tuple[Unit, int, Values | BaseException]]:
        """Wait for some units, and return them with what came of them."""
        ready, _ = wait(self.held, return_when=FIRST_COMPLETED)
        if any(isinstance(_error(future), BrokenExecutor) for future in ready):
            ready, _ = wait(self.held)  # all that is in hand is lost
            self._replace()
        for future in sorted(ready, key=lambda f: -self.held[f][0].number):
            unit, attempt = self.held.pop(future)
            error = _error(future)
            yield unit, attempt, future.result() if error is None else error

    def _replace(self) -> None:
        self._own.close()
        self._room = _AHEAD * self._workers
        self._executor = self._pool()

    def _pool(self) -> Executor:
        pool = ProcessPoolExecutor(
            self._workers,
            mp_context=get_context("spawn"),
            initializer=_undisturbed,
            initargs=(os.getpid(),),
        )
        self._own.callback(pool.shutdown, wait=True, cancel_futures=True)
        return pool


def _error(future: Future[Values]) -> BaseException | None:
    return CancelledError() if future.cancelled() else future.exception()


def _undisturbed(owner: int) -> None:
    """Leave Ctrl-C to the process that hands out the units, and die with it."""
    signal(SIGINT, SIG_IGN)
    die_with(owner)


def _or_raise(found: Values) -> Values:
    if "error" not in found:
        return found
    if found["error"] == DisagreementError.__name__:
        raise DisagreementError(found["message"])
    kind = getattr(errors, found["error"], ConvProofError)
    if issubclass(kind, ImportError):  # it takes a package and an extra, not a message
        kind = ConvProofError
    raise kind(found["message"])
