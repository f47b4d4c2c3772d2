"""Layers without parameters: pooling, rearrangements, norms, activations and a loss."""

from collections.abc import Sequence
from typing import Any

from convproof.errors import UnsupportedError
from convproof.functional import implementation_for
from convproof.layers import Layer
from convproof.layers.loss import Reduction
from convproof.names import verbs
from convproof.nn.module import Module
from convproof.padding import Padding

Ints = int | Sequence[int]
OutputSize = int | Sequence[int | None] | None


class MaxPool(Module):
    """The maximum of each window, ``y[n,c,o] = max_k x[n, c, s o + t k - low]``.

    Args:
        kernel_size: an integer or one per axis.
        stride: ``s``; None means ``kernel_size``.
        padding: an integer, or one integer or ``(low, high)`` pair per axis.
        dilation: ``t``, an integer or one per axis.
        return_indices: also return where each maximum lies, as a flat spatial position.
        ceil_mode: round the output size up.
    """

    function = "max_pool"

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        dilation: Ints = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        spec = self._built(kernel_size, stride, padding, dilation, ceil_mode, return_indices)
        self._begin(spec=spec)


class AvgPool(Module):
    """The mean of each window, ``y[n,c,o] = (1 / d_o) sum_k x[n, c, s o + t k - low]``.

    Args:
        kernel_size: an integer or one per axis.
        stride: ``s``; None means ``kernel_size``.
        padding: an integer, or one integer or ``(low, high)`` pair per axis.
        ceil_mode: round the output size up.
        count_include_pad: whether ``d_o`` counts the padding.
        divisor_override: replaces ``d_o``; torch's AvgPool1d has none.
        dilation: ``t``, an integer or one per axis; torch has none.
    """

    function = "avg_pool"

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        *,
        dilation: Ints = 1,
    ) -> None:
        given = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        self._begin(spec=self._built(*given, dilation=dilation))


class AdaptiveMaxPool(Module):
    """The maximum of each of ``O`` windows, ``floor(o I / O) <= i < ceil((o + 1) I / O)``.

    Args:
        output_size: ``O``, an integer or one per axis; None keeps an axis as it is.
        return_indices: also return where each maximum lies, as a flat spatial position.
    """

    function = "adaptive_max_pool"

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        self._begin(spec=self._built(output_size, return_indices))


class AdaptiveAvgPool(Module):
    """The mean of each of ``O`` windows, ``floor(o I / O) <= i < ceil((o + 1) I / O)``.

    Args:
        output_size: ``O``, an integer or one per axis; None keeps an axis as it is.
    """

    function = "adaptive_avg_pool"

    def __init__(self, output_size: OutputSize) -> None:
        self._begin(spec=self._built(output_size))


class GlobalMaxPool(Module):
    """The maximum of each feature map, ``y[n,c] = max_i x[n,c,i]``, kept as axes of size 1."""

    function = "global_max_pool"

    def __init__(self) -> None:
        self._begin(spec=self._built())


class GlobalAvgPool(Module):
    """The mean of each feature map, ``y[n,c] = mean_i x[n,c,i]``, kept as axes of size 1."""

    function = "global_avg_pool"

    def __init__(self) -> None:
        self._begin(spec=self._built())


class MaxUnpool(Module):
    """Pooled values put back where they came from, ``y[n, c, indices[n,c,o]] = x[n,c,o]``.

    Args:
        kernel_size: of the pooling that is undone.
        stride: of the pooling; None means ``kernel_size``.
        padding: of the pooling, an integer or one entry per axis.
    """

    function = "max_unpool"

    def __init__(self, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0) -> None:
        self._begin(spec=self._built(kernel_size, stride, padding))

    def __call__(  # type: ignore[override]  # it needs the indices
        self,
        input: Any,  # noqa: A002  # torch's name
        indices: Any,
        output_size: Ints | None = None,
    ) -> Any:
        """Return ``y``.

        Args:
            input: ``(N, C, *spatial)``, or without ``N``.
            indices: flat spatial positions, of the input's shape.
            output_size: the shape wanted; None: ``(n - 1) s - low - high + r``.
        """
        spec = self._sized(output_size)
        return verbs.forward(implementation_for, spec, input, indices=(indices,))

    def input_vjp(
        self, x: Any, y_bar: Any, indices: Any = None, output_size: Ints | None = None
    ) -> Any:
        """Return the gradient of ``<layer(x, indices), y_bar>`` in ``x``: ``y_bar[indices]``."""
        spec = self._sized(output_size)
        return verbs.input_vjp(implementation_for, spec, x, y_bar, indices=(indices,))

    def _sized(self, output_size: Ints | None) -> Layer:
        spec: Any = self.spec
        return self._built(spec.kernel_size, spec.stride, spec.padding, output_size)


