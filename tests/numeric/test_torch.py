"""The NumPy paths answer what torch answers, on the cases that torch accepts: equal, in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import cases as whole
from convproof import get_implementation, layers
from convproof.layers import Layer
from convproof.names import TorchNames
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from tests.numeric import cases
from tests.numeric.calls import answers_by_name, answers_of_torch
from tests.numeric.cases import CASES, Case, differences, few, some

functional = pytest.importorskip("torch.nn.functional")

TORCH: dict[type[Layer], st.SearchStrategy[Case]] = {
    layers.Conv: cases.convolutions(layers.Conv, torch=True),
    layers.ConvTranspose: cases.transposed_convolutions(torch=True),
    layers.Unfold: cases.unfolds(fold=False, torch=True),
    layers.Fold: cases.unfolds(fold=True, torch=True),
    layers.MaxPool: cases.pools(layers.MaxPool, torch=True),
    layers.AvgPool: cases.pools(layers.AvgPool, torch=True),
    layers.AdaptiveMaxPool: cases.adaptive_pools(layers.AdaptiveMaxPool, torch=True),
    layers.AdaptiveAvgPool: cases.adaptive_pools(layers.AdaptiveAvgPool, torch=True),
    layers.MaxUnpool: cases.unpools(torch=True),
    layers.Linear: cases.linears(),
    layers.ReLU: CASES[layers.ReLU],
}

SPATIAL: dict[type[Layer], st.SearchStrategy[Case]] = {
    layers.LocallyConnected: cases.convolutions(layers.LocallyConnected, torch=True),
    layers.GlobalMaxPool: CASES[layers.GlobalMaxPool],
    layers.GlobalAvgPool: CASES[layers.GlobalAvgPool],
}

OURS = {each: get_implementation(each.name) for each in (reference, fast)}


def over(*kinds: type[Layer]) -> pytest.MarkDecorator:
    """Run a test for both implementations of each layer, by the names of torch."""
    pairs = [(OURS[each], kind) for kind in kinds for each in OURS if kind in each._rooms]
    names = [f"{kind.__name__}-{ours.name}" for ours, kind in pairs]
    return pytest.mark.parametrize(("ours", "kind"), pairs, ids=names)


@over(*TORCH)
@some
@given(data=st.data())
def test_layers_and_gradients_equal_torch(
    ours: TorchNames, kind: type[Layer], data: st.DataObject
) -> None:
    """f(x), x_bar, w_bar and b_bar == torch's, and so are the indices of maxima.

    Means are of multiples of what they are divided by: torch divides once per axis.
    """
    case = data.draw(TORCH[kind])
    unit = whole.Case(layer=case.layer, input_shape=case.x.shape).common_divisor
    case = case.map(lambda array: array * unit).astype(np.float64)

    assert differences(answers_by_name(ours, case), answers_of_torch(functional, case)) == []


@over(*(TORCH | SPATIAL))
@few
@given(data=st.data())
def test_an_image_needs_no_batch_axis(
    ours: TorchNames, kind: type[Layer], data: st.DataObject
) -> None:
    """f(x[0]) == f(x[:1])[0], and its gradients likewise."""
    one = data.draw((TORCH | SPATIAL)[kind]).astype(np.float64).batched().batch(slice(1))
    expected = answers_by_name(ours, one)
    found = answers_by_name(ours, one.batch(0), one.x.ndim)

    for verb, array in found.items():
        summed = verb in ("weight_vjp", "bias_vjp")
        assert np.array_equal(array, expected[verb] if summed else expected[verb][0])
