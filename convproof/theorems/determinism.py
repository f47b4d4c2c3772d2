"""Determinism: the same arrays give the same bits, call after call, and in another process.

The other process is asked at the end of a run, see ``convproof.verify.other_process``. Beside
zeros, a permuted answer and a skipped call, the judge is shown the answer with one bit changed.
"""

import numpy as np

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
    first_other_bits,
    one_bit_off,
    unseen,
)
from convproof.theorems.output_shape import answer

CALLS = 3


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    whole = request.dtype.kind == "i"
    arrays = case.integers("int64") if whole else case.reals(request.dtype)
    first = answer(subject, function, case, arrays, request)
    for call in range(2, CALLS + 1):
        again = answer(subject, function, case, arrays, request)
        index = first_other_bits(again, first)
        if index is not None:
            raise Violation(
                law=f"the same arrays give the same bits; call {call} differs from call 1",
                call=call_of(function, case, arrays),
                assertion=f"len({{bits(answer()) for _ in range({CALLS})}}) == 1",
                index=index,
                got=again[index],
                expected=first[index],
            )

    def judge(got: np.ndarray) -> tuple[int, ...] | None:
        return first_other_bits(got, first)

    weak = unseen(judge, [("an answer with one bit changed", one_bit_off(first))])
    return Seen(weak or controls(judge, first))


THEOREM = Theorem(
    name="determinism",
    statement="The same arrays give the same bits, call after call.",
    latex=r"f(x) = f(x) \text{ bit by bit}",
    check=_check,
    share=2,
)
