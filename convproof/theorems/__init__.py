"""One law per file: its statement and the check that can refute it."""

from convproof.theorems import (
    adjoint,
    batch,
    bias_derivative,
    channels,
    determinism,
    empty,
    equivariance,
    forward,
    fresh_answer,
    input_derivative,
    inputs_untouched,
    linearity,
    matrix,
    memory_layout,
    output_shape,
    rejects,
    rounding,
    second_order,
    special_values,
    ties,
    weight_derivative,
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
    input_derivative.THEOREM,
    weight_derivative.THEOREM,
    bias_derivative.THEOREM,
    second_order.THEOREM,
    matrix.THEOREM,
    adjoint.THEOREM,
    linearity.THEOREM,
    batch.THEOREM,
    channels.THEOREM,
    equivariance.THEOREM,
    rounding.THEOREM,
    ties.THEOREM,
    memory_layout.THEOREM,
    empty.THEOREM,
    rejects.THEOREM,
    special_values.THEOREM,
)
