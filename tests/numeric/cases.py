"""Legal layers with integer data, built and never filtered, for every layer of the NumPy paths.

Data are the integers -4...4, so every sum is exact in float32 too; ``y_bar`` of an average is a
multiple of all its divisors, so that its quotients are exact as well. All shrink towards zeros.
"""

from collections.abc import Callable
from math import lcm, prod
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from convproof import layers
from convproof.implementation import Implementation
from convproof.layers import Layer
from convproof.layers.loss import Reduction
from convproof.layers.pooling import AdaptivePool, Pool
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference

Shape = tuple[int, ...]
_EXAMPLES = (settings.default or settings()).max_examples
some, few = settings(max_examples=_EXAMPLES // 2), settings(max_examples=_EXAMPLES // 5)


class Case(NamedTuple):
    """A layer with the arrays of its verbs.

    Attributes:
        layer: the spec.
        x: the input, int64.
        arrays: what ``forward`` takes besides: weight and bias, or indices.
        y_bar: the cotangent, int64.
    """

    layer: Layer
    x: np.ndarray
    arrays: tuple[np.ndarray, ...]
    y_bar: np.ndarray

    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> "Case":
        """Return the case with a function applied to every array but indices."""
        indices = self.layer.index_shapes(self.x.shape)
        arrays = self.arrays if indices else tuple(function(array) for array in self.arrays)
        return Case(self.layer, function(self.x), arrays, function(self.y_bar))

    def astype(self, dtype: Any) -> "Case":
        """Return the case in another dtype."""
        return self.map(lambda array: array.astype(dtype))

    def batched(self) -> "Case":
        """Return the case with at least two axes, the batch first."""
        if self.x.ndim > 1:
            return self
        return Case(self.layer, self.x[None], self.arrays, self.y_bar[None])

    def batch(self, images: int | slice) -> "Case":
        """Return the case of some of its images."""
        indices = self.layer.index_shapes(self.x.shape)
        arrays = tuple(array[images] for array in self.arrays) if indices else self.arrays
        return Case(self.layer, self.x[images], arrays, self.y_bar[images])

    @property
    def read_by_input_vjp(self) -> tuple[np.ndarray, ...]:
        """What ``input_vjp`` takes besides: the weight or the indices."""
        return () if isinstance(self.layer, layers.Bias) else self.arrays[:1]


def integers(shape: Shape, most: int = 4) -> st.SearchStrategy[np.ndarray]:
    """Return arrays of the integers ``-most...most``."""
    size, values = prod(shape), 2 * most + 1

    def of_bytes(data: bytes) -> np.ndarray:
        entries = np.frombuffer(data, np.uint8).astype(np.int64)
        return ((entries + most) % values - most).reshape(shape)

    return st.binary(min_size=size, max_size=size).map(of_bytes)


@st.composite
def with_data(
    draw: st.DrawFn,
    layer: Layer,
    x_shape: Shape,
    arrays: tuple[np.ndarray, ...] = (),
    unit: int = 1,
) -> Case:
    """Draw the data of a layer: its input, its parameters unless given, and its cotangent."""
    x, y_bar = draw(integers(x_shape)), draw(integers(layer.output_shape(x_shape)))
    drawn = tuple(draw(integers(shape)) for shape in layer.parameter_shapes.values())
    return Case(layer, x, arrays or drawn, np.asarray(unit * y_bar))


@st.composite
def batch_and_channels(draw: st.DrawFn) -> Shape:
    return draw(st.integers(1, 2)), draw(st.integers(1, 2))


MOST = (3, 2)  # the largest stride and dilation
APART = st.sampled_from([(3, 1), (1, 2)])  # one or the other


@st.composite
def window_axis(
    draw: st.DrawFn, *, torch: bool = False, most: tuple[int, int] = MOST
) -> tuple[Any, ...]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation)`` whose kernel fits."""
    kernel_size, stride = draw(st.integers(1, 3)), draw(st.integers(1, most[0]))
    dilation, low = draw(st.integers(1, most[1])), draw(st.integers(0, 2))
    high = low if torch else draw(st.integers(0, 2))
    least = max(1, dilation * (kernel_size - 1) + 1 - low - high)
    return draw(st.integers(least, least + 3)), kernel_size, stride, (low, high), dilation


@st.composite
def pool_axis(draw: st.DrawFn, *, small: bool, torch: bool, dilated: bool) -> tuple[Any, ...]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation)`` where each window reads input.

    Padding below the span and a dilation up to the input size suffice. torch pads both ends alike,
    by half of the kernel at most.
    """
    most = 2 if small else 4
    kernel_size, stride = draw(st.integers(1, most)), draw(st.integers(1, most))
    dilation = draw(st.integers(1, min(most, 3))) if dilated else 1
    span = dilation * (kernel_size - 1) + 1
    low = draw(st.integers(0, kernel_size // 2 if torch else min(span - 1, most)))
    high = low if torch else draw(st.integers(0, min(span - 1, most)))
    least = max(1, dilation, span - low - high)
    if torch and not dilated:
        least = kernel_size  # torch's avg_pool3d backward asks it of the input without padding
    return draw(st.integers(least, least + most)), kernel_size, stride, (low, high), dilation


@st.composite
def pools(
    draw: st.DrawFn, kind: type[Pool], *, torch: bool = False, dims: int | None = None
) -> Case:
    """Draw a max or average pooling."""
    dims = dims or draw(st.integers(1, 3))
    dilated = not torch or kind is layers.MaxPool
    axis = pool_axis(small=dims > 1, torch=torch, dilated=dilated)
    axes = [draw(axis) for _ in range(dims)]
    size, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    options: dict[str, Any] = {"return_indices": draw(st.booleans())}
    unit = 1
    if kind is layers.AvgPool:
        override = draw(st.none() | st.sampled_from([1, 3, -2])) if not torch or dims > 1 else None
        options = {"count_include_pad": draw(st.booleans()), "divisor_override": override}
        unit = 6 * prod(lcm(*range(1, r + 1)) for r in kernel_size)
    layer = kind(
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        ceil_mode=draw(st.booleans()), **options,
    )  # fmt: skip
    return draw(with_data(layer, (*draw(batch_and_channels()), *size), unit=unit))


@st.composite
def adaptive_pools(
    draw: st.DrawFn,
    kind: type[AdaptivePool],
    *,
    torch: bool = False,
    dims: int | None = None,
) -> Case:
    """Draw an adaptive pooling, some of its axes kept, some of them widened."""
    dims = dims or draw(st.integers(1, 3))
    most = {1: 6, 2: 4, 3: 3}[dims]
    size = tuple(draw(st.integers(1, most)) for _ in range(dims))
    kept = st.integers(1, most) if torch and dims == 1 else st.none() | st.integers(1, most)
    options = {"return_indices": draw(st.booleans())} if kind is layers.AdaptiveMaxPool else {}
    layer = kind(output_size=tuple(draw(kept) for _ in range(dims)), **options)
    unit = lcm(*range(1, most + 1)) ** dims if kind is layers.AdaptiveAvgPool else 1
    return draw(with_data(layer, (*draw(batch_and_channels()), *size), unit=unit))


@st.composite
def global_pools(draw: st.DrawFn, kind: type[layers.GlobalMaxPool]) -> Case:
    """Draw a global pooling."""
    dims = draw(st.integers(1, 3))
    size = tuple(draw(st.integers(1, 4)) for _ in range(dims))
    return draw(with_data(kind(dims=dims), (*draw(batch_and_channels()), *size), unit=prod(size)))


@st.composite
def unpools(draw: st.DrawFn, *, torch: bool = False) -> Case:
    """Draw an unpooling; the indices may repeat, unless torch is to agree."""
    dims = draw(st.integers(1, 3))
    n = tuple(draw(st.integers(1, 2 if dims > 1 else 4)) for _ in range(dims))
    kernel_size = tuple(draw(st.integers(1, 3)) for _ in range(dims))
    stride = kernel_size if torch else tuple(draw(st.integers(1, 3)) for _ in range(dims))
    halves = [st.integers(0, 0 if torch else (r - 1) // 2) for r in kernel_size]
    padding = tuple((draw(half), draw(half)) for half in halves)
    rows = zip(n, kernel_size, stride, padding, strict=True)
    default = [(m - 1) * s - sum(p) + r for m, r, s, p in rows]
    sizes = [
        st.integers(max(1, m - s + 1), m + s - 1) for m, s in zip(default, stride, strict=True)
    ]
    output_size = None if torch or draw(st.booleans()) else tuple(draw(size) for size in sizes)
    layer = layers.MaxUnpool(
        kernel_size=kernel_size, stride=stride, padding=padding, output_size=output_size
    )
    shape = (*draw(batch_and_channels()), *n)
    positions = prod(layer.output_shape(shape)[2:])
    if torch:
        order = draw(st.permutations(range(positions)))[: prod(n)]
        indices = np.broadcast_to(np.array(order).reshape(n), shape).copy()
    else:
        indices = draw(integers(shape, most=127)) % positions
    return draw(with_data(layer, shape, (indices,)))


@st.composite
def losses(draw: st.DrawFn, *reductions: Reduction) -> Case:
    """Draw scores of one to five classes, with or without spatial axes, and targets."""
    classes, spatial = draw(st.integers(1, 5)), draw(st.lists(st.integers(1, 3), max_size=2))
    layer = layers.CrossEntropy(
        ignore_index=draw(st.sampled_from([-100, 255, 1])),
        reduction=draw(st.sampled_from(reductions)),
    )
    shape = (draw(st.integers(1, 4)), classes, *spatial)
    (size,) = layer.index_shapes(shape).values()
    drawn = draw(integers(size, most=127))
    target = np.where(drawn % 7 == 0, layer.ignore_index, drawn % classes)
    target[(0,) * target.ndim] = 0  # one counts
    return draw(with_data(layer, shape, (target,)))


@st.composite
def convolutions(
    draw: st.DrawFn,
    kind: type[layers.Conv],
    *,
    torch: bool = False,
    dims: int | None = None,
    mixed: bool = True,
) -> Case:
    """Draw a convolution, shared or locally connected, padded differently at the two ends.

    Not mixed, no axis is strided beside another that is dilated.
    """
    dims = dims or draw(st.integers(1, 2))
    most = MOST if mixed or dims == 1 else draw(APART)
    axes = [draw(window_axis(torch=torch, most=most)) for _ in range(dims)]
    size, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    groups = draw(st.integers(1, 2))
    modes = ["zeros"] if torch else ["zeros", "circular"]
    options: dict[str, Any] = {
        "in_channels": groups * draw(st.integers(1, 2)),
        "out_channels": groups * draw(st.integers(1, 2)),
        "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation,
        "groups": groups, "padding_mode": draw(st.sampled_from(modes)),
        "bias": draw(st.booleans()),
    }  # fmt: skip
    if kind is layers.LocallyConnected:
        options["output_size"] = tuple(
            axis.output_size for axis in layers.Conv(**options).axes(size)
        )
    layer = kind(**options)
    return draw(with_data(layer, (draw(st.integers(1, 2)), layer.in_channels, *size)))


@st.composite
def transposed_convolutions(draw: st.DrawFn, *, torch: bool = False, mixed: bool = True) -> Case:
    """Draw a transposed convolution that crops less than its whole output."""
    dims = draw(st.integers(1, 2))
    strides, dilations = MOST if mixed or dims == 1 else draw(APART)
    axes = []
    for _ in range(dims):
        n, r = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        s, t = draw(st.integers(1, strides)), draw(st.integers(1, dilations))
        more = draw(st.integers(0, max(s, t) - 1))
        spare = s * (n - 1) + t * (r - 1) + more
        low = draw(st.integers(0, min(3, spare // 2)))
        high = low if torch else draw(st.integers(0, min(3, spare - low)))
        axes.append((n, r, s, (low, high), t, more))
    size, kernel_size, stride, padding, dilation, output_padding = zip(*axes, strict=True)
    groups = draw(st.integers(1, 2))
    layer = layers.ConvTranspose(
        in_channels=groups * draw(st.integers(1, 2)), out_channels=groups * draw(st.integers(1, 2)),
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        output_padding=output_padding, groups=groups, bias=draw(st.booleans()),
    )  # fmt: skip
    return draw(with_data(layer, (draw(st.integers(1, 2)), layer.in_channels, *size)))


@st.composite
def unfolds(draw: st.DrawFn, *, fold: bool, torch: bool = False, mixed: bool = True) -> Case:
    """Draw an unfolding, or the folding back from it; torch knows two axes."""
    dims = 2 if torch else draw(st.integers(1, 3))
    most = MOST if mixed or dims == 1 else draw(APART)
    axes = [draw(window_axis(torch=torch, most=most)) for _ in range(dims)]
    size, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    layer = layers.Unfold(
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
    shape = (*draw(batch_and_channels()), *size)
    if not fold:
        return draw(with_data(layer, shape))
    folding = layers.Fold(
        output_size=size, kernel_size=kernel_size, stride=stride, padding=padding,
        dilation=dilation,
    )  # fmt: skip
    return draw(with_data(folding, layer.output_shape(shape)))


@st.composite
def linears(draw: st.DrawFn) -> Case:
    """Draw a fully connected layer over any number of rows."""
    features = st.integers(1, 4)
    layer = layers.Linear(
        in_features=draw(features), out_features=draw(features), bias=draw(st.booleans())
    )
    rows = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    return draw(with_data(layer, (*rows, layer.in_features)))


@st.composite
def biases(draw: st.DrawFn) -> Case:
    """Draw a bias over the channels in axis 1 or in the last one."""
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=2, max_size=4)))
    axis = draw(st.sampled_from([1, -1]))
    return draw(with_data(layers.Bias(channels=shape[axis], channel_axis=axis), shape))


@st.composite
def channel_layers(draw: st.DrawFn, layer: Layer) -> Case:
    """Draw data ``(batch, channels, *spatial)`` for a layer over twelve channels."""
    spatial = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)))
    return draw(with_data(layer, (draw(st.integers(1, 2)), 12, *spatial)))


@st.composite
def elementwise(draw: st.DrawFn, layer: Layer) -> Case:
    """Draw data of any shape."""
    return draw(with_data(layer, tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))))


