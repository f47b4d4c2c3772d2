"""Convolutions, and what else is products, whose sizes lie where a launcher decides."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from random import Random
from typing import Any

from convproof import layers
from convproof.index_maps.depthwise import TAPS
from convproof.index_maps.depthwise_strips import SIDES
from convproof.index_maps.few_channels import CHANNELS, QUAD
from convproof.index_maps.few_channels_input import MOST_STRIDE
from convproof.index_maps.outer import SIDE, SLAB
from convproof_gpu import depthwise_plans, tiles
from convproof_gpu.few_channels_plans import COMPILED
from convproof_gpu.fused import Fused
from convproof_gpu.grouped import STRIP
from convproof_gpu.tensor_products import unit_of
from tests.gpu.kernels.at_thresholds import (
    Drawn,
    batch_of,
    dims_of,
    near,
    plane,
    taps_of,
    windows,
)

UNIT = unit_of("__half")  # of floats two
BLOCK = 8 * unit_of("float")  # of channels whose taps lie together, and in which a source is laid


def products(rng: Random) -> dict[str, Any]:
    """Return channels, groups and a plane about the edges of the tiles of a matrix product."""
    dims, groups = dims_of(rng), rng.choice((1, 1, 1, 2, 3))
    edges = rng.choice(((4, 16), (16,), (4, 64), (64,)))
    per_group = near(rng, 1, 4, UNIT, BLOCK, 16), near(rng, *edges)
    if groups > 1:
        per_group = per_group[0], near(rng, 4, 16)
    kernel = taps_of(rng, dims, (1, 1, 2, 3) if dims < 3 else (1, 2))
    volumes = (4, 16, 64) if max(edges) < 64 else (64,)
    sizes = plane(rng, dims, *volumes)
    channels = tuple(groups * each for each in per_group)
    return {"dims": dims, "groups": groups, "channels": channels, "kernel": kernel, "sizes": sizes}


def conv(rng: Random) -> Drawn:
    """Draw a convolution for the matrix products."""
    p = products(rng)
    layer = layers.Conv(
        in_channels=p["channels"][0], out_channels=p["channels"][1], groups=p["groups"],
        **windows(rng, p["sizes"], p["kernel"]), bias=rng.random() < 0.7,
        padding_mode=rng.choice(("zeros", "zeros", "circular")),
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng), p["channels"][0], *p["sizes"]))


def deep_conv(rng: Random) -> Drawn:
    """Draw a convolution whose sums are long enough to be shared out."""
    depth = rng.choice((256, 512, 1024))
    if rng.random() < 0.5:  # over outputs, of the weights' gradient
        size, inner, outer = near(rng, depth // 2, depth), near(rng, 1, 4), near(rng, 4, 16)
    else:
        size, inner, outer = near(rng, 4), near(rng, depth), near(rng, 4, 16)
    layer = layers.Conv(
        in_channels=inner, out_channels=outer, **windows(rng, (size,), (1,)), bias=True
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng, 2), inner, size))


def tensor_products(rng: Random) -> Drawn:
    """Draw as many sums, and products of each, as the tensor cores begin with, or hardly fewer."""
    dims, groups = dims_of(rng), rng.choice((1, 1, 1, 2))
    kernel = taps_of(rng, dims, (1, 2, 3) if dims < 3 else (1, 2))
    inner = groups * near(rng, -(-tiles.FEW_DEPTHS // prod(kernel)), 2 * UNIT, 3 * BLOCK)
    outer = groups * near(rng, 64, 64, tiles.FEW_DEPTHS)
    sizes = plane(rng, dims, 64, tiles.FEW_DEPTHS, 2 * tiles.FEW_DEPTHS)
    layer = layers.Conv(
        in_channels=inner, out_channels=outer, groups=groups,
        **windows(rng, sizes, kernel), bias=rng.random() < 0.7,
        padding_mode=rng.choice(("zeros", "zeros", "circular")),
    )  # fmt: skip
    return Drawn(layer, (rng.choice((1, 2)), inner, *sizes))


def halo(rng: Random) -> Drawn:
    """Draw a convolution of stride 1 whose planes end about squares, lines and runs of a tile."""
    dims, groups = rng.choice((1, 2, 2, 2)), rng.choice((1, 1, 1, 2))
    kernel = tuple(rng.choice((2, 3, 3) if d == 0 else (1, 2, 3, 3)) for d in range(dims))
    inner, outer = near(rng, 1, UNIT, BLOCK), near(rng, 4, 8, 64)
    if prod(kernel) * inner * outer > 2**13:
        inner = near(rng, 4)
    sizes = plane(rng, dims, 64, 128, 256)
    told = windows(rng, sizes, kernel)
    told |= {"stride": (1,) * dims, "dilation": tuple(min(t, 2) for t in told["dilation"])}
    layer = layers.Conv(
        in_channels=groups * inner, out_channels=groups * outer, groups=groups, **told,
        bias=rng.random() < 0.7, padding_mode=rng.choice(("zeros", "zeros", "circular")),
    )  # fmt: skip
    return Drawn(layer, (rng.choice((0, 1, 1, 2)), groups * inner, *sizes), halo=True)


def long_products(rng: Random) -> Drawn:
    """Draw a convolution on the tensor cores whose sums are shared out among blocks."""
    inner = near(rng, 1024)
    layer = layers.Conv(
        in_channels=inner, out_channels=near(rng, 65), kernel_size=(1,), stride=(1,),
        padding=((0, 0),), dilation=(1,), bias=rng.random() < 0.5,
    )  # fmt: skip
    return Drawn(layer, (1, inner, near(rng, 65)))


def depthwise(rng: Random) -> Drawn:
    """Draw one input channel to each group, of planes about a block's results or box."""
    dims = dims_of(rng)
    most = depthwise_plans.CREW * depthwise_plans.EACH
    kernel = taps_of(rng, dims, (1, 2, *TAPS) if dims < 3 else (1, 2, 3))
    sizes = plane(rng, dims, 16, 64, 256, most, most, 2 * most)
    groups, multiple = rng.choice((1, 2, 3, 5)), rng.choice((1, 1, 2, 3, 8, 9))
    if prod(sizes) > most // 2:
        groups, multiple = min(groups, 2), min(multiple, 2)
        kernel = taps_of(rng, dims, (1, 2, 3))
    if rng.random() < 0.1:  # as many taps as fit, or one row more
        kernel = (near(rng, 32), 32)
        sizes, groups, multiple = (near(rng, 33), near(rng, 33)), 2, 1
    layer = layers.Conv(
        in_channels=groups, out_channels=groups * multiple, groups=groups,
        **windows(rng, sizes, kernel), bias=rng.random() < 0.7,
        padding_mode=rng.choice(("zeros", "zeros", "zeros", "circular")),
    )  # fmt: skip
    batch = batch_of(rng) if prod(sizes) > 64 else rng.choice((0, 1, near(rng, 32, 64, 128)))
    return Drawn(layer, (batch, groups, *sizes))


