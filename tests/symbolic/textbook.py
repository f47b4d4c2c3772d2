"""The outputs of every variant as explicit polynomials, written out from the textbook sum.

The loops run over a padded input and are the tests' own: neither triples nor axes appear.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from convproof.layers import AvgPool, Conv, Convolve, ConvTranspose, Layer, LocallyConnected


def padded(x: np.ndarray, padding: Any, mode: str, overhang: int = 0) -> np.ndarray:
    """Return ``x`` between zeros, or between copies of itself; zeros in a window's overhang."""
    sizes = [n + low + high for n, (low, high) in zip(x.shape[1:], padding, strict=True)]
    out = np.full((x.shape[0], *(size + overhang for size in sizes)), sp.S.Zero, dtype=object)
    for channel, *place in product(range(x.shape[0]), *map(range, sizes)):
        inner = [i - low for i, (low, _) in zip(place, padding, strict=True)]
        if mode == "circular":
            inner = [i % n for i, n in zip(inner, x.shape[1:], strict=True)]
        if all(0 <= i < n for i, n in zip(inner, x.shape[1:], strict=True)):
            out[channel, *place] = x[channel, *inner]
    return out


def window_starts(layer: Any, sizes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yield each output position with the positions of its taps, counted along the padding."""
    counts = []
    for n, r, s, t in zip(sizes, layer.kernel_size, layer.stride, layer.dilation, strict=True):
        counts.append(len([start for start in range(0, n, s) if start + t * (r - 1) < n]))
    for o in product(*map(range, counts)):
        yield o, tuple(s * i for s, i in zip(layer.stride, o, strict=True))


def conv_sum(layer: Conv, x: np.ndarray, w: np.ndarray) -> list[sp.Expr]:
    """a[m,o] = sum_{c,k} w[m,c,k] x_padded[g C/G + c, s o + t k]."""
    # the one name used here is resolved by hand: r = 3 at stride 1
    ends = ((1, 1),) * len(layer.kernel_size) if layer.padding == "same" else layer.padding
    xp = padded(x, ends, layer.padding_mode)
    a, unshared = [], isinstance(layer, LocallyConnected)
    for m in range(layer.out_channels):
        g = m // (layer.out_channels // layer.groups)
        for o, start in window_starts(layer, xp.shape[1:]):
            total = sp.S.Zero
            for c, *k in product(range(w.shape[1]), *map(range, layer.kernel_size)):
                i = [b + t * q for b, t, q in zip(start, layer.dilation, k, strict=True)]
                weight = w[m, c, *o, *k] if unshared else w[m, c, *k]
                total += weight * xp[g * w.shape[1] + c, *i]
            a.append(total)
    return a


def transposed_sum(layer: ConvTranspose, x: np.ndarray, w: np.ndarray) -> list[sp.Expr]:
    """a[g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[g C/G + c, i]."""
    rows = zip(
        x.shape[1:], layer.kernel_size, layer.stride, layer.padding, layer.dilation,
        layer.output_padding, strict=True,
    )  # fmt: skip
    sizes = [s * (n - 1) + t * (r - 1) + 1 - sum(p) + extra for n, r, s, p, t, extra in rows]
    a = np.full((layer.out_channels, *sizes), sp.S.Zero, dtype=object)
    for c, m, *ik in product(*map(range, w.shape[:2]), *map(range, x.shape[1:] + w.shape[2:])):
        i, k = ik[: x.ndim - 1], ik[x.ndim - 1 :]
        rows = zip(i, k, layer.stride, layer.dilation, layer.padding, strict=True)
        o = [s * p + t * q - low for p, q, s, t, (low, _) in rows]
        if all(0 <= p < n for p, n in zip(o, sizes, strict=True)):
            g = c // (layer.in_channels // layer.groups)
            a[g * w.shape[1] + m, *o] += w[c, m, *k] * x[c, *i]
    return list(a.ravel())


def average(layer: AvgPool, x: np.ndarray) -> list[sp.Expr]:
    """a[c,o] = (1 / d_o) sum_k x_padded[c, s o + t k], d_o as torch counts it."""
    xp = padded(x, layer.padding, "zeros", overhang=20)
    ends = [n + low + high for n, (low, high) in zip(x.shape[1:], layer.padding, strict=True)]
    starts = []
    rows = zip(x.shape[1:], layer.padding, ends, layer.kernel_size, layer.stride, layer.dilation,
               strict=True)  # fmt: skip
    for n, (low, _), end, r, s, t in rows:
        whole = [b for b in range(0, end, s) if b + t * (r - 1) < end]
        overhanging = [whole[-1] + s] if layer.ceil_mode and (end - 1 - t * (r - 1)) % s else []
        starts.append(whole + [b for b in overhanging if b < n + low])
    a = []
    for c, *start in product(range(x.shape[0]), *starts):
        total, in_padded, in_input = sp.S.Zero, 0, 0
        for k in product(*map(range, layer.kernel_size)):
            i = [b + t * q for b, t, q in zip(start, layer.dilation, k, strict=True)]
            inner = [p - low for p, (low, _) in zip(i, layer.padding, strict=True)]
            total += xp[c, *i]
            in_padded += all(p < end for p, end in zip(i, ends, strict=True))
            in_input += all(0 <= p < n for p, n in zip(inner, x.shape[1:], strict=True))
        divisor = layer.divisor_override or (in_padded if layer.count_include_pad else in_input)
        a.append(sp.expand(total / divisor))
    return a


def signal_sum(layer: Convolve, x: np.ndarray, w: np.ndarray) -> list[sp.Expr]:
    """a[o] = sum_k w[k] x[o - k] over the integers, then cropped."""
    full_shape = [n + r - 1 for n, r in zip(x.shape, w.shape, strict=True)]
    a = np.full(full_shape, sp.S.Zero, dtype=object)
    for ik in product(*map(range, x.shape + w.shape)):
        i, k = ik[: x.ndim], ik[x.ndim :]
        a[*(p + q for p, q in zip(i, k, strict=True))] += w[k] * x[i]
    rows = zip(x.shape, w.shape, strict=True)
    if layer.mode == "full":
        return list(a.ravel())
    if layer.mode == "same":
        kept = tuple(slice((r - 1) // 2, (r - 1) // 2 + n) for n, r in rows)
    else:
        kept = tuple(slice(r - 1, n) for n, r in rows)
    return list(a[kept].ravel())


TEXTBOOK: dict[type[Layer], Callable[[Any, np.ndarray, np.ndarray], list[sp.Expr]]] = {
    Conv: conv_sum,
    LocallyConnected: conv_sum,
    ConvTranspose: transposed_sum,
    Convolve: signal_sum,
}
