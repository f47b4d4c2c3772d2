"""Inputs untouched: a function reads its arrays and leaves every bit of them as it was.

A skipped call leaves them too, and what is judged is no answer: in the place of zeros and of a
permuted answer, the judge is shown every array with one bit of it changed. That the call is one
that has something to compute is asked beside.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
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
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known = right(function, case, request)
    arrays = known.arrays if request.dtype.kind == "i" else case.reals(request.dtype)
    call = call_of(function, case, arrays)
    left = subject.ask(call).left
    written = _written(call.arrays, left)
    if written is not None:
        name, index = written
        was, now = call.arrays[name], left[name]
        if index is None:
            raise Violation(
                law=f"the input {name} is left as it was; it was {was.dtype} {was.shape} and is "
                f"now {now.dtype} {now.shape}",
                call=call,
                assertion=f"(answer(), tuple({name}.shape))[1] == {was.shape}",
            )
        flat = int(np.ravel_multi_index(index, was.shape)) if index else 0
        before, after = was[index], now[index]
        raise Violation(
            law=f"the input {name} is left as it was; entry {flat} of {name} was {before} and is "
            f"now {after}",
            call=call,
            assertion=f"(answer(), {name}.ravel()[{flat}])[1] == {before.item()!r}",
        )
    wrong = (
        (f"a written {name}", [Arrays({name: changed}) for changed in one_bit_off(array)])
        for name, array in call.arrays.items()
    )
    weak = unseen(lambda held: _written(call.arrays, held), wrong)
    return Seen(weak or controls(known.judge, known.expected))  # or a skipped call would be right


def _written(given: Arrays, left: Arrays) -> tuple[str, tuple[int, ...] | None] | None:
    """Return the first array that was written and where; None for where: it has another form."""
    for name, now in left.items():
        was = given[name]
        if now.shape != was.shape or now.dtype != was.dtype:
            return name, None
        index = first_other_bits(now, was)
        if index is not None:
            return name, index
    return None


THEOREM = Theorem(
    name="untouched",
    statement="The arrays given are left as they were.",
    latex=r"x \mapsto f(x) \text{ leaves } x",
    check=_check,
)
