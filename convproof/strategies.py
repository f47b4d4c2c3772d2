"""Hypothesis strategies: legal layers, built from the output up and never filtered.

Every size is drawn, then the input is computed from it, so nothing is rejected. Examples shrink
towards one image, one channel, one tap, one output, stride 1, no padding, no bias.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st

from convproof import layers
from convproof.axes import Pair
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Layer
from convproof.layers.loss import Reduction

_LARGEST_SEED = 2**16
_TINY: dict[str, int] = {}
_COINCIDING = {"coinciding": 1}
_LARGE = (  # what is added to a tiny case, to come to the sizes of vectors and tiles
    {"outputs": 14},
    {"outputs": 30, "taps": 4},
    {"reads": 14, "images": 3},
    {"reads": 30},
    {"writes": 14, "taps": 6},
)
_USUAL = {"usual": 1}  # 3 taps, stride 1, same size: what libraries have special kernels for
_CORNERS = (*(_TINY,) * 9, *(_COINCIDING,) * 4, *(_USUAL,) * 2, *_LARGE)
_MAGNITUDES = (1, 2, 3, 9, 0)
_REDUCTIONS: tuple[Reduction, ...] = ("none", "sum", "mean")
_VOID = 255  # by which data sets of images mark pixels of no class
Draw = Callable[[st.SearchStrategy[Any]], Any]  # st.DrawFn cannot be checked at run time
Words = frozenset[str]
EXTRAS: Words = frozenset(
    {"asymmetric", "circular", "groups", "dilation", "stride", "padding", "output_padding", "ceil"}
    | {"ignore_index", "reduction"}
    | {"anisotropic", "rectangular"}  # windows, and inputs as well, that differ between axes
)
TORCH: Words = EXTRAS - {"asymmetric", "circular"}
_UNLIKE: Words = frozenset({"anisotropic", "rectangular"})
_CUBE = {3: 6}  # of all sizes along three axes: what is past vectors and tiles along one
_Window = tuple[int, int, Pair, int]  # kernel_size, stride, padding, dilation


@st.composite
def window_axes(
    draw: Draw,
    *,
    small: bool = False,
    offers: Words = EXTRAS,
    outputs: int = 0,
    taps: int = 0,
    reads: bool = False,
) -> tuple[int, int, int, Pair, int]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation)`` of a legal axis.

    Args:
        draw: given by Hypothesis.
        small: keep to sizes that three axes can afford.
        offers: which options may leave their default.
        outputs: as many more than are drawn.
        taps: as many more than are drawn.
        reads: let every window read some input, as pooling must: padding of half the kernel.
    """
    most = 2 if small else 3
    kernel_size = draw(st.integers(1, most + 1)) + taps
    widest_stride = kernel_size + 1 if reads else most + 1  # pools overlap, or ceil_mode is idle
    stride = draw(st.integers(1, widest_stride)) if "stride" in offers else 1
    dilation = draw(st.integers(1, most)) if "dilation" in offers else 1
    widest = 0 if "padding" not in offers else kernel_size // 2 if reads else most
    low = draw(st.integers(0, widest))
    high = draw(st.integers(0, widest)) if "asymmetric" in offers else low
    window = kernel_size, stride, (low, high), dilation
    return draw(_input_sizes(window, most=most, outputs=outputs, reads=reads)), *window


