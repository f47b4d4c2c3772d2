"""Layers with parameters: convolutions and the fully connected layer."""

from collections.abc import Sequence
from math import prod
from typing import Any

from convproof import layers
from convproof.axes import PaddingMode, at_least
from convproof.errors import GeometryError
from convproof.layers import Bias
from convproof.names.precision import Precision
from convproof.nn.initial import initial
from convproof.nn.module import Weighted
from convproof.padding import Padding, pairs, per_axis

Ints = int | Sequence[int]


class Conv(Weighted):
    """Convolution, in every framework's sense the cross-correlation.

    ``y[n,m,o] = bias[m] + sum_{c,k} weight[m,c,k] x[n, g C/G + c, s o + t k - low]``: ``x`` is
    ``(N, C, *spatial)`` or without ``N``, the weight ``(M, C / G, *taps)``.

    Args:
        in_channels: ``C``.
        out_channels: ``M``.
        kernel_size: taps, an integer or one per axis.
        stride: ``s``, an integer or one per axis.
        padding: an integer; one entry per axis, an integer or a ``(low, high)`` pair; ``"same"``,
            ``"valid"`` or ``"tensorflow_same"``.
        dilation: ``t``, an integer or one per axis.
        groups: ``G``, which divides both numbers of channels.
        bias: whether one number per output channel is added.
        padding_mode: ``"zeros"`` or ``"circular"``.
        rng: a NumPy generator of the first parameters, see ``convproof.nn.initial``.
        dtype: of the parameters; None: float32.
        precision: what the products promise: ``"float32"`` or, of floats, ``"tf32"``; ``"bf16"``
            and ``"f16"`` of parameters of that dtype.

    Raises:
        GeometryError: if the sizes describe no convolution.
        DTypeError: if the dtype is no floating one.
    """

    function = "conv"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Padding = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        *,
        rng: Any = None,
        dtype: Any = None,
        precision: Precision = "float32",
    ) -> None:
        spec = layers.Conv(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=_taps(kernel_size, self.dims),
            stride=per_axis(stride, self.dims, "stride"),
            padding=pairs(padding, self.dims),
            dilation=per_axis(dilation, self.dims, "dilation"),
            groups=groups,
            padding_mode=padding_mode,
            bias=bias,
        )
        self._start(spec, initial(spec, prod(spec.weight_shape[1:]), rng, dtype), precision)


class ConvTranspose(Weighted):
    """Transposed convolution, the adjoint of the convolution in its input.

    ``y[n, g M/G + m, s i + t k - low] += weight[g C/G + c, m, k] x[n, g C/G + c, i]``, then the
    bias is added: ``x`` is ``(N, C, *spatial)`` or without ``N``, the weight ``(C, M / G, *taps)``.

    Args:
        in_channels: ``C``.
        out_channels: ``M``.
        kernel_size: taps, an integer or one per axis.
        stride: ``s``, an integer or one per axis.
        padding: positions cropped: an integer, or one integer or ``(low, high)`` per axis.
        output_padding: positions added at the high end, below the stride or the dilation.
        groups: ``G``, which divides both numbers of channels.
        bias: whether one number per output channel is added.
        dilation: ``t``, an integer or one per axis.
        padding_mode: ``"zeros"``, the only one, as in torch.
        rng: a NumPy generator of the first parameters, see ``convproof.nn.initial``.
        dtype: of the parameters; None: float32.
        precision: what the products promise: ``"float32"`` or, of floats, ``"tf32"``; ``"bf16"``
            and ``"f16"`` of parameters of that dtype.

    Raises:
        GeometryError: if the sizes describe no transposed convolution.
        DTypeError: if the dtype is no floating one.
    """

    function = "conv_transpose"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Padding = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: PaddingMode = "zeros",
        *,
        rng: Any = None,
        dtype: Any = None,
        precision: Precision = "float32",
    ) -> None:
        if padding_mode != "zeros":
            msg = f"a transposed convolution has padding_mode='zeros', got {padding_mode!r}."
            raise GeometryError(msg)
        spec = layers.ConvTranspose(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=_taps(kernel_size, self.dims),
            stride=per_axis(stride, self.dims, "stride"),
            padding=pairs(padding, self.dims),  # type: ignore[arg-type]  # the spec refuses a name
            dilation=per_axis(dilation, self.dims, "dilation"),
            output_padding=per_axis(output_padding, self.dims, "output_padding"),
            groups=groups,
            bias=bias,
        )
        self._start(spec, initial(spec, prod(spec.weight_shape[1:]), rng, dtype), precision)


