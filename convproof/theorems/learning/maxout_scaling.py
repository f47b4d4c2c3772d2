"""A maxout unit scales and shifts with its channels: ``max_j (a x_j + c) = a max_j x_j + c``.

For every ``a >= 0`` and every ``c`` that the channels of a unit share; for ``a < 0`` a maximum
becomes a minimum.
"""

from typing import Any

import numpy as np
import sympy as sp

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import eq, le
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import Right, right

_SCALE, _MOST = 2, 7  # which every format holds with the data of a maximum, small integers


def _two() -> Claim:
    a, c, one, other = sp.symbols("a c x_1 x_2", real=True)
    return Claim(
        name="the larger of two scales and shifts with them",
        goal=eq(sp.Max(a * one + c, a * other + c), a * sp.Max(one, other) + c),
        hypotheses=(le(0, a),),
    )


def _steps() -> tuple[Step, ...]:
    return (_two(),)


def _twin() -> Twin:
    step = _two()
    return without(step, step.hypotheses[0])


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    known = right(function, case, request)
    rng = np.random.default_rng([case.seed, 5])
    shift = rng.integers(-_MOST, _MOST + 1, case.output_shape)
    x = _SCALE * known.arrays["x"].astype(np.int64) + np.repeat(shift, layer.pool_size, axis=1)
    moved = known.arrays.but(x=x.astype(request.dtype))
    before = answer(subject, function, case, known.arrays, request)
    got = answer(subject, function, case, moved, request)
    wide = before if before.dtype.kind in "iu" else before.astype(np.float64)
    expected = (_SCALE * wide + shift).astype(request.dtype)
    judge = Right(moved, expected).judge
    index = judge(got)
    if index is not None:
        raise Violation(
            law=f"maxout scales and shifts with the {layer.pool_size} channels of its units: "
            f"by {_SCALE} and, in this one, by {shift[index]}",
            call=call_of(function, case, moved),
            assertion=f"y[{at(index)}] == {expected[index].item()!r}",
            index=index,
            got=got[index],
            expected=expected[index],
        )
    return Seen(known.weak or controls(judge, got))


def _is_maxout(function: Function, case: Case, request: Request) -> bool:
    del case, request
    return function.stem == "maxout"


THEOREM = Theorem(
    name="maxout_scaling",
    statement="Scaling and shifting a unit's channels scales and shifts its maximum.",
    latex=r"\max_j (2 x_j + c) = 2 \max_j x_j + c",
    check=_check,
    families=("maximum",),
    roles=("forward",),
    share=8,
    wants=_is_maxout,
)
PROOF = Proof(
    name="maxout_scaling",
    statement="Scaling all channels of a maxout unit by a >= 0 and shifting them by c scales and "
    "shifts its output.",
    latex=r"\max_j (a x_j + c) = a \max_j x_j + c, \quad a \ge 0",
    source="lecture 7, feature pooling e.g. maxout",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Induction on the number of channels: the maximum of k + 1 is the larger of that of k and "
    "the last; of one channel it is the channel.",
    asked_as=("maxout_scaling",),
)
