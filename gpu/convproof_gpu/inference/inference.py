"""A network's forward pass, made once for one shape of images and then run many times.

::

    run = Inference(network, parameters, x)     as torch.cuda.make_graphed_callables(model, (x,))
    y = run(x)

====================  ==========================================================================
fused                 a convolution with its bias, ReLU and 2 x 2 pooling is one kernel; between
                      two of these the channels lie last, and nothing is turned round
folded                what reads parameters alone, such as laying out weights, is run once
assigned              activations that do not live at once have the same memory
captured              on a GPU, all that is left is one CUDA graph: one launch for the host
====================  ==========================================================================

The bits are those of the layers called one by one, where the same kernels multiply.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from convproof.errors import DTypeError, ShapeError, UnsupportedError
from convproof.implementation import load_implementation
from convproof.networks.evaluate import check
from convproof.networks.graph import Network
from convproof_gpu.inference.building import Building
from convproof_gpu.inference.program import Held, constants, is_constant, offsets, put, view_of
from convproof_gpu.machine import Machine, address
from convproof_gpu.prepared import Outline
from convproof_gpu.wing import Wing


class Inference:
    """A network's main answer for a batch of images, by launches that are all prepared.

    Parameters are read when this is made; whoever changes them makes another. Dropout is the
    identity, and auxiliary classifiers are not computed. One object is for one
    thread and one stream.

    Args:
        network: what is computed.
        parameters: arrays by the names of ``network.parameter_shapes``.
        x: images, of whose shape, dtype and kind those are that it is called with.
        implementation: ``"gpu"``, or ``"sim"``, which runs the same launches on the CPU; or a wing.
        precision: ``"float32"``, which is never TF32, or ``"tf32"``.
        graph: whether a GPU is given one CUDA graph, or launch after launch, which a graph of the
            caller's may capture.

    Raises:
        NetworkError: if a parameter is missing, or has another shape; or the images do not fit.
        DTypeError: if a parameter has another dtype than the images.
        UnsupportedError: if the implementation has no launches, or not this precision.

    Example:
        >>> from convproof.networks.initial import init
        >>> from convproof.networks.names import named
        >>> net = named("lenet5-simplified")
        >>> parameters = init(net, np.random.default_rng(0))
        >>> x = np.zeros((2, *net.input_shape), np.float32)
        >>> run = Inference(net, parameters, x, implementation="sim")
        >>> run(x).shape
        (2, 10)
    """

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Any],
        x: Any,
        *,
        implementation: str | Wing = "gpu",
        precision: str = "float32",
        graph: bool = True,
    ) -> None:
        named = isinstance(implementation, str)
        wing = load_implementation(implementation) if named else implementation
        if not isinstance(wing, Wing):
            msg = (
                f"an Inference is made of launches, which {implementation!r} has not: use "
                "implementation='gpu' or 'sim'."
            )
            raise UnsupportedError(msg)
        self._wing: Wing = wing.with_precision(precision)
        machine = self._wing.machine
        check(network, parameters)
        network.shapes_of(tuple(x.shape[1:]))
        _check_dtypes(parameters, x)
        with machine.stream_of(x):
            image = machine.given(x)
            known = {name: machine.given(array).copy() for name, array in parameters.items()}
            built = Building(self._wing, network, known, image)
            run = self._launched(machine, built, known)
            self._run = machine.captured(run) if graph else run
        self._shape, self._dtype = tuple(image.shape), image.dtype

    @property
    def launches(self) -> int:
        """Kernels that a call launches."""
        return sum(step.is_launch for step in self._steps)

    @property
    def folded(self) -> int:
        """Kernels that were launched once, when this was made."""
        return self._folded

    @property
    def bytes(self) -> int:
        """Of the memory of all activations and scratch."""
        return self._bytes

    def __call__(self, x: Any, *, out: Any = None) -> Any:
        """Return the main answer, an array of its own of ``x``'s kind, or ``out``.

        Args:
            x: the images.
            out: a contiguous array of the machine's for the answer; None: a new one.

        Raises:
            ShapeError: if ``x`` has another shape than this was made for.
            DTypeError: if it has another dtype.

        Both also of ``out``.
        """
        machine = self._wing.machine
        with machine.stream_of(x):
            image = machine.given(x)
            if tuple(image.shape) != self._shape:
                msg = (
                    f"this Inference is of images {self._shape}, got {tuple(image.shape)}: make "
                    "another of that shape, or fill the batch."
                )
                raise ShapeError(msg)
            if image.dtype != self._dtype:
                msg = f"this Inference is of {self._dtype}, got {image.dtype}: cast the images."
                raise DTypeError(msg)
            put(self._image, image)
            self._run()
            if out is None:
                return machine.returned(self._answer.copy(), x)
            held = machine.given(out)
            self._check_out(out, held)
            put(held, self._answer)
            return out

    def _check_out(self, out: Any, held: Any) -> None:
        """Raise unless the answer can be written into an array as the machine holds it."""
        answer = self._answer
        if tuple(held.shape) != tuple(answer.shape):
            msg = f"the answer is {tuple(answer.shape)}, got out= of {tuple(held.shape)}."
            raise ShapeError(msg)
        if held.dtype != answer.dtype:
            msg = f"the answer is of {answer.dtype}, got out= of {held.dtype}."
            raise DTypeError(msg)
        begin = out.data_ptr() if hasattr(out, "data_ptr") else address(out)
        if begin != address(held):
            msg = (
                f"out= is no contiguous array where {self._wing.name!r} computes, which could be "
                "written: pass one, or none."
            )
            raise ShapeError(msg)

    def _launched(
        self, machine: Machine, built: "Building", known: Mapping[str, Any]
    ) -> Callable[[], None]:
        """Run what is constant, find places for the rest, and return what runs it."""
        steps, buffers = built.steps, built.buffers
        numbers = {outline.buffer: name for name, outline in built.parameters.items()}
        fixed = constants(steps, numbers, built.image.buffer)
        once = [step for step in steps if is_constant(step, fixed)]
        self._steps = [step for step in steps if not is_constant(step, fixed)]
        self._folded = sum(step.is_launch for step in once)
        made = {
            buffer: known[numbers[buffer]]
            if buffer in numbers
            else machine.empty(*buffers.kinds[buffer])
            for buffer in fixed
        }
        held = _held(made)
        for step in once:
            step.run(machine, held)
        wanted = frozenset[int]().union(*(step.reads for step in self._steps)) & fixed
        kept = {buffer: made[buffer] for buffer in wanted}
        ends = built.image.buffer, built.answer.buffer
        if built.answer.buffer in fixed:
            kept |= {built.answer.buffer: made[built.answer.buffer]}
        begins, self._bytes = offsets(self._steps, buffers.sizes, frozenset(ends) - fixed, fixed)
        memory = machine.empty((self._bytes,), np.uint8)
        arrays = _held(kept, memory, begins)
        self._image, self._answer = arrays(built.image), arrays(built.answer)
        left = self._steps

        def run() -> None:
            for step in left:
                step.run(machine, arrays)

        return run


def _held(known: Mapping[int, Any], memory: Any = None, begins: Sequence[int] = ()) -> Held:
    """Return what finds the array of an outline: of a known one, or of the memory."""

    def array(outline: Outline) -> Any:
        if outline.buffer in known:
            whole = known[outline.buffer]
            flat = whole.reshape(-1).view(np.uint8)
            return view_of(flat, outline)
        begin = begins[outline.buffer]
        return view_of(memory, replace(outline, offset=outline.offset + begin))

    return array


def _check_dtypes(parameters: Mapping[str, Any], x: Any) -> None:
    """Raise ``DTypeError`` unless all are of one dtype, which kernels take, and one kind."""
    for name, array in parameters.items():
        if type(array).__module__.partition(".")[0] != type(x).__module__.partition(".")[0]:
            msg = (
                f"{name} is a {type(array).__module__}.{type(array).__name__}, but the images are "
                f"a {type(x).__module__}.{type(x).__name__}: pass one kind of array."
            )
            raise DTypeError(msg)
        if array.dtype != x.dtype:
            msg = f"{name} is {array.dtype}, but the images are {x.dtype}. Cast one."
            raise DTypeError(msg)
