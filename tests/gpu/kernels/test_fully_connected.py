"""A fully connected layer on the tensor cores: images are rows, and weights lie as given."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Correlated, Sizes, Spread
from convproof.index_maps.correlation import adjoint, forward
from convproof.index_maps.fully_connected import MOST_ROWS, images_are_rows, is_fully_connected
from convproof_gpu import operands
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.tiles import LARGE, TensorTile, tile_of
from tests.gpu.kernels.tensor_cases import (
    LEAST,
    OPERANDS,
    SIM,
    Verb,
    conv_of,
    few,
    in_parts,
    input_vjp,
    integers,
    layer_of,
    of_verbs,
    right,
    told,
    weight_vjp,
    without_bias,
)
from tests.gpu.kernels.tensor_cases import forward as forward_verb

_CHANNELS = (1, 3, 4, 8, 9, 12, 32, 36, 68, 70)
RELU: tuple[operands.Activation, float, float] = ("relu", 1.0, 1.0)


@st.composite
def connected(draw: st.DrawFn, most: int = 5) -> Case:
    """Return convolutions of one position and one tap; they shrink towards one image."""
    layer = layer_of((draw(st.sampled_from(_CHANNELS)), draw(st.sampled_from(_CHANNELS))), (1, 1))
    layer = replace(layer, bias=draw(st.booleans()))
    shape = (draw(st.integers(1, most)), layer.in_channels, 1, 1)
    return Case(layer=layer, input_shape=shape, seed=draw(st.integers(0, 2**16)))


def _case(batch: int, inner: int, outer: int) -> Case:
    layer = layer_of((inner, outer), (1, 1))
    return Case(layer=layer, input_shape=(batch, inner, 1, 1), seed=3)


def equal(verb: Verb, case: Case, tile: Any, dtype: Any = np.float32) -> bool:
    held = integers(case, dtype)
    return np.array_equal(verb(case, held, tile), right(verb, case, held).astype(dtype))


@pytest.mark.parametrize("splits", [1, 2])
@of_verbs
@given(connected())
@few
def test_a_fully_connected_layer_is_the_oracles(verb: Verb, splits: int, case: Case) -> None:
    """``x w^T``, ``y_bar w`` and ``y_bar^T x`` exactly, of any channels, whole and in parts."""
    with in_parts(splits):
        assert equal(verb, case, LEAST)


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [
        (np.float16, "float32"),
        (np.float32, "tf32"),
        pytest.param(ml_dtypes.bfloat16, "float32", marks=pytest.mark.full),
    ],
)
@of_verbs
@given(connected())
@few
def test_it_is_in_every_format(verb: Verb, dtype: Any, precision: Any, case: Case) -> None:
    """Elements of 16 bits, and words of tf32."""
    assert equal(verb, case, replace(LEAST, precision=precision), dtype)


@pytest.mark.parametrize("batch", [MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 130])
@of_verbs
def test_images_are_more_than_a_tile_has_rows(verb: Verb, batch: int) -> None:
    """The same on both sides of the batch from which images are columns."""
    case = _case(batch, 36, 68)
    assert images_are_rows(forward(told(case))) == (batch <= MOST_ROWS)
    assert equal(verb, case, LEAST)


@pytest.mark.parametrize("splits", [1, 2])
@given(connected())
@few
def test_a_bias_is_of_a_row_of_the_weights(splits: int, case: Case) -> None:
    """``max(y + b, 0)`` has ``b[m]`` in every image, and so has the adjoint ``b[c]``."""
    held, sizes = integers(without_bias(case)), told(case)
    layer = conv_of(case)
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    y, x_bar = np.empty(case.output_shape, np.float32), np.empty(case.input_shape, np.float32)
    with in_parts(splits):
        conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=RELU, tile=LEAST)
    plain = right(forward_verb, without_bias(case), held) + b[:, None, None]
    assert np.array_equal(y, np.maximum(plain, 0))

    plain = right(input_vjp, case, held)
    b = np.arange(layer.in_channels, dtype=np.float32) - 1
    for bias, added in ((b, b[:, None, None]), (None, 0)):
        with in_parts(splits):
            conv_input_vjp(
                SIM, sizes, held["y_bar"], held["w"], bias, x_bar, activation=RELU, tile=LEAST
            )
        assert np.array_equal(x_bar, np.maximum(plain + added, 0))


@of_verbs
def test_operands_that_are_not_aligned_are_copied(verb: Verb) -> None:
    """Sixteen bytes are copied at once: the answer is the same where one begins between two."""
    case = without_bias(_case(3, 36, 68))
    held = integers(case)
    expected = right(verb, case, held)
    for name in OPERANDS[verb]:
        array = np.empty(held[name].size + 1, np.float32)[1:].reshape(held[name].shape)
        array[...] = held[name]
        assert array.ctypes.data % 16
        assert np.array_equal(verb(case, held | {name: array}, LEAST), expected)


@given(connected(most=90))
@few
def test_a_gradient_of_few_images_is_an_adjoint_of_floats(case: Case) -> None:
    """``w_bar = y_bar^T x`` in a tile of floats, which it is as the adjoint by ``y_bar``."""
    assert equal(weight_vjp, case, LARGE)
    assert equal(weight_vjp, case, LARGE, np.float16)


@of_verbs
@given(connected())
@few
def test_a_batch_in_slices_is_the_batch(verb: Verb, case: Case) -> None:
    """A launch for each image, or for a few: an image has its answers in whole units."""
    channels = (-(-shape[1] // 8) * 8 for shape in (case.input_shape, case.output_shape))
    with patch.object(operands, "_PER_LAUNCH", 4 * max(channels)):
        assert equal(verb, case, LEAST)


# Which products these are, and what is launched.


def test_a_layer_with_a_window_a_position_or_a_group_more_is_none() -> None:
    """One group, one position, one tap; and its adjoint is one whenever it is."""
    sizes = told(_case(2, 8, 12))
    assert is_fully_connected(forward(sizes))
    assert [is_fully_connected(laid) for laid in adjoint(sizes)] == [True]
    for changed in (
        {"groups": 2},
        {"input": (1, 2), "output": (1, 2)},
        {"kernel": (1, 3), "low": (0, 1)},
        {"low": (1, 0)},
        {"input": (3, 1)},
    ):
        other = replace(sizes, **changed)
        assert not is_fully_connected(forward(other)), changed
        assert not any(images_are_rows(laid) for laid in adjoint(other)), changed


def launched(verb: Verb, sizes: Sizes) -> list[str]:
    """Return the names of the kernels, of a layer without a bias."""
    notes = Recorder()
    pair = (sizes.in_channels, sizes.out_channels)
    x, y = (blank((sizes.batch, channels, 1, 1), np.float32) for channels in pair)
    w = blank((*pair[::-1], 1, 1), np.float32)
    if verb is forward_verb:
        conv_forward(notes, sizes, x, w, None, y)
    elif verb is input_vjp:
        conv_input_vjp(notes, sizes, y, w, None, x)
    else:
        conv_weight_vjp(notes, sizes, y, x, w)
    return [kernel.name or kernel.file for kernel in notes.kernels]


@pytest.mark.parametrize("batch", [32, 256])
def test_no_weight_is_laid_out_or_copied(batch: int) -> None:
    """``w`` is read, and ``w_bar`` written, where it lies; channels that are no units are not."""
    layout = {"conv_tensor_weights", "conv_tensor_source", "conv_tensor_sum"}
    sizes = told(_case(batch, 512, 512))
    with in_parts(1):
        assert launched(forward_verb, sizes) == ["conv_tensor"]
        assert launched(input_vjp, sizes) == ["conv_tensor_weight_vjp"]
        rows = ["conv_tensor_source", "conv_tensor_weight_vjp"]  # of y_bar alone
        assert launched(weight_vjp, sizes) == (rows if batch > 83 else ["linear_weight_vjp"])
        for verb in (forward_verb, input_vjp):
            assert layout & set(launched(verb, told(_case(batch, 511, 510)))), verb


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("map_", [Correlated, Spread])
def test_a_tile_of_few_images_has_few_rows(map_: Any, batch: int) -> None:
    """Sixteen images fill the rows of a tile of 16, not a quarter of 64 columns; one image too."""
    chosen = tile_of(map_(told(_case(batch, 9216, 4096))))
    assert isinstance(chosen, TensorTile)
    assert chosen.rows == 16
