"""Layers whose sizes lie at, just below and just above the numbers where a launcher decides.

Everything is built legal and small: about 10^4 elements, and products by the 10^5. Here are the
layers without products; the others are in ``products_at_thresholds``.
"""

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any, NamedTuple

from convproof import layers
from convproof.index_maps import norm
from convproof.layers import Layer, Shape
from convproof_gpu import bands, lines

FORMATS = ("float32", "float16", "bfloat16")
PLANES = 2 * bands.FILLED  # of which a block has two
ELEMENTS = 256  # a block of one thread for each; 4 or 8 to a thread, if they are wide
LANES = (4, 8, 16, 32)


class Drawn(NamedTuple):
    """A layer and an input's shape.

    Attributes:
        layer: the spec.
        shape: of ``x``.
        few: whether few channels, also of groups, have kernels of their own from 64 outputs on,
            rather than 2^17.
        halo: whether a source is staged once for all taps, if it can be.
    """

    layer: Layer
    shape: Shape
    few: bool = False
    halo: bool = False


def near(rng: Random, *marks: int) -> int:
    """Return one of the marks, or a neighbour of it, at least 1."""
    found: int = max(1, rng.choice(marks) + rng.choice((-1, 0, 0, 1)))
    return found


def batch_of(rng: Random, most: int = 3) -> int:
    """Return a number of images, rarely none."""
    return rng.choice([0, *list(range(1, most + 1)) * 4])


def dims_of(rng: Random) -> int:
    """Return a number of spatial axes."""
    return rng.choice((1, 2, 2, 2, 3))


def plane(rng: Random, dims: int, *volumes: int) -> Shape:
    """Return sizes of axes whose product lies near one of the volumes, in any order."""
    left, sizes = near(rng, *volumes), []
    for _ in range(dims - 1):
        sizes.append(min(near(rng, 1, 2, 3, *LANES, 28, 64), left))
        left //= sizes[-1]
    sizes.append(near(rng, max(left, 1)))
    rng.shuffle(sizes)
    return tuple(sizes)


