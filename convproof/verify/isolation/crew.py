"""The worker that answers, and after the first death a spare one that is made ready meanwhile."""

import os
import pickle
import sys
from typing import Any, NoReturn

from convproof.errors import ConvProofError, MissingExtraError, TargetError, UnsupportedError
from convproof.verify.isolation.process import LostError, Worker, malformed
from convproof.verify.isolation.wire import MalformedError, Reply

START = 120.0  # seconds that finding a target may take, its imports included
_SMALL = 1 << 15  # bytes that a pipe takes at once, before anybody reads


class Crew:
    """Starts workers, replaces the dead, and ends them all.

    They find convproof and the target where this process would have when the crew was made.

    Args:
        order: what a worker is told to find.
        first_limit: seconds that a worker's first call may take.
        memory: bytes that a worker may grow by.

    Attributes:
        deaths: how many workers were lost.
        warmup: a request that was answered; later workers answer it before they are needed.
    """

    def __init__(self, order: dict[str, Any], *, first_limit: float, memory: int) -> None:
        self.deaths = 0
        self.warmup = b""
        self._order = order
        self._first_limit, self._memory = first_limit, memory
        self._path = [*sys.path]
        self._folder = os.getcwd()  # noqa: PTH109  # a str
        self._current: Worker | None = None
        self._spare: Worker | None = None

    def start(self) -> Reply:
        """Make the first worker ready and return what it found.

        Raises:
            TargetError: if it finds nothing.
            MissingExtraError: if it misses a package.
        """
        worker = self._launched()
        try:
            found = self._greeted(worker)
        except LostError as lost:
            self._refuse(lost)
        self._current = worker
        return found

    def worker(self) -> Worker:
        """Return a worker that waits for a call."""
        if self._current is None:
            spare, self._spare = self._spare, None
            self._current = self._warmed(spare) if spare is not None else None
            if self._current is None:
                self.start()
            if self.deaths:
                self._spare = self._launched(warm=True)
        assert self._current is not None
        return self._current

    def lose(self) -> None:
        """End the worker that answers, which died or is of no more use; start the next."""
        self.drop()
        self.deaths += 1
        if self._spare is None:
            self._spare = self._launched(warm=True)

    def drop(self) -> None:
        """End the worker that answers, through no fault of its own."""
        if self._current is not None:
            self._current.kill()
            self._current = None

    def close(self) -> None:
        """End both; nothing happens the second time."""
        for worker in (self._current, self._spare):
            if worker is not None:
                worker.kill()
        self._current = self._spare = None

    def _launched(self, *, warm: bool = False) -> Worker:
        """Start a process and tell it what to do, without waiting for it."""
        worker = Worker(self._path, self._folder, self._memory)
        try:
            worker.send(pickle.dumps(self._order, 5), START)
            if warm and 0 < len(self.warmup) < _SMALL:
                worker.send(self.warmup, START)
                worker.warm = True
        except LostError:
            pass  # and so it is found when it is needed
        except BaseException:
            worker.kill()
            raise
        return worker

    def _warmed(self, worker: Worker) -> Worker | None:
        """Return the spare when it is ready, or None if it has died meanwhile."""
        try:
            self._greeted(worker)
        except LostError:
            return None
        return worker

    def _greeted(self, worker: Worker) -> Reply:
        """Return what a worker found, when it is ready; kill it if it will not be."""
        try:
            found = worker.receive(START)
            error = None if found.text("is") == "ready" else error_of(found)
            if error is None and worker.warm:
                worker.receive(self._first_limit)
            worker.settle()
        except MalformedError as why:
            worker.kill()
            raise malformed(why) from None
        except BaseException:
            worker.kill()
            raise
        if error is not None:
            worker.kill()
            raise error
        return found

    def _refuse(self, lost: LostError) -> NoReturn:
        spec = self._order["spec"]
        hint = f" ({lost.hint})" if lost.hint else ""
        msg = f"importing {spec!r} failed: {lost.how}{hint}."
        raise TargetError(msg) from None


def error_of(reply: Reply) -> ConvProofError:
    """Return the error that a worker tells of, as this process knows it."""
    word, message = reply.words.get("is"), reply.text("message")
    if word == "unsupported":
        return UnsupportedError(message)
    if word != "missing":
        return TargetError(message)
    error = MissingExtraError("", "")
    ImportError.__init__(error, message)
    return error
