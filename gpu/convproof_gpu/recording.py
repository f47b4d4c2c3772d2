"""Which kernels a layer launches, found by running its verbs on a machine that only takes notes.

The arrays of this machine have a shape and a dtype and no memory, so that any size is recorded at
once. Registered as the sources of ``sim`` and ``gpu``, which run the same files.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import SimpleNamespace
from typing import Any

import ml_dtypes  # noqa: F401  # tells NumPy the name bfloat16
import numpy as np

from convproof import layers
from convproof.functions import Role
from convproof.layers import Bias, Layer, Shape
from convproof_gpu.cubin import digest
from convproof_gpu.few_channels import LEAST
from convproof_gpu.few_channels_input_plans import HELD
from convproof_gpu.machine import AtHand, Kernel
from convproof_gpu.specialisations import files
from convproof_gpu.wing import Wing

_DIGITS = 16  # of a hash
_MANY = 2**13  # images, whose sums are taken in parts
_WIDER, _POSITIONS = 64, 2**19  # more of an axis, and of all, for tiles of few channels' inputs
_BY_OUTPUTS = (layers.Conv, layers.ConvTranspose)  # whose kernels depend on how many there are


class Blank(np.ndarray):
    """An array without memory: every element is one zero, and it passes for contiguous."""

    @property
    def flags(self) -> Any:
        """What a launch asks."""
        return SimpleNamespace(c_contiguous=True)


def blank(shape: Sequence[int], dtype: Any) -> Blank:
    """Return an array of this shape and dtype, without memory."""
    return np.broadcast_to(np.zeros((), dtype), tuple(shape)).view(Blank)


class Recorder(AtHand):
    """A machine that runs nothing and notes the kernel of each launch.

    Attributes:
        kernels: what was launched, each once, in order.
    """

    name = "recorder"

    def __init__(self) -> None:
        self.kernels: dict[Kernel, None] = {}

    def empty(self, shape: Sequence[int], dtype: Any) -> Any:
        """Return a blank."""
        return blank(shape, dtype)

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Note the kernel."""
        del blocks, threads, args, outputs
        self.kernels[kernel] = None


class KernelSources:
    """The kernels' files, see ``convproof.sources.Sources``."""

    def digests(self) -> dict[str, str]:
        """Return the hash of each kernel's file with all that it includes."""
        return {file: digest(file)[:_DIGITS] for file in files()}

    def inputs(self, layer: Layer) -> tuple[Shape, Shape]:
        """Return a small input, and one of so many images that what only large ones run is run.

        The weight's gradient is then summed in parts, and there are outputs enough for the kernels
        of few channels, also of the convolution that a transposed one is the adjoint of; a
        convolution of few has positions enough for tiles of them.
        """
        few, many = least_input(layer), _MANY
        if type(layer) is layers.Conv and layer.groups == 1 and layer.in_channels <= HELD[-1]:
            wide = tuple(n + _WIDER for n in few[2:])
            return few, (max(8, _POSITIONS // prod(wide)), few[1], *wide)
        if type(layer) in _BY_OUTPUTS:
            many = max(many, -(-LEAST // min(prod(few), prod(layer.output_shape(few)))))
        return few, (many * few[0], *few[1:])

    def launched(self, layer: Layer, dtype: str, input_shape: Shape) -> dict[Role, tuple[str, ...]]:
        """Return the files of the kernels that each function launches for such an input.

        Raises:
            DTypeError: if the kernels do not take the dtype.
            UnsupportedError: if they do not have the layer.
            LaunchLawError: if the input is larger than they take at once.
        """
        return {role: _files(verb) for role, verb in _verbs(layer, dtype, input_shape).items()}


sources = KernelSources()


def _files(verb: Callable[[Wing], Any]) -> tuple[str, ...]:
    recorder = Recorder()
    verb(Wing(recorder))
    return tuple(dict.fromkeys(kernel.file for kernel in recorder.kernels))


def _verbs(layer: Layer, dtype: str, shape: Shape) -> Mapping[Role, Callable[[Wing], Any]]:
    """Return a layer's functions on blanks."""
    x, y_bar = blank(shape, dtype), blank(layer.output_shape(shape), dtype)
    parameters = [blank(each, dtype) for each in layer.parameter_shapes.values()]
    operands = parameters[:1]
    indices = [blank(each, np.int64) for each in layer.index_shapes(shape).values()]
    if indices:
        operands = parameters = indices
    verbs: dict[Role, Callable[[Wing], Any]] = {
        "forward": lambda wing: wing.forward(layer, x, *parameters),
        "input": lambda wing: wing.input_vjp(layer, x, y_bar, *operands),
    }
    if "weight" in layer.parameter_shapes:
        verbs["weight"] = lambda wing: wing.weight_vjp(layer, x, y_bar)
    if "bias" in layer.parameter_shapes:
        verbs["bias"] = lambda wing: wing.bias_vjp(_bias_of(layer), y_bar)
    return verbs


def _bias_of(layer: Layer) -> Bias:
    (channels,) = layer.parameter_shapes["bias"]
    return Bias(channels=channels, channel_axis=-1 if isinstance(layer, layers.Linear) else 1)


def least_input(layer: Any) -> Shape:
    """Return the shape of a small input that a layer takes: one image, hardly larger than a window.

    =====================================  =======================================================
    layer                                  size of an axis
    =====================================  =======================================================
    convolution, unfolding, pooling        its span, or the padding that is copied from it
    transposed convolution, max unpooling  ``1 + low + high``, so that cropping leaves something
    locally connected                      the least with the output that the weights are for
    other                                  1
    =====================================  =======================================================
    """
    match layer:
        case layers.Linear():
            return (1, layer.in_features)
        case layers.Fold():
            positions = (axis.output_size for axis in layer.unfold.axes(layer.output_size))
            return (1, prod(layer.kernel_size), prod(positions))
        case layers.Softmax():
            return (1,) * (layer.dim + 1 if layer.dim >= 0 else -layer.dim)
        case layers.CrossEntropy():
            return (1, 1)
        case layers.LocalResponseNorm() | layers.Maxout():
            return (1, getattr(layer, "pool_size", 1), 1)
    axes = layer.input_axes
    if axes is None:
        return (1,)
    return (1, getattr(layer, "in_channels", 1), *_least_sizes(layer, axes - 1))


def _least_sizes(layer: Any, dims: int) -> Shape:
    if not hasattr(layer, "kernel_size"):
        return (1,) * dims
    named = isinstance(layer.padding, str)
    ends = ((0, 0),) * dims if named else layer.padding
    if isinstance(layer, layers.ConvTranspose | layers.MaxUnpool):
        return tuple(1 + low + high for low, high in ends)
    spans = [t * (r - 1) + 1 for t, r in zip(layer.dilation, layer.kernel_size, strict=True)]
    if isinstance(layer, layers.LocallyConnected):
        keeps = named and layer.padding != "valid"  # o = ceil(i / s)
        rows = zip(layer.output_size, layer.stride, spans, ends, strict=True)
        return tuple(
            max(1, (o - 1) * s + (1 if keeps else r - low - high)) for o, s, r, (low, high) in rows
        )
    if getattr(layer, "padding_mode", "zeros") == "circular":
        return tuple(max(r, low, high) for r, (low, high) in zip(spans, ends, strict=True))
    return tuple(spans)
