"""Batch: every image by itself, ``f(x)[n] = f(x[n:n+1])[0]``; a weight derivative adds them up."""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import CrossEntropy, Softmax
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    at,
    controls,
    first_difference,
    not_rounded,
)
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known, images = right(function, case, request), case.input_shape[0]
    image = case.seed % images
    one, alone = case.with_batch(1), known.arrays.images(slice(image, image + 1))
    if function.role in ("weight", "bias"):
        return _added_up(subject, function, case, request, known)
    whole = answer(subject, function, case, known.arrays, request)
    if not np.isfinite(whole.astype(np.float64)).all():
        return Seen("the answer is not finite, which the law of its values judges")
    got = answer(subject, function, one, alone, request)
    part = whole[image : image + 1]
    allowed = None if known.allowed is None else known.allowed[image : image + 1]
    expected = part if allowed is None else part.astype(known.expected.dtype)
    judge = Right(alone, expected, None if allowed is None else 2 * allowed).judge
    index = judge(got)
    if index is not None:
        raise Violation(
            law=f"every image by itself: f(x[{image}:{image + 1}]) = f(x)[{image}:{image + 1}]",
            call=call_of(function, one, alone),
            assertion=f"y[{at(index)}] == {part[index].item()!r}",
            index=index,
            got=got[index],
            expected=part[index],
        )
    return Seen(controls(judge, got))


def _added_up(
    subject: Subject, function: Function, case: Case, request: Request, known: Right
) -> Seen:
    one, images = case.with_batch(1), case.input_shape[0]
    whole = answer(subject, function, case, known.arrays, request)
    parts = [
        answer(subject, function, one, known.arrays.images(slice(n, n + 1)), request)
        for n in range(images)
    ]
    total = np.sum(np.stack([part.astype(known.expected.dtype) for part in parts]), axis=0)
    total = total.astype(request.dtype)
    index = first_difference(whole, total)
    if index is not None:
        raise Violation(
            law="the derivative adds up those of the images, in integers",
            call=call_of(function, case, known.arrays),
            assertion=f"y[{at(index)}] == {total[index].item()!r}",
            index=index,
            got=whole[index],
            expected=total[index],
        )
    return Seen(known.weak or controls(lambda y: first_difference(y, total), whole))


def _has_images(function: Function, case: Case, request: Request) -> bool:
    """Return whether there are images to tell apart, and sums over them are exact."""
    layer = case.layer
    if case.input_shape[0] == 1 or (isinstance(layer, Softmax) and layer.dim == 0):
        return False
    if isinstance(layer, CrossEntropy) and layer.reduction != "none":
        return False
    return function.role in ("forward", "input") or not_rounded(function, case, request)


THEOREM = Theorem(
    name="batch",
    statement="Every image is answered by itself; derivatives of weights add up over images.",
    latex=r"f(x)_n = f(x_n), \quad \bar w = \sum_n \bar w_n",
    check=_check,
    roles=("forward", "input", "weight", "bias"),
    share=5,
    wants=_has_images,
)
