"""A worker process as the judge holds it: it may die, hang or grow at any moment.

Nothing here waits without an end: every byte has a deadline, and a worker that breaks one is
killed with all that it started. POSIX only; memory is watched on Linux, from ``/proc``.
"""

import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from socket import socketpair
from time import monotonic

from convproof.verify.isolation.wire import LENGTH, MalformedError, Reply, decode
from convproof.violations import Silence

GIBIBYTE = 2**30
_LOOK = 0.02  # seconds between two looks at a worker
_MOST_GRANTED = 5  # times its limit, for which a busy machine may keep a call waiting
_LAST_WORDS = 4096  # bytes kept of what it writes to standard error
_BURIAL = 2.0  # seconds that a process may take to end
_ONE_THREAD = {  # of BLAS, which spins between tiny calls; a target's own threads stay
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
_BOOT = (
    "import sys; sys.path[:] = {path!r}; from convproof.verify.isolation.worker import main; main()"
)


class LostError(Exception):
    """A worker is of no more use.

    Args:
        how: what happened, as the end of a sentence that begins "but".
        silence: whether it crashed, hung or grew.
        hint: what is known to cause this, or the last that it said.
    """

    def __init__(self, *, how: str, silence: Silence = "crashed", hint: str = "") -> None:
        super().__init__(how)
        self.how = how
        self.silence = silence
        self.hint = hint


def malformed(error: MalformedError) -> LostError:
    """Return what a reply means that no worker writes."""
    return LostError(how="the process wrote what is no answer", hint=str(error))


class Worker:
    """One process, started at once and ready later.

    Args:
        path: its ``sys.path``.
        folder: its working directory.
        memory: bytes that it may grow by while it answers.

    Attributes:
        warm: whether it has answered a call.
    """

    def __init__(self, path: list[str], folder: str, memory: int) -> None:
        self.warm = False
        self._memory = memory
        self._base: int | None = None
        self._queued_before: float | None = None
        self._granted = 0.0
        self._owner = os.getpid()
        ours, theirs = socketpair()
        said, say = os.pipe()
        with theirs:
            command = [sys.executable, "-c", _BOOT.format(path=path), str(theirs.fileno())]
            try:
                self.process = subprocess.Popen(
                    [*command, str(_parent())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=say,
                    cwd=folder,
                    env={**_ONE_THREAD, **os.environ},
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                os.close(said)
                raise
            finally:
                os.close(say)
        ours.setblocking(False)
        os.set_blocking(said, False)
        self._pipe, self._inbox = ours, bytearray()
        self._stderr, self._last_words = said, b""
        self._poll = select.poll()
        self._poll.register(ours, select.POLLIN)
        self._poll.register(said, select.POLLIN)
        self._closed = False

    def settle(self) -> None:
        """Take the memory that it has now for what it needs before any call."""
        self._base = _resident(self.process.pid)

    @property
    def has_grown(self) -> bool:
        """Whether it holds half of what it may grow by: it keeps what it should drop."""
        grown = 0 if self._base is None else _resident(self.process.pid) - self._base
        return 2 * grown > self._memory

    def send(self, request: bytes, limit: float) -> None:
        """Send a request.

        Raises:
            LostError: if the worker does not take it within the limit, in seconds.
        """
        until = monotonic() + limit
        self._queued_before, self._granted = None, 0.0
        left = memoryview(LENGTH.pack(len(request)) + request)
        self._last_words = b""
        if self._base is not None and (self._inbox or (self._answered() and self._chunk())):
            raise malformed(MalformedError("it came before the call"))
        while left:
            try:
                left = left[self._pipe.send(left) :]
            except BlockingIOError:
                self._poll.modify(self._pipe, select.POLLOUT)
                try:
                    self._wait(until, limit)
                finally:
                    self._poll.modify(self._pipe, select.POLLIN)
            except OSError:
                raise self._gone() from None

    def receive(self, limit: float) -> Reply:
        """Return the next reply.

        Raises:
            LostError: if none comes within the limit, in seconds.
        """
        until = monotonic() + limit
        self._fill(LENGTH.size, until, limit)
        end = LENGTH.size + LENGTH.unpack_from(self._inbox)[0]
        if end > self._memory + GIBIBYTE:
            raise malformed(MalformedError(f"it says it has {end} bytes"))
        self._fill(end, until, limit)
        body, self._inbox = self._inbox[LENGTH.size : end], self._inbox[end:]
        try:
            return decode(body)
        except MalformedError as error:
            raise malformed(error) from None

    def _fill(self, size: int, until: float, limit: float) -> None:
        """Wait until so many bytes have come."""
        while len(self._inbox) < size:
            self._wait(until, limit)
            self._inbox += self._chunk()

    def _chunk(self) -> bytes:
        try:
            chunk = self._pipe.recv(1 << 20)
        except OSError:
            chunk = b""
        if not chunk:
            raise self._gone()
        return chunk

    def kill(self) -> None:
        """End the process and all that it started; nothing happens the second time."""
        if self._closed or os.getpid() != self._owner:
            return
        self._closed = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_BURIAL)
        self._pipe.close()
        os.close(self._stderr)

    def _wait(self, until: float, limit: float) -> None:
        """Return when the pipe is ready; hear and look at the worker meanwhile."""
        pipe, look = self._pipe.fileno(), monotonic() + _LOOK
        while True:
            now = monotonic()
            if now >= until + self._granted:
                self._grant(limit)
            left = until + self._granted - now
            if left <= 0:
                raise LostError(how=f"it did not end within {limit:.3g} s", silence="hung")
            ready = dict(self._poll.poll(1000 * min(_LOOK, left)))
            if self._stderr in ready:
                self._hear()
            if pipe in ready:
                return
            if monotonic() >= look:
                self._look()
                look = monotonic() + _LOOK

    def _grant(self, limit: float) -> None:
        """Add to the call's time that for which a busy machine gave the worker no processor."""
        if self._queued_before is not None:
            waited = _queued(self.process.pid) - self._queued_before
            self._granted = min(max(waited, self._granted), _MOST_GRANTED * limit)

    def _look(self) -> None:
        if self._queued_before is None:
            self._queued_before = _queued(self.process.pid)
        if self._base is not None:
            grown = _resident(self.process.pid) - self._base
            if grown > self._memory:
                how = (
                    f"the process grew by {grown / GIBIBYTE:.2g} GiB, and "
                    f"{self._memory / GIBIBYTE:.2g} GiB are allowed"
                )
                raise LostError(how=how, silence="memory")
        if self.process.poll() is not None and not self._answered():
            raise self._gone()  # what it started may hold the pipe open

    def _answered(self) -> bool:
        return any(fd == self._pipe.fileno() for fd, _ in self._poll.poll(0))

    def _gone(self) -> LostError:
        """Return how the process ended, or that it closed the pipe and went on."""
        try:
            code = self.process.wait(_BURIAL)
        except subprocess.TimeoutExpired:
            return LostError(how="the process closed the pipe that its answers go through")
        self._hear()
        lines = [line for line in self._last_words.decode(errors="replace").splitlines() if line]
        hint = f"the last it wrote to standard error: {lines[-1][:200]}" if lines else ""
        if code == -signal.SIGKILL and not hint:
            hint = "nobody else kills it so but the system, when memory is short"
        return LostError(how=_ending(code), hint=hint)

    def _hear(self) -> None:
        """Keep the last that the process wrote to standard error."""
        while True:
            try:
                heard = os.read(self._stderr, 1 << 16)
            except OSError:
                return
            if not heard:
                with suppress(KeyError):
                    self._poll.unregister(self._stderr)
                return
            self._last_words = (self._last_words + heard)[-_LAST_WORDS:]


def _parent() -> int:
    """Return the process that a worker dies with; 0 in a thread, for the tie would be to that."""
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0


def _ending(code: int) -> str:
    if code >= 0:
        return f"the process left with exit code {code}"
    try:
        return f"the process died of {signal.Signals(-code).name}"
    except ValueError:
        return f"the process died of signal {-code}"


def _queued(pid: int) -> float:
    """Return the seconds that a process waited for a processor; 0 where the system does not tell.

    Of its threads, the one that waited longest.
    """
    waited = [0.0]
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):
            waited.append(int(thread.read_text(encoding="ascii").split()[1]) / 1e9)
    return max(waited)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 where the system does not tell."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