class Unfold(Module):
    """The windows as columns (im2col), ``y[n, c*K + k, o] = x[n, c, s o + t k - low]``.

    Args:
        kernel_size: an integer for two axes, or one per axis.
        dilation: ``t``, an integer or one per axis.
        padding: as in the convolution.
        stride: ``s``, an integer or one per axis.
    """

    function = "unfold"

    def __init__(
        self, kernel_size: Ints, dilation: Ints = 1, padding: Padding = 0, stride: Ints = 1
    ) -> None:
        self._begin(spec=self._built(kernel_size, dilation, padding, stride))


class Fold(Module):
    """Columns added over their windows (col2im), ``y[n, c, s o + t k - low] += x[n, c*K + k, o]``.

    Args:
        output_size: spatial sizes of the result.
        kernel_size: an integer, or one per axis.
        dilation: ``t``, an integer or one per axis.
        padding: as in the convolution.
        stride: ``s``, an integer or one per axis.
    """

    function = "fold"

    def __init__(
        self,
        output_size: Ints,
        kernel_size: Ints,
        dilation: Ints = 1,
        padding: Padding = 0,
        stride: Ints = 1,
    ) -> None:
        self._begin(spec=self._built(output_size, kernel_size, dilation, padding, stride))


class LocalResponseNorm(Module):
    """``y[c] = x[c] / (k + alpha/size * sum_j x[j]^2)^beta``, ``j`` near the channel ``c``.

    Args:
        size: channels in the window.
        alpha: weight of the mean square.
        beta: exponent.
        k: additive constant.
    """

    function = "local_response_norm"

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self._begin(spec=self._built(size, alpha, beta, k))


class Maxout(Module):
    """The maximum of adjacent channels, ``y[n,u] = max_{0 <= j < P} x[n, P u + j]``.

    Args:
        pool_size: ``P``, which divides the number of channels.
    """

    function = "maxout"

    def __init__(self, pool_size: int) -> None:
        self._begin(spec=self._built(pool_size))


class ReLU(Module):
    """``y = max(x, 0)``, with derivative 0 at 0.

    Args:
        inplace: torch's argument; True is refused, for inputs are never modified.
    """

    function = "relu"

    def __init__(self, inplace: bool = False) -> None:
        self._begin(spec=self._built(inplace))


class Tanh(Module):
    """``y = tanh(x)``."""

    function = "tanh"

    def __init__(self) -> None:
        self._begin(spec=self._built())


class ScaledTanh(Module):
    """``y = 1.7159 tanh(2/3 x)`` (LeCun et al. 1998, appendix A)."""

    function = "scaled_tanh"

    def __init__(self) -> None:
        self._begin(spec=self._built())


class Softmax(Module):
    """``y[i] = exp(x[i]) / sum_j exp(x[j])`` along one axis.

    Args:
        dim: the axis; None, torch's default, is refused.

    Raises:
        UnsupportedError: without an axis.
    """

    function = "softmax"

    def __init__(self, dim: int | None = None) -> None:
        if dim is None:
            msg = (
                "Softmax(dim=None) would choose an axis by each input's number of axes, which "
                "torch deprecates. Give dim, such as dim=1 for (batch, classes)."
            )
            raise UnsupportedError(msg)
        self._begin(spec=self._built(dim))


class CrossEntropyLoss(Module):
    """``log sum_c exp(x[n, c]) - x[n, target[n]]``, or its mean or sum.

    Args:
        ignore_index: the target of scores that are left out, in the sum and in the mean.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every loss. Torch's other arguments are
            not here: every class has the weight 1, and no target is smoothed.
    """

    function = "cross_entropy"

    def __init__(self, ignore_index: int = -100, reduction: Reduction = "mean") -> None:
        self._begin(spec=self._built(ignore_index, reduction))

    def __call__(  # type: ignore[override]  # it needs the targets
        self,
        input: Any,  # noqa: A002  # torch's name
        target: Any,
    ) -> Any:
        """Return ``y``.

        Args:
            input: scores ``(N, C, *spatial)``, or ``(C,)``.
            target: classes ``(N, *spatial)``, or without axes, in int64.
        """
        return verbs.forward(implementation_for, self.spec, input, indices=(target,))

    def input_vjp(self, x: Any, y_bar: Any, target: Any = None) -> Any:
        """Return the gradient of ``<layer(x, target), y_bar>`` in ``x``."""
        return verbs.input_vjp(implementation_for, self.spec, x, y_bar, indices=(target,))
