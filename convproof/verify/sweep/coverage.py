"""What is special about a geometry: the features that faults have been found in, one law each.

A feature that a layer cannot have is left out of its counts, so that a zero is a gap.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from convproof import layers
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers.pooling import Pool

_LANES = 8  # channels that vector and tensor-core paths take at a time
Axes = tuple[Any, ...]
_WINDOWED = (layers.Conv, layers.ConvTranspose, layers.Unfold, Pool)
_GROUPED = (layers.Conv, layers.ConvTranspose)
COLUMNS: dict[str, tuple[str, ...]] = {
    "convolution": ("conv",),
    "transposed": ("conv_transpose",),
    "pooling": ("max_pool", "avg_pool"),
    "fold": ("unfold", "fold"),
}
REST = "other"


def axes_of(case: Case) -> Axes:
    """Return the spatial axes of a layer that moves a window, else none."""
    layer = case.layer
    if isinstance(layer, layers.Fold):
        return tuple(layer.unfold.axes(layer.output_size))
    return tuple(layer.axes(case.input_shape[2:])) if isinstance(layer, _WINDOWED) else ()


def _along(law: Callable[[Any], bool]) -> Callable[[Case, Axes], bool | None]:
    """Return whether an axis obeys the law; None where there is no window."""

    def has(case: Case, axes: Axes) -> bool | None:
        del case
        return any(map(law, axes)) if axes else None

    return has


def _of(*kinds: type, law: Callable[[Any], bool]) -> Callable[[Case, Axes], bool | None]:
    """Return whether the layer obeys the law; None for layers of other kinds."""

    def has(case: Case, axes: Axes) -> bool | None:
        del axes
        return law(case.layer) if isinstance(case.layer, kinds) else None

    return has


def _batch(case: Case, axes: Axes) -> bool | None:
    del axes
    return case.input_shape[0] > 1


def _remainder(case: Case, axes: Axes) -> bool | None:
    if not axes or isinstance(case.layer, layers.ConvTranspose):
        return None
    return any((axis.padded_size - axis.span) % axis.stride for axis in axes)


def _wider(case: Case, axes: Axes) -> bool | None:
    if not axes or isinstance(case.layer, layers.ConvTranspose):
        return None
    return any(axis.span > axis.input_size for axis in axes)


def _anisotropic(case: Case, axes: Axes) -> bool | None:
    del case
    return len({axis.stride for axis in axes}) > 1 if len(axes) > 1 else None


def _ceil(case: Case, axes: Axes) -> bool | None:
    if not isinstance(case.layer, Pool):
        return None
    floors = ((axis.padded_size - axis.span) // axis.stride + 1 for axis in axes)
    return any(axis.output_size > floor for axis, floor in zip(axes, floors, strict=True))


def _odd_channels(case: Case, axes: Axes) -> bool | None:
    del axes
    if len(case.input_shape) < 3 or isinstance(case.layer, layers.CrossEntropy):
        return None
    return any(shape[1] % _LANES for shape in (case.input_shape, case.output_shape))


def _uneven(case: Case, axes: Axes) -> bool | None:
    del axes
    if not isinstance(case.layer, layers.AdaptiveAvgPool | layers.AdaptiveMaxPool):
        return None
    rows = zip(case.input_shape[2:], case.output_shape[2:], strict=True)
    return any(inputs % outputs for inputs, outputs in rows)


FEATURES: dict[str, Callable[[Case, Axes], bool | None]] = {
    "batch > 1": _batch,
    "bias": _of(*_GROUPED, layers.Linear, law=lambda layer: layer.bias),
    "groups > 1": _of(*_GROUPED, law=lambda layer: layer.groups > 1),
    "depthwise": _of(*_GROUPED, law=lambda layer: layer.groups == layer.in_channels > 1),
    "C % 8 != 0": _odd_channels,
    "stride > 1": _along(lambda axis: axis.stride > 1),
    "stride > kernel": _along(lambda axis: axis.stride > axis.kernel_size),
    "anisotropic stride": _anisotropic,
    "floor remainder": _remainder,
    "padding": _along(lambda axis: any(axis.padding)),
    "asymmetric padding": _along(lambda axis: axis.padding[0] != axis.padding[1]),
    "circular padding": _of(layers.Conv, law=lambda layer: layer.padding_mode == "circular"),
    "dilation > 1": _along(lambda axis: axis.dilation > 1),
    "kernel wider than input": _wider,
    "1 output position": _along(lambda axis: axis.output_size == 1),
    "output_padding": _of(layers.ConvTranspose, law=lambda layer: any(layer.output_padding)),
    "ceil windows": _ceil,
    "padding not counted": _of(layers.AvgPool, law=lambda layer: not layer.count_include_pad),
    "divisor_override": _of(layers.AvgPool, law=lambda layer: layer.divisor_override is not None),
    "uneven windows": _uneven,
}


def features_of(case: Case) -> dict[str, bool]:
    """Return which features a geometry has, of those that its layer can have.

    Example:
        >>> from convproof.verify.friendly import friendly
        >>> sorted(name for name, has in features_of(friendly("conv2d")).items() if has)
        ['C % 8 != 0', 'batch > 1', 'bias', 'padding']
    """
    axes = axes_of(case)
    found = ((name, law(case, axes)) for name, law in FEATURES.items())
    return {name: bool(has) for name, has in found if has is not None}


def counted(cases: Iterable[Case]) -> dict[str, int]:
    """Return how many of the geometries have each feature; 0 where one could have it."""
    counts: dict[str, int] = {}
    for case in cases:
        for name, has in features_of(case).items():
            counts[name] = counts.get(name, 0) + has
    return {name: counts[name] for name in FEATURES if name in counts}


def table(by_layer: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Return rows of words: a heading, then for every feature how often each kind had it.

    ``-`` says that no layer of the kind can have the feature.
    """
    kinds = (*COLUMNS, REST)
    rows: list[tuple[str, ...]] = [("feature", "all", *kinds)]
    for feature in FEATURES:
        counts: dict[str, int] = {}
        for layer, found in by_layer.items():
            if feature in found:
                counts[_kind(layer)] = counts.get(_kind(layer), 0) + found[feature]
        cells = (str(counts[kind]) if kind in counts else "-" for kind in kinds)
        rows.append((feature, str(sum(counts.values())), *cells))
    return rows


def _kind(layer: str) -> str:
    stem = Function(layer).stem
    return next((kind for kind, stems in COLUMNS.items() if stem in stems), REST)
