"""Determinism: the same arrays give the same bits, call after call, and in another process.

The other process is asked at the end of a run, see ``convproof.verify.other_process``.
"""

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    controls,
    first_difference,
)
from convproof.theorems.output_shape import answer

CALLS = 3


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    whole = request.dtype.kind == "i"
    arrays = case.integers("int64") if whole else case.reals(request.dtype)
    first = answer(subject, function, case, arrays, request)
    for call in range(2, CALLS + 1):
        again = answer(subject, function, case, arrays, request)
        if first.tobytes() != again.tobytes():
            index = first_difference(again, first)
            raise Violation(
                law=f"the same arrays give the same bits; call {call} differs from call 1",
                call=call_of(function, case, arrays),
                assertion=f"len({{bits(answer()) for _ in range({CALLS})}}) == 1",
                index=index,
                got=None if index is None else again[index],
                expected=None if index is None else first[index],
            )
    return Seen(controls(lambda got: first_difference(got, first), first))


THEOREM = Theorem(
    name="determinism",
    statement="The same arrays give the same bits, call after call.",
    latex=r"f(x) = f(x) \text{ bit by bit}",
    check=_check,
    share=2,
)
