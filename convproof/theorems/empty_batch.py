"""Empty batch: no image gives no answer, and sums over no image are zero."""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Softmax
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, first
from convproof.theorems.output_shape import answer
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    arrays = right(function, case, request).arrays
    empty = arrays.images(slice(0))
    got = answer(subject, function, case.with_batch(0), empty, request)
    index = first(got != 0)
    if index is not None:
        raise Violation(
            law="a sum over no image is zero",
            call=call_of(function, case.with_batch(0), empty),
            assertion="not y.any()",
            index=index,
            got=got[index],
            expected=np.zeros((), got.dtype)[()],
        )
    return Seen()


def _has_batch(function: Function, case: Case, request: Request) -> bool:
    del request
    return not (isinstance(case.layer, Softmax) and case.layer.dim == 0) and (
        function.role in ("forward", "input", "weight", "bias")
    )


THEOREM = Theorem(
    name="empty",
    statement="No image gives no answer, and sums over no image are zero.",
    latex=r"\sum_{n \in \emptyset} = 0",
    check=_check,
    share=8,
    wants=_has_batch,
    needs=frozenset({"empty"}),
)
