"""Which kernels a layer launches, found by running its verbs on a machine that only takes notes.

The arrays of this machine have a shape and a dtype and no memory, so that any size is recorded at
once. Registered as the sources of ``sim`` and ``gpu``, which run the same files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import prod
from types import SimpleNamespace
from typing import Any

import ml_dtypes  # noqa: F401  # tells NumPy the name bfloat16
import numpy as np

from convproof import layers
from convproof.errors import ConvProofError
from convproof.functions import Role
from convproof.index_maps import Sizes
from convproof.layers import Bias, Layer, Shape
from convproof.sources import Chosen
from convproof_gpu.choices import Asked, Question
from convproof_gpu.cubin import digest
from convproof_gpu.few_channels import LEAST
from convproof_gpu.few_channels_input_plans import HELD
from convproof_gpu.machine import AtHand, Kernel, LaunchLawError
from convproof_gpu.specialisations import files
from convproof_gpu.tuned import Entries, of_any_device
from convproof_gpu.wing import Wing

_DIGITS = 16  # of a hash
_MANY = 2**13  # images, whose sums are taken in parts
_WIDER, _POSITIONS = 64, 2**19  # more of an axis, and of all, for tiles of few channels' inputs
ALONE = {"conv_halo": ("halo", "int32_halo")}  # launched by choices alone, with its proofs
_BY_OUTPUTS = (layers.Conv, layers.ConvTranspose)  # whose kernels depend on how many there are


class Blank(np.ndarray):
    """An array without memory: every element is one zero, and it passes for contiguous."""

    @property
    def flags(self) -> Any:
        """What a launch asks."""
        return SimpleNamespace(c_contiguous=True)


def blank(shape: Sequence[int], dtype: Any) -> Blank:
    """Return an array of this shape and dtype, without memory.

    Raises:
        LaunchLawError: if it has more bytes than there are addresses.
    """
    try:
        return np.broadcast_to(np.zeros((), dtype), tuple(shape)).view(Blank)
    except ValueError:
        msg = (
            f"an array {'x'.join(map(str, shape))} has more bytes than addresses reach: 2^63. Take "
            "a smaller batch, or image."
        )
        raise LaunchLawError(msg) from None


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
        verbs = _verbs(layer, dtype, input_shape)
        return {role: _files(Recorder(), verb) for role, verb in verbs.items()}

    def chosen(
        self, layer: Layer, dtype: str, precision: str, input_shape: Shape | None
    ) -> tuple[Chosen, ...]:
        """Return what the files that ``convproof tune`` wrote decide, of the GPU's calls alone.

        With ``input_shape=None`` it is told of each shape that such a file has a choice for.
        """
        return tuple(
            Chosen(
                implementation="gpu",
                file=held.path.name,
                digest=held.digest[:_DIGITS],
                device=held.facts.get("device", "unknown"),
                role=role,
                input_shape=shape,
                launched=launched,
                alone=tuple((file, ALONE[file]) for file in launched if file in ALONE),
            )
            for held in of_any_device()
            for shape in ([input_shape] if input_shape else inputs_of(layer, held.entries))
            for role, launched in _decided(layer, dtype, precision, shape, held.entries)
        )


sources = KernelSources()


def _decided(
    layer: Layer, dtype: str, precision: str, shape: Shape, entries: Entries
) -> Iterator[tuple[Role, tuple[str, ...]]]:
    """Yield the functions for which one of the entries is asked, and what they then launch."""
    choices = {question: entry.choice for question, entry in entries.items()}
    try:
        verbs = _verbs(layer, dtype, shape)
    except ConvProofError:  # it is no input of the layer
        return
    for role, verb in verbs.items():
        recorder, asked = Recorder(), Asked(choices)
        recorder.choices = asked
        recorder.precision = "tf32" if precision == "tf32" else "float32"
        with suppress(ConvProofError):  # there are no kernels for it
            launched = _files(recorder, verb)
            if any(asked.asked.values()):
                yield role, launched


def inputs_of(layer: Any, questions: Iterable[Question]) -> list[Shape]:
    """Return the inputs of a layer with weights that questions may be of, each once.

    A convolution's question has its input, with a border where that is circular; a transposed
    one's has it as output; a fully connected layer's has one position.
    """
    if isinstance(layer, layers.Linear):
        held = _sizes(questions, layer.in_features, (1,))
        return list(dict.fromkeys((s.batch, layer.in_features) for s in held))
    if not isinstance(layer, layers.Conv | layers.ConvTranspose):
        return []
    found: dict[Shape, None] = {}
    for s in _sizes(questions, layer.in_channels, layer.kernel_size):
        inner = tuple(n - wide for n, wide in zip(s.input, _border(layer), strict=True))
        found |= dict.fromkeys((s.batch, layer.in_channels, *each) for each in (inner, s.output))
    return [shape for shape in found if min(shape) > 0]  # a border may be of another layer


def _sizes(questions: Iterable[Question], channels: int, kernel: Shape) -> Iterator[Sizes]:
    """Yield the sizes of questions of such a kernel, with so many channels at one end."""
    for s in (question.sizes for question in questions):
        if s.kernel == kernel and channels in (s.groups * s.in_channels, s.groups * s.out_channels):
            yield s


def _border(layer: Any) -> Shape:
    """Return by how much a circular input is wider than it is given."""
    if getattr(layer, "padding_mode", "zeros") != "circular" or isinstance(layer.padding, str):
        return (0,) * len(layer.kernel_size)
    return tuple(low + high for low, high in layer.padding)


def _files(recorder: Recorder, verb: Callable[[Wing], Any]) -> tuple[str, ...]:
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
