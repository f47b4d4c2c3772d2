"""Max, average, global and adaptive pooling and max unpooling: from arguments to specs."""

from collections.abc import Callable, Sequence

from convproof.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    MaxUnpool,
)
from convproof.names.families import Family, without_weights
from convproof.padding import Padding, pairs, per_axis

DIMS = (1, 2, 3)
Ints = int | Sequence[int]
OutputSize = int | Sequence[int | None] | None


def _max_pool(dims: int) -> Callable[..., MaxPool]:
    def build(
        axes: int,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> MaxPool:
        """Return the maximum of each window.

        ``y[n,c,o] = max_k input[n, c, s o + t k - low]`` over the taps inside the input. The first
        maximum in row-major order takes the gradient; a NaN in the window is its maximum, the
        first of several (torch on CPUs: the last).

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            kernel_size: an integer or one per axis.
            stride: ``s``; None means ``kernel_size``.
            padding: an integer, or one integer or ``(low, high)`` pair per axis.
            dilation: ``t``, an integer or one per axis.
            ceil_mode: round the output size up; the last window starts inside the input or the low
                padding.
            return_indices: also return where each maximum lies, as a flat spatial position.

        Raises:
            GeometryError: if a window reads no input.
        """
        del axes
        return MaxPool(
            kernel_size=per_axis(kernel_size, dims, "kernel_size"),
            stride=per_axis(kernel_size if stride is None else stride, dims, "stride"),
            padding=pairs(padding, dims),
            dilation=per_axis(dilation, dims, "dilation"),
            ceil_mode=ceil_mode,
            return_indices=return_indices,
        )

    return build


def _avg_pool(dims: int) -> Callable[..., AvgPool]:
    def build(
        axes: int,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        *,
        dilation: Ints = 1,
    ) -> AvgPool:
        """Return the mean of each window.

        ``y[n,c,o] = (1 / d_o) sum_k input[n, c, s o + t k - low]``, where ``d_o`` counts the taps
        in the padded input, or those in the input, or is ``divisor_override``.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            kernel_size: an integer or one per axis.
            stride: ``s``; None means ``kernel_size``.
            padding: an integer, or one integer or ``(low, high)`` pair per axis.
            ceil_mode: round the output size up.
            count_include_pad: whether ``d_o`` counts the padding.
            divisor_override: replaces ``d_o``.
            dilation: ``t``, an integer or one per axis; torch has none here.

        Raises:
            GeometryError: if a window reads no input.
        """
        del axes
        return AvgPool(
            kernel_size=per_axis(kernel_size, dims, "kernel_size"),
            stride=per_axis(kernel_size if stride is None else stride, dims, "stride"),
            padding=pairs(padding, dims),
            dilation=per_axis(dilation, dims, "dilation"),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )

    return build


def _adaptive_max_pool(dims: int) -> Callable[..., AdaptiveMaxPool]:
    def build(axes: int, output_size: OutputSize, return_indices: bool = False) -> AdaptiveMaxPool:
        """Return the maximum of each of ``output_size`` windows that cover the input.

        Window ``o`` covers ``floor(o I / O) <= i < ceil((o + 1) I / O)`` along each axis.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            output_size: an integer or one per axis; None keeps an axis as it is.
            return_indices: also return where each maximum lies, as a flat spatial position.
        """
        del axes
        sizes = _output_sizes(output_size, dims)
        return AdaptiveMaxPool(output_size=sizes, return_indices=return_indices)

    return build


def _adaptive_avg_pool(dims: int) -> Callable[..., AdaptiveAvgPool]:
    def build(axes: int, output_size: OutputSize) -> AdaptiveAvgPool:
        """Return the mean of each of ``output_size`` windows that cover the input.

        Window ``o`` covers ``floor(o I / O) <= i < ceil((o + 1) I / O)`` along each axis.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            output_size: an integer or one per axis; None keeps an axis as it is.
        """
        del axes
        return AdaptiveAvgPool(output_size=_output_sizes(output_size, dims))

    return build


def _global_max_pool(dims: int) -> Callable[..., GlobalMaxPool]:
    def build(axes: int) -> GlobalMaxPool:
        """Return the maximum of each feature map, ``y[n,c] = max_i input[n,c,i]``, as size-1 axes.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
        """
        del axes
        return GlobalMaxPool(dims=dims)

    return build


def _global_avg_pool(dims: int) -> Callable[..., GlobalAvgPool]:
    def build(axes: int) -> GlobalAvgPool:
        """Return the mean of each feature map, ``y[n,c] = mean_i input[n,c,i]``, as size-1 axes.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
        """
        del axes
        return GlobalAvgPool(dims=dims)

    return build


def _max_unpool(dims: int) -> Callable[..., MaxUnpool]:
    def build(
        axes: int,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        output_size: Ints | None = None,
    ) -> MaxUnpool:
        """Return the pooled values put back where they came from, zero elsewhere.

        ``y[n, c, indices[n,c,o]] = input[n,c,o]``.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            indices: flat spatial positions, as ``max_pool`` with ``return_indices`` gives them.
            kernel_size: of the pooling that is undone.
            stride: of the pooling; None means ``kernel_size``.
            padding: of the pooling, an integer or one entry per axis.
            output_size: the shape wanted, with or without batch and channels.
        """
        del axes
        wanted = None
        if output_size is not None:
            given = output_size if isinstance(output_size, Sequence) else (output_size,) * dims
            whole = per_axis(given, len(given), "output_size")
            wanted = whole[-dims:]
        return MaxUnpool(
            kernel_size=per_axis(kernel_size, dims, "kernel_size"),
            stride=per_axis(kernel_size if stride is None else stride, dims, "stride"),
            padding=pairs(padding, dims),  # type: ignore[arg-type]  # the spec refuses a name
            output_size=wanted,
        )

    return build


def _output_sizes(output_size: OutputSize, dims: int) -> tuple[int | None, ...]:
    if output_size is None:
        return (None,) * dims
    if not isinstance(output_size, Sequence):
        return per_axis(output_size, dims, "output_size")
    known = per_axis([1 if size is None else size for size in output_size], dims, "output_size")
    asked = tuple(output_size) * (dims // len(output_size))
    return tuple(None if a is None else k for a, k in zip(asked, known, strict=True))


FUNCTIONS: Family = {}
for _dims in DIMS:
    FUNCTIONS |= without_weights(f"max_pool{_dims}d", _max_pool(_dims))
    FUNCTIONS |= without_weights(f"avg_pool{_dims}d", _avg_pool(_dims))
    FUNCTIONS |= without_weights(f"adaptive_max_pool{_dims}d", _adaptive_max_pool(_dims))
    FUNCTIONS |= without_weights(f"adaptive_avg_pool{_dims}d", _adaptive_avg_pool(_dims))
    FUNCTIONS |= without_weights(f"global_max_pool{_dims}d", _global_max_pool(_dims))
    FUNCTIONS |= without_weights(f"global_avg_pool{_dims}d", _global_avg_pool(_dims))
    FUNCTIONS |= without_weights(f"max_unpool{_dims}d", _max_unpool(_dims), indices="indices")
