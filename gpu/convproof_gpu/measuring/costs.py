"""What a row must cost: its operations, its bytes, and the time that no kernel can beat.

``floor = max(bytes / copy, flops / rate)``, with the rates of the same GPU in the same run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from convproof.layers import (
    Conv,
    ConvTranspose,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
    Tanh,
)
from convproof_gpu.measuring.arrays import answer_shape, shapes
from convproof_gpu.measuring.rows import Row, is_product

_NEEDS_INPUT = (MaxPool, LocalResponseNorm, Softmax, ReLU, Tanh)  # for its derivative


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a row must do.

    Attributes:
        flops: two for every product; 0 of a layer without weights, which memory bounds.
        bytes: of every operand and the answer, each once.
    """

    flops: int
    bytes: int

    def floor_us(self, precision: str, rates: Mapping[str, float]) -> float:
        """Return the least time; products of float32 go through TF32 three times, or once as such.

        Args:
            precision: of the products.
            rates: ``copy`` in bytes per second; ``float32``, ``tf32`` and ``bfloat16`` in
                operations per second.
        """
        products = {
            "float32": max(rates["float32"], rates["tf32"] / 3),
            "float16": rates["bfloat16"],
        }
        rate = products.get(precision) or rates.get(precision, rates["bfloat16"])
        return 1e6 * max(self.bytes / rates["copy"], self.flops / rate)


def cost(row: Row, itemsize: int) -> Cost:
    """Return what a row costs with elements of so many bytes."""
    read = shapes(row)
    if row.operation == "weight_vjp":
        read["w"] = None
    elif row.operation == "input_vjp" and not isinstance(row.layer, _NEEDS_INPUT):
        read["x"] = None
    elements = sum(prod(shape) for shape in read.values() if shape is not None)
    return Cost(flops=_flops(row), bytes=itemsize * (elements + prod(answer_shape(row))))


def _flops(row: Row) -> int:
    layer = row.layer
    if not is_product(layer):
        return 0
    assert isinstance(layer, Conv | ConvTranspose | Linear)
    return 2 * row.input_shape[0] * layer.operations(row.input_shape)
