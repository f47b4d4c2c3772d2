"""Laws that every layer obeys in both NumPy implementations."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import layers
from convproof.implementation import ByLayer
from convproof.layers import Convolve, Layer
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from tests.numeric.cases import CASES, MEANS, SMOOTH, Case, answers, differences, few, losses

EXACT = [np.dtype(dtype) for dtype in (np.float32, np.float64, np.int64, np.int16, object)]
HALVES = [np.dtype(np.float16), BFLOAT16]
ALL = CASES | SMOOTH | {layers.CrossEntropy: losses("none")}
LINEAR = [
    layers.Conv, layers.LocallyConnected, layers.ConvTranspose, layers.Unfold, layers.Fold,
    layers.Linear, layers.Bias, layers.MaxUnpool, *MEANS,
]  # fmt: skip
LARGE = 2**50 + 1


def over(*kinds: type[Layer]) -> pytest.MarkDecorator:
    """Run a test for both implementations of each layer."""
    pairs = [(each, kind) for kind in kinds for each in (reference, fast) if kind in each._rooms]
    names = [f"{kind.__name__}-{each.name}" for each, kind in pairs]
    return pytest.mark.parametrize(("implementation", "kind"), pairs, ids=names)


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind in fast._rooms])
@given(data=st.data())
def test_the_fast_path_equals_the_oracle(kind: type[Layer], data: st.DataObject) -> None:
    """fast(verb) == reference(verb) for every verb and dtype: integers need no tolerance."""
    case = data.draw(CASES[kind])
    case = case.astype(data.draw(st.sampled_from(_dtypes(kind))))

    assert differences(answers(fast, case), answers(reference, case)) == []


@over(*(kind for kind in CASES if kind is not Convolve))
@given(data=st.data())
def test_the_gradients_are_adjoint(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """<f(x), y_bar> == <x, x_bar> + <b, b_bar> == <w, w_bar> + <b, b_bar>, in fractions.

    For linear layers this defines the adjoint; maxima and ReLU are homogeneous of degree one, and
    for them it is Euler's identity ``f(x) = f'(x) x``.
    """
    case = data.draw(CASES[kind]).map(lambda array: array * Fraction(1, 3))
    found = answers(implementation, case)
    held = dict(zip(case.layer.parameter_shapes, case.arrays, strict=False))
    from_bias = (found["bias_vjp"] * held["bias"]).sum() if "bias" in held else 0
    value = (found["forward"] * case.y_bar).sum()

    assert value == (found["input_vjp"] * case.x).sum() + from_bias
    if "weight" in held:
        assert value == (found["weight_vjp"] * held["weight"]).sum() + from_bias


@over(*CASES)
@few
@given(data=st.data())
def test_fractions_stay_fractions(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """No entry of a result passes through a float."""
    case = data.draw(CASES[kind]).map(lambda array: array * Fraction(1, 3))
    found = answers(implementation, case)
    entries = [entry for array in found.values() for entry in array.ravel().tolist()]

    assert set(map(type, entries)) <= {int, Fraction}


@over(*ALL)
@few
@given(data=st.data())
def test_halves_are_computed_in_float32_and_rounded_once(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """f(x) == round(f(float32(x))) for float16 and bfloat16."""
    half = data.draw(st.sampled_from(HALVES))
    case = data.draw(ALL[kind]).map(lambda array: (array / 7).astype(half))
    wide = answers(implementation, case.astype(np.float32))
    rounded = {v: a if v == "indices" else a.astype(half) for v, a in wide.items()}

    assert differences(answers(implementation, case), rounded) == []


@over(*(kind for kind in CASES if kind not in MEANS))
@few
@given(data=st.data())
def test_integers_are_exact_beyond_the_floats(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """int64 equals Python's integers for entries near 2^50, whose sums no float64 would keep."""
    layer, x, arrays, y_bar = data.draw(CASES[kind])
    for large in (Case(layer, LARGE * x, arrays, y_bar), Case(layer, x, arrays, LARGE * y_bar)):
        found, unlimited = (answers(implementation, c) for c in (large, large.astype(object)))

        assert all(array.dtype == np.int64 for array in found.values())
        assert all(np.array_equal(array, unlimited[verb]) for verb, array in found.items())


@over(*ALL)
@few
@given(data=st.data())
def test_inputs_are_neither_changed_nor_returned(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """A verb writes to new memory only."""
    case = data.draw(ALL[kind]).astype(np.float64).map(_frozen)
    given_ = [case.x, *case.arrays, case.y_bar]

    for array in answers(implementation, case).values():
        assert not any(np.shares_memory(array, held) for held in given_)
        assert array.flags.writeable


@over(*CASES)
@few
@given(data=st.data())
def test_memory_layout_does_not_matter(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """A view with other strides, some of them negative, gives what its copy gives."""
    case = data.draw(CASES[kind]).astype(np.float64)
    found, strided = answers(implementation, case), answers(implementation, case.map(_strided))

    assert differences(strided, found) == []


@over(*(kind for kind in ALL if kind is not Convolve))
@few
@given(data=st.data())
def test_an_empty_batch_gives_empty_images_and_zero_gradients(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """f(x[:0]) == f(x)[:0], and sums over no image are 0."""
    case = data.draw(ALL[kind]).astype(np.float64).batched()
    full, empty = answers(implementation, case), answers(implementation, case.batch(slice(0)))

    for verb, array in empty.items():
        summed = verb in ("weight_vjp", "bias_vjp")
        assert np.array_equal(array, np.zeros_like(full[verb]) if summed else full[verb][:0])


@over(*LINEAR)
@few
@given(data=st.data())
def test_layers_linear_in_x_need_only_its_shape(
    implementation: ByLayer, kind: type[Layer], data: st.DataObject
) -> None:
    """input_vjp(x.shape, y_bar) == input_vjp(x, y_bar): a linear map is its own derivative."""
    case = data.draw(CASES[kind]).astype(np.float64)
    by_array, by_shape = (
        implementation.input_vjp(case.layer, x, case.y_bar, *case.read_by_input_vjp)
        for x in (case.x, case.x.shape)
    )

    assert np.array_equal(by_array, by_shape)


def _dtypes(kind: type[Layer]) -> list[np.dtype]:
    return [dtype for dtype in EXACT if kind not in MEANS or dtype.kind not in "iu"]


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _strided(array: np.ndarray) -> np.ndarray:
    """Return an equal view: axes stored in the opposite order, every other entry, backward."""
    store = np.zeros([2 * n for n in array.shape[::-1]], array.dtype)
    view = store.T[(slice(None, None, -2),) * array.ndim]
    view[...] = array
    return view