class LocallyConnected(Weighted):
    """A convolution with a kernel of its own at every position; torch has none.

    ``y[n,m,o] = bias[m] + sum_{c,k} weight[m,c,o,k] x[n, g C/G + c, s o + t k - low]``: the weight
    is ``(M, C / G, *output_size, *taps)``, and the input must have just these outputs.

    Args:
        in_channels: ``C``.
        out_channels: ``M``.
        output_size: positions, an integer or one per axis.
        kernel_size: taps, an integer or one per axis.
        stride: as in the convolution.
        padding: as in the convolution.
        dilation: as in the convolution.
        groups: ``G``, which divides both numbers of channels.
        bias: whether one number per output channel is added.
        rng: a NumPy generator of the first parameters, see ``convproof.nn.initial``.
        dtype: of the parameters; None: float32.
        precision: what the products promise: ``"float32"`` or, of floats, ``"tf32"``; ``"bf16"``
            and ``"f16"`` of parameters of that dtype.

    Raises:
        GeometryError: if the sizes describe no convolution.
        DTypeError: if the dtype is no floating one.
    """

    function = "locally_connected"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        output_size: Ints,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Padding = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Any = None,
        dtype: Any = None,
        precision: Precision = "float32",
    ) -> None:
        spec = layers.LocallyConnected(
            in_channels=in_channels,
            out_channels=out_channels,
            output_size=per_axis(output_size, self.dims, "output_size"),
            kernel_size=_taps(kernel_size, self.dims),
            stride=per_axis(stride, self.dims, "stride"),
            padding=pairs(padding, self.dims),
            dilation=per_axis(dilation, self.dims, "dilation"),
            groups=groups,
            bias=bias,
        )
        fan_in = spec.in_channels // groups * prod(spec.kernel_size)
        self._start(spec, initial(spec, fan_in, rng, dtype), precision)


class Linear(Weighted):
    """Fully connected: ``y = x weight^T + bias`` over the last axis, ``(*, in)`` to ``(*, out)``.

    Args:
        in_features: size of the input's last axis.
        out_features: size of the output's last axis.
        bias: whether one number per output feature is added.
        rng: a NumPy generator of the first parameters, see ``convproof.nn.initial``.
        dtype: of the parameters; None: float32.
        precision: what the products promise: ``"float32"`` or, of floats, ``"tf32"``; ``"bf16"``
            and ``"f16"`` of parameters of that dtype.

    Raises:
        GeometryError: if a size is below 1.
        DTypeError: if the dtype is no floating one.
    """

    function = "linear"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Any = None,
        dtype: Any = None,
        precision: Precision = "float32",
    ) -> None:
        at_least(1, in_features=in_features, out_features=out_features)
        spec = layers.Linear(in_features=in_features, out_features=out_features, bias=bias)
        self._start(spec, initial(spec, in_features, rng, dtype), precision)

    def _bias_spec(self) -> Bias:
        (features,) = self.spec.parameter_shapes["bias"]
        return Bias(channels=features, channel_axis=-1)


def _taps(kernel_size: Ints, dims: int) -> tuple[int, ...]:
    taps = per_axis(kernel_size, dims, "kernel_size")
    at_least(1, **{f"kernel_size[{a}]": r for a, r in enumerate(taps)})
    return taps
