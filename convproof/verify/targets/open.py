"""Opening a target: in a process of its own, or in this one where that cannot be."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from convproof.functions import Function
from convproof.verify.isolation.isolated import LONG, IsolatedSubject
from convproof.verify.quiet import quiet_stdout
from convproof.verify.targets.find import find_target
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.subject import TargetSubject
from convproof.verify.threads import one_thread

_CONV2D = Function("conv2d")


@contextmanager
def opened(
    spec: str,
    *,
    kind: Kind = "numpy",
    bare: Function = _CONV2D,
    lacks: Collection[str] = (),
    device: str = "cpu",
    in_process: bool = False,
    timeout: float = LONG,
) -> Iterator[tuple[Any, Any]]:
    """Yield the subject that a target is, and what was found, with ``Target``'s attributes.

    Args:
        spec: see ``convproof.verify.targets.find``.
        kind: the arrays it takes.
        bare: what a function is that has no name of ours.
        lacks: what it has not, besides what it declares.
        device: where torch's tensors lie.
        in_process: call it in this process, which dies with it.
        timeout: seconds that a call may take, in a process of its own.

    Raises:
        TargetError: if the target cannot be found.
        MissingExtraError: if its package is not installed.
    """
    if not in_process:
        with IsolatedSubject(
            spec,
            kind=kind,
            bare=bare,
            lacks=lacks,
            device=device,
            limit=timeout,
            first_limit=timeout,
        ) as subject:
            yield subject, subject.target
        return
    with quiet_stdout():
        target = find_target(spec, bare=bare, lacks=lacks)
        with one_thread():
            yield TargetSubject(target.functions, kind, device), target
