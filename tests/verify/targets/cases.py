"""Legal layers as other libraries have them: zeros around the input, no indices of maxima."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from convproof import layers
from convproof.implementation import Implementation
from convproof.layers import Layer
from convproof.numeric.reference import implementation as reference
from convproof.numeric.smooth import smooth_bound
from tests.numeric import cases
from tests.numeric.cases import CASES, MEANS, Case, answers


def changed(case: Case, **changes: Any) -> Case:
    """Return the case with other hyper-parameters that keep every shape."""
    return case._replace(layer=replace(case.layer, **changes))


def scaled(case: Case) -> Case:
    """Return the case of a mean with its input made a multiple of every divisor."""
    return case._replace(x=case.x * 6**3 * 35) if isinstance(case.layer, MEANS) else case


@st.composite
def plain_pools(draw: st.DrawFn) -> Case:
    """Draw a max pooling without dilation, padded differently at the two ends."""
    dims = draw(st.integers(1, 3))
    axis = cases.pool_axis(small=dims > 1, torch=False, dilated=False)
    axes = [draw(axis) for _ in range(dims)]
    size, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    layer = layers.MaxPool(
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        ceil_mode=draw(st.booleans()),
    )  # fmt: skip
    return draw(cases.with_data(layer, (*draw(cases.batch_and_channels()), *size)))


def _of_any_axes(*, mixed: bool) -> st.SearchStrategy[Case]:
    return st.integers(1, 3).flatmap(
        lambda dims: cases.convolutions(layers.Conv, dims=dims, mixed=mixed)
    )


def _padded_by_zeros(strategy: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    return strategy.map(lambda case: changed(case, padding_mode="zeros"))


circular = _of_any_axes(mixed=True)
dilated_pools = cases.pools(layers.MaxPool).map(lambda case: changed(case, return_indices=False))
ungrouped = cases.convolutions(layers.LocallyConnected, mixed=False).flatmap(
    lambda case: cases.with_data(
        replace(case.layer, groups=1, padding_mode="zeros"),  # type: ignore[call-arg]
        case.x.shape,
    )
)
ZEROS: dict[type[Layer], st.SearchStrategy[Case]] = {
    layers.Conv: _padded_by_zeros(circular),
    layers.ConvTranspose: CASES[layers.ConvTranspose],
    layers.MaxPool: plain_pools(),
    layers.AvgPool: CASES[layers.AvgPool].map(scaled),
    layers.GlobalMaxPool: CASES[layers.GlobalMaxPool],
    layers.GlobalAvgPool: CASES[layers.GlobalAvgPool].map(scaled),
    layers.Linear: CASES[layers.Linear],
    layers.Bias: CASES[layers.Bias],
    layers.ReLU: CASES[layers.ReLU],
}
APART = ZEROS | {  # no axis strided beside another that is dilated
    layers.Conv: _padded_by_zeros(_of_any_axes(mixed=False)),
    layers.ConvTranspose: cases.transposed_convolutions(mixed=False),
    layers.LocallyConnected: ungrouped,
    layers.Unfold: cases.unfolds(fold=False, mixed=False),
    layers.Fold: cases.unfolds(fold=True, mixed=False),
}


def beyond_their_bounds(implementation: Implementation, case: Case, *verbs: str) -> list[str]:
    """Return the verbs of a smooth layer that are further from the oracle than allowed."""
    exact = answers(reference, case.astype(np.longdouble))
    u = float(np.finfo(case.x.dtype).eps) / 2
    found = {"forward": implementation.forward(case.layer, case.x)}
    if "input_vjp" in verbs:
        found["input_vjp"] = implementation.input_vjp(case.layer, case.x, case.y_bar)
    wide = case.astype(np.float64)
    y = exact["forward"].astype(np.float64)
    return [
        verb
        for verb in verbs
        if not (
            abs(found[verb] - exact[verb])
            <= smooth_bound(case.layer, wide.x, wide.y_bar, y, u, derivative=verb != "forward")
        ).all()
    ]
