"""A law asked of a function, and the first case in which a fault breaks it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.strategies import TORCH, cases
from convproof.theorems import Request, Theorem, Violation
from convproof.verify.targets.subject import TargetSubject

REQUESTS = [
    Request(dtype=np.dtype(dtype), precision=precision)
    for dtype, precision in (
        ("float32", "float32"),
        ("float16", "f16"),
        ("int64", "float32"),
    )
]
right = get_implementation("numpy")
_ONCE = settings(max_examples=300, database=None, derandomize=True, phases=(Phase.generate,))


def padded_by_name(padding: Any, *, stride: int = 1, circular: bool = False) -> Case:
    """Return a case of ``conv2d`` whose padding is a name, or pairs, of even and odd spans."""
    layer = Conv(
        in_channels=2,
        out_channels=2,
        kernel_size=(3, 2),
        stride=(stride, stride + (stride > 1)),
        padding=padding,
        dilation=(1, 2),
        padding_mode="circular" if circular else "zeros",
    )
    return Case(layer=layer, input_shape=(2, 2, 9, 7), seed=1)


def refuted(
    theorem: Theorem,
    functions: Mapping[Function, Callable[..., Any]],
    case: Case,
    request: Request = REQUESTS[0],
) -> bool:
    """Return whether the law speaks of the case and the only function given breaks it."""
    (function,) = functions
    if not theorem.wants(function, case, request):
        return False
    try:
        theorem.check(TargetSubject(functions, "numpy"), function, case, request)
    except Violation:
        return True
    return False


def right_of(name: str) -> dict[Function, Callable[..., Any]]:
    """Return the right function of a name."""
    return {Function.named(name): getattr(right, name)}


def broken_in(theorem: Theorem, name: str, code: Callable[..., Any]) -> Case:
    """Return a case in which the fault breaks the law; there is one."""
    function = Function.named(name)
    drawn = cases(function.layer, TORCH)
    return find(drawn, lambda case: refuted(theorem, {function: code}, case), settings=_ONCE)
