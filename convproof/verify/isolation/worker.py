"""The worker: finds the target, then answers calls until the judge is gone.

Run as ``main`` with two arguments: the inherited descriptor of a two-way pipe, and the process to
die with (0: none). It imports no more than a call needs, for it is started again after each death.
"""

import faulthandler
import os
import pickle
import resource
import signal
import sys
from typing import Any, NoReturn

from convproof.calls import Call
from convproof.cases import Arrays
from convproof.errors import ConvProofError, MissingExtraError, UnsupportedError
from convproof.functions import Function
from convproof.verify.isolation.tie import die_with
from convproof.verify.isolation.wire import LENGTH, Reply, encode
from convproof.verify.targets.find import Target, find_target
from convproof.verify.targets.subject import TargetSubject
from convproof.verify.threads import one_thread
from convproof.violations import Unanswered


def main() -> NoReturn:
    """Serve the judge at the other end of the pipe."""
    pipe, judge = int(sys.argv[1]), int(sys.argv[2])
    _detach(judge)
    order = _received(pipe)
    try:
        bare, lacks = Function.named(order["bare"]), order["lacks"]
        target = find_target(order["spec"], bare=bare, lacks=lacks)
        subject = TargetSubject(target.functions, order["kind"], order["device"])
    except BaseException as error:  # an import may raise anything
        _send(pipe, _refusal(error, order["spec"]))
        os._exit(0)
    _send(pipe, _hello(target))
    with one_thread():
        while True:
            _send(pipe, _served(subject, _received(pipe)))


def _detach(judge: int) -> None:
    """Leave Ctrl-C and crash reports to the judge, and die with it even while the target hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if judge:
        die_with(judge)


def _hello(target: Target) -> Reply:
    return Reply(
        {
            "is": "ready",
            "functions": [function.name for function in target.functions],
            "supports": sorted(target.supports),
            "lacks": sorted(target.lacks),
            "versions": dict(target.versions),
            "prelude": target.prelude,
            "expression": {f.name: text for f, text in target.expression.items()},
            "omits": {f.name: " ".join(sorted(words)) for f, words in target.omits.items()},
        }
    )


def _refusal(error: BaseException, spec: str) -> Reply:
    message = _told(error)
    if not isinstance(error, ConvProofError):
        message = f"importing {spec!r} failed: {type(error).__name__}: {message}"
    missing = isinstance(error, MissingExtraError)
    return Reply({"is": "missing" if missing else "refused", "message": message})


def _served(subject: TargetSubject, request: tuple[Any, ...]) -> Reply:
    name, given, options, layout, second = request
    call = Call(Function.named(name), given, options, layout)
    try:
        if second is not None:
            return Reply({"is": "answers"}, subject.ask_twice(call, Arrays(second)))
        answer = subject.ask(call)
    except UnsupportedError as error:
        return Reply({"is": "unsupported", "message": _told(error)})
    except MissingExtraError as error:
        return Reply({"is": "missing", "message": _told(error)})
    except Unanswered as silent:
        told = {"law": silent.law, "hint": silent.hint, "assertion": silent.assertion}
        return Reply({"is": "unanswered", "silence": silent.silence, **told})
    except BaseException as error:  # an answer may be a trap to read
        law = f"an answer can be read, but it raised {type(error).__name__}: {_told(error)}"
        told = {"law": law, "hint": "", "assertion": ""}
        return Reply({"is": "unanswered", "silence": "no array", **told})
    words = {"is": "answer", "left": list(answer.left), "shared": answer.shared}
    return Reply(words, [answer.y, *answer.left.values()])


def _told(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # even telling the error can fail
        return "(no message)"


def _received(pipe: int) -> Any:
    """Return the next request; leave if there will be none."""
    (length,) = LENGTH.unpack(_read(pipe, LENGTH.size))
    return pickle.loads(_read(pipe, length))


def _read(pipe: int, length: int) -> bytes:
    chunks, missing = [], length
    while missing:
        try:
            chunk = os.read(pipe, min(missing, 1 << 20))
        except OSError:
            _lost_pipe()
        if not chunk:
            os._exit(0)
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _send(pipe: int, reply: Reply) -> None:
    left = memoryview(encode(reply))
    while left:
        try:
            left = left[os.write(pipe, left) :]
        except OSError:
            _lost_pipe()


def _lost_pipe() -> NoReturn:
    os.write(2, b"the target closed the pipe that its answers go through\n")
    os._exit(1)


if __name__ == "__main__":
    main()
