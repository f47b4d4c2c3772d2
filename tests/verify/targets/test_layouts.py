"""A layout is a copy: what a target does to it, it does to its own memory alone."""

import numpy as np
import pytest

from convproof.verify.targets.arrays import LAYOUTS_OF
from convproof.verify.targets.layouts import lay

SHAPES = [(), (3,), (2, 3), (2, 0, 3), (2, 1, 3), (1, 2, 3, 4), (2, 3, 1, 1), (2, 1, 1, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS_OF["numpy"])
def test_a_layout_has_the_same_elements_in_memory_of_its_own(
    layout: str, shape: tuple[int, ...]
) -> None:
    """lay(x) == x, and no byte of it is x's: one channel and 1x1 maps among them."""
    array = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
    laid_out = lay(array, layout)

    assert np.array_equal(laid_out, array)
    assert not np.shares_memory(laid_out, array)
