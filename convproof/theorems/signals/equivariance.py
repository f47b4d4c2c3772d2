"""Equivariance: moving the data by ``s`` moves the output by one, ``f(x[. - s]) = f(x)[. - 1]``.

It holds exactly on the outputs whose taps read, before and after, inside the data that were moved:
those with ``s o - low >= s`` and ``s o + span - 1 - low < n``. The input is made long enough for
one such output at least. A transposed layer moves by ``s`` when its data move by one.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof import layers
from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right

_SLIDING = (layers.Conv, layers.ConvTranspose, layers.MaxPool, layers.AvgPool)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    axis = case.seed % (len(case.input_shape) - 2)
    case, steps, moved_by, crop = _long_enough(case, axis)
    known = right(function, case, request)
    arrays = known.arrays
    before = answer(subject, function, case, arrays, request)
    x = _moved(arrays["x"], axis + 2, steps)
    after = answer(subject, function, case, arrays.but(x=x), request)
    here = (slice(None),) * (axis + 2)
    expected = before[(*here, slice(crop.start - moved_by, crop.stop - moved_by))]
    got = after[(*here, crop)]
    allowed = None if known.allowed is None else np.full(got.shape, 2 * known.allowed.max())
    judge = Right(arrays, expected.astype(known.expected.dtype), allowed).judge
    index = judge(got)
    if index is not None:
        place = (*index[: axis + 2], index[axis + 2] + crop.start, *index[axis + 3 :])
        raise Violation(
            law=f"moving the data by {steps} along axis {axis} moves the output by {moved_by}, "
            f"for {crop.start} <= o < {crop.stop}, whose taps read moved data only",
            call=call_of(function, case, arrays.but(x=x)),
            assertion=f"y[{at(place)}] == {expected[index].item()!r}",
            index=place,
            got=got[index],
            expected=expected[index],
        )
    return Seen(known.weak or controls(judge, got))


def _long_enough(case: Case, axis: int) -> tuple[Case, int, int, slice]:
    """Return a case with interior outputs, the steps, the move, and the outputs it holds for."""
    layer: Any = case.layer
    size = list(case.input_shape)
    if isinstance(layer, layers.ConvTranspose):
        size[axis + 2] += 2
        case = replace(case, input_shape=tuple(size))
        law = layer.axes(case.input_shape[2:])[axis]
        # output o reads inputs i with s i + t k - low = o: all of them in 1 <= i < n
        low, span = law.padding[0], law.dilation * (law.kernel_size - 1)
        first = max(law.stride, law.stride + span - low)
        last = min(law.output_size, law.stride * law.input_size - low)
        return case, 1, law.stride, slice(first, max(first, last))
    stride, (low, high) = layer.stride[axis], layer.axes(tuple(size[2:]))[axis].padding
    size[axis + 2] += stride * (2 + -(-low // stride) + -(-high // stride))
    case = replace(case, input_shape=tuple(size))
    law = layer.axes(case.input_shape[2:])[axis]
    first = 1 + -(-low // stride)
    last = (law.input_size - law.span + low) // stride + 1
    return case, stride, 1, slice(first, min(last, law.output_size))


def _moved(x: np.ndarray, axis: int, steps: int) -> np.ndarray:
    """Return the data moved up, with what fell off put at the low end."""
    return np.roll(x, steps, axis)


def _slides(function: Function, case: Case, request: Request) -> bool:
    del function, request
    layer = case.layer
    circular = isinstance(layer, layers.Conv) and layer.padding_mode != "zeros"
    return type(layer) in _SLIDING and not circular


THEOREM = Theorem(
    name="equivariance",
    statement="Moving the data moves the output, where all taps read data that were moved.",
    latex=r"f(x_{\cdot - s})_o = f(x)_{o - 1}",
    check=_check,
    families=("bilinear", "mean", "maximum"),
    roles=("forward",),
    share=5,
    wants=_slides,
)
