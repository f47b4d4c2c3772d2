"""Targets: one that is no class, nor ``ignore_index``, is refused.

An exception of any kind refuses; so does NaN in its place and no other, for on a GPU nobody can
look at a target before. Arrays that lie on a device are not asked: a library that asserts there,
as torch does, answers no call of its process any more.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from convproof.calls import Call
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import CrossEntropy
from convproof.layers.loss import class_axis
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.rejects import refused


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    return refused(subject, function, case, request, _no_class, _is_marked)


def _no_class(function: Function, case: Case, call: Call) -> Iterator[tuple[str, Call]]:
    """Yield the law with calls whose last target breaks it, beyond the classes and below.

    The last is a class again in 32 bits: 0.
    """
    del function
    layer, classes = _loss(case), case.input_shape[class_axis(case.input_shape)]
    for wrong in (classes, -1, 1 << 32):
        if wrong == layer.ignore_index:
            continue
        target = call.arrays["target"].copy()
        target[(-1,) * target.ndim] = wrong
        given = tuple((name, target if name == "target" else v) for name, v in call.given)
        yield (
            f"a target is a class, 0...{classes - 1}, or ignore_index = {layer.ignore_index}, got "
            f"{wrong}",
            replace(call, given=given),
        )


def _is_marked(y: np.ndarray, case: Case, call: Call) -> bool:
    """Return whether an answer is NaN where a target is no class, and nowhere else."""
    layer, target, axis = _loss(case), call.arrays["target"], class_axis(case.input_shape)
    no_class = (target < 0) | (target >= case.input_shape[axis])
    wrong = np.asarray(no_class & (target != layer.ignore_index))
    if call.function.role == "input":
        wrong = np.broadcast_to(np.expand_dims(wrong, axis), case.input_shape)
    elif layer.reduction != "none":
        wrong = np.asarray(wrong.any())
    return y.shape == wrong.shape and np.array_equal(np.isnan(y), wrong)


def _loss(case: Case) -> CrossEntropy:
    assert isinstance(case.layer, CrossEntropy)
    return case.layer


THEOREM = Theorem(
    name="targets",
    statement="A target that is no class, nor ignored, is refused.",
    latex=r"t_n \notin \{0, \ldots, C - 1\} \implies \text{error}",
    check=_check,
    families=("smooth",),
    roles=("forward", "input"),
    stems=("cross_entropy",),
    integer_too=False,
    share=4,
    needs=frozenset({"rejects", "host"}),
)