@st.composite
def signals(draw: st.DrawFn) -> Case:
    """Draw two signals to convolve."""
    modes: tuple[Literal["full", "same", "valid"], ...] = ("full", "same", "valid")
    mode = draw(st.sampled_from(modes))
    dims = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 4 if dims == 1 else 2)) for _ in range(dims))
    least = kernel if mode == "valid" else (1,) * dims
    size = tuple(n + draw(st.integers(0, 3)) for n in least)
    layer, x, h = layers.Convolve(mode=mode), draw(integers(size)), draw(integers(kernel))
    return Case(layer, x, (h,), x)


CASES: dict[type[Layer], st.SearchStrategy[Case]] = {
    layers.Conv: convolutions(layers.Conv),
    layers.LocallyConnected: convolutions(layers.LocallyConnected),
    layers.ConvTranspose: transposed_convolutions(),
    layers.Unfold: unfolds(fold=False),
    layers.Fold: unfolds(fold=True),
    layers.MaxPool: pools(layers.MaxPool),
    layers.AvgPool: pools(layers.AvgPool),
    layers.AdaptiveMaxPool: adaptive_pools(layers.AdaptiveMaxPool),
    layers.AdaptiveAvgPool: adaptive_pools(layers.AdaptiveAvgPool),
    layers.GlobalMaxPool: global_pools(layers.GlobalMaxPool),
    layers.GlobalAvgPool: global_pools(layers.GlobalAvgPool),
    layers.MaxUnpool: unpools(),
    layers.Linear: linears(),
    layers.Bias: biases(),
    layers.Maxout: st.sampled_from([1, 2, 3, 4]).flatmap(
        lambda pool_size: channel_layers(layers.Maxout(pool_size=pool_size))
    ),
    layers.ReLU: elementwise(layers.ReLU()),
    layers.Convolve: signals(),
}
both = pytest.mark.parametrize("implementation", [reference, fast], ids=lambda each: each.name)
MEANS = (layers.AvgPool, layers.AdaptiveAvgPool, layers.GlobalAvgPool)
SMOOTH: dict[type[Layer], st.SearchStrategy[Case]] = {
    layers.LocalResponseNorm: st.builds(
        layers.LocalResponseNorm,
        size=st.integers(1, 6),
        alpha=st.sampled_from([1.0, 0.5, 3.0]),
        beta=st.sampled_from([0.75, 1.0, 0.5]),
        k=st.sampled_from([1.0, 2.0]),
    ).flatmap(channel_layers),
    layers.Tanh: st.sampled_from(
        [layers.Tanh(), layers.Tanh(amplitude=1.7159, slope=2 / 3)]
    ).flatmap(elementwise),
    layers.Softmax: st.sampled_from([-1, 0, 1]).flatmap(
        lambda dim: channel_layers(layers.Softmax(dim=dim))
    ),
}


