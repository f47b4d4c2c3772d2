"""The table of dtypes: what is accumulated in what, and what is refused."""

import ml_dtypes
import numpy as np
import pytest

from convproof.errors import DTypeError
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype

TABLE = [
    (np.float16, np.float32, np.float16),
    (ml_dtypes.bfloat16, np.float32, ml_dtypes.bfloat16),
    (np.float32, np.float32, np.float32),
    (np.float64, np.float64, np.float64),
    (np.longdouble, np.longdouble, np.longdouble),
    (np.int8, np.int64, np.int64),
    (np.uint32, np.int64, np.int64),
    (np.int64, np.int64, np.int64),
    (object, object, object),
]


@pytest.mark.parametrize(("held", "summed", "returned"), TABLE)
def test_every_row_of_the_table(held: type, summed: type, returned: type) -> None:
    assert accumulator(np.dtype(held)) == np.dtype(summed)
    assert result_dtype(np.dtype(held)) == np.dtype(returned)


@pytest.mark.parametrize("refused", [bool, complex, np.uint64, "datetime64[s]", "U3"])
def test_everything_else_is_refused_by_name(refused: type | str) -> None:
    dtype = np.dtype(refused)
    with pytest.raises(DTypeError) as caught:
        accumulator(dtype)
    assert str(caught.value).startswith(f"arrays of {dtype} are not supported: use float16, ")


def test_a_list_is_no_array() -> None:
    with pytest.raises(DTypeError, match=r"^w must be a NumPy array, got a list\.$"):
        common_dtype(x=np.zeros(1), w=[0.0])
