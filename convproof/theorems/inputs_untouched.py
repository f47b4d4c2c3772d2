"""Inputs untouched: a function reads its arrays and leaves every bit of them as it was."""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, controls
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known = right(function, case, request)
    arrays = known.arrays if request.dtype.kind == "i" else case.reals(request.dtype)
    call = call_of(function, case, arrays)
    for name, now in subject.ask(call).left.items():
        was = call.arrays[name]
        if now.shape != was.shape or now.dtype != was.dtype:
            raise Violation(
                law=f"the input {name} is left as it was; it was {was.dtype} {was.shape} and is "
                f"now {now.dtype} {now.shape}",
                call=call,
                assertion=f"(answer(), tuple({name}.shape))[1] == {was.shape}",
            )
        flat = _first_changed(was, now)
        before, after = was.ravel()[flat], now.ravel()[flat]
        raise Violation(
            law=f"the input {name} is left as it was; entry {flat} of {name} was {before} and is "
            f"now {after}",
            call=call,
            assertion=f"(answer(), {name}.ravel()[{flat}])[1] == {before.item()!r}",
        )
    return Seen(controls(known.judge, known.expected))  # or a skipped call would be right


def _first_changed(was: np.ndarray, now: np.ndarray) -> int:
    pairs = enumerate(zip(was.flat, now.flat, strict=True))
    return next(flat for flat, (old, new) in pairs if old.tobytes() != new.tobytes())


THEOREM = Theorem(
    name="untouched",
    statement="The arrays given are left as they were.",
    latex=r"x \mapsto f(x) \text{ leaves } x",
    check=_check,
)
