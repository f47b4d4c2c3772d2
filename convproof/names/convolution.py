"""conv, conv_transpose, locally_connected, unfold and fold: from arguments to specs."""

from collections.abc import Callable, Sequence
from functools import partial

from convproof.axes import PaddingMode, at_least
from convproof.errors import ShapeError
from convproof.layers import Conv, ConvTranspose, Fold, LocallyConnected, Shape, Unfold
from convproof.names.families import bias_after_channels, with_weights, without_weights
from convproof.padding import Padding, pairs, per_axis

DIMS = (1, 2, 3)
Ints = int | Sequence[int]


def _conv(dims: int) -> Callable[..., Conv]:
    def build(
        weight_size: Shape,
        has_bias: bool,
        stride: Ints = 1,
        padding: Padding = 0,
        dilation: Ints = 1,
        groups: int = 1,
        *,
        padding_mode: PaddingMode = "zeros",
    ) -> Conv:
        """Return the convolution (cross-correlation) of ``input`` with ``weight``.

        ``y[n,m,o] = bias[m] + sum_{c,k} weight[m,c,k] input[n, g C/G + c, s o + t k - low]``, with
        ``G`` groups of channels, and zeros (or, circular, the input again) outside the input.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            weight: ``(M, C / groups, *taps)``.
            bias: ``(M,)``, or None.
            stride: ``s``, an integer or one per axis.
            padding: an integer; one entry per axis, an integer or a ``(low, high)`` pair;
                ``"same"``, ``"valid"`` or ``"tensorflow_same"``.
            dilation: ``t``, an integer or one per axis.
            groups: ``G``, the number of blocks that the channels are split into.
            padding_mode: ``"zeros"`` or ``"circular"``.

        Raises:
            GeometryError: if the sizes describe no convolution.
            ShapeError: if the arrays do not fit together.
        """
        _check_weight(weight_size, dims + 2, "out_channels, in_channels / groups, *kernel_size")
        at_least(1, groups=groups)
        return Conv(
            in_channels=weight_size[1] * groups,
            out_channels=weight_size[0],
            kernel_size=weight_size[2:],
            stride=per_axis(stride, dims, "stride"),
            padding=pairs(padding, dims),
            dilation=per_axis(dilation, dims, "dilation"),
            groups=groups,
            padding_mode=padding_mode,
            bias=has_bias,
        )

    return build


def _locally_connected(dims: int) -> Callable[..., LocallyConnected]:
    def build(
        weight_size: Shape,
        has_bias: bool,
        stride: Ints = 1,
        padding: Padding = 0,
        dilation: Ints = 1,
        groups: int = 1,
    ) -> LocallyConnected:
        """Return a convolution whose kernel differs from position to position.

        ``y[n,m,o] = bias[m] + sum_{c,k} weight[m,c,o,k] input[n, g C/G + c, s o + t k - low]``.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            weight: ``(M, C / groups, *output_size, *taps)``.
            bias: ``(M,)``, or None.
            stride: an integer or one per axis.
            padding: as in the convolution.
            dilation: an integer or one per axis.
            groups: number of blocks that the channels are split into.

        Raises:
            GeometryError: if the sizes describe no convolution.
            ShapeError: if the arrays do not fit together.
        """
        names = "out_channels, in_channels / groups, *output_size, *kernel_size"
        _check_weight(weight_size, 2 * dims + 2, names)
        at_least(1, groups=groups)
        return LocallyConnected(
            in_channels=weight_size[1] * groups,
            out_channels=weight_size[0],
            output_size=weight_size[2 : 2 + dims],
            kernel_size=weight_size[2 + dims :],
            stride=per_axis(stride, dims, "stride"),
            padding=pairs(padding, dims),
            dilation=per_axis(dilation, dims, "dilation"),
            groups=groups,
            bias=has_bias,
        )

    return build


