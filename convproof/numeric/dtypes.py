"""Which dtypes the NumPy implementations take, and what they accumulate in.

================================  ==================  =============
arrays hold                       accumulated in      result
================================  ==================  =============
float16, bfloat16                 float32             as given
float32, float64, longdouble      the same            the same
integers                          int64 (see below)   int64
Python objects (int, Fraction)    themselves          object
================================  ==================  =============

Integers are exact while every sum of ``|w| |x|`` stays below 2^63; beyond it they wrap around, as
all of NumPy's do. Objects have no such bound.
"""

import ml_dtypes
import numpy as np

from convproof.errors import DTypeError

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
HALVES = (np.dtype(np.float16), BFLOAT16)


def accumulator(dtype: np.dtype) -> np.dtype:
    """Return the dtype that sums over arrays of this dtype are accumulated in.

    Raises:
        DTypeError: for booleans, complex numbers and everything else that the table has not.
    """
    if dtype in HALVES:
        return np.dtype(np.float32)
    if dtype.kind == "f" or dtype.kind == "O":
        return dtype
    if dtype.kind in "iu" and dtype != np.dtype(np.uint64):
        return np.dtype(np.int64)
    msg = (
        f"arrays of {dtype} are not supported: use float16, bfloat16, float32, float64, an integer "
        "type up to 64 bits signed, or objects (int, Fraction)."
    )
    raise DTypeError(msg)


def result_dtype(dtype: np.dtype) -> np.dtype:
    """Return the dtype of a result computed from arrays of this dtype."""
    return dtype if dtype in HALVES else accumulator(dtype)


def common_dtype(**arrays: object) -> np.dtype:
    """Return the dtype that all the arrays share.

    Raises:
        DTypeError: if one is no NumPy array, or two dtypes differ.
    """
    dtypes = {}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            msg = f"{name} must be a NumPy array, got a {type(array).__name__}."
            raise DTypeError(msg)
        dtypes[name] = array.dtype
    if len(set(dtypes.values())) > 1:
        found = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items())
        msg = f"the arrays must have one dtype, but {found}. Cast one."
        raise DTypeError(msg)
    return next(iter(dtypes.values()))


def needs_division(dtype: np.dtype, what: str) -> None:
    """Raise ``DTypeError`` for integers, whose means and quotients are no integers."""
    if dtype.kind in "iu":
        msg = f"{what} of integers is no integer: use a floating type, or Fraction objects."
        raise DTypeError(msg)


def needs_floats(dtype: np.dtype, what: str) -> None:
    """Raise ``DTypeError`` for integers and objects, which have no exponentials and powers."""
    if dtype.kind in "iuO":
        msg = f"{what} of {dtype} arrays is not defined: use a floating type."
        raise DTypeError(msg)
