"""Our side: an implementation's verbs on PyTorch's tensors, as a user calls them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from convproof.implementation import Implementation
from convproof.layers import Conv, Layer, ReLU
from convproof_gpu.fused import Fused
from convproof_gpu.measuring.arrays import Arrays
from convproof_gpu.measuring.rows import Row, is_product
from convproof_gpu.wing import Wing

PRECISIONS = {  # name: the elements' dtype
    "float32": "float32",
    "tf32": "float32",
    "bfloat16": "bfloat16",
    "float16": "float16",
}
SHORT = {"bf16": "bfloat16", "f16": "float16", "fp16": "float16", "fp32": "float32"}


def offered(
    implementation: Implementation, layer: Layer, precision: str
) -> tuple[Implementation | None, str]:
    """Return what computes a layer in a precision, or None and why there is nothing.

    Where the precision is the arrays' dtype, that is the implementation itself.
    """
    if precision == PRECISIONS[precision]:
        return implementation, ""
    if not is_product(layer):
        return None, f"a {type(layer).__name__} multiplies no weights"
    other = getattr(implementation, "with_precision", None)
    if other is None:
        return None, f"{implementation.name} has no precision={precision!r}"
    return other(precision), ""


def call_of(implementation: Implementation, row: Row, arrays: Arrays) -> Callable[[], Any]:
    """Return the row's operation on these arrays."""
    layer, verbs, x, w, y_bar = row.layer, implementation, arrays.x, arrays.w, arrays.y_bar
    weights = () if w is None else (w,)
    if row.operation == "input_vjp":
        return lambda: verbs.input_vjp(layer, x, y_bar, *weights)
    if row.operation == "weight_vjp":
        return lambda: verbs.weight_vjp(layer, x, y_bar)
    if row.operation == "fused":
        assert isinstance(layer, Conv), layer
        biased, relu = replace(layer, bias=True), ReLU()
        if isinstance(implementation, Wing):
            fused = Fused(conv=biased)
            return lambda: verbs.forward(fused, x, w, arrays.b)
        return lambda: verbs.forward(relu, verbs.forward(biased, x, w, arrays.b))
    return lambda: verbs.forward(layer, x, *weights)