def strips(rng: Random) -> Drawn:
    """Draw a depthwise convolution that keeps its plane, of rows and columns about a strip's."""
    side = rng.choice(SIDES)
    sizes = near(rng, 1, 2, 4, 7, 14, 28), near(rng, 1, 4, 8, 16, 32)
    groups = near(rng, 2, 3, 16)
    layer = layers.Conv(
        in_channels=groups, out_channels=groups, groups=groups, kernel_size=(side, side),
        stride=(1, 1), dilation=(1, 1), padding=((side // 2,) * 2,) * 2, bias=rng.random() < 0.7,
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng), groups, *sizes))


def boxed(rng: Random) -> Drawn:
    """Draw one channel whose gradient's parts, of images or of a plane, hardly fit in a box."""
    most = depthwise_plans.MOST_BOX
    told: dict[str, Any] = {"in_channels": 1, "out_channels": 1}
    if rng.random() < 0.5:  # a tile of outputs has up to four times as many inputs
        sizes = plane(rng, 2, most, most + 1024)
        told |= windows(rng, sizes, taps_of(rng, 2, (1, 2, 3))) | {"stride": (2, 2)}
        return Drawn(layers.Conv(**told), (1, 1, *sizes))
    taps = rng.choice((5, 7, 7))
    sizes = taps + rng.randrange(2), taps + rng.randrange(3)
    told |= {
        "kernel_size": (taps, taps), "stride": (1, 1), "padding": ((0, 0), (0, 0)),
        "dilation": (1, 1),
    }  # fmt: skip
    return Drawn(layers.Conv(**told), (near(rng, most // prod(sizes)), 1, *sizes))


def apart(rng: Random) -> Drawn:
    """Draw one channel to a group, of two taps so far apart that a window hardly fits in a box."""
    dims, groups = rng.choice((1, 2, 3)), rng.choice((1, 2))
    farthest = {1: 779, 2: 71, 3: 11}[dims]  # s_0 (s_1 + 8) (s_2 + 16) <= 7168, s = t + 1
    dilation = tuple(near(rng, farthest) for _ in range(dims))
    sizes = tuple(t + near(rng, 2, 4) for t in dilation)
    pads = ((0, 0),) * dims
    layer = layers.Conv(
        in_channels=groups, out_channels=groups * rng.choice((1, 2)), groups=groups,
        kernel_size=(2,) * dims, stride=(1,) * dims, padding=pads, dilation=dilation,
    )  # fmt: skip
    return Drawn(layer, (rng.choice((1, 2)), groups, *sizes))


def few_channels(rng: Random) -> Drawn:
    """Draw one to five channels, of rows about multiples of a tile's quads."""
    dims = dims_of(rng)
    width, stride = rng.choice((*COMPILED, *COMPILED, (2, 1), (3, 3), (1, 1), (31, 1), (127, 2)))
    kernel = (*taps_of(rng, dims - 1, (1, 2, 3, 4)), width)
    sizes = tuple(near(rng, 1, 2, 4, 8) for _ in range(dims - 1))
    inner, outer = rng.choice((1, 2, 3, 3, 4, 5)), near(rng, 1, CHANNELS, 2 * CHANNELS, 33)
    told = windows(rng, sizes, kernel[:-1]) if dims > 1 else dict.fromkeys(
        ("kernel_size", "stride", "padding", "dilation"), ()
    )  # fmt: skip
    if dims > 1 and rng.random() < 0.1:
        told["stride"] = (near(rng, MOST_STRIDE), *told["stride"][1:])
    low, high = rng.randrange(width), rng.randrange(width)
    dilation = rng.choice((1, 1, 1, 2))
    columns = near(rng, QUAD, 2 * QUAD, 8 * QUAD, 16 * QUAD, 33)
    size = max(1, dilation * (width - 1) + 1 + stride * (columns - 1) - low - high)
    last = {"kernel_size": width, "stride": stride, "padding": (low, high), "dilation": dilation}
    last["padding"] = (low, max(high, dilation * (width - 1) + 1 - size - low))
    told = {name: (*told[name], last[name]) for name in told}
    layer = layers.Conv(
        in_channels=inner, out_channels=outer, **told, bias=rng.random() < 0.7,
        padding_mode=rng.choice(("zeros", "zeros", "zeros", "circular")),
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng), inner, *sizes, size), few=True)


def grouped(rng: Random) -> Drawn:
    """Draw one to nine channels to each of several groups, of rows about multiples of a strip's."""
    dims, groups = rng.choice((2, 2, 2, 3)), rng.choice((2, 2, 3, 5))
    last = rng.choice(((3, 3), (3, 3), (3, 6), (6, 3), (2, 3), (1, 1), (5, 5)))
    kernel = (*taps_of(rng, dims - 2, (1, 2)), *last)
    inner, outer = near(rng, 2, 4, 8), near(rng, 2, 4, 8)
    sizes = (
        *(near(rng, 1, 2) for _ in range(dims - 2)),
        near(rng, STRIP, 2 * STRIP, 3 * STRIP, 5), near(rng, 1, 4, 8, 32),
    )  # fmt: skip
    layer = layers.Conv(
        in_channels=groups * inner, out_channels=groups * outer, groups=groups,
        **windows(rng, sizes, kernel), bias=rng.random() < 0.7,
        padding_mode=rng.choice(("zeros", "zeros", "zeros", "circular")),
    )  # fmt: skip
    return Drawn(layer, (batch_of(rng), groups * inner, *sizes), few=True)


def transposed(rng: Random) -> Drawn:
    """Draw a transposed convolution for any of the products."""
    like = rng.choice((conv, conv, tensor_products, depthwise, apart, few_channels, grouped))(rng)
    held: Any = like.layer
    sizes = tuple(min(n, 17) for n in like.shape[2:])
    kernel = tuple(min(k, 11) for k in held.kernel_size)
    padding, extra = [], []
    for n, k, s, t in zip(sizes, kernel, held.stride, held.dilation, strict=True):
        op = rng.randrange(max(s, t))
        spare = s * (n - 1) + t * (k - 1) + op  # the output has one more
        low = min(rng.choice((0, 0, 1, k // 2)), spare)
        padding.append((low, min(rng.choice((0, 0, 1, k - 1)), spare - low)))
        extra.append(op)
    layer = layers.ConvTranspose(
        in_channels=held.out_channels, out_channels=held.in_channels, kernel_size=kernel,
        stride=held.stride, padding=tuple(padding), dilation=held.dilation,
        output_padding=tuple(extra), groups=held.groups, bias=held.bias,
    )  # fmt: skip
    return Drawn(layer, (min(like.shape[0], 3), held.out_channels, *sizes), like.few)


def plane_products(rng: Random) -> Drawn:
    """Draw a convolution of two axes on the tensor cores, of which some sums are shared out."""
    inner = near(rng, 128, 192, 512, 1024)
    layer = layers.Conv(
        in_channels=inner, out_channels=near(rng, 64), kernel_size=(1, 1), stride=(1, 1),
        padding=((0, 0),) * 2, dilation=(1, 1), bias=rng.random() < 0.5,
    )  # fmt: skip
    return Drawn(layer, (1, inner, near(rng, 8), near(rng, 8)))


def fused(rng: Random) -> Drawn:
    """Draw a convolution for any of the products, with a ReLU, a pooling and channels last."""
    kinds = (
        conv,
        tensor_products,
        tensor_products,
        tensor_products,
        plane_products,
        plane_products,
    )
    like = rng.choice((*kinds, depthwise, few_channels, grouped))(rng)
    held: Any = like.layer
    reads, writes = (held.groups == 1 and rng.random() < 0.6 for _ in range(2))
    inner, outer = held.in_channels, held.out_channels
    inner = -(-inner // UNIT) * UNIT if reads else inner
    outer = -(-outer // UNIT) * UNIT if writes else outer
    held = replace(held, in_channels=inner, out_channels=outer)
    shape = (like.shape[0], inner, *like.shape[2:])
    outputs, pool = held.output_shape(shape)[2:], None
    if min(outputs) > 1 and rng.random() < 0.7:
        dims = len(outputs)
        side = 2 if min(outputs) == 2 else rng.choice((2, 2, 2, 2, 3))
        ends = rng.choice((0, 0, 0, 0, 1))
        pool = layers.MaxPool(
            kernel_size=(side,) * dims, stride=(rng.choice((2, 2, 2, 1)),) * dims,
            padding=((ends, ends),) * dims, dilation=(1,) * dims, ceil_mode=rng.random() < 0.2,
            return_indices=not writes and rng.random() < 0.05,
        )  # fmt: skip
    layer = Fused(
        conv=held, relu=rng.random() < 0.7, pool=pool, reads_last=reads, writes_last=writes
    )
    return Drawn(layer, (shape[0], *shape[2:], inner) if reads else shape, like.few)


def linear(rng: Random) -> Drawn:
    """Draw a fully connected layer, also of no rows and of several axes."""
    inner, outer = near(rng, 1, 4, 64, tiles.FEW_DEPTHS, 256), near(rng, 1, 4, 16, 64)
    rows = near(rng, 1, 16, 64, 256)
    if inner * outer * rows > 2**19:
        rows = near(rng, 16)
    layer = layers.Linear(in_features=inner, out_features=outer, bias=rng.random() < 0.7)
    shape = rng.choice(((rows,), (rows,), (2, max(rows // 2, 1)), (0,), (1,), ()))
    return Drawn(layer, (*shape, inner))


def outer_products(rng: Random) -> Drawn:
    """Draw one window and few images, of sums about a block's, a large tile's or the least."""
    images = rng.choice((0, *(near(rng, 1, SLAB, 2 * SLAB, tiles.FEW_DEPTHS),) * 9))
    rows = near(rng, 8, 64, SIDE)
    columns = near(rng, -(-tiles.LARGE.area // rows), SIDE, SIDE + 4)
    if rng.random() < 0.5:  # by fours
        rows, columns = (-(-lines // 4) * 4 for lines in (rows, columns))
    if images * rows * columns > 2**19:
        images = near(rng, SLAB)
    if rng.random() < 0.5:
        layer: Any = layers.Linear(in_features=columns, out_features=rows)
        return Drawn(layer, (images, columns))
    kernel = taps_of(rng, dims_of(rng), (1, 2, 3))
    channels, dims = -(-columns // prod(kernel)), len(kernel)
    window: dict[str, Any] = {
        "kernel_size": kernel, "stride": tuple(near(rng, 2) for _ in kernel),
        "padding": ((0, 0),) * dims, "dilation": (1,) * dims,
    }  # fmt: skip
    if rng.random() < 0.3:
        layer = layers.ConvTranspose(
            in_channels=rows, out_channels=channels, output_padding=(0,) * dims, **window
        )
        return Drawn(layer, (min(images, 17), rows, *(1,) * dims))
    layer = layers.Conv(in_channels=channels, out_channels=rows, **window)
    return Drawn(layer, (min(images, 17), channels, *kernel))


def one_tap(rng: Random) -> Drawn:
    """Draw one tap and few channels to sum over, of sums about a block's or a large tile's."""
    rows, depths = near(rng, 8, 64, SIDE), near(rng, 1, SLAB, 2 * SLAB, tiles.FEW_DEPTHS)
    sizes = plane(rng, dims_of(rng), 1, 32, 64, SIDE)
    if rng.random() < 0.5:  # by fours
        depths, rows = (-(-lines // 4) * 4 for lines in (depths, rows))
        sizes = (*sizes[:-1], -(-sizes[-1] // 4) * 4)
    dims, turned = len(sizes), rng.random() < 0.4
    told: dict[str, Any] = {
        "kernel_size": (1,) * dims, "stride": (1,) * dims, "padding": ((0, 0),) * dims,
        "dilation": (1,) * dims, "bias": rng.random() < 0.6,
    }  # fmt: skip
    inner, outer = (depths, rows) if rng.random() < 0.6 else (rows, depths)
    batch = batch_of(rng) if depths * rows * prod(sizes) < 2**18 else 1
    if prod(sizes) < 8:
        batch = near(rng, 64)
    if turned:
        layer: Any = layers.ConvTranspose(
            in_channels=inner, out_channels=outer, output_padding=(0,) * dims, **told
        )
    else:
        layer = layers.Conv(in_channels=inner, out_channels=outer, **told)
    return Drawn(layer, (batch, inner, *sizes))


def locally_connected(rng: Random) -> Drawn:
    """Draw weights that are not shared."""
    dims, groups = dims_of(rng), rng.choice((1, 1, 2))
    kernel, sizes = taps_of(rng, dims, (1, 2, 3)), plane(rng, dims, 1, 4, 9)
    told = windows(rng, sizes, kernel)
    inner, outer = near(rng, 1, 4, 8), near(rng, 4, 16, 64)
    free = layers.Conv(
        in_channels=groups * inner, out_channels=groups * outer, groups=groups, **told
    )  # fmt: skip
    shape = (near(rng, 1, 4, 16, 64) if rng.random() < 0.8 else 0, groups * inner, *sizes)
    if prod(shape) > 4096:
        shape = (3, *shape[1:])
    output = free.output_shape(shape)[2:]
    if prod(output) * outer > 1024:
        outer = 4
    layer = layers.LocallyConnected(
        in_channels=groups * inner, out_channels=groups * outer, groups=groups, **told,
        bias=rng.random() < 0.7, output_size=output,
    )  # fmt: skip
    return Drawn(layer, shape)


def convolve(rng: Random) -> Drawn:
    """Draw two signals' convolution: the kernel's sizes are those of a layer that has none."""
    dims = dims_of(rng)
    return Drawn(
        layers.Convolve(mode=rng.choice(("full", "same", "valid"))), plane(rng, dims, 16, 64, 256)
    )


PRODUCTS: tuple[Callable[[Random], Drawn], ...] = (
    halo,
    conv, conv, deep_conv, tensor_products, tensor_products, long_products, depthwise, depthwise,
    boxed, apart, strips, few_channels, few_channels, grouped, grouped, transposed, transposed,
    linear, locally_connected, convolve, outer_products, one_tap, fused, fused,
)  # fmt: skip