def answers(implementation: Implementation, case: Case) -> dict[str, np.ndarray]:
    """Return what every verb of the layer answers, by its name."""
    layer, x, arrays, y_bar = case
    y = implementation.forward(layer, x, *arrays)
    found = (
        dict(zip(("forward", "indices"), y, strict=True))
        if isinstance(y, tuple)
        else {"forward": y}
    )
    if isinstance(layer, layers.Convolve):
        return found
    found["input_vjp"] = implementation.input_vjp(layer, x, y_bar, *case.read_by_input_vjp)
    if "weight" in layer.parameter_shapes:
        found["weight_vjp"] = implementation.weight_vjp(layer, x, y_bar)
    if "bias" in layer.parameter_shapes:
        found["bias_vjp"] = implementation.bias_vjp(_bias(layer), y_bar)
    return found


def _bias(layer: Layer) -> layers.Bias:
    if isinstance(layer, layers.Bias):
        return layer
    axis = -1 if isinstance(layer, layers.Linear) else 1
    return layers.Bias(channels=layer.parameter_shapes["bias"][0], channel_axis=axis)


def differences(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> list[str]:
    """Return the verbs whose results differ in dtype, shape or an entry."""
    assert left.keys() == right.keys()
    return [
        verb
        for verb, array in left.items()
        if array.dtype != right[verb].dtype or not np.array_equal(array, right[verb])
    ]
