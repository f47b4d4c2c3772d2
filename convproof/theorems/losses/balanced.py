"""Balanced: the derivatives in the scores of a line add up to nothing.

``sum_c (softmax(x)[c] - [c = t]) loss_bar = (1 - 1) loss_bar = 0``

Zeros add up to nothing too: in their place, and that of a permuted answer, the judge is shown the
answer without its one-hot, ``softmax(x) loss_bar``.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers.loss import class_axis
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    first,
    never_written,
    unseen,
)
from convproof.theorems.output_shape import answer
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known, axis = right(function, case, request), class_axis(case.input_shape)
    assert known.allowed is not None
    wide, allowed = known.expected.dtype, known.allowed.sum(axis)
    got = answer(subject, function, case, known.arrays, request)

    def judge(x_bar: np.ndarray) -> tuple[int, ...] | None:
        with np.errstate(invalid="ignore"):
            return first(~(np.abs(x_bar.astype(wide).sum(axis)) <= allowed))

    index = judge(got)
    if index is not None:
        image, *place = index
        line = ", ".join(map(str, (image, ":", *place)))
        total = got.astype(wide).sum(axis)[index]
        raise Violation(
            law="the derivatives in the scores of a line add up to 0, within the rounding that "
            f"{request.precision} allows, {float(allowed[index]):.3g}, but to {float(total):.6g}",
            call=call_of(function, case, known.arrays),
            assertion=f"abs(float(y[{line}].astype(float).sum())) <= {float(allowed[index])!r}",
        )
    pushed = known.arrays["y_bar"].astype(wide)
    counts = known.arrays["target"] != case.layer.ignore_index  # type: ignore[attr-defined]
    more = np.expand_dims(np.broadcast_to(pushed, counts.shape) * counts, axis)
    shown = {
        "an answer that adds up to the cotangent": got.astype(wide) + more / case.input_shape[axis],
        "a skipped call": never_written(got),
    }
    return Seen(unseen(judge, [(kind, (wrong,)) for kind, wrong in shown.items()]))


THEOREM = Theorem(
    name="balanced",
    statement="The derivatives in the scores of a line add up to nothing.",
    latex=r"\sum_c \bar x_c = 0",
    check=_check,
    families=("smooth",),
    roles=("input",),
    stems=("cross_entropy",),
    integer_too=False,
    share=2,
)
