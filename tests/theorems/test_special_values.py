"""Special values: the finite numbers beside them are those that the format holds."""

from dataclasses import replace

import numpy as np
import pytest

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import MaxPool
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems import THEOREMS, Request
from convproof.verify.targets.subject import TargetSubject

SPECIAL = next(theorem for theorem in THEOREMS if theorem.name == "special")


@pytest.mark.parametrize("seed", range(8))
def test_a_large_image_of_half_numbers_has_ties_and_is_asked_right(seed: int) -> None:
    """Integers beyond 256 are no bfloat16: their maxima are those of what they are rounded to."""
    layer = MaxPool(kernel_size=(5, 2), stride=(6, 1), padding=((0, 0),) * 2, dilation=(1, 2))
    case = replace(Case(layer=layer, input_shape=(1, 1, 185, 3)), seed=seed)
    function = Function("max_pool2d", "input")
    right = getattr(get_implementation("numpy"), function.name)
    request = Request(dtype=np.dtype(BFLOAT16), precision="bf16")
    SPECIAL.check(TargetSubject({function: right}, "numpy"), function, case, request)
