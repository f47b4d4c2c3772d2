"""A run in several processes: each opens the target for itself and asks some of the functions.

A function's cases follow from the seed of the run and its name, so the outcomes are those of one
process. What a process could not do, or took with it when it was killed, is done in this one.
"""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from signal import SIG_IGN, SIGINT, signal
from threading import current_thread, main_thread
from typing import Any

from convproof.errors import ConvProofError
from convproof.functions import Function
from convproof.theorems import Subject
from convproof.verify.isolation.tie import die_with
from convproof.verify.runner import Outcome, Plan, jobs

PER_PROCESS = 16  # jobs: for fewer, a process is not worth its start
Opening = Callable[[], Any]
Run = Callable[..., list[Outcome]]
Job = tuple[int, Plan]


def processes(wanted: int | None, plan: Plan) -> int:
    """Return how many processes a run takes: as many as wanted, or as are worth their start."""
    if wanted is not None:
        return wanted
    return max(1, min(_processors(), len(jobs(plan)) // PER_PROCESS))


def run_in(
    workers: int,
    opening: Opening,
    run: Run,
    subject: Subject,
    offered: Iterable[Function],
    plan: Plan,
    *,
    on: Callable[[Outcome], None],
) -> list[Outcome]:
    """Return what ``run`` does, in that order; ``on`` is told in the order of the ends.

    Args:
        workers: how many processes; with one, it is this.
        opening: opens the target, in each of them: it can be pickled, and is called with nothing.
        run: ``runner.run`` or ``deciding.decided``.
        subject: the target as this process has opened it.
        offered: what the target has.
        plan: what is asked.
        on: told of each outcome.
    """
    offered = tuple(offered)
    each = [replace(plan, functions=(f,), dtypes=(dtype,)) for f, dtype, _ in jobs(plan)]
    if min(workers, len(each)) <= 1:
        return run(subject, offered, plan, on=on)
    found: dict[int, list[Outcome]] = {}
    waiting = deque(enumerate(each))
    with ExitStack() as stack:
        hands = [stack.enter_context(_Hand(opening, run)) for _ in range(min(workers, len(each)))]
        while hands:
            ready = wait([hand.pipe for hand in hands])
            for hand in [hand for hand in hands if hand.pipe in ready]:
                number, outcomes = hand.answer()
                if outcomes is not None:
                    found[number] = outcomes
                    for outcome in outcomes:
                        on(outcome)
                if hand.lost or not waiting:
                    hands.remove(hand)
                else:
                    hand.give(waiting.popleft())
    for number, part in enumerate(each):
        if number not in found:
            found[number] = run(subject, offered, part, on=on)
    return [outcome for number in range(len(each)) for outcome in found[number]]


class _Hand:
    """A process that does one job after another."""

    def __init__(self, opening: Opening, run: Run) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.lost = False
        self._process = context.Process(target=_work, args=(theirs, os.getpid(), opening, run))
        with _undisturbed():
            self._process.start()
        theirs.close()

    def __enter__(self) -> "_Hand":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()  # the target's own process ends with it
        self._process.join()
        self.pipe.close()

    def give(self, job: Job) -> None:
        """Tell the process what to do."""
        try:
            self.pipe.send(job)
        except OSError:
            self.lost = True

    def answer(self) -> tuple[int, list[Outcome] | None]:
        """Return the number of a job and what came of it; None: nothing."""
        try:
            number, answer = self.pipe.recv()
        except (EOFError, OSError):
            self.lost = True
            return -1, None
        return number, None if answer is None else pickle.loads(answer)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave Ctrl-C to this process while another one starts, which ignores what is ignored here."""
    if current_thread() is not main_thread():
        yield
        return
    handler = signal(SIGINT, SIG_IGN)
    try:
        yield
    finally:
        signal(SIGINT, handler)


def _work(pipe: Connection, owner: int, opening: Opening, run: Run) -> None:
    """Do jobs until this process is ended; Ctrl-C is for the process that gives them."""
    signal(SIGINT, SIG_IGN)
    die_with(owner)
    number, answer = -1, None
    with suppress(ConvProofError, EOFError, OSError), opening() as (subject, target):
        while True:
            pipe.send((number, answer))
            number, plan = pipe.recv()
            try:
                answer = pickle.dumps(run(subject, target.functions, plan, on=lambda _: None))
            except Exception:  # whatever it is, it is raised where the job is done again
                answer = None


def _processors() -> int:
    count = getattr(os, "process_cpu_count", os.cpu_count)()
    return count or 1
