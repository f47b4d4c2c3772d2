"""Putting pooled values back."""

import numpy as np
import pytest
from hypothesis import given

from convproof.errors import ShapeError
from convproof.implementation import ByLayer
from convproof.layers import MaxPool, MaxUnpool
from tests.numeric.cases import both, integers

UNPOOL = MaxUnpool(kernel_size=(2,), stride=(2,), padding=((0, 0),))
POOL = MaxPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,), return_indices=True)


@both
def test_the_last_of_two_values_stays_and_takes_the_gradient(implementation: ByLayer) -> None:
    """Position 3 is named by 5 and then by 7: y[3] = 7, and only 7 moves it."""
    x, indices = np.array([[[5, 7]]]), np.array([[[3, 3]]])

    assert implementation.forward(UNPOOL, x, indices).tolist() == [[[0, 0, 0, 7]]]
    y_bar = np.array([[[1, 2, 3, 4]]])
    assert implementation.input_vjp(UNPOOL, x, y_bar, indices).tolist() == [[[0, 4]]]


@both
@given(integers((2, 2, 6)))
def test_pooling_again_finds_the_positive_maxima(implementation: ByLayer, x: np.ndarray) -> None:
    """pool(unpool(pool(x))) == pool(x) where the maxima exceed the zeros put between them."""
    y, indices = implementation.forward(POOL, x + 5)
    again, same_indices = implementation.forward(POOL, implementation.forward(UNPOOL, y, indices))

    assert np.array_equal(again, y)
    assert np.array_equal(same_indices, indices)


@both
@pytest.mark.parametrize("number", [-1, 4])
def test_an_index_outside_the_output_is_refused_with_the_numbers(
    implementation: ByLayer, number: int
) -> None:
    x, indices = np.zeros((1, 1, 2)), np.array([[[0, number]]], np.int32)
    law = (
        rf"^indices must lie in 0\.\.\.3, the positions of an output of \(4,\), but "
        rf"indices\[0, 0, 1\] = {number}\.$"
    )
    with pytest.raises(ShapeError, match=law):
        implementation.forward(UNPOOL, x, indices)
    with pytest.raises(ShapeError, match=law):
        implementation.input_vjp(UNPOOL, x, np.zeros((1, 1, 4)), indices)
