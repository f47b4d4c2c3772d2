r"""How far a correct implementation may be from the exact result: derived bounds, per element.

For a sum of ``K`` products with ``S = sum |w| |x|``, in any order, with or without FMA::

    |y_computed - y| <= ((1 + u_in)^2 (1 + e_acc(K)) (1 + u_out) - 1) S + absolute

======================  ========================================================================
``u_in``                rounding of the operands: 0 where they are stored in the format
``e_acc(K)``            ``K u`` for IEEE sums in any order (Jeannerod and Rump 2013, theorem 3.1);
                        for a tensor core that aligns ``b`` products and the accumulator and
                        truncates, ``(1 + ((b + 1) 2^-g + 1) 2u)^ceil(K/b) - 1`` with the
                        pessimistic ``b, g = 4, 0`` (model of Fasi et al. 2021)
``u_out``               rounding of the result
``absolute``            underflow: of each product, and of the result
======================  ========================================================================

A bias is one more product. Winograd and FFT algorithms have no bound of this form.
"""

from dataclasses import dataclass

import numpy as np

from convproof.numeric.dtypes import BFLOAT16

_BLOCK, _GUARD_BITS = 4, 0  # of the tensor core; the most pessimistic published


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A floating-point format: ``unit`` is its unit roundoff, ``tiny`` its least subnormal."""

    unit: float
    tiny: float


FORMATS = {
    "float64": Format(unit=2.0**-53, tiny=2.0**-1074),
    "float32": Format(unit=2.0**-24, tiny=2.0**-149),
    "float16": Format(unit=2.0**-11, tiny=2.0**-24),
    "bfloat16": Format(unit=2.0**-8, tiny=2.0**-133),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What a target promises about its arithmetic.

    Attributes:
        operand_unit: relative error of an operand cut to the format that is multiplied.
        operand_tiny: absolute error of such an operand where the format underflows.
        accumulator: format of the sums.
        tensor_core: whether sums may be truncated as tensor cores do.
    """

    operand_unit: float
    operand_tiny: float
    accumulator: str
    tensor_core: bool


PRECISIONS = {
    "float64": Precision(
        operand_unit=0.0, operand_tiny=0.0, accumulator="float64", tensor_core=False
    ),
    "float32": Precision(
        operand_unit=2.0**-24, operand_tiny=2.0**-150, accumulator="float32", tensor_core=False
    ),
    "tf32": Precision(  # hardware that drops the bits: twice the rounding error
        operand_unit=2.0**-10, operand_tiny=0.0, accumulator="float32", tensor_core=True
    ),
    "bf16": Precision(
        operand_unit=2.0**-8, operand_tiny=0.0, accumulator="float32", tensor_core=True
    ),
    "f16": Precision(
        operand_unit=2.0**-11, operand_tiny=2.0**-25, accumulator="float32", tensor_core=True
    ),
}

DEFAULT_PRECISION = {
    "float64": "float64",
    "float32": "float32",
    "float16": "f16",
    "bfloat16": "bf16",
}


def bound(
    magnitude: np.ndarray,
    products: np.ndarray,
    *,
    precision: str,
    dtype: np.dtype,
    operands: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return the largest error per element that the precision allows.

    Args:
        magnitude: ``S = sum |w| |x|`` per element, in float64 or wider.
        products: ``K``, the number of products per element.
        precision: a key of ``PRECISIONS``.
        dtype: of the arrays, in and out.
        operands: ``sum (|w| + |x|)`` per element; asked only where operands may underflow.

    Returns:
        The bound per element, as float64.

    Example:
        One output of a 3x3 kernel over 64 channels, in float32:

        >>> float(bound(np.array(1.0), np.array(576), precision="float32", dtype=np.dtype("f4")))
        3.4332275390625e-05
    """
    promise = PRECISIONS[precision]
    stored = _name(dtype)
    is_cut = FORMATS[stored].unit < promise.operand_unit  # else it is stored in the format
    unit_in = promise.operand_unit if is_cut else 0.0
    summed = FORMATS[promise.accumulator]
    out = FORMATS[stored]
    rounds_out = stored != promise.accumulator
    growth = _accumulated(products, promise, summed.unit)
    unit_out = out.unit if rounds_out else 0.0
    relative = np.expm1(2 * np.log1p(unit_in) + np.log1p(growth) + np.log1p(unit_out))
    absolute = products * summed.tiny + (out.tiny if rounds_out else 0.0)
    if unit_in and promise.operand_tiny:
        absolute = absolute + promise.operand_tiny * (operands + products * promise.operand_tiny)
    return np.asarray(relative * magnitude + absolute, np.float64)


def oracle_error(magnitude: np.ndarray, products: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the bound on the error of a sum computed in float64 or longdouble."""
    unit = float(np.finfo(dtype).eps) / 2
    return np.asarray(products * unit * magnitude, np.float64)


def _accumulated(products: np.ndarray, promise: Precision, unit: float) -> np.ndarray:
    if not promise.tensor_core:
        return np.asarray(products * unit)
    step = ((_BLOCK + 1) * 2.0**-_GUARD_BITS + 1) * 2 * unit
    steps = np.ceil(products / _BLOCK)
    return np.asarray(np.expm1(steps * np.log1p(step)))


def _name(dtype: np.dtype) -> str:
    return "bfloat16" if dtype == BFLOAT16 else dtype.name
