"""Determinism: the same arrays give the same bits, call after call."""

from convproof.cases import ConvCase, Function
from convproof.theorems.base import Request, Subject, Theorem, Violation, first_difference
from convproof.theorems.output_shape import answer

CALLS = 3


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    arrays = case.reals(request.dtype) if request.dtype.kind != "i" else case.integers()
    first = answer(subject, function, case, arrays, request)
    for call in range(2, CALLS + 1):
        again = answer(subject, function, case, arrays, request)
        if first.tobytes() != again.tobytes():
            index = first_difference(again, first)
            raise Violation(
                law=f"the same arrays give the same bits; call {call} differs from call 1",
                arrays=arrays,
                assertion=f"len({{bits(answer()) for _ in range({CALLS})}}) == 1",
                index=index,
                got=None if index is None else again[index],
                expected=None if index is None else first[index],
            )
    return None


THEOREM = Theorem(
    name="determinism",
    statement="The same arrays give the same bits, call after call.",
    latex=r"f(x) = f(x) \text{ bit by bit}",
    check=_check,
)
