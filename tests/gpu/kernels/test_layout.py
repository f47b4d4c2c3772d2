"""Channels first and channels last: one is the other, transposed."""

from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.errors import ShapeError
from convproof_gpu import machine
from convproof_gpu.layers.layout import to_channels_first, to_channels_last
from convproof_gpu.simulated import Simulated

SIM = Simulated()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
few = settings(max_examples=max(4, settings().max_examples // 2))
sizes = st.sampled_from([0, 1, 2, 7, 31, 32, 33, 70])
shapes = st.builds(
    lambda batch, channels, size: (batch, channels, *size),
    st.integers(0, 3),
    sizes,
    st.just(()) | st.tuples(sizes) | st.tuples(st.integers(1, 3), sizes),
)


@pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
@given(shapes)
@few
def test_channels_last_is_channels_first_transposed(dtype: Any, shape: tuple[int, ...]) -> None:
    """``y[n, i, c] == x[n, c, i]``, and back, of tiles that are whole and that are not."""
    x = (np.arange(np.prod(shape, dtype=int)) % 199).reshape(shape).astype(dtype)
    y = to_channels_last(SIM, x)
    assert y.flags.c_contiguous
    assert np.array_equal(y, np.moveaxis(x, 1, -1))
    assert np.array_equal(to_channels_first(SIM, y), x)


def test_offsets_of_64_bits_give_the_same_numbers() -> None:
    """As where an array has more than 2^31 elements."""
    x = np.arange(2 * 35 * 40, dtype=np.float32).reshape(2, 35, 40)
    with patch.object(machine, "_INT", -1):
        assert np.array_equal(to_channels_last(SIM, x), np.moveaxis(x, 1, -1))


def test_an_array_without_channels_has_no_layout() -> None:
    """At least a batch and channels."""
    with pytest.raises(ShapeError, match="at least 2 axes"):
        to_channels_last(SIM, np.zeros(3, np.float32))