@st.composite
def _input_sizes(draw: Draw, window: _Window, *, most: int, outputs: int, reads: bool) -> int:
    """Draw the size of an input that a window fits into, and of which it reads something."""
    kernel_size, stride, (low, high), dilation = window
    remainder = draw(st.integers(0, stride - 1))
    span = dilation * (kernel_size - 1) + 1
    # what the first output leaves of the least input: one position, or (pooling) the whole span
    lacking = (max(1, dilation) if reads else 1) + low + high - span - remainder
    fewest = max(0, -(-lacking // stride))
    more = draw(st.integers(0, most)) + outputs
    input_size: int = stride * (fewest + more) + span + remainder - low - high
    return input_size


def _rows_of_windows(
    draw: Draw, dims: int, offers: Words, corner: dict[str, int], *, small: bool, reads: bool
) -> list[tuple[int, int, int, Pair, int]]:
    """Draw an axis for each dimension; the corner enlarges the first, or all if they are alike."""
    added = {name: corner.get(name, 0) for name in ("outputs", "taps")}
    one: Callable[..., Any] = partial(window_axes, small=small, offers=offers, reads=reads)
    if dims == 1 or offers >= _UNLIKE:
        return [draw(one(**added)), *(draw(one()) for _ in range(dims - 1))]
    if "rectangular" not in offers:
        return [draw(one(**_shared(added, dims)))] * dims
    size, *window = draw(one(**(added | {"taps": added["taps"] // dims})))
    others = _input_sizes(tuple(window), most=2 if small else 3, outputs=0, reads=reads)
    return [(size, *window), *((draw(others), *window) for _ in range(dims - 1))]


def _shared(added: dict[str, int], dims: int) -> dict[str, int]:
    """Return by how much every axis is larger if all are: along two, still past a tile of 32."""
    return {
        name: n // (dims if name == "taps" else _CUBE.get(dims, 1)) for name, n in added.items()
    }


@st.composite
def transposed_axes(
    draw: Draw, *, small: bool = False, offers: Words = EXTRAS, inputs: int = 0, taps: int = 0
) -> tuple[int, int, int, Pair, int, int]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation, output_padding)``, legal.

    Args:
        draw: given by Hypothesis.
        small: keep to sizes that three axes can afford.
        offers: which options may leave their default.
        inputs: as many more than are drawn.
        taps: as many more than are drawn.
    """
    most = 2 if small else 3
    input_size = draw(st.integers(1, most + 1)) + inputs
    kernel_size = draw(st.integers(1, most + 1)) + taps
    stride = draw(st.integers(1, most + 1)) if "stride" in offers else 1
    dilation = draw(st.integers(1, most)) if "dilation" in offers else 1
    extra = max(stride, dilation) - 1 if "output_padding" in offers else 0
    more = draw(st.integers(0, extra))
    spare = stride * (input_size - 1) + dilation * (kernel_size - 1) + more
    cropped = min(most, spare // 2) if "padding" in offers else 0
    low = draw(st.integers(0, cropped))
    high = draw(st.integers(0, cropped)) if "asymmetric" in offers else low
    return input_size, kernel_size, stride, (low, high), dilation, more


def _rows_of_transposed(
    draw: Draw, dims: int, offers: Words, corner: dict[str, int]
) -> list[tuple[int, int, int, Pair, int, int]]:
    """Draw an axis for each dimension; the corner enlarges the first, or all if they are alike."""
    added = {"inputs": corner.get("outputs", 0), "taps": corner.get("taps", 0)}
    one: Callable[..., Any] = partial(transposed_axes, small=dims > 2, offers=offers)
    if dims == 1 or offers >= _UNLIKE:
        return [draw(one(**added)), *(draw(one()) for _ in range(dims - 1))]
    if "rectangular" not in offers:
        return [draw(one(**_shared(added, dims)))] * dims
    size, *window = draw(one(**(added | {"taps": added["taps"] // dims})))
    larger = [size + draw(st.integers(0, 3)) for _ in range(dims - 1)]  # none is cropped away
    sizes = draw(st.sampled_from([[size, *larger], [*larger, size]]))
    return [(each, *window) for each in sizes]


def cases(layer: str, offers: Words = EXTRAS, *, tiny: bool = False) -> st.SearchStrategy[Case]:
    """Return the cases of a layer.

    Half are tiny. A quarter leave the tiny sizes in one direction (outputs, taps, channels,
    images), around the sizes of vectors and tiles; a fifth have coinciding sizes (channels in,
    channels out and the last axis), which show an axis mistaken for another; a tenth have 3 taps
    an axis, stride 1 and padding 1, for which libraries have kernels of their own.

    Args:
        layer: its functional name.
        offers: what a target can be asked beyond the defaults, some of ``EXTRAS``.
        tiny: draw none but tiny ones.
    """
    function = Function(layer)
    corners = st.just(_TINY) if tiny else st.sampled_from(_CORNERS)
    return corners.flatmap(lambda corner: _DRAWN[function.stem](function.dims, offers, corner))


@st.composite
def _conv(draw: Draw, dims: int, offers: Words, corner: dict[str, int]) -> Case:
    axes = _rows_of_windows(draw, dims, offers, corner, small=dims > 2, reads=False)
    if corner is _USUAL and "padding" in offers:
        axes = [(max(3, size), 3, 1, (1, 1), 1) for size, *_ in axes]
    sizes, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    options: dict[str, Any] = {
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "padding_mode": draw(st.sampled_from(["zeros", "circular"]))
        if "circular" in offers
        else "zeros",
    }
    channels = draw(_channels(offers, corner))  # drawn though unused: fewer draws shrink first
    if corner is _COINCIDING:
        last = layers.Conv(in_channels=1, out_channels=1, **options).axes(sizes)[-1].output_size
        channels = {"in_channels": last, "out_channels": last, "bias": True}
    layer = layers.Conv(**options, **channels)
    return _case(draw, _bound(layer, (layer.in_channels, *sizes), corner))


@st.composite
def _conv_transpose(draw: Draw, dims: int, offers: Words, corner: dict[str, int]) -> Case:
    axes = _rows_of_transposed(draw, dims, offers, corner)
    sizes, kernel_size, stride, padding, dilation, output_padding = zip(*axes, strict=True)
    layer = layers.ConvTranspose(
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        output_padding=output_padding,
        **draw(_channels(offers, corner)),
    )
    return _case(draw, _bound(layer, (layer.in_channels, *sizes), corner))


@st.composite
def _channels(draw: Draw, offers: Words, corner: dict[str, int]) -> dict[str, Any]:
    blocks = draw(st.integers(1, 3)) if "groups" in offers else 1
    reads = draw(st.integers(1, 3)) + corner.get("reads", 0)
    writes = draw(st.integers(1, 3)) + corner.get("writes", 0)
    bias = draw(st.booleans())
    counts = {"in_channels": blocks * reads, "out_channels": blocks * writes}
    return {**counts, "groups": blocks, "bias": bias}


@st.composite
def _linear(draw: Draw, dims: None, offers: Words, corner: dict[str, int]) -> Case:
    del dims, offers
    layer = layers.Linear(
        in_features=draw(st.integers(1, 4)) + corner.get("reads", 0),
        out_features=draw(st.integers(1, 4)) + corner.get("writes", corner.get("outputs", 0)),
        bias=draw(st.booleans()),
    )
    if corner is _COINCIDING:
        layer = layers.Linear(
            in_features=layer.in_features, out_features=layer.in_features, bias=layer.bias
        )
    return _case(draw, _bound(layer, (layer.in_features,), corner))


@st.composite
def _pool(draw: Draw, dims: int, offers: Words, corner: dict[str, int], *, kind: Any) -> Case:
    average = kind is layers.AvgPool
    offers = offers - {"dilation"} if average else offers  # torch's average has none
    axes = _rows_of_windows(draw, dims, offers, corner, small=dims > 2, reads=True)
    sizes, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    options: dict[str, Any] = {"ceil_mode": draw(st.booleans()) if "ceil" in offers else False}
    if average:
        options["count_include_pad"] = draw(st.booleans())
        if dims > 1 and "padding" in offers:
            options["divisor_override"] = draw(st.sampled_from([*(None,) * 5, 3]))
    layer = kind(
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, **options
    )
    return _case(draw, _bound(layer, (draw(_maps(corner)), *sizes), corner))


@st.composite
def _adaptive_pool(
    draw: Draw, dims: int, offers: Words, corner: dict[str, int], *, kind: Any
) -> Case:
    most = {1: 9, 2: 5, 3: 3}[dims]
    sizes = _sizes(draw, dims, most, alike="rectangular" not in offers)
    outputs = _sizes(draw, dims, most, alike=not offers >= _UNLIKE)
    layer = kind(output_size=outputs)
    return _case(draw, _bound(layer, (draw(_maps(corner)), *sizes), corner))


@st.composite
def _global_pool(
    draw: Draw, dims: int, offers: Words, corner: dict[str, int], *, kind: Any
) -> Case:
    alike, added = "rectangular" not in offers, {"outputs": corner.get("outputs", 0)}
    first, *rest = _sizes(draw, dims, {1: 9, 2: 5, 3: 3}[dims], alike=alike)
    more = (_shared(added, dims) if alike else added)["outputs"]
    sizes = (first + more, *(size + more * alike for size in rest))
    return _case(draw, _bound(kind(dims=dims), (draw(_maps(corner)), *sizes), corner))


@st.composite
def _unfold(draw: Draw, dims: None, offers: Words, corner: dict[str, int], *, fold: bool) -> Case:
    del dims
    axes = _rows_of_windows(draw, 2, offers, corner, small=True, reads=False)
    sizes, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    unfold = layers.Unfold(dilation=dilation, **options)
    channels = draw(st.integers(1, 3))
    if not fold:
        return _case(draw, _bound(unfold, (channels, *sizes), corner))
    layer = layers.Fold(output_size=sizes, dilation=dilation, **options)
    return _case(draw, _bound(layer, unfold.output_shape((1, channels, *sizes))[1:], corner))


@st.composite
def _local_response_norm(draw: Draw, dims: None, offers: Words, corner: dict[str, int]) -> Case:
    del dims
    layer = layers.LocalResponseNorm(  # alpha of order 1: with 1e-4 a wrong window is invisible
        size=draw(st.integers(1, 6)),
        alpha=draw(st.sampled_from([1.0, 2.0, 0.5])),
        beta=draw(st.sampled_from([1.0, 0.75, 0.5])),
        k=draw(st.sampled_from([1.0, 2.0])),
    )
    channels = draw(st.integers(1, 7)) + corner.get("reads", 0)
    sizes = _sizes(draw, draw(st.integers(1, 2)), 3, alike="rectangular" not in offers)
    return _case(draw, _bound(layer, (channels, *sizes), corner))


@st.composite
def _maxout(draw: Draw, dims: None, offers: Words, corner: dict[str, int]) -> Case:
    del dims, offers
    layer = layers.Maxout(pool_size=draw(st.integers(1, 4)))
    units = draw(st.integers(1, 3)) + corner.get("writes", 0)
    sizes = tuple(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2))))
    return _case(draw, _bound(layer, (units * layer.pool_size, *sizes), corner))


@st.composite
def _pointwise(draw: Draw, dims: None, offers: Words, corner: dict[str, int], *, kind: Any) -> Case:
    del dims, offers
    shape = tuple(draw(st.integers(1, 4)) for _ in range(draw(st.integers(0, 3))))
    if shape:
        shape = (shape[0] + corner.get("reads", 0), *shape[1:])
    layer = kind(dim=draw(st.integers(0, len(shape)))) if kind is layers.Softmax else kind()
    return _case(draw, _bound(layer, shape, corner))


@st.composite
def _cross_entropy(draw: Draw, dims: None, offers: Words, corner: dict[str, int]) -> Case:
    del dims
    few = draw(st.sampled_from((2, 3, 4, 5, 1)))  # of one class every loss is 0
    classes = few + corner.get("reads", 0) + corner.get("taps", 0)
    sizes = tuple(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2))))
    if sizes:
        sizes = (sizes[0] + corner.get("outputs", 0), *sizes[1:])
    ignored = (-100, -1, _VOID, 0) if classes > 1 else (-100, -1, _VOID)  # one class is left
    layer = layers.CrossEntropy(
        ignore_index=draw(st.sampled_from(ignored)) if "ignore_index" in offers else -100,
        reduction=draw(st.sampled_from(_REDUCTIONS)) if "reduction" in offers else "mean",
    )
    return _case(draw, _bound(layer, (classes, *sizes), corner))


@st.composite
def _bound(draw: Draw, layer: Layer, image: tuple[int, ...], corner: dict[str, int]) -> Case:
    return Case(
        layer=layer,
        input_shape=(draw(st.integers(1, 3)) + corner.get("images", 0), *image),
        seed=draw(st.integers(0, _LARGEST_SEED)),
        magnitude=draw(st.sampled_from(_MAGNITUDES)),
    )


def _case(draw: Draw, bound: st.SearchStrategy[Case]) -> Case:
    case: Case = draw(bound)
    return case


def _sizes(draw: Draw, dims: int, most: int, *, alike: bool) -> tuple[int, ...]:
    if alike:
        return (draw(st.integers(1, most)),) * dims
    return tuple(draw(st.integers(1, most)) for _ in range(dims))


def _maps(corner: dict[str, int]) -> st.SearchStrategy[int]:
    more = corner.get("reads", 0) + corner.get("writes", 0)
    return st.integers(1, 3).map(lambda channels: channels + more)


def _of(draw: Any, **fixed: Any) -> Callable[[Any, Words, dict[str, int]], Any]:
    return lambda dims, offers, corner: draw(dims, offers, corner, **fixed)


_DRAWN: dict[str, Callable[[Any, Words, dict[str, int]], st.SearchStrategy[Case]]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "max_pool": _of(_pool, kind=layers.MaxPool),
    "avg_pool": _of(_pool, kind=layers.AvgPool),
    "adaptive_max_pool": _of(_adaptive_pool, kind=layers.AdaptiveMaxPool),
    "adaptive_avg_pool": _of(_adaptive_pool, kind=layers.AdaptiveAvgPool),
    "global_max_pool": _of(_global_pool, kind=layers.GlobalMaxPool),
    "global_avg_pool": _of(_global_pool, kind=layers.GlobalAvgPool),
    "unfold": _of(_unfold, fold=False),
    "fold": _of(_unfold, fold=True),
    "local_response_norm": _local_response_norm,
    "maxout": _maxout,
    "relu": _of(_pointwise, kind=layers.ReLU),
    "tanh": _of(_pointwise, kind=layers.Tanh),
    "softmax": _of(_pointwise, kind=layers.Softmax),
    "cross_entropy": _cross_entropy,
}
