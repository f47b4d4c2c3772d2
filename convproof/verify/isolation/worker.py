"""The worker: finds the target, then answers calls until the pipe closes.

Run as ``python -m convproof.verify.isolation.worker FD``, with the two-way pipe as the inherited
descriptor FD. Standard input and output lead nowhere, for targets print; Ctrl-C is the judge's.
"""

import ctypes
import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main() -> None:
    """Serve the judge at the other end of the pipe."""
    judge = os.getppid()
    pipe = Connection(int(sys.argv[1]))
    _alone(judge)
    from convproof.verify.isolation.wire import receive, send

    order = receive(pipe)
    sys.path[:] = order["path"]
    try:
        subject, hello = _found(order)
    except Exception as error:
        send(pipe, ("refused", type(error).__name__, _told(error)))
        return
    send(pipe, ("ready", hello))
    while True:
        try:
            message = receive(pipe)
        except EOFError:
            return
        send(pipe, _served(subject, message))


def _alone(judge: int) -> None:
    """Cut the ties to the terminal, and die with the judge even while the target hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != judge:
            os._exit(1)


def _found(order: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    from convproof.functions import Function
    from convproof.verify.targets.find import find_target
    from convproof.verify.targets.subject import TargetSubject
    from convproof.verify.threads import one_thread

    target = find_target(order["spec"], bare=Function.named(order["bare"]))
    one_thread().__enter__()
    subject = TargetSubject(target.functions, order["kind"], order["device"])
    hello = {
        "functions": [function.name for function in target.functions],
        "supports": target.supports,
        "lacks": target.lacks,
        "versions": dict(target.versions),
        "prelude": target.prelude,
        "expression": {f.name: text for f, text in target.expression.items()},
        "layouts": subject.layouts,
    }
    return subject, hello


def _served(subject: Any, message: tuple[Any, ...]) -> tuple[Any, ...]:
    from convproof.errors import MissingExtraError, UnsupportedError
    from convproof.violations import Unanswered

    verb, *given = message
    try:
        return ("answer", getattr(subject, verb)(*given))
    except Unanswered as silent:
        told = (silent.law, silent.hint, silent.assertion, silent.silence)
        return ("unanswered", *map(str, told))
    except (UnsupportedError, MissingExtraError) as error:
        return ("unsupported", str(error))
    except BaseException as error:  # Ctrl-C is the judge's: this one is the target's own
        law = f"a legal call is answered, but it raised {type(error).__name__}"
        return ("unanswered", law, "", "", "raised")


def _told(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(no message)"


if __name__ == "__main__":
    main()
