"""How far a correct answer may be from the exact one, for every layer and derivative.

The bound of a sum of products is that of ``convproof.numeric.rounding``, with ``S = sum |w| |x|``
and the number of products counted by the oracle on ones. A mean is a sum and two more roundings,
its divisor's reciprocal and the product with it. Those of the smooth layers are derived in
``convproof.numeric.smooth`` and ``convproof.numeric.loss``, and rounded once more where the format
is half.
"""

from math import prod
from typing import Any

import numpy as np

from convproof import layers
from convproof.cases import Arrays, Case, ask
from convproof.functions import Function, Role
from convproof.layers import Layer
from convproof.numeric.fast import implementation as fast
from convproof.numeric.loss import loss_bound
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import (
    DEFAULT_PRECISION,
    FORMATS,
    PRECISIONS,
    bound,
    oracle_error,
)
from convproof.numeric.smooth import smooth_bound
from convproof.theorems.base import Request

_PAIRS: dict[Role, tuple[tuple[str, ...], tuple[str, ...]]] = {  # the data, and what they multiply
    "forward": (("x",), ("w", "b")),
    "input": (("y_bar",), ("w",)),
    "weight": (("x",), ("y_bar",)),
    "bias": (("y_bar",), ()),
    "jvp": (("x", "x_dot"), ("w", "w_dot")),
    "second_output": (("x", "u"), ("w", "v")),
    "second_input": (("y_bar",), ("v",)),
    "second_weight": (("u",), ("y_bar",)),
}


def allowed_error(
    function: Function, case: Case, arrays: Arrays, exact: np.ndarray, request: Request
) -> np.ndarray:
    """Return the largest error per element that the request allows.

    Args:
        function: which one.
        case: the case.
        arrays: its data in a wide format.
        exact: the exact answer in that format.
        request: the dtype and what the target promises.
    """
    family = function.family
    if family == "bilinear":
        return _of_products(function.role, case, arrays, request)
    if family == "smooth":
        return _of_smooth(function.role, case, arrays, exact, request)
    moved = arrays.but(y_bar=np.abs(arrays["y_bar"]))
    if family == "maximum" or family == "pointwise":
        if function.role == "forward":
            return np.zeros(exact.shape)
        magnitude = ask(fast, "input", case, moved)
        products = ask(fast, "input", case, moved.but(y_bar=np.ones_like(arrays["y_bar"])))
    else:
        magnitude = ask(fast, function.role, case, moved.but(x=np.abs(arrays["x"])))
        products = np.full(exact.shape, _terms(case.layer, case) + 2, float)
    plain = Request(dtype=request.dtype, precision=_of_sums(request))
    allowed = bound(
        np.abs(magnitude).astype(np.float64),
        products.astype(np.float64),
        precision=plain.precision,
        dtype=plain.dtype,
    )
    return np.asarray(allowed + oracle_error(magnitude, products, exact.dtype))


def _of_products(role: Role, case: Case, arrays: Arrays, request: Request) -> np.ndarray:
    ones, sizes = arrays.map(np.ones_like), arrays.map(np.abs)
    magnitude, products = ask(oracle, role, case, sizes), ask(oracle, role, case, ones)
    operands: Any = 0.0
    if PRECISIONS[request.precision].operand_tiny:
        data, factors = _PAIRS[role]
        one = ones.but(**{name: sizes[name] for name in data})
        other = ones.but(**{name: sizes[name] for name in factors if name in sizes})
        operands = ask(oracle, role, case, one) + ask(oracle, role, case, other)
    allowed = bound(
        magnitude.astype(np.float64),
        products.astype(np.float64),
        precision=request.precision,
        dtype=request.dtype,
        operands=operands,
    )
    return np.asarray(allowed + oracle_error(magnitude, products, magnitude.dtype))


def _of_smooth(
    role: Role, case: Case, arrays: Arrays, exact: np.ndarray, request: Request
) -> np.ndarray:
    accumulator = PRECISIONS[request.precision].accumulator
    unit, wide = FORMATS[accumulator].unit, float(np.finfo(exact.dtype).eps) / 2
    derivative, x, y_bar = role != "forward", arrays["x"], arrays["y_bar"]
    if isinstance(case.layer, layers.CrossEntropy):
        units, held = loss_bound(case.layer, x, arrays["target"], y_bar, derivative=derivative)
        numbers = arrays["target"].size + 2
    else:
        y = ask(oracle, "forward", case, arrays) if derivative else exact
        units = smooth_bound(case.layer, x, y_bar, y, 1.0, derivative=derivative)
        held, numbers = np.abs(exact), 1
    allowed = units * (unit + wide) + FORMATS[accumulator].tiny
    stored = FORMATS[request.dtype.name]
    if request.dtype.name != accumulator:
        allowed = allowed * (1 + stored.unit) + stored.unit * held + numbers * stored.tiny
    return np.asarray(allowed)


def _of_sums(request: Request) -> str:
    """Return the promise about sums without products, whose operands are never cut."""
    name = request.dtype.name
    if name in ("float16", "bfloat16"):
        return DEFAULT_PRECISION[name]
    return "float64" if name == "float64" else "float32"


def _terms(layer: Layer, case: Case) -> int:
    """Return a bound on the terms of one sum, forward or backward, of a layer without weights."""
    if isinstance(layer, layers.AvgPool | layers.Unfold | layers.Fold):
        return prod(layer.kernel_size)
    sizes, windows = case.input_shape[2:], case.output_shape[2:]
    rows = list(zip(sizes, windows, strict=True))
    return max(prod(-(-n // o) + 1 for n, o in rows), prod(-(-o // n) + 1 for n, o in rows))
