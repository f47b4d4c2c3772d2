"""JAX's own layers answer what the oracle answers: equal, wherever the numbers are exact.

Not asked are strides of one axis beside dilations of another: XLA ends the process at some of them
(J5 of ``reports/scoreboard.md``), here as everywhere, and takes the tests with it.
"""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import layers
from convproof.errors import UnsupportedError
from convproof.layers import Layer
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.reference import implementation as reference
from tests.numeric.cases import SMOOTH, Case, answers, differences, few
from tests.verify.targets.cases import APART, beyond_their_bounds, dilated_pools

jax = pytest.importorskip("jax")

from convproof.verify.targets.jax import forget, implementation  # noqa: E402  # needs JAX

compiled = settings(max_examples=few.max_examples // 2)  # each shape is compiled
FLOATS = ["float32", "float64"]
PAIR = layers.MaxPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))


@pytest.fixture(autouse=True, scope="module")
def _forgotten() -> Iterator[None]:
    yield
    forget()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", APART, ids=lambda kind: kind.__name__)
@compiled
@given(data=st.data())
def test_layers_and_gradients_equal_the_oracle(
    kind: type[Layer], dtype: str, data: st.DataObject
) -> None:
    """y, x_bar, w_bar and b_bar == the oracle's, padded alike or differently at the two ends."""
    case = data.draw(APART[kind]).astype(dtype)

    assert differences(answers(implementation, case), answers(reference, case)) == []


@pytest.mark.parametrize("kind", SMOOTH, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("dtype", FLOATS)
@compiled
@given(data=st.data())
def test_smooth_layers_are_within_their_bounds(
    kind: type[Layer], dtype: str, data: st.DataObject
) -> None:
    """|y^ - y| and |x_bar^ - x_bar| <= the bounds of ``convproof.numeric.smooth``."""
    case = data.draw(SMOOTH[kind]).astype(dtype)

    assert beyond_their_bounds(implementation, case, "forward", "input_vjp") == []


@compiled
@given(dilated_pools)
def test_a_dilated_max_pooling_has_no_gradient(case: Case) -> None:
    """y == the oracle's."""
    layer, x, _, y_bar = case.astype(np.float32)
    assert isinstance(layer, layers.MaxPool)

    assert np.array_equal(implementation.forward(layer, x), reference.forward(layer, x))
    if set(layer.dilation) != {1}:
        with pytest.raises(UnsupportedError, match="no gradient of a max pooling with dilation"):
            implementation.input_vjp(layer, x, y_bar)


@compiled
@given(APART[layers.Conv])
def test_integers_have_a_convolution_but_no_gradient(case: Case) -> None:
    """y == the oracle's, in int64."""
    layer, x, arrays, y_bar = case
    y = implementation.forward(layer, x, *arrays)

    assert y.dtype == np.int64
    assert np.array_equal(y, reference.forward(layer, x, *arrays))
    with pytest.raises(UnsupportedError, match="no gradients of integers"):
        implementation.weight_vjp(layer, x, y_bar)


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), BFLOAT16], ids=str)
@compiled
@given(case=APART[layers.Conv])
def test_half_precision_stays_half_precision(dtype: np.dtype, case: Case) -> None:
    """Small integers are exact: y == the oracle's."""
    ones = case.map(lambda array: array.clip(-1, 1)).astype(dtype)

    assert differences(answers(implementation, ones), answers(reference, ones)) == []


def test_the_first_maximum_takes_the_cotangent() -> None:
    """x_bar = (1, 0): but a NaN, the maximum of its window, leaves it to what follows."""
    x, y_bar = np.array([[[1.0, 1.0, np.nan, 2.0]]]), np.array([[[1.0, 1.0]]])

    assert np.array_equal(implementation.forward(PAIR, x), [[[1, np.nan]]], equal_nan=True)
    assert np.array_equal(implementation.input_vjp(PAIR, x, y_bar), [[[1, 0, 0, 1]]])


def test_the_answer_is_of_the_kind_that_was_given() -> None:
    """JAX arrays in, JAX arrays out; NumPy arrays may be written to."""
    x = np.array([[[1, 2, 3, 4]]], np.float32)
    theirs, ours = implementation.forward(PAIR, jax.numpy.array(x)), implementation.forward(PAIR, x)

    assert isinstance(theirs, jax.Array)
    assert isinstance(ours, np.ndarray)
    assert ours.flags.writeable


def test_the_callers_own_jax_keeps_its_precision() -> None:
    """float64 is answered here, and is still float32 outside."""
    y = implementation.forward(layers.ReLU(), np.array([1.0]))
    forget()

    assert y.dtype == np.float64
    assert jax.numpy.ones(1).dtype == np.float32


@pytest.mark.parametrize(
    ("layer", "lacking"),
    [
        (layers.AdaptiveAvgPool(output_size=(2,)), "AdaptiveAvgPool"),
        (layers.Maxout(pool_size=2), "Maxout"),
        (
            layers.MaxPool(
                kernel_size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,), return_indices=True
            ),
            "where the maxima lie",
        ),
    ],
)
def test_what_jax_lacks_is_unsupported(layer: Layer, lacking: str) -> None:
    with pytest.raises(UnsupportedError, match=lacking):
        implementation.forward(layer, np.ones((1, 2, 4)))
