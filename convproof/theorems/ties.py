"""Ties: of equal maxima the first in row-major order takes the gradient; ReLU has slope 0 at 0.

A convention, not a law of mathematics: at a tie the maximum has no derivative. It is torch's; a
target of another convention declares that it lacks ``"ties"``.
"""

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import Request, Seen, Subject, Theorem, controls
from convproof.theorems.exact import judged
from convproof.theorems.right import right_of


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    integers = case.integers(request.dtype)
    rng = np.random.default_rng([case.seed, 3])
    tied = integers.but(x=rng.integers(-1, 2, case.input_shape))
    known = right_of(function, case, tied, request)
    law = "of equal maxima the first takes the gradient, and ReLU has slope 0 at 0"
    got = judged(subject, function, case, request, known, law)
    return Seen(controls(known.judge, got))


THEOREM = Theorem(
    name="ties",
    statement="Of equal maxima the first takes the gradient, and ReLU has slope 0 at 0.",
    latex=r"\bar x_i = \sum_o \bar y_o\, [\, i = \min \arg\max_j x_j \,]",
    check=_check,
    families=("maximum", "pointwise"),
    roles=("input",),
    needs=frozenset({"ties"}),
)
