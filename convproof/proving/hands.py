"""Jobs in several processes, one each at a time: one that is killed takes only its own job with it.

The processes end with this one, whatever it dies of, and leave Ctrl-C to it.
"""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from signal import SIG_IGN, SIGINT, Signals, signal
from threading import Thread, current_thread, main_thread
from typing import Any

Work = Callable[[Any], Any]
On = Callable[[int, Any], None]
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}  # of glibc


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What is told of a job instead of an answer.

    Attributes:
        why: in words.
        killed: whether its process ended; else what it did cannot be told to this one.
    """

    why: str
    killed: bool


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shared(work: Work, jobs: Sequence[Any], workers: int | None = None, *, on: On) -> None:
    """Do ``work`` of each job, and tell the number of the job and the answer as each ends.

    Args:
        work: a function that another process can import; it raises nothing that is to be told.
        jobs: what it is called with.
        workers: how many processes; with one, it is this; the processors by default.
        on: told of each.
    """
    count = min(workers or processors(), len(jobs))
    waiting = deque(range(len(jobs)))
    hands: list[_Hand] = []
    try:
        if count > 1:
            hands += [_Hand(work) for _ in range(count)]
        while hands:
            ready = wait([hand.pipe for hand in hands])
            for hand in [hand for hand in hands if hand.pipe in ready]:
                number, answer = hand.job, hand.answer()
                ended = isinstance(answer, Lost) and answer.killed
                if number is not None:
                    on(number, answer)
                if not ended and waiting:
                    hand.give(waiting.popleft(), jobs)
                    continue
                hands.remove(hand)
                hand.end()
                if number is not None and waiting:  # one that did nothing yet cannot be started
                    hands.append(_Hand(work))
    finally:
        for hand in hands:
            hand.end()
    for number in waiting:
        on(number, work(jobs[number]))


class _Hand:
    """A process that does one job after another; it says nothing, once, when it can begin."""

    def __init__(self, work: Work) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.job: int | None = None
        self._process = context.Process(target=_work, args=(theirs, work), daemon=True)
        with _undisturbed(), _memory_held():
            self._process.start()
        theirs.close()

    def give(self, number: int, jobs: Sequence[Any]) -> None:
        self.job = number
        with suppress(OSError):  # it has just ended, as its pipe tells next
            self.pipe.send(jobs[number])

    def answer(self) -> Any:
        try:
            return pickle.loads(self.pipe.recv_bytes())
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"was ended by {_signal(-code)}" if code < 0 else f"ended with exit code {code}"
            return Lost(why=f"the process that decided it {how}", killed=True)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _signal(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


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


@contextmanager
def _memory_held() -> Iterator[None]:
    """Let a process that starts here keep the memory that it frees.

    Engines free and ask again at every step: giving it back each time is a quarter of their time.
    """
    given = {name: value for name, value in _MALLOC.items() if name not in os.environ}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)


def _work(pipe: Connection, work: Work) -> None:
    signal(SIGINT, SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    answer: Any = None
    while True:
        try:
            told = pickle.dumps(answer)
        except Exception as error:  # an answer of another process's classes
            told = pickle.dumps(Lost(why=f"its outcome cannot be told: {error}", killed=False))
        try:
            pipe.send_bytes(told)
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = work(job)
        except BaseException as error:  # whatever it is, the next job is done
            answer = Lost(why=f"{type(error).__name__}: {error}", killed=False)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
