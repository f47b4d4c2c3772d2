"""Ignored: scores whose target is ``ignore_index`` have no loss and no derivative, exactly.

Where some are, their own losses and derivatives are 0. Where all are, so is their sum; and the mean
of none is ``0 / 0``, NaN, as ``torch.nn.functional.cross_entropy`` has it.

Zeros are right here, and have no place to be moved to: in their place the judge is shown the answer
of the same scores with targets that count.
"""

from collections.abc import Iterator

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import CrossEntropy
from convproof.layers.loss import class_axis
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
from convproof.theorems.output_shape import answer, law_of_shape
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known, layer = right(function, case, request), case.layer
    assert isinstance(layer, CrossEntropy)
    whole = function.role == "forward" and layer.reduction != "none"
    all_of_them = np.full_like(known.arrays["target"], layer.ignore_index)
    asked = [known.arrays.but(target=all_of_them)]
    if not whole:
        asked.append(known.arrays)
    for arrays in asked:
        got = answer(subject, function, case, arrays, request)
        expected = _expected(function, case, arrays, got)
        index = first_difference(got, expected)
        if index is not None:
            what = "the mean of no losses is 0 / 0, NaN" if np.isnan(expected[index]) else "0"
            raise Violation(
                law=f"scores whose target is ignore_index = {layer.ignore_index} have no loss and "
                f"no derivative: {what}, exactly",
                call=call_of(function, case, arrays),
                assertion=f"np.array_equal(y[{at(index)}], np.float64('{expected[index]}'), "
                "equal_nan=True)",
                index=index,
                got=got[index],
                expected=expected[index],
            )
    none = _expected(function, case, asked[0], known.expected)
    return Seen(unseen(lambda y: first_difference(y, none), _in_place_of(known.expected, none)))


def _expected(function: Function, case: Case, arrays: Arrays, got: np.ndarray) -> np.ndarray:
    """Return the answer with 0 wherever a target is ignored."""
    layer = case.layer
    assert isinstance(layer, CrossEntropy)
    out = arrays["target"] == layer.ignore_index
    if function.role == "forward" and layer.reduction != "none":
        nothing = np.nan if layer.reduction == "mean" else 0
        return np.full(law_of_shape(function, case)[0], nothing, got.dtype)
    if function.role == "input":
        out = np.expand_dims(out, class_axis(case.input_shape))
    return np.where(out, got.dtype.type(0), got)


def _in_place_of(answer: np.ndarray, none: np.ndarray) -> Iterator[tuple[str, tuple[np.ndarray]]]:
    yield "the answer of scores that count", (answer,)
    if not np.isnan(none).any():
        yield "a skipped call", (never_written(answer),)


THEOREM = Theorem(
    name="ignored",
    statement="Scores whose target is ignored have no loss and no derivative.",
    latex=r"t_n = \mathrm{ignore\_index} \implies \ell_n = 0, \; \bar x_n = 0",
    check=_check,
    families=("smooth",),
    stems=("cross_entropy",),
    integer_too=False,
    share=2,
    needs=frozenset({"ignore_index"}),
)
