"""The element types of the kernels: float32, float16 and bfloat16, summed in float."""

from typing import Any

import ml_dtypes
import numpy as np

from convproof.errors import DTypeError

_TYPES = {
    np.dtype(np.float32): "float",
    np.dtype(np.float16): "__half",
    np.dtype(ml_dtypes.bfloat16): "__nv_bfloat16",
}
ELEMENTS = tuple(_TYPES)
BYTES: dict[str, int] = {name: dtype.itemsize for dtype, name in _TYPES.items()}


def type_of(**arrays: Any) -> str:
    """Return the C++ type of the elements that all the arrays share; None is passed over.

    Raises:
        DTypeError: if two differ, or no kernel takes them.
    """
    held = {name: array for name, array in arrays.items() if array is not None}
    dtypes = {name: np.dtype(array.dtype) for name, array in held.items()}
    found = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items())
    if len(set(dtypes.values())) > 1:
        msg = f"the arrays must have one dtype, but {found}. Cast one."
        raise DTypeError(msg)
    (dtype,) = set(dtypes.values())
    if dtype not in _TYPES:
        msg = f"kernels take float32, float16 and bfloat16, but {found}. Cast them."
        raise DTypeError(msg)
    return _TYPES[dtype]
