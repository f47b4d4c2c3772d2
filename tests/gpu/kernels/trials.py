"""One call of a verb on the simulator, held against NumPy: what is wrong with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np

from convproof import layers
from convproof.cases import Arrays, Case
from convproof.functions import Function, Role
from convproof.layers import Layer, Shape
from convproof.numeric.fast import implementation as fast
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import Request
from convproof_gpu import choices, few_channels, few_channels_input, grouped, machine, operands
from convproof_gpu.fused import Fused
from convproof_gpu.layers import cross_entropy, layout
from convproof_gpu.machine import Kernel, Machine
from convproof_gpu.mutants.halo import where_taken
from convproof_gpu.sim import SimFault, conditions
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing
from tests.gpu.kernels.at_thresholds import FORMATS
from tests.gpu.kernels.halo_cases import TILES

DTYPES = dict(zip(FORMATS, (np.float32, np.float16, ml_dtypes.bfloat16), strict=True))
MEANS = {
    layers.AvgPool: "avg_pool",
    layers.AdaptiveAvgPool: "adaptive_avg_pool",
    layers.GlobalAvgPool: "global_avg_pool",
}
SMOOTH = {layers.Tanh: "tanh", layers.LocalResponseNorm: "local_response_norm"}
FAR = -200  # whose exponential is 0 in float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One call of a verb.

    Attributes:
        layer: the spec.
        shape: of ``x``.
        verb: one of the wing's, ``cross_entropy`` or ``layout``.
        dtype: a format's name.
        seed: of the data.
        begin: where the arrays begin, in elements beyond a multiple of 16 bytes.
        images: of a launch; 0: as many as 32 bits address.
        wide: whether kernels that can compute offsets of 64 bits do.
        few: whether few channels have kernels of their own from 64 outputs on, and for inputs.
        adversary: who orders the threads, or None.
        halo: the number, from 1, of the halo's tile that products take where they can; 0: none.
    """

    layer: Layer
    shape: Shape
    verb: str
    dtype: str = "float32"
    seed: int = 0
    begin: int = 0
    images: int = 0
    wide: bool = False
    few: bool = False
    adversary: int | None = None
    halo: int = 0

    @property
    def lines(self) -> str:
        """What reproduces it."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        told = ", ".join(
            f"{f.name}={given[f.name]!r}"
            for f in fields(self)
            if f.name in ("layer", "shape", "verb") or given[f.name] != f.default
        )
        return (
            "from convproof.layers import *\n"
            "from convproof_gpu.fused import Fused\n"
            "from tests.gpu.kernels.trials import Counting, Trial, wrong\n"
            f"print(wrong(Trial({told}), Counting()))"
        )


class Counting(Simulated):
    """The simulator, which counts the launches of each kernel."""

    def __init__(self) -> None:
        self.counts: Counter[Kernel] = Counter()

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Count and run."""
        self.counts[replace(kernel, shared=0)] += 1
        super().run(kernel, blocks, threads, args, outputs)


def arrays_of(trial: Trial) -> dict[str, np.ndarray]:
    """Return small integers, of which no sum is rounded in float32.

    Data of a mean are multiples of its divisors; scores of a softmax are 0 at some places of each
    line, by a power of two, and otherwise so low that only these count.
    """
    rng, layer = np.random.default_rng(trial.seed), trial.layer
    unit = unit_of(layer, trial.shape)

    def integers(shape: Shape) -> np.ndarray:
        return unit * rng.choice([-3, -2, -1, 1, 2, 3], shape)

    if isinstance(layer, layers.Convolve):
        kernel = tuple(int(rng.integers(1, min(n, 9) + 1)) for n in trial.shape)
        return {"x": integers(trial.shape), "w": integers(kernel)}
    named = {"x": integers(trial.shape)}
    if isinstance(layer, layers.Softmax):
        size = trial.shape[1]
        named["x"] = np.full(trial.shape, FAR)
        if size:
            highest = np.arange(1 << int(rng.integers(0, size.bit_length())))
            named["x"][:, (int(rng.integers(0, size)) + highest) % size] = 0
    if isinstance(layer, layers.CrossEntropy):
        named["x"], named["w"] = _scores(rng, trial.shape)
    letters = {"weight": "w", "bias": "b"}
    named |= {letters[name]: integers(s) for name, s in layer.parameter_shapes.items()}
    output = layer.output_shape(trial.shape)
    if isinstance(layer, layers.MaxUnpool):
        named["w"] = rng.integers(0, max(prod(output[2:]), 1), trial.shape)
    return named | {"y_bar": integers(output)}


