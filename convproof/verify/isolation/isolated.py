"""The judge's side: a target asked in another process, which may die, hang or grow.

=====================  ===============================================================
a call                 may take
=====================  ===============================================================
a worker's first       ``first_limit``
another                ``limit``
while shrinking        50 times the slowest answered call, at least 0.5 s
=====================  ===============================================================

While the machine gives the worker no processor the time stands still, up to five times the limit
(on Linux, which tells it). A worker is started again only after it died, and then a spare one is
kept ready. The target is never imported here, and what a worker says is read as data. POSIX;
memory is watched on Linux.
"""

import pickle
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import TypeVar

import numpy as np

from convproof.calls import Answer, Call
from convproof.cases import Arrays
from convproof.errors import ConvProofError, TargetError
from convproof.functions import Function
from convproof.verify.isolation.crew import Crew, error_of
from convproof.verify.isolation.process import GIBIBYTE, LostError, malformed
from convproof.verify.isolation.wire import MalformedError, Reply
from convproof.verify.targets.arrays import LAYOUTS_OF
from convproof.verify.targets.kind import Kind
from convproof.violations import Unanswered

LONG = 10.0
_SHORTEST, _TIMES = 0.5, 50
_LOOK_EVERY = 50  # calls, at whether a worker has grown too large to be kept
_CONV2D = Function("conv2d")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker found: ``convproof.verify.targets.find.Target`` without the code."""

    spec: str
    functions: tuple[Function, ...]
    supports: frozenset[str]
    lacks: frozenset[str]
    versions: Mapping[str, str]
    prelude: str
    expression: Mapping[Function, str]
    omits: Mapping[Function, frozenset[str]] = field(default_factory=dict)


class IsolatedSubject:
    """A target in a worker process; a subject of the theorems.

    Args:
        spec: see ``convproof.verify.targets.find``.
        kind: the arrays it takes and returns.
        bare: what a function is that has no name of ours.
        lacks: what it has not, besides what it declares.
        device: where torch's tensors lie.
        limit: seconds that a call may take.
        first_limit: seconds that a worker's first call may take.
        memory: bytes that a worker may grow by, beyond what it needed before any call.

    Attributes:
        target: what was found.
        shrinking: whether calls may be cut short: a failure is being made smaller.

    Raises:
        TargetError: if the target cannot be found.
        MissingExtraError: if its package is not installed.
    """

    def __init__(
        self,
        spec: str,
        *,
        kind: Kind = "numpy",
        bare: Function = _CONV2D,
        lacks: Collection[str] = (),
        device: str = "cpu",
        limit: float = LONG,
        first_limit: float = LONG,
        memory: int = 4 * GIBIBYTE,
    ) -> None:
        self.shrinking = False
        self._kind = kind
        self._limit, self._first_limit = limit, first_limit
        self._slowest = 0.0
        self._answered = 0
        order = {
            "spec": spec,
            "kind": kind,
            "bare": bare.name,
            "device": device,
            "lacks": sorted(lacks),
        }
        self._crew = Crew(order, first_limit=first_limit, memory=memory)
        self._end = weakref.finalize(self, self._crew.close)
        try:
            self.target = _found(spec, self._crew.start())
        except MalformedError as error:
            self.close()
            msg = f"importing {spec!r} failed: it wrote into the worker's pipe: {error}"
            raise TargetError(msg) from None

    @property
    def layouts(self) -> tuple[str, ...]:
        """The memory layouts that the target's arrays can have."""
        return LAYOUTS_OF[self._kind]

    @property
    def restarts(self) -> int:
        """How many workers were lost."""
        return self._crew.deaths

    def ask(self, call: Call) -> Answer:
        """Return the target's answer, and what it did to its arrays.

        Raises:
            Unanswered: if there is none: the target raised, died, hung, or took too much memory.
            UnsupportedError: if the target says that it does not offer this.
        """
        return self._asked(call, None, _answer)

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return two answers, the second after the same buffers were overwritten."""
        return self._asked(call, second, _answers)

    def close(self) -> None:
        """End the worker and its spare; nothing happens the second time."""
        self._crew.close()

    def __enter__(self) -> "IsolatedSubject":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _asked(self, call: Call, second: Arrays | None, read: Callable[[Reply], _T]) -> _T:
        told = None if second is None else dict(second)
        question = (call.function.name, call.given, call.options, call.layout, told)
        request = pickle.dumps(question, 5)
        worker = self._crew.worker()
        limit = self._allowed(warm=worker.warm)
        started = monotonic()
        try:
            worker.send(request, limit)
            reply = worker.receive(limit)
            answer = _refusal(reply, call) or read(reply)
        except LostError as lost:
            self._crew.lose()
            raise _silence(call, lost) from None
        except MalformedError as error:
            self._crew.lose()
            raise _silence(call, malformed(error)) from None
        except BaseException:  # Ctrl-C: the worker would answer the next call with this answer
            self._crew.drop()
            raise
        took, was_warm, worker.warm = monotonic() - started, worker.warm, True
        if isinstance(answer, Exception):
            raise answer
        self._crew.warmup = request
        if was_warm:
            self._slowest = max(self._slowest, took)
        self._answered += 1
        if self._answered % _LOOK_EVERY == 0 and worker.has_grown:
            self._crew.drop()  # what grows over many calls is no fault of the next one
        return answer

    def _allowed(self, *, warm: bool) -> float:
        if not warm:
            return self._first_limit
        if not self.shrinking:
            return self._limit
        return min(self._limit, max(_SHORTEST, _TIMES * self._slowest))


def _answer(reply: Reply) -> Answer:
    names = reply.texts("left")
    if reply.text("is") != "answer" or len(reply.arrays) != 1 + len(names):
        msg = f"{reply.text('is')!r} with {len(reply.arrays)} arrays is no answer."
        raise MalformedError(msg)
    y, *left = reply.arrays
    return Answer(y, Arrays(zip(names, left, strict=True)), reply.text("shared"))


def _answers(reply: Reply) -> tuple[np.ndarray, np.ndarray]:
    if reply.text("is") != "answers" or len(reply.arrays) != 2:
        msg = f"{reply.text('is')!r} with {len(reply.arrays)} arrays is no pair of answers."
        raise MalformedError(msg)
    first, again = reply.arrays
    return first, again


def _refusal(reply: Reply, call: Call) -> Unanswered | ConvProofError | None:
    """Return what a worker raised instead of an answer, if it did."""
    word = reply.text("is")
    if word in ("unsupported", "missing"):
        return error_of(reply)
    if word != "unanswered":
        return None
    return Unanswered(
        law=reply.text("law"),
        call=call,
        hint=reply.text("hint"),
        assertion=reply.text("assertion"),
        silence="no array" if reply.text("silence") == "no array" else "raised",
    )


def _silence(call: Call, lost: LostError) -> Unanswered:
    law = f"a legal call is answered, but {lost.how}"
    return Unanswered(law=law, call=call, hint=lost.hint, silence=lost.silence)


def _found(spec: str, reply: Reply) -> Found:
    try:
        return Found(
            spec=spec,
            functions=tuple(map(Function.named, reply.texts("functions"))),
            supports=frozenset(reply.texts("supports")),
            lacks=frozenset(reply.texts("lacks")),
            versions=reply.table("versions"),
            prelude=reply.text("prelude"),
            expression={Function.named(n): e for n, e in reply.table("expression").items()},
            omits={
                Function.named(n): frozenset(w.split()) for n, w in reply.table("omits").items()
            },
        )
    except KeyError as error:
        msg = f"no function is called {error}."
        raise MalformedError(msg) from None