def window(rng: Random, size: int, taps: int, *, plain: bool, every: bool) -> tuple[Any, ...]:
    """Return stride, padding and dilation of windows that fit.

    Args:
        rng: draws.
        size: of the input.
        taps: of a window.
        plain: whether none is dilated and few are strided.
        every: whether each window reads input.
    """
    stride = rng.choice((1,) * 4 + (2,)) if plain else rng.choice((1, 1, 2, 2, 3, 4))
    dilation = 1 if plain else min(rng.choice((1, 1, 2, 3)), size)
    span = dilation * (taps - 1) + 1
    low, high = (min(rng.choice((0, 0, 1, taps // 2, span - 1)), span - 1) for _ in range(2))
    lacking = max(0, span - size - low - high)
    if every and lacking:
        low, high, lacking = span - 1, span - 1, 0
    return stride, (low, high + lacking), dilation


def windows(rng: Random, sizes: Shape, kernel: Shape, *, every: bool = False) -> dict[str, Any]:
    """Return the arguments of sliding windows."""
    plain, axes = rng.random() < 0.4, zip(sizes, kernel, strict=True)
    rows = [window(rng, size, taps, plain=plain, every=every) for size, taps in axes]
    stride, padding, dilation = zip(*rows, strict=True)
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def taps_of(rng: Random, dims: int, choices: tuple[int, ...] = (1, 2, 3, 3, 5)) -> Shape:
    """Return taps along each axis."""
    return tuple(rng.choice(choices) for _ in range(dims))


def pooled(rng: Random, kind: type[Layer], sizes: Shape, told: dict[str, Any]) -> Drawn:
    """Draw the options and the planes of a pooling."""
    more: dict[str, Any] = {"ceil_mode": rng.random() < 0.3}
    if kind is layers.AvgPool:
        override = rng.choice((None, None, 1, 4, -2))
        more |= {"count_include_pad": rng.random() < 0.5, "divisor_override": override}
    else:
        more["return_indices"] = rng.random() < 0.1
    several = prod(sizes) <= 16
    planes = rng.choice((near(rng, PLANES), near(rng, bands.FILLED), 3)) if several else 1
    batch = rng.choice((0, 1, 1, 1, 2))
    if prod(sizes) <= 1100:
        planes = max(planes, rng.choice((1, 2, 5)))
    return Drawn(kind(**told, **more), (batch, planes, *sizes))


def banded(rng: Random) -> Drawn:
    """Draw square windows that run in bands, of planes that just fit, or just do not."""
    square = rng.choice(bands.SQUARES)
    kind = rng.choice((layers.MaxPool, layers.AvgPool))
    side = square.side
    pads = rng.choice(((0,), range(side)))
    padding = tuple((rng.choice(pads), rng.choice(pads)) for _ in range(2))
    staged = rng.choice((*(bands.STAGED,) * 4, bands.STAGED // 2))
    rows = near(rng, 2, 4, 8, 16, 32, 64, 128, 14, 28, 56)
    width = near(rng, staged // rows, staged // max(rows - rng.choice((0, 1, 1, 2)), 1))
    if rng.random() < 0.5:  # the most columns of which all rows but one fit
        width = staged // max(rows - 1, 1)
    elif rng.random() < 0.4:
        width = near(rng, *LANES, 14, 28, 33, 56, 64, 128, 255)
        rows = near(rng, 1, 4, staged // width, 2 * staged // width)
    if rng.random() < 0.2:
        rows, width = near(rng, 2, 4), near(rng, 2, 4)
    if rng.random() < 0.2:
        rows, width = width, rows
    sizes = tuple(max(n, 1, side - sum(p)) for n, p in zip((rows, width), padding, strict=True))
    told = {
        "kernel_size": (side, side), "stride": (square.stride,) * 2, "padding": padding,
        "dilation": (1, 1),
    }  # fmt: skip
    return pooled(rng, kind, sizes, told)


def pool(rng: Random) -> Drawn:
    """Draw windows of any kind."""
    dims = dims_of(rng)
    kernel, sizes = taps_of(rng, dims, (1, 2, 3, 4)), plane(rng, dims, 9, 64, ELEMENTS, 1024)
    told = windows(rng, sizes, kernel, every=True)
    return pooled(rng, rng.choice((layers.MaxPool, layers.AvgPool)), sizes, told)


def one_window(rng: Random) -> Drawn:
    """Draw planes that are a window each: of 4 to 1024 elements they are taken as a whole."""
    dims, kind = dims_of(rng), rng.choice((0, 1, 2))
    sizes = plane(rng, dims, 3, 4, 8, 64, bands.LARGEST, bands.LARGEST)
    planes = rng.choice((1, 2, 3)) if prod(sizes) > 16 else near(rng, PLANES, 3 * bands.FILLED)
    shape = (rng.choice((0, 1, 1, 1, 1)), planes, *sizes)
    if kind == 0:
        whole = rng.choice((layers.GlobalMaxPool, layers.GlobalAvgPool))
        return Drawn(whole(dims=dims), shape)
    if kind == 1:
        adaptive = rng.choice((layers.AdaptiveMaxPool, layers.AdaptiveAvgPool))
        return Drawn(adaptive(output_size=(1,) * dims), shape)
    told: dict[str, Any] = {
        "kernel_size": sizes, "stride": sizes, "padding": ((0, 0),) * dims, "dilation": (1,) * dims
    }  # fmt: skip
    sliding = rng.choice((layers.MaxPool, layers.AvgPool))
    return Drawn(sliding(**told, ceil_mode=rng.random() < 0.5), shape)


def adaptive(rng: Random) -> Drawn:
    """Draw adaptive pooling to fewer windows and to more."""
    dims = dims_of(rng)
    sizes, outputs = plane(rng, dims, 9, 64, ELEMENTS), plane(rng, dims, 1, 9, 64, ELEMENTS)
    kind = rng.choice((layers.AdaptiveMaxPool, layers.AdaptiveAvgPool))
    more = {"return_indices": rng.random() < 0.3} if kind is layers.AdaptiveMaxPool else {}
    return Drawn(kind(output_size=outputs, **more), (batch_of(rng, 2), rng.choice((1, 3)), *sizes))


def unpool(rng: Random) -> Drawn:
    """Draw max unpooling."""
    dims = dims_of(rng)
    kernel, sizes = taps_of(rng, dims, (1, 2, 3)), plane(rng, dims, 9, 64, ELEMENTS)
    layer = layers.MaxUnpool(kernel_size=kernel, stride=kernel, padding=((0, 0),) * dims)
    return Drawn(layer, (batch_of(rng, 2), rng.choice((1, 2)), *sizes))


def unfold(rng: Random) -> Drawn:
    """Draw im2col, or its adjoint."""
    dims = dims_of(rng)
    kernel, sizes = taps_of(rng, dims, (1, 2, 3)), plane(rng, dims, 9, 64, ELEMENTS)
    told = windows(rng, sizes, kernel)
    shape = (batch_of(rng), rng.choice((1, 2, 3)), *sizes)
    unfolding = layers.Unfold(**told)
    if rng.random() < 0.5:
        return Drawn(unfolding, shape)
    return Drawn(layers.Fold(output_size=sizes, **told), unfolding.output_shape(shape))


def bias(rng: Random) -> Drawn:
    """Draw biases, of channels whose sums one block has, or several."""
    least = 8 * lines.THREADS
    if rng.random() < 0.4:  # of rows: every channel has one position
        rows, channels = near(rng, 1, 64, 128, 256), near(rng, 1, 4, 8, 32, 64)
        return Drawn(layers.Bias(channels=channels, channel_axis=-1), (rows, channels))
    dims, channels = dims_of(rng), near(rng, 1, 3, 8)
    sizes = plane(rng, dims, 1, 8, ELEMENTS, least, 2 * least, 8 * least)
    if prod(sizes) > least:
        channels = 1
    if rng.random() < 0.05:
        sizes = (*sizes[1:], 0)
    shape = (batch_of(rng, 2), channels, *sizes)
    return Drawn(layers.Bias(channels=channels, image_axes=dims + 1), shape)


def elementwise(rng: Random) -> Drawn:
    """Draw an activation of as many elements as a block of wide threads has, or so."""
    count = near(rng, 1, 4, 8, ELEMENTS, 4 * ELEMENTS, 8 * ELEMENTS)
    shape = rng.choice(((), (count,), (count,), (3, count), (0, count), (1, 2, -(-count // 2))))
    layer = rng.choice((layers.ReLU(), layers.Tanh(), layers.Tanh(amplitude=1.7159, slope=2 / 3)))
    return Drawn(layer, shape)


def softmax(rng: Random) -> Drawn:
    """Draw lines of one lane to a block's, held in registers or read again."""
    held = (*lines.EACH[1:], 8 * 32, 32 * 32, 32 * lines.THREADS)
    size, inner = near(rng, 1, 4, 8, 64, *held), rng.choice((1, 1, 1, 3, 40))
    if size > 2048:
        inner = rng.choice((1, 1, 2))
    size = rng.choice((0, *(size,) * 15))
    count = near(rng, 1, 4, 32, 64) if size * inner <= 256 else rng.choice((1, 2))
    shape = (rng.choice((0, count, count, count)), size, inner) if inner > 1 else (count, size)
    return Drawn(layers.Softmax(dim=1), shape)


def scored(rng: Random) -> Drawn:
    """Draw the losses of such lines of scores, or their sum."""
    images, classes, *inner = softmax(rng).shape
    layer = layers.CrossEntropy(reduction=rng.choice(("none", "sum")))
    return Drawn(layer, (images, max(classes, 1), *inner))


def normalised(rng: Random) -> Drawn:
    """Draw a local response normalisation, which walks or does not."""
    channels = near(rng, 1, 5, norm.CHUNK, 2 * norm.CHUNK)
    positions = rng.choice(((0,), (1,), (1, 1), (near(rng, 2, 32, ELEMENTS),), (near(rng, 5), 7)))
    layer = layers.LocalResponseNorm(
        size=rng.choice((1, 2, 5, 5, 5, 6, 40)), alpha=rng.choice((1e-4, 1.0, 4.0))
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng), channels, *positions))


def maxout(rng: Random) -> Drawn:
    """Draw maxima of units, of wide positions or not."""
    pool, units = rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 7))
    sizes = rng.choice(((), (0,), *(plane(rng, dims_of(rng), 1, 4, 8, 64, ELEMENTS),) * 8))
    return Drawn(layers.Maxout(pool_size=pool), (batch_of(rng), pool * units, *sizes))


OTHERS: tuple[Callable[[Random], Drawn], ...] = (
    banded, banded, banded, pool, one_window, adaptive, unpool, unfold, bias, elementwise,
    elementwise, softmax, softmax, normalised, maxout,
    scored,
)  # fmt: skip
