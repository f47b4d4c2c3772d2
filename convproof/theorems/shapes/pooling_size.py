"""Pooling with ``r = s`` divides the size: ``n' = floor((n - r)/s) + 1 = floor(n/s)``.

Its windows tile the input up to a rest of ``n mod s``, and pooling twice is dividing once::

    i < s n'  is in the window  o = floor(i/s)  alone
    floor(floor(n/s)/s_2) = floor(n/(s s_2))

VGG halves five times: ``floor(n/32)``, which is 7 for 224.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import MaxPool
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, quotient, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn

_LARGEST = 50  # of the data that a target is asked, over 2
_AXIS = SymbolicAxis()
_POOLED = quotient(_AXIS.n - _AXIS.r, _AXIS.s) + 1
_o, _i = index("o"), index("i")


def _divided() -> Claim:
    return Claim(
        name="the size is divided",
        goal=eq(_POOLED, quotient(_AXIS.n, _AXIS.s)),
        hypotheses=(eq(_AXIS.r, _AXIS.s),),
    )


def _halved(n: sp.Expr) -> sp.Expr:
    return quotient(n - 2, sp.Integer(2)) + 1


def _steps() -> tuple[Step, ...]:
    n, s, outputs = _AXIS.n, _AXIS.s, index("n'")
    second, whole = size("s_2"), size("s_1 s_2")
    five = n
    for _ in range(5):
        five = _halved(five)
    return (
        _divided(),
        Claim(
            name="the windows tile the input",
            goal=iff(both(*box(s * _o, _i, s * (_o + 1))), eq(_o, quotient(_i, s))),
            hypotheses=box(0, _i, n),
        ),
        Claim(
            name="up to a rest",
            goal=both(eq(n - s * outputs, remainder(n, s)), *box(0, n - s * outputs, s)),
            hypotheses=(eq(outputs, quotient(n, s)),),
        ),
        Claim(
            name="twice is once",
            goal=both(*box(whole * outputs, n, whole * (outputs + 1))),
            hypotheses=(eq(whole, s * second), eq(outputs, quotient(quotient(n, s), second))),
        ),
        Claim(
            name="such bounds are the quotient",
            goal=eq(outputs, quotient(n, whole)),
            hypotheses=box(whole * outputs, n, whole * (outputs + 1)),
        ),
        Claim(name="five halvings", goal=eq(five, quotient(n, sp.Integer(32)))),
    )


def _twin() -> Twin:
    divided = _divided()
    overlapping = replace(divided, hypotheses=(eq(_AXIS.r, _AXIS.s + 1),))
    return Twin(changed="r = s + 1, as AlexNet's pool(3, 2)", of=divided, step=overlapping)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a pooling with r = s, one of r = s = 2 of its answer, and one of both sizes at once."""
    ask = Asked(subject, function, request)
    given: Any = case.layer
    sizes = given.kernel_size
    rows = zip(case.input_shape[2:], sizes, strict=True)
    x = drawn(case, *case.input_shape[:2], *(max(n, 2 * r) for n, r in rows), of=1)
    x = x * np.random.default_rng([case.seed, 9]).integers(1, _LARGEST, x.shape)
    once, twice = (_tiling(given, tuple(f * r for r in sizes)) for f in (1, 2))
    expected = ask(_tiling(given, (2,) * len(sizes)), ask(once, x))
    got = ask(twice, x)
    return ask.agree(got, expected, f"pooling by {sizes}, then by 2, is pooling by twice that")


def _tiling(pool: MaxPool, sizes: tuple[int, ...]) -> MaxPool:
    """Return the pool with r = s, which is not padded."""
    none, ones = ((0, 0),) * len(sizes), (1,) * len(sizes)
    return replace(
        pool, kernel_size=sizes, stride=sizes, padding=none, dilation=ones, ceil_mode=False
    )


THEOREM = Theorem(
    name="pooled_twice",
    statement="Pooling with r = s twice is pooling once by the product of the sizes.",
    latex=r"\max_{s_2}(\max_{s_1}(x)) = \max_{s_1 s_2}(x)",
    check=_check,
    families=("maximum",),
    roles=("forward",),
    stems=("max_pool",),
    needs=frozenset({"stride"}),
    share=8,
)
PROOF = Proof(
    name="pooling_size",
    statement="Pooling with r = s and no padding has floor(n/s) windows, which tile the input up "
    "to a rest of n mod s; five halvings give floor(n/32).",
    latex=r"r = s \implies n' = \lfloor (n - r)/s \rfloor + 1 = \lfloor n/s \rfloor",
    source="lecture 7, spatial pooling; VGG-16",
    steps=_steps,
    twin=_twin,
    asked_as=("shape", "pooled_twice"),
)
