"""One law of the convolution per file: its statement and the check that can refute it."""

from convproof.theorems import (
    bias_derivative,
    determinism,
    forward,
    input_derivative,
    inputs_untouched,
    output_shape,
    rounding,
    special_values,
    weight_derivative,
)
from convproof.theorems.base import DisagreementError as DisagreementError
from convproof.theorems.base import Request as Request
from convproof.theorems.base import Subject as Subject
from convproof.theorems.base import Theorem as Theorem
from convproof.theorems.base import Violation as Violation

THEOREMS: tuple[Theorem, ...] = (  # in the order they are asked: a broken one misleads the later
    output_shape.THEOREM,
    inputs_untouched.THEOREM,
    determinism.THEOREM,
    forward.THEOREM,
    input_derivative.THEOREM,
    weight_derivative.THEOREM,
    bias_derivative.THEOREM,
    rounding.THEOREM,
    special_values.THEOREM,
)
