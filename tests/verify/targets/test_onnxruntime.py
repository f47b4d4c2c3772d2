"""ONNX Runtime answers what the oracle answers, forward: equal, wherever the numbers are exact."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import layers
from convproof.errors import UnsupportedError
from convproof.layers import Layer
from convproof.numeric.reference import implementation as reference
from tests.numeric import cases
from tests.numeric.cases import SMOOTH, Case, few, some
from tests.verify.targets.cases import ZEROS, beyond_their_bounds, changed

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from convproof.verify.targets.onnxruntime import _session, implementation

EXACT: dict[type[Layer], st.SearchStrategy[Case]] = ZEROS | {
    layers.ConvTranspose: cases.transposed_convolutions(),
    layers.MaxPool: cases.pools(layers.MaxPool),
    layers.AvgPool: ZEROS[layers.AvgPool].map(lambda case: changed(case, divisor_override=None)),
    layers.Fold: cases.unfolds(fold=True, torch=True),
}
IN_DOUBLE = (layers.MaxPool, layers.Linear, layers.Bias, layers.ReLU)
WINDOW: dict[str, Any] = {"stride": (1,), "padding": ((0, 0),), "dilation": (2,)}


def is_equal(case: Case) -> bool:
    """Return whether the answer is the oracle's; what must be refused must be refused."""
    if refused(case.layer):
        with pytest.raises(UnsupportedError, match="below"):
            implementation.forward(case.layer, case.x, *case.arrays)
        return True
    found = implementation.forward(case.layer, case.x, *case.arrays)
    exact = reference.forward(case.layer, case.x, *case.arrays)
    parts = (found, exact) if isinstance(exact, tuple) else ((found,), (exact,))
    return all(
        ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
        for ours, theirs in zip(*parts, strict=True)
    )


def refused(layer: Layer) -> bool:
    """Return whether onnxruntime refuses what ONNX allows: padding is bound by the kernel size."""
    if isinstance(layer, layers.ConvTranspose):
        rows = zip(layer.output_padding, layer.stride, strict=True)
        return any(more >= stride for more, stride in rows)
    if isinstance(layer, layers.MaxPool | layers.AvgPool):
        assert not isinstance(layer.padding, str)
        return any(max(ends) >= r for ends, r in zip(layer.padding, layer.kernel_size, strict=True))
    return False


@pytest.mark.parametrize("kind", EXACT, ids=lambda kind: kind.__name__)
@some
@given(data=st.data())
def test_layers_equal_the_oracle(kind: type[Layer], data: st.DataObject) -> None:
    """y and the indices of maxima == the oracle's, padded alike or differently at the two ends."""
    assert is_equal(data.draw(EXACT[kind]).astype(np.float32))


@pytest.mark.parametrize("kind", IN_DOUBLE, ids=lambda kind: kind.__name__)
@few
@given(data=st.data())
def test_some_layers_exist_in_double_precision(kind: type[Layer], data: st.DataObject) -> None:
    """y == the oracle's, in float64."""
    assert is_equal(data.draw(EXACT[kind]).astype(np.float64))


@pytest.mark.parametrize("kind", [layers.Tanh, layers.Softmax], ids=lambda kind: kind.__name__)
@few
@given(data=st.data())
def test_smooth_layers_are_within_their_bounds(kind: type[Layer], data: st.DataObject) -> None:
    """|y^ - y| <= the bounds of ``convproof.numeric.smooth``."""
    case = data.draw(SMOOTH[kind]).astype(np.float32)

    assert beyond_their_bounds(implementation, case, "forward") == []


@few
@given(SMOOTH[layers.LocalResponseNorm])
def test_the_norm_takes_odd_windows_over_images(case: Case) -> None:
    """|y^ - y| <= the bound of ``convproof.numeric.smooth``; even windows are refused."""
    layer, x, _, y_bar = case.astype(np.float32)
    assert isinstance(layer, layers.LocalResponseNorm)
    image, bars = (array.reshape(*array.shape[:2], 1, -1) for array in (x, y_bar))
    odd, even = (replace(layer, size=layer.size // 2 * 2 + more) for more in (1, 2))

    assert beyond_their_bounds(implementation, Case(odd, image, (), bars), "forward") == []
    with pytest.raises(UnsupportedError, match="extra channel of an even window on the high side"):
        implementation.forward(even, image)


@pytest.mark.xfail(strict=False, reason="onnxruntime 1.32: the second channel is misplaced")
def test_a_dilated_fold_over_one_axis_equals_the_oracle() -> None:
    """y[c, s o + t k] += x[c K + k, o]."""
    layer = layers.Fold(output_size=(3,), kernel_size=(2,), **WINDOW)
    x = np.array([[[1], [2], [3], [4]]], np.float32)

    assert is_equal(Case(layer, x, (), np.ones((1, 2, 3))))


def test_models_are_kept_but_not_for_ever() -> None:
    """A second call finds the first one's session; there are never more than 64."""
    x = np.ones((1, 1, 7), np.float32)
    implementation.forward(layers.ReLU(), x)
    before = _session.cache_info()
    implementation.forward(layers.ReLU(), x)

    assert _session.cache_info().hits == before.hits + 1
    assert before.maxsize == 64


def test_there_are_no_derivatives() -> None:
    layer, y_bar = layers.Bias(channels=1), np.ones((1, 1, 1), np.float32)

    verbs: list[Callable[[], Any]] = [
        lambda: implementation.input_vjp(layer, y_bar, y_bar),
        lambda: implementation.weight_vjp(layer, y_bar, y_bar),
        lambda: implementation.bias_vjp(layer, y_bar),
    ]
    for ask in verbs:
        with pytest.raises(UnsupportedError, match="no derivatives"):
            ask()


@pytest.mark.parametrize(
    ("layer", "dtype", "lacking"),
    [
        (layers.AdaptiveAvgPool(output_size=(2,)), "float32", "AdaptiveAvgPool"),
        (layers.GlobalAvgPool(dims=1), "float64", "GlobalAvgPool for arrays of float64"),
        (layers.GlobalMaxPool(dims=1), "int64", "GlobalMaxPool for arrays of int64"),
        (
            layers.AvgPool(kernel_size=(2,), divisor_override=3, **WINDOW),
            "float32",
            "divisor_override",
        ),
    ],
)
def test_what_onnx_lacks_is_unsupported(layer: Layer, dtype: str, lacking: str) -> None:
    with pytest.raises(UnsupportedError, match=lacking):
        implementation.forward(layer, np.ones((1, 2, 4), dtype))
