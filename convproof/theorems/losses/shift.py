"""Shift: a number added to all scores of a line changes no loss and no derivative.

``log sum_c exp(x[c] + a) - (x[t] + a) = log sum_c exp(x[c]) - x[t]``

The numbers are integers that the format adds exactly, so that both answers are within the bound of
one exact answer, and within both bounds of each other.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers.loss import class_axis
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right, right_of

_MOST = 40  # bfloat16 holds integers to 256, and scores of a case lie below 110


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known = right(function, case, request)
    axis = class_axis(case.input_shape)
    lines = (*case.input_shape[:axis], 1, *case.input_shape[axis + 1 :])
    added = np.random.default_rng([case.seed, 3]).integers(-_MOST, _MOST + 1, lines)
    integers = known.arrays.astype(np.int64)
    moved = right_of(function, case, integers.but(x=integers["x"] + added), request)
    plain = answer(subject, function, case, known.arrays, request)
    if not np.isfinite(plain.astype(np.float64)).all():
        return Seen("the answer is not finite, which the law of its values judges")
    got = answer(subject, function, case, moved.arrays, request)
    assert known.allowed is not None
    assert moved.allowed is not None
    expected = plain.astype(known.expected.dtype)
    both = Right(moved.arrays, expected, np.asarray(known.allowed + moved.allowed))
    index = both.judge(got)
    if index is not None:
        raise Violation(
            law="a number added to all scores of a line changes nothing: f(x + a) = f(x), within "
            f"the rounding that {request.precision} allows",
            call=call_of(function, case, moved.arrays),
            assertion=both.assertion(index, at(index)),
            index=index,
            got=got[index],
            expected=plain[index],
        )
    return Seen(controls(both.judge, got))


THEOREM = Theorem(
    name="shift",
    statement="A number added to all scores of a line changes no loss and no derivative.",
    latex=r"f(x + a \mathbf{1}) = f(x)",
    check=_check,
    families=("smooth",),
    stems=("cross_entropy",),
    integer_too=False,
    share=2,
)
