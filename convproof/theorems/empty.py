"""Empty: a layer of nothing answers with nothing, and sums over nothing are zero.

No image, of every layer. Other axes may be empty where torch takes them and the layer's own law
still holds: any axis of ReLU, tanh, softmax, local response normalisation and maxout, and the
features of a linear layer, in or out. A linear layer of no features is its bias, or zero. Not
asked: a mean of no losses, which is NaN or refused; a convolution without channels or positions,
which ``convproof.layers`` refuses (torch answers some), and a pool of no channels, which torch
refuses but for adaptive averages.

Zeros are often what is right here, and no element has a place to be moved to: in the place of
zeros and of a permuted answer the judge is shown answers of a wrong size, a wrong dtype and, where
there are elements, one more than is right. A skipped call is tried as in every law.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import CrossEntropy, Linear
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    at,
    first_difference,
    never_written,
    unseen,
)
from convproof.theorems.output_shape import answer, law_of_shape, misfit, misfits
from convproof.theorems.right import right

_ANY_AXIS = ("relu", "tanh", "softmax", "local_response_norm", "maxout")


@dataclass(frozen=True, slots=True, eq=False)
class _Empty:
    """A case with one axis of no size, and its data."""

    what: str
    case: Case
    arrays: Arrays


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    arrays = right(function, case, request).arrays
    weak = ""
    for empty in _emptied(function, case, arrays):
        weak = _check_one(subject, function, empty, request) or weak
    return Seen(weak)


def _check_one(subject: Subject, function: Function, empty: _Empty, request: Request) -> str:
    """Raise ``Violation`` unless nothing is answered rightly; return why that decides nothing."""
    case, arrays = empty.case, empty.arrays
    expected = np.zeros(law_of_shape(function, case)[0], request.dtype)
    biased = function == Function("linear") and "b" in arrays
    if biased:
        expected = expected + arrays["b"]
    got = answer(subject, function, case, arrays, request)
    index = first_difference(got, expected)
    if index is not None:
        raise Violation(
            law=f"a sum over no {empty.what} is zero{', and the bias is added' * biased}",
            call=call_of(function, case, arrays),
            assertion=f"y[{at(index)}] == {expected[index].item()!r}",
            index=index,
            got=got[index],
            expected=expected[index],
        )
    weak = unseen(lambda y: misfit(y, function, case, request), misfits(expected))
    return weak or unseen(lambda y: first_difference(y, expected), _one_too_much(expected))


def _one_too_much(expected: np.ndarray) -> Iterator[tuple[str, Sequence[np.ndarray]]]:
    if expected.size:
        yield "an answer that is one too much", (np.asarray(expected + expected.dtype.type(1)),)
        yield "a skipped call", (never_written(expected),)


def _emptied(function: Function, case: Case, arrays: Arrays) -> Iterator[_Empty]:
    """Yield the case with each axis empty in turn, as far as that is legal."""
    yield _Empty("image", case.with_batch(0), arrays.images(slice(0)))
    if function.layer in _ANY_AXIS:
        for axis in range(1, len(case.input_shape)):
            shape = (*case.input_shape[:axis], 0, *case.input_shape[axis + 1 :])
            emptied = replace(case, input_shape=shape)
            held = {"x": shape, "y_bar": emptied.output_shape}
            nothing = Arrays({n: np.zeros(size, arrays["x"].dtype) for n, size in held.items()})
            yield _Empty(f"position of axis {axis}", emptied, nothing)
    elif isinstance(case.layer, Linear) and function.role != "bias":
        every, none = slice(None), slice(0)
        yield _Empty("input feature", *_with_features(case, arrays, read=none, written=every))
        yield _Empty("output feature", *_with_features(case, arrays, read=every, written=none))


def _with_features(
    case: Case, arrays: Arrays, *, read: slice, written: slice
) -> tuple[Case, Arrays]:
    """Return the case and the data of some of a linear layer's features."""
    parts = arrays.but(
        x=arrays["x"][..., read],
        w=arrays["w"][written, read],
        y_bar=arrays["y_bar"][..., written],
    )
    if "b" in parts:
        parts = parts.but(b=parts["b"][written])
    rows, columns = parts["w"].shape
    layer = Linear(in_features=columns, out_features=rows, bias="b" in parts)
    return replace(case, layer=layer, input_shape=parts["x"].shape), parts


def _of_the_first_order(function: Function, case: Case, request: Request) -> bool:
    del request
    mean = isinstance(case.layer, CrossEntropy) and case.layer.reduction == "mean"
    return function.role in ("forward", "input", "weight", "bias") and not mean


THEOREM = Theorem(
    name="empty",
    statement="A layer of nothing answers with nothing, and sums over nothing are zero.",
    latex=r"\sum_{n \in \emptyset} = 0",
    check=_check,
    share=8,
    wants=_of_the_first_order,
    needs=frozenset({"empty"}),
)