def _conv_transpose(dims: int) -> Callable[..., ConvTranspose]:
    def build(
        weight_size: Shape,
        has_bias: bool,
        stride: Ints = 1,
        padding: Padding = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        dilation: Ints = 1,
    ) -> ConvTranspose:
        """Return the transposed convolution: the adjoint of the convolution in its input.

        ``y[n, g M/G + m, s i + t k - low] += weight[g C/G + c, m, k] input[n, g C/G + c, i]``.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            weight: ``(C, M / groups, *taps)``.
            bias: ``(M,)``, or None.
            stride: ``s``, an integer or one per axis.
            padding: positions cropped: an integer, or one integer or ``(low, high)`` per axis.
            output_padding: positions added at the high end, below the stride or the dilation.
            groups: ``G``, the number of blocks that the channels are split into.
            dilation: ``t``, an integer or one per axis.

        Raises:
            GeometryError: if the sizes describe no transposed convolution.
            ShapeError: if the arrays do not fit together.
        """
        _check_weight(weight_size, dims + 2, "in_channels, out_channels / groups, *kernel_size")
        at_least(1, groups=groups)
        return ConvTranspose(
            in_channels=weight_size[0],
            out_channels=weight_size[1] * groups,
            kernel_size=weight_size[2:],
            stride=per_axis(stride, dims, "stride"),
            padding=pairs(padding, dims),  # type: ignore[arg-type]  # the spec refuses a name
            dilation=per_axis(dilation, dims, "dilation"),
            output_padding=per_axis(output_padding, dims, "output_padding"),
            groups=groups,
            bias=has_bias,
        )

    return build


def _unfold(
    axes: int, kernel_size: Ints, dilation: Ints = 1, padding: Padding = 0, stride: Ints = 1
) -> Unfold:
    """Return the windows of ``input`` as columns (im2col).

    ``y[n, c*K + k, o] = input[n, c, s o + t k - low]``, taps ``k`` and positions ``o`` row-major.

    Args:
        input: ``(N, C, *spatial)``, or without ``N``.
        kernel_size: an integer for two axes, or one per axis.
        dilation: ``t``, an integer or one per axis.
        padding: as in the convolution.
        stride: ``s``, an integer or one per axis.
    """
    del axes  # told by kernel_size, as in torch
    dims = len(kernel_size) if isinstance(kernel_size, Sequence) else 2
    return Unfold(
        kernel_size=per_axis(kernel_size, dims, "kernel_size"),
        stride=per_axis(stride, dims, "stride"),
        padding=pairs(padding, dims),
        dilation=per_axis(dilation, dims, "dilation"),
    )


def _fold(
    axes: int,
    output_size: Ints,
    kernel_size: Ints,
    dilation: Ints = 1,
    padding: Padding = 0,
    stride: Ints = 1,
) -> Fold:
    """Return the sum of the columns ``input`` over the windows they came from (col2im).

    ``y[n, c, s o + t k - low] += input[n, c*K + k, o]``: the adjoint of ``unfold``.

    Args:
        input: ``(N, C * taps, positions)``, or without ``N``.
        output_size: spatial sizes of the result.
        kernel_size: an integer, or one per axis.
        dilation: ``t``, an integer or one per axis.
        padding: as in the convolution.
        stride: ``s``, an integer or one per axis.
    """
    del axes
    given = [len(size) for size in (output_size, kernel_size) if isinstance(size, Sequence)]
    dims = max(given, default=2)
    return Fold(
        output_size=per_axis(output_size, dims, "output_size"),
        kernel_size=per_axis(kernel_size, dims, "kernel_size"),
        stride=per_axis(stride, dims, "stride"),
        padding=pairs(padding, dims),
        dilation=per_axis(dilation, dims, "dilation"),
    )


def _check_weight(weight_size: Shape, axes: int, names: str) -> None:
    if len(weight_size) != axes:
        msg = f"the weight has {axes} axes ({names}), got the shape {weight_size}."
        raise ShapeError(msg)


FUNCTIONS = without_weights("unfold", _unfold) | without_weights("fold", _fold)
for _dims in DIMS:
    _bias = partial(bias_after_channels, dims=_dims)
    FUNCTIONS |= with_weights(f"conv{_dims}d", _conv(_dims), _bias)
    FUNCTIONS |= with_weights(f"conv_transpose{_dims}d", _conv_transpose(_dims), _bias)
    FUNCTIONS |= with_weights(f"locally_connected{_dims}d", _locally_connected(_dims), _bias)
