"""Determinism: the same arrays give the same bits, call after call."""

from convproof.cases import ConvCase, Function
from convproof.theorems.base import Request, Subject, Theorem, Violation, first_difference

CALLS = 3


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    arrays = case.reals(request.dtype) if request.dtype.kind != "i" else case.integers()
    first = subject.answer(function, case, arrays)
    for call in range(2, CALLS + 1):
        again = subject.answer(function, case, arrays)
        if first.shape != again.shape or first.tobytes() != again.tobytes():
            index = first_difference(again, first) if first.shape == again.shape else None
            raise Violation(
                law=f"the same arrays give the same bits; call {call} differs from call 1",
                arrays=arrays,
                assertion="call().tobytes() == call().tobytes()",
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
