"""The judge's side: a target asked in another process, which may die, hang or grow.

Limits: 10 s for every call; while a failure is being made smaller, 50 times the slowest call that
was answered, and at least half a second. Memory is watched while a call runs (on Linux).
"""

import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from time import monotonic
from types import TracebackType
from typing import Any

import numpy as np

from convproof import errors
from convproof.calls import Answer, Call
from convproof.cases import Arrays
from convproof.errors import ConvProofError, TargetError, UnsupportedError
from convproof.functions import Function
from convproof.verify.isolation.wire import WireError, receive, send
from convproof.violations import Unanswered

LONG = 10.0
_SHORTEST, _TIMES = 0.5, 50
_LOOK = 0.02  # seconds between two looks at the worker's memory
GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker found, as ``convproof.verify.targets.find.Target`` has it, without the code."""

    spec: str
    functions: tuple[Function, ...]
    supports: frozenset[str]
    lacks: frozenset[str]
    versions: Mapping[str, str]
    prelude: str
    expression: Mapping[Function, str]


class _Worker:
    """One process, started at once and ready later."""

    def __init__(self, order: dict[str, Any]) -> None:
        ours, theirs = socketpair()
        command = [sys.executable, "-m", "convproof.verify.isolation.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_importable())},
        )
        theirs.close()
        self.pipe = Connection(ours.detach())
        self._end = weakref.finalize(self, _end, self.process, self.pipe)
        send(self.pipe, order)

    def close(self) -> None:
        """Kill the process, if it lives, and wait for it."""
        self._end()


class IsolatedSubject:
    """A target in a worker process; a subject of the theorems.

    Args:
        spec: see ``convproof.verify.targets.find``.
        kind: the arrays it takes.
        bare: what a function is that has no name of ours.
        device: where torch's tensors lie.
        limit: seconds that a call may take.
        memory: bytes that the worker may grow by.

    Raises:
        TargetError: if the target cannot be found.
        MissingExtraError: if its package is not installed.
    """

    def __init__(
        self,
        spec: str,
        *,
        kind: str = "numpy",
        bare: Function = Function("conv2d"),
        device: str = "cpu",
        limit: float = LONG,
        memory: int = 4 * GIBIBYTE,
    ) -> None:
        self.shrinking = False
        self.restarts = 0
        self._order = {
            "spec": spec,
            "kind": kind,
            "bare": bare.name,
            "device": device,
            "path": [*sys.path],
        }
        self._limit, self._memory = limit, memory
        self._slowest = 0.0
        self._worker: _Worker | None = None
        self._spare: _Worker | None = None
        hello = self._start()
        self.target = Found(
            spec=spec,
            functions=tuple(map(Function.named, hello["functions"])),
            supports=frozenset(hello["supports"]),
            lacks=frozenset(hello["lacks"]),
            versions=hello["versions"],
            prelude=hello["prelude"],
            expression={Function.named(n): text for n, text in hello["expression"].items()},
        )
        self._layouts: tuple[str, ...] = hello["layouts"]

    @property
    def layouts(self) -> tuple[str, ...]:
        """The memory layouts that the target's arrays can have."""
        return self._layouts

    def ask(self, call: Call) -> Answer:
        """Return the target's answer."""
        answer = self._asked(call, "ask", call)
        if not isinstance(answer, Answer):
            raise self._lost(call, "sent no answer")
        return answer

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return two answers, the second after the same buffers were overwritten."""
        first, again = self._asked(call, "ask_twice", call, second)
        return first, again

    def close(self) -> None:
        """End the worker and its spare."""
        for worker in (self._worker, self._spare):
            if worker is not None:
                worker.close()
        self._worker = self._spare = None

    def __enter__(self) -> "IsolatedSubject":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> dict[str, Any]:
        """Make a worker ready: the spare, if there is one, or a new one."""
        self._worker, self._spare = self._spare or _Worker(self._order), None
        try:
            kind, *told = receive(self._worker.pipe)
        except (EOFError, OSError, WireError):
            code = self._worker.process.wait()
            self.close()
            msg = f"importing {self._order['spec']!r} ended the process: {_died(code)}."
            raise TargetError(msg) from None
        except BaseException:
            self.close()
            raise
        if kind != "ready":
            self.close()
            raise _refusal(*told)
        self._base = _resident(self._worker.process.pid)
        hello: dict[str, Any] = told[0]
        return hello

    def _asked(self, call: Call, *message: Any) -> Any:
        if self._worker is None:
            self._start()
            self.restarts += 1
            self._spare = _Worker(self._order)  # what died once is likely to die again
        worker = self._worker
        assert worker is not None  # noqa: S101
        started = monotonic()
        try:
            send(worker.pipe, message)
            self._wait(worker, call, self._allowed())
            kind, *told = receive(worker.pipe)
        except (EOFError, OSError):
            worker.pipe.close()
            raise self._lost(call, _died(worker.process.wait())) from None
        except WireError as error:
            raise self._lost(call, f"sent no answer ({error})") from None
        except BaseException:
            self.close()
            raise
        if kind == "answer":
            self._slowest = max(self._slowest, monotonic() - started)
            return told[0]
        if kind == "unsupported":
            raise UnsupportedError(told[0])
        law, hint, assertion, silence = told
        raise Unanswered(law=law, call=call, hint=hint, assertion=assertion, silence=silence)

    def _allowed(self) -> float:
        if not self.shrinking:
            return self._limit
        return min(self._limit, max(_SHORTEST, _TIMES * self._slowest))

    def _wait(self, worker: _Worker, call: Call, limit: float) -> None:
        """Wait for a reply, and look at the worker's memory meanwhile."""
        end = monotonic() + limit
        while not worker.pipe.poll(_LOOK):
            if monotonic() > end:
                raise self._lost(call, f"did not end within {limit:.3g} s", "hung")
            grown = _resident(worker.process.pid) - self._base
            if grown > self._memory:
                grew = f"took {grown / GIBIBYTE:.1f} GiB of memory"
                raise self._lost(call, grew, "memory")

    def _lost(self, call: Call, what: str, silence: Any = "crashed") -> Unanswered:
        """Return the violation of a call whose worker is of no more use, and end the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        law = f"a legal call is answered, but the process {what}"
        return Unanswered(law=law, call=call, silence=silence)


def _end(process: subprocess.Popen[bytes], pipe: Connection) -> None:
    pipe.close()
    process.kill()
    process.wait()


def _importable() -> list[str]:
    """Return where the worker finds convproof, whatever the current folder is."""
    here = str(Path(errors.__file__).resolve().parent.parent)
    held = os.environ.get("PYTHONPATH", "")
    return [here, *([held] if held else [])]


def _died(code: int) -> str:
    if code >= 0:
        return f"left with exit code {code}"
    try:
        return f"died of {signal.Signals(-code).name}"
    except ValueError:
        return f"died of signal {-code}"


def _refusal(kind: str, message: str) -> ConvProofError:
    """Return the error that stopped a worker, as this process knows it."""
    if kind == "MissingExtraError":
        error = errors.MissingExtraError("", "")
        error.args = (message,)
        return error
    return TargetError(message)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 where the system does not tell."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