def _scores(rng: np.random.Generator, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of which one in a line counts, and targets."""
    lines = np.full((shape[0], *shape[2:], shape[1]), FAR)
    one, target = rng.integers(0, shape[1], (2, *lines.shape[:-1]))
    np.put_along_axis(lines, one[..., None], 0, -1)
    target[rng.integers(0, 8, target.shape) == 0] = layers.CrossEntropy().ignore_index
    return np.ascontiguousarray(np.moveaxis(lines, -1, 1)), target


def unit_of(layer: Layer, shape: Shape) -> int:
    """Return what all divisors of a mean divide, unless sums of its multiples are rounded; else 1.

    ``3 d |I| <= 2^24``.
    """
    if type(layer) not in MEANS:
        return 1
    found = _divisor(layer, shape)
    return found if 3 * found * prod(shape[2:]) <= 2**24 else 1


def image_of(trial: Trial) -> int:
    """Return the most elements of an image, in whole units and with a circular border of its own.

    A launcher lays channels and positions out in units of at most eight; a strided gradient of few
    channels, its columns.
    """
    layer: Any = trial.layer
    shape = trial.shape
    if isinstance(layer, Fused):
        layer, shape = layer.conv, layer.channels_first(shape)
    x, y = shape[1:], layer.output_shape(shape)[1:]
    if isinstance(layer, layers.Conv) and layer.padding_mode == "circular":
        x = x[0], *(axis.padded_size for axis in layer.axes(x[1:]))
    groups, columns = getattr(layer, "groups", 1), 1
    if isinstance(layer, layers.Conv) and groups == 1:
        columns = layer.in_channels * prod(layer.kernel_size) * _whole(prod(y[1:]))
    padded = (groups * _whole(-(-c // groups)) * _whole(prod(rest)) for c, *rest in (x, y) if c)
    found: int = max(columns, *padded, 1)
    return found


def _whole(count: int) -> int:
    """Return a count of whole units."""
    return -(-count // 8) * 8


def _divisor(layer: Layer, shape: Shape) -> int:
    divisor: int = Case(layer=layer, input_shape=shape).common_divisor
    return divisor


def lying(array: np.ndarray, begin: int) -> np.ndarray:
    """Return a copy that begins so many elements beyond a multiple of 16 bytes."""
    size = array.itemsize
    held = np.zeros(array.nbytes + 64 + begin * size, np.uint8)
    at = -held.ctypes.data % 16 + begin * size
    view = held[at : at + array.nbytes].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def answered(trial: Trial, by: Any, given: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return what an implementation answers."""
    layer, verb = trial.layer, trial.verb
    x, y_bar, w, b = (given.get(name) for name in ("x", "y_bar", "w", "b"))
    weights = [array for array in (w, b) if array is not None]
    if isinstance(layer, Fused) and not isinstance(by, Wing):
        answer = apart(layer, by, x, weights)
    elif verb == "forward":
        answer = by.forward(layer, x, *weights)
    elif verb == "input_vjp":
        of_bias = isinstance(layer, layers.Bias)
        answer = by.input_vjp(layer, x, y_bar, *([] if of_bias else weights[:1]))
    elif verb == "weight_vjp":
        answer = by.weight_vjp(layer, x, y_bar)
    else:
        answer = by.bias_vjp(layer, y_bar)
    return answer if isinstance(answer, tuple) else (answer,)


def apart(layer: Fused, by: Any, x: Any, weights: Sequence[Any]) -> Any:
    """Return what an implementation answers layer by layer."""
    y = by.forward(layer.conv, np.moveaxis(x, -1, 1) if layer.reads_last else x, *weights)
    y = by.forward(layers.ReLU(), y) if layer.relu else y
    y = y if layer.pool is None else by.forward(layer.pool, y)
    return np.moveaxis(y, 1, -1) if layer.writes_last else y


def of_scores(on: Machine, x: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the loss and the derivative of cross entropy, each with what is right."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, x.shape[1], x.shape[0])
    loss_bar = rng.choice([-2, -1, 1, 2], x.shape[0]).astype(x.dtype)
    scores = np.full(x.shape, FAR, np.float32)
    one = (np.arange(x.shape[0]) * 7) % x.shape[1]
    rows = np.arange(x.shape[0])
    scores[rows, one] = 0
    wide, given = loss_bar.astype(np.float32), lying(scores.astype(x.dtype), seed % 3)
    ignored, index = rng.integers(0, 8, x.shape[0]) == 0, int(target.max(initial=0)) + 1
    named = np.where(ignored, index, target)
    loss = np.where(ignored, 0, -scores[rows, target]).astype(x.dtype)
    yield cross_entropy.forward(on, given, named, index), loss
    wide = np.where(ignored, 0, wide)
    x_bar = np.zeros(x.shape, np.float32)
    x_bar[rows, one] += wide
    x_bar[rows, target] -= wide
    found = cross_entropy.input_vjp(on, given, named, loss_bar, index)
    yield found, x_bar.astype(x.dtype)


def of_layout(on: Machine, x: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield both transpositions, each with what is right."""
    yield layout.to_channels_last(on, x), np.moveaxis(x, 1, -1)
    yield layout.to_channels_first(on, x), np.moveaxis(x, -1, 1)


def wrong(trial: Trial, on: Machine) -> str:
    """Return what is wrong, or ""."""
    exact = arrays_of(trial)
    dtype = np.dtype(DTYPES[trial.dtype])
    indices = trial.layer.index_shapes(trial.shape)
    given = {
        name: lying(array if indices and name == "w" else array.astype(dtype), trial.begin)
        for name, array in exact.items()
    }
    with ExitStack() as held:
        held.enter_context(conditions(seed=trial.adversary))
        if trial.wide:
            held.enter_context(patch.object(machine, "_INT", -1))
        if trial.few:
            held.enter_context(patch.object(few_channels, "LEAST", 64))
            held.enter_context(patch.object(few_channels_input, "GAIN", 0))
            held.enter_context(patch.object(grouped, "LEAST", 64))
        if trial.halo:
            chosen = where_taken(TILES[trial.halo - 1])
            held.enter_context(patch.object(choices, "tile_of", chosen))
        if trial.images:
            most = trial.images * image_of(trial)
            held.enter_context(patch.object(operands, "_PER_LAUNCH", most))
        try:
            if trial.verb == "cross_entropy":
                pairs = list(of_scores(on, given["x"], trial.seed))
            elif trial.verb == "layout":
                pairs = list(of_layout(on, given["x"]))
            else:
                pairs = list(
                    zip(answered(trial, Wing(on), given), answered(trial, fast, given), strict=True)
                )
        except SimFault as fault:
            return str(fault)
        except Exception as error:  # a launcher that stops is a find as well
            return f"raises {type(error).__name__}: {error}"
    for found, right in pairs:
        if found.shape != right.shape or found.dtype != right.dtype:
            return f"answers {found.shape} {found.dtype}, not {right.shape} {right.dtype}"
        differs = found != right
        if differs.any() and not _within(trial, exact, given, found):
            at = np.argwhere(differs)[0].tolist()
            return (
                f"{np.count_nonzero(differs)} of {found.size} elements differ, {at} first: "
                f"{found[tuple(at)]}, not {right[tuple(at)]}"
            )
    return ""


def _within(
    trial: Trial, exact: dict[str, np.ndarray], given: dict[str, np.ndarray], found: np.ndarray
) -> bool:
    """Return whether an answer that rounds lies within its bound.

    Of a smooth layer, or of a mean whose data are no multiples of its divisors.
    """
    layer, kind = trial.layer, type(trial.layer)
    if kind in MEANS:
        held = all(np.array_equal(given[name].astype(np.float64), exact[name]) for name in exact)
        if held and unit_of(layer, trial.shape) % _divisor(layer, trial.shape) == 0:
            return False
        name = f"{MEANS[kind]}{len(trial.shape) - 2}d"
    elif kind in SMOOTH:
        name = SMOOTH[kind]
    else:
        return False
    role: Role = "forward" if trial.verb == "forward" else "input"
    wide = Arrays({name: array.astype(np.float64) for name, array in given.items()})
    case = Case(layer=layer, input_shape=trial.shape)
    (right,) = answered(trial, fast, wide)
    request = Request(dtype=np.dtype(DTYPES[trial.dtype]), precision="float32")
    allowed = allowed_error(Function(name, role), case, wide, right, request)
    return bool((np.abs(found.astype(np.float64) - right) <= allowed).all())
