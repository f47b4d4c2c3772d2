"""How a law of pooling is tried: by functions that keep it, and by faults that it must refute."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings

from convproof.cases import Case
from convproof.functions import Function
from convproof.strategies import TORCH, cases
from convproof.theorems import Request, Theorem, Violation
from convproof.theorems.base import Seen
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")


def asked(
    theorem: Theorem, name: str, code: Callable[..., Any], case: Case, request: Request = FLOAT32
) -> Seen | Violation | None:
    """Return what the law says of a function in a case, or None if it does not speak of it."""
    function = Function.named(name)
    if not theorem.wants(function, case, request):
        return None
    try:
        return theorem.check(TargetSubject({function: code}, "numpy"), function, case, request)
    except Violation as violation:
        return violation


def refuted(theorem: Theorem, name: str, code: Callable[..., Any]) -> Case:
    """Return a case in which the law refutes a fault."""
    once = settings(max_examples=300, database=None, derandomize=True, phases=(Phase.generate,))
    return find(
        cases(Function.named(name).layer, TORCH),
        lambda case: isinstance(asked(theorem, name, code, case), Violation),
        settings=once,
    )
