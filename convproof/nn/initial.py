"""First values of parameters, as torch's: ``U(-b, b)`` with ``b = 1 / sqrt(fan_in)``.

It is He's uniform initialisation with the slope ``a = sqrt(5)``: ``b = sqrt(6 / ((1 + a^2)
fan_in))``; ``fan_in`` is the number of products that an output sums, for a transposed convolution
that of the convolution whose adjoint it is.
"""

from math import sqrt
from typing import Any

import numpy as np

from convproof.errors import DTypeError
from convproof.layers import Layer
from convproof.numeric.dtypes import BFLOAT16


def initial(layer: Layer, fan_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
    """Return first values for the weight and the bias, None where there is none.

    Args:
        layer: the spec.
        fan_in: products that an output sums.
        rng: NumPy's generator, or a seed of one; None: one of fresh entropy.
        dtype: of the arrays, a floating one; None: float32.

    Raises:
        DTypeError: for any other dtype: integers hold no values below 1.
    """
    try:
        kind = np.dtype(np.float32 if dtype is None else dtype)
    except TypeError:
        msg = f"dtype must be a floating one of NumPy's, got {dtype!r}."
        raise DTypeError(msg) from None
    if kind != BFLOAT16 and kind.kind != "f":
        msg = f"dtype must be a floating one, for first values lie below 1, got {kind}."
        raise DTypeError(msg)
    rng = rng if hasattr(rng, "uniform") else np.random.default_rng(rng)
    bound = 1 / sqrt(fan_in)
    shapes = layer.parameter_shapes
    drawn = {n: rng.uniform(-bound, bound, shape).astype(kind) for n, shape in shapes.items()}
    return {"weight": None, "bias": None, **drawn}
