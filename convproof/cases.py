"""A case: one layer bound to an input, with the seed of its data.

Data come from one seed, so a search shrinks sizes rather than array entries. Integers are never
zero, so that every tap of every output matters, and as large as the number format can sum exactly.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt, lcm, prod
from typing import Any

import numpy as np

from convproof import layers
from convproof.functions import INDICES, Role
from convproof.implementation import Implementation
from convproof.layers import Bias, Conv, ConvTranspose, Layer, Linear, Maxout, Shape
from convproof.names.arguments import arguments_of

EXACT_BITS = {"float64": 53, "int64": 63, "float16": 15}  # else sums are kept in float32
FLOAT32_BITS = 24
_OPERAND_BITS = {"bfloat16": 8, "int64": 31}  # else 11: float16, and what TF32 keeps of float32
_MEANS = (layers.AvgPool, layers.AdaptiveAvgPool, layers.GlobalAvgPool)
_PER_IMAGE = ("x", "y_bar", "x_dot", "u", "target")
_WHOLE = tuple(dict.fromkeys(name for names in INDICES.values() for name in names))
_SMOOTH = (layers.Tanh, layers.Softmax, layers.LocalResponseNorm, layers.CrossEntropy)
_EXPONENTIAL = (layers.Tanh, layers.Softmax, layers.CrossEntropy)
_FAR = 100  # whose exponential overflows float32; all of an input lies about there
_FLOAT16_MAX = 65504  # the other formats hold a multiple of any window's divisors
_SMALL = 9  # so that multiples of divisors stay exact, and exponentials normal
_MAXIMA = (layers.MaxPool, layers.AdaptiveMaxPool, layers.GlobalMaxPool)


class Arrays(dict[str, np.ndarray]):
    """The arrays of a case by name: ``x``, ``w``, ``b``, ``y_bar``; directions ``u, v, *_dot``.

    Those that number classes, ``target``, are int64 and stay what they are in every format.
    """

    def map(self, function: Any) -> "Arrays":
        """Return the arrays with a function applied to each; what numbers classes is left."""
        return Arrays({n: a if n in _WHOLE else np.asarray(function(a)) for n, a in self.items()})

    def astype(self, dtype: Any) -> "Arrays":
        """Return the arrays in another dtype."""
        return self.map(lambda array: np.asarray(array).astype(dtype))

    def images(self, which: slice) -> "Arrays":
        """Return the arrays of some of the images; what is no image is left as it is."""
        return Arrays({n: a[which] if n in _PER_IMAGE and a.ndim else a for n, a in self.items()})

    def but(self, **others: np.ndarray) -> "Arrays":
        """Return the arrays with some of them replaced."""
        return Arrays({**self, **others})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A layer bound to an input.

    Attributes:
        layer: the spec.
        input_shape: of ``x``, batch included.
        seed: of the data.
        magnitude: the integers lie in ``-magnitude..magnitude`` without 0; 0: as large as the
            number format sums exactly.
    """

    layer: Layer
    input_shape: Shape
    seed: int = 0
    magnitude: int = 3

    @property
    def output_shape(self) -> Shape:
        """Shape of ``y``."""
        return self.layer.output_shape(self.input_shape)

    @property
    def weight_shape(self) -> Shape | None:
        """Shape of ``w``, if the layer has weights."""
        return self.layer.parameter_shapes.get("weight")

    @property
    def elements(self) -> int:
        """Elements of the input and of the weights together."""
        return prod(self.input_shape) + prod(self.weight_shape or (0,))

    @property
    def products(self) -> int:
        """The most products that one element of any answer sums."""
        layer = self.layer
        if isinstance(layer, Conv | ConvTranspose):
            per_group = max(layer.in_channels, layer.out_channels) // layer.groups
            positions = prod(self.input_shape[2:]), prod(self.output_shape[2:])
            return (
                max(per_group * prod(layer.kernel_size), self.input_shape[0] * max(positions)) + 1
            )
        if isinstance(layer, Linear):
            return max(layer.in_features, layer.out_features, prod(self.input_shape[:-1])) + 1
        return max(prod(self.input_shape), prod(self.output_shape), 1)

    def with_batch(self, images: int) -> "Case":
        """Return the case with another number of images."""
        return replace(self, input_shape=(images, *self.input_shape[1:]))

    def largest(self, dtype: np.dtype | str) -> int:
        """Return the largest integer whose products the number format sums exactly, at least 1."""
        name = str(dtype)
        budget = 1 << EXACT_BITS.get(name, FLOAT32_BITS)
        operand = 1 << _OPERAND_BITS.get(name, 11)
        return max(1, min(operand, isqrt(budget // self.products)))

    def integers(self, dtype: np.dtype | str = "float32") -> Arrays:
        """Return nonzero integers that the dtype sums exactly, as int64 that cannot be changed.

        Windows of a maximum hold distinct integers; data of a mean are multiples of every divisor,
        as far as the dtype reaches; one in four inputs of an exponential overflows it, if it is
        taken as it is.
        """
        return _integers(self, str(dtype))

    def drawn(self, dtype: str) -> Arrays:
        """Return the integers of ``integers``, drawn anew."""
        rng = np.random.default_rng(self.seed)
        unit = self.common_divisor
        most = min(self.largest(dtype), self.magnitude or 2**31)
        if unit > 1 or isinstance(self.layer, _SMOOTH):
            most = min(most, _SMALL)
        if dtype == "float16":
            most = min(most, _FLOAT16_MAX // (unit * self._overlap)) or most
            unit = unit if unit * most * self._overlap <= _FLOAT16_MAX else 1
        drawn = self._arrays(lambda shape: _nonzero(rng, shape, most), rng)
        drawn = drawn.but(x=drawn["x"] + self._shift)
        if type(self.layer) in (*_MAXIMA, Maxout):
            return drawn.but(x=_distinct(rng, self.input_shape, self.layer))
        return drawn if unit == 1 else drawn.map(lambda array: unit * array)

    @property
    def common_divisor(self) -> int:
        """The least common multiple of a mean's divisors; 1 for other layers."""
        layer = self.layer
        if type(layer) not in _MEANS:
            return 1
        if isinstance(layer, layers.AvgPool):
            if layer.divisor_override is not None:
                return abs(layer.divisor_override)
            return prod(lcm(*range(1, r + 1)) for r in layer.kernel_size)
        if isinstance(layer, layers.AdaptiveAvgPool):
            rows = zip(self.input_shape[2:], self.output_shape[2:], strict=True)
            return prod(lcm(*_window_lengths(n, m)) for n, m in rows)
        return prod(self.input_shape[2:])

    @property
    def _overlap(self) -> int:
        """The most windows of a mean that read one position; 1 for other layers."""
        layer = self.layer
        if isinstance(layer, layers.AvgPool):
            rows = zip(layer.kernel_size, layer.stride, strict=True)
            return prod(-(-r // s) for r, s in rows)
        if isinstance(layer, layers.AdaptiveAvgPool):
            rows = zip(self.input_shape[2:], self.output_shape[2:], strict=True)
            return prod(-(-m // n) + 1 for n, m in rows)
        return 1

    def reals(self, dtype: np.dtype, seed: int = 0) -> Arrays:
        """Return normally distributed numbers, rounded to the dtype.

        One in four inputs of an exponential lies where its integers do.
        """
        rng = np.random.default_rng([self.seed, seed] if seed else self.seed)
        drawn = self._arrays(
            lambda shape: np.asarray(rng.standard_normal(shape)).astype(dtype), rng
        )
        return drawn.but(x=(drawn["x"] + self._shift).astype(dtype)) if self._shift else drawn

    @property
    def _shift(self) -> int:
        far = isinstance(self.layer, _EXPONENTIAL) and self.seed % 4 == 3
        return _FAR * (1 if self.seed % 8 == 3 else -1) if far else 0

    def _arrays(self, draw: Any, rng: np.random.Generator) -> Arrays:
        shapes = {"x": self.input_shape}
        parameters = self.layer.parameter_shapes
        shapes |= {letter: parameters[name] for name, letter in _LETTERS if name in parameters}
        drawn = Arrays({name: draw(shape) for name, shape in shapes.items()})
        drawn["y_bar"] = draw(self.output_shape)
        if "w" in drawn:
            for name, like in (("x_dot", "x"), ("w_dot", "w"), ("u", "x"), ("v", "w")):
                drawn[name] = draw(drawn[like].shape)
        if isinstance(self.layer, layers.CrossEntropy):
            drawn["target"] = _targets(rng, self.layer, self.input_shape)
        return drawn

    def __str__(self) -> str:
        layer = self.layer
        parts = [f"x {self.input_shape}"]
        if self.weight_shape is not None:
            parts.append(f"w {self.weight_shape}")
            parts.append(f"bias {'yes' if 'bias' in layer.parameter_shapes else 'no'}")
        parts += [f"{k} {v}" for k, v in arguments_of(layer, self.input_shape).items()]
        return "  ".join(parts)


@lru_cache(maxsize=8)  # one case meets one theorem after another
def _integers(case: Case, dtype: str) -> Arrays:
    drawn = case.drawn(dtype)
    for array in drawn.values():
        array.flags.writeable = False
    return drawn


_LETTERS = (("weight", "w"), ("bias", "b"))


def _targets(rng: np.random.Generator, layer: layers.CrossEntropy, shape: Shape) -> np.ndarray:
    """Return a class for every line of scores; one line in four is ignored, but not all of them.

    None is ignored by the default, so that a target which has no other can be asked.
    """
    (size,) = layer.index_shapes(shape).values()
    classes = [c for c in range(shape[1]) if c != layer.ignore_index]
    target = np.asarray(rng.choice(classes, size)).astype(np.int64)
    if layer.ignore_index != layers.CrossEntropy().ignore_index and target.size:
        ignored = rng.integers(0, 4, size) == 0
        ignored.reshape(-1)[rng.integers(target.size)] = False
        target[ignored] = layer.ignore_index
    return target


def ask(implementation: Implementation, role: Role, case: Case, arrays: Arrays) -> np.ndarray:
    """Return what an implementation answers for one function of the case."""
    layer, weights = case.layer, [arrays[name] for name in ("w", "b") if name in arrays]
    bare, indices = weights[:1], [arrays[name] for name in _WHOLE if name in arrays]
    if role == "forward":
        answer = implementation.forward(layer, arrays["x"], *weights, *indices)
    elif role == "input":
        x = arrays["x"].shape if bare else arrays["x"]
        answer = implementation.input_vjp(layer, x, arrays["y_bar"], *bare, *indices)
    elif role == "weight":
        answer = implementation.weight_vjp(layer, arrays["x"], arrays["y_bar"])
    elif role == "bias":
        answer = implementation.bias_vjp(bias_of(case), arrays["y_bar"])
    else:
        answer = _second(implementation, role, case, arrays)
    return np.asarray(answer)


def _second(implementation: Implementation, role: Role, case: Case, arrays: Arrays) -> Any:
    """Return what the trilinear form makes of the second order: it is closed under derivatives."""
    layer, (x, w, y_bar) = case.layer, (arrays["x"], arrays["w"], arrays["y_bar"])
    if role == "jvp":
        one, two = arrays["x_dot"], arrays["w_dot"]
    else:
        one, two = arrays["u"], arrays["v"]
    if role in ("jvp", "second_output"):
        return implementation.forward(layer, one, w) + implementation.forward(layer, x, two)
    if role == "second_input":
        return implementation.input_vjp(layer, x.shape, y_bar, two)
    return implementation.weight_vjp(layer, one, y_bar)


def bias_of(case: Case) -> Bias:
    """Return the spec of the bias that the case's layer adds."""
    if isinstance(case.layer, Linear):
        return Bias(channels=case.layer.out_features, channel_axis=-1)
    return Bias(channels=case.output_shape[1], image_axes=len(case.input_shape) - 1)


def _nonzero(rng: np.random.Generator, shape: Shape, most: int) -> np.ndarray:
    sizes = rng.integers(1, most + 1, shape)
    return np.where(rng.integers(0, 2, shape) == 0, sizes, -sizes)


def _distinct(rng: np.random.Generator, shape: Shape, layer: Layer) -> np.ndarray:
    """Return integers that are distinct wherever the layer compares them."""
    if isinstance(layer, Maxout):
        return np.moveaxis(_permutations(rng, (shape[0], *shape[2:]), shape[1]), -1, 1)
    return _permutations(rng, shape[:2], prod(shape[2:])).reshape(shape)


def _permutations(rng: np.random.Generator, rows: Shape, size: int) -> np.ndarray:
    """Return permutations of consecutive integers, of which each row has its own."""
    numbers = np.broadcast_to(np.arange(size) - size // 2, (*rows, size))
    return rng.permuted(numbers, axis=-1) + rng.integers(-_SMALL, _SMALL + 1, (*rows, 1))


def _window_lengths(input_size: int, windows: int) -> set[int]:
    ends = (
        (o * input_size // windows, -(-(o + 1) * input_size // windows)) for o in range(windows)
    )
    return {high - low for low, high in ends}
