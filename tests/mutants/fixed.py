"""A small fixed set of cases for every layer: each option off its default in one of them.

Two images or more, groups, remainders and sizes that differ; beside them one image with coinciding
sizes, and one case beyond the width of a vector. Integers are as large as their sums stay exact.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from convproof import layers
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Layer
from convproof.layers.loss import Reduction

_IMAGES = 5


def _pairs(*ends: int) -> tuple[tuple[int, int], ...]:
    return tuple((end, end) for end in ends)


def _case(layer: Layer, *image: int, images: int = _IMAGES) -> Case:
    return Case(layer=layer, input_shape=(images, *image), seed=1, magnitude=0)


def _conv(dims: int) -> list[Case]:
    def conv(channels: tuple[int, int], groups: int = 1, **axes: Any) -> layers.Conv:
        reads, writes = channels
        padding = axes.pop("padding", (0,) * 3)
        plain: dict[str, Any] = {"stride": (1,) * 3, "dilation": (1,) * 3, **axes}
        cut = {name: sizes[:dims] for name, sizes in plain.items()}
        return layers.Conv(
            in_channels=reads, out_channels=writes, groups=groups, bias=True,
            padding=_pairs(*padding[:dims]), **cut,
        )  # fmt: skip

    every = conv(
        (4, 6), 2, kernel_size=(3, 2, 2), stride=(2, 1, 3), padding=(1, 2, 0), dilation=(1, 2, 1)
    )
    same = conv((5, 5), kernel_size=(3, 3, 3), padding=(1, 1, 1))
    exchangeable = conv((2, 3), kernel_size=(2, 2, 2), dilation=(2, 2, 2))
    sparse = conv((1, 2), kernel_size=(1, 1, 1), stride=(3, 3, 3))
    found = [
        _case(every, 4, *(8, 9, 7)[:dims]),
        _case(same, 5, *(5, 5, 5)[:dims], images=1),
        _case(exchangeable, 2, *(4, 4, 4)[:dims]),
        _case(sparse, 1, *(8, 8, 8)[:dims]),
    ]
    if dims < 3:
        wide = conv((18, 2), kernel_size=(5, 1, 1))
        found.append(_case(wide, 18, *(38, 2)[:dims], images=2))
    return found


def _conv_transpose(dims: int) -> list[Case]:
    layer = layers.ConvTranspose(
        in_channels=4, out_channels=6, groups=2, bias=True, kernel_size=(3, 2, 2)[:dims],
        stride=(2, 3, 1)[:dims], padding=_pairs(*(1, 0, 1)[:dims]), dilation=(1, 2, 2)[:dims],
        output_padding=(1, 2, 0)[:dims],
    )  # fmt: skip
    return [_case(layer, 4, *(4, 3, 3)[:dims])]


def _linear(dims: None) -> list[Case]:
    del dims
    square = layers.Linear(in_features=4, out_features=4, bias=True)
    oblong = layers.Linear(in_features=3, out_features=5, bias=True)
    return [_case(square, 4, images=4), _case(oblong, 3)]


def _max_pool(dims: int) -> list[Case]:
    covering = layers.MaxPool(  # no remainder: windows are symmetric
        kernel_size=(3, 2, 2)[:dims], stride=(1, 2, 1)[:dims], padding=_pairs(*(1, 0, 0)[:dims]),
        dilation=(1, 1, 1)[:dims],
    )  # fmt: skip
    spread = layers.MaxPool(
        kernel_size=(2, 2, 2)[:dims], stride=(1, 1, 1)[:dims], padding=_pairs(*(0, 0, 0)[:dims]),
        dilation=(2, 3, 1)[:dims],
    )  # fmt: skip
    hanging = layers.MaxPool(
        kernel_size=(3, 2, 2)[:dims], stride=(2, 3, 1)[:dims], padding=_pairs(*(1, 0, 0)[:dims]),
        dilation=(1, 1, 1)[:dims], ceil_mode=True,
    )  # fmt: skip
    return [
        _case(covering, 3, *(5, 6, 4)[:dims]),
        _case(spread, 2, *(6, 7, 4)[:dims]),
        _case(hanging, 2, *(6, 7, 4)[:dims]),
    ]


def _avg_pool(dims: int) -> list[Case]:
    def average(**options: Any) -> Case:
        layer = layers.AvgPool(
            kernel_size=(3, 2, 2)[:dims], stride=(2, 1, 1)[:dims],
            padding=_pairs(*(1, 1, 0)[:dims]), ceil_mode=True, dilation=(1,) * dims, **options,
        )  # fmt: skip
        return _case(layer, 3, *(6, 4, 3)[:dims])

    found = [average(count_include_pad=counted) for counted in (False, True)]
    return [*found, average(count_include_pad=True, divisor_override=3)] if dims > 1 else found


def _near_and_far(case: Case) -> list[Case]:
    """Also with data whose exponential overflows."""
    return [case, replace(case, seed=3)]


def _adaptive(kind: Any) -> Callable[[int], list[Case]]:
    return lambda dims: [_case(kind(output_size=(3, 2, 2)[:dims]), 2, *(7, 5, 3)[:dims])]


def _global(kind: Any) -> Callable[[int], list[Case]]:
    return lambda dims: [_case(kind(dims=dims), 2, *(4, 3, 2)[:dims])]


def _unfold(dims: None, *, fold: bool = False) -> list[Case]:
    del dims
    options: dict[str, Any] = {
        "kernel_size": (2, 3), "stride": (1, 2), "padding": _pairs(1, 1), "dilation": (2, 1),
    }  # fmt: skip
    unfold, image = layers.Unfold(**options), (2, 5, 6)
    if not fold:
        return [_case(unfold, *image)]
    columns = unfold.output_shape((1, *image))[1:]
    return [_case(layers.Fold(output_size=image[1:], **options), *columns)]


def _local_response_norm(dims: None) -> list[Case]:
    del dims
    sizes = (4, 5)  # an even window has a side
    return [
        _case(layers.LocalResponseNorm(size=size, alpha=2.0, beta=0.75, k=2.0), 7, 2)
        for size in sizes
    ]


def _cross_entropy(dims: None) -> list[Case]:
    del dims
    reductions: tuple[Reduction, ...] = ("none", "sum", "mean")
    return [
        each
        for reduction in reductions
        for index in (-1, 255, 0)
        for each in _near_and_far(
            _case(layers.CrossEntropy(ignore_index=index, reduction=reduction), 4, 3)
        )
    ]


_FIXED: dict[str, Callable[[Any], list[Case]]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "adaptive_max_pool": _adaptive(layers.AdaptiveMaxPool),
    "adaptive_avg_pool": _adaptive(layers.AdaptiveAvgPool),
    "global_max_pool": _global(layers.GlobalMaxPool),
    "global_avg_pool": _global(layers.GlobalAvgPool),
    "unfold": _unfold,
    "fold": lambda dims: _unfold(dims, fold=True),
    "local_response_norm": _local_response_norm,
    "maxout": lambda _: [_case(layers.Maxout(pool_size=2), 6, 2)],
    "relu": lambda _: [_case(layers.ReLU(), 6, 4), _case(layers.ReLU(), 1, images=1)],
    "tanh": lambda _: _near_and_far(_case(layers.Tanh(), 6, 4)),
    "cross_entropy": _cross_entropy,
    "softmax": lambda _: _near_and_far(_case(layers.Softmax(dim=1), 4, 3)),
}


def fixed_cases(function: Function) -> list[Case]:
    """Return the fixed cases of a function's layer."""
    return _FIXED[function.stem](function.dims)
