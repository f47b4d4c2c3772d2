"""One law per file: its statement and the check that can refute it."""

from convproof.theorems import (
    batch,
    derivatives,
    determinism,
    empty,
    forward,
    fresh_answer,
    inputs_untouched,
    learning,
    losses,
    matrix,
    memory_layout,
    output_shape,
    pooling,
    rejects,
    rounding,
    shapes,
    signals,
    special_values,
    ties,
    variants,
)
from convproof.theorems.base import DisagreementError as DisagreementError
from convproof.theorems.base import Request as Request
from convproof.theorems.base import Seen as Seen
from convproof.theorems.base import Subject as Subject
from convproof.theorems.base import Theorem as Theorem
from convproof.theorems.base import Unanswered as Unanswered
from convproof.theorems.base import Violation as Violation

THEOREMS: tuple[Theorem, ...] = (  # in the order they are asked: a broken one misleads the later
    output_shape.THEOREM,
    inputs_untouched.THEOREM,
    determinism.THEOREM,
    fresh_answer.THEOREM,
    forward.THEOREM,
    *derivatives.THEOREMS,
    matrix.THEOREM,
    *derivatives.LAWS,
    *signals.THEOREMS,
    batch.THEOREM,
    *variants.THEOREMS,
    *shapes.THEOREMS,
    *pooling.THEOREMS,
    *learning.THEOREMS,
    rounding.THEOREM,
    ties.THEOREM,
    memory_layout.THEOREM,
    empty.THEOREM,
    rejects.THEOREM,
    rejects.OF_LOSSES,
    special_values.THEOREM,
    *losses.THEOREMS,
)
