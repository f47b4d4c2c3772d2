"""Two layers of a target, one after the other, and the one layer that they are: ``two_layers``.

::

    f(f(x, w_1), w_2)  =  f(x, w),      w[m,c,e] = sum_q sum of w_2[m,q,k_2] w_1[q,c,k_1]
                                                   over t_1 k_1 + s_1 t_2 k_2 = e

The first is one group of the case's layer; the second has two taps, its stride and its dilation,
and is not padded. With stride 1 this asks that convolution is associative, and the shapes of the
two answers are the sizes of ``stacked_sizes``.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, plain, turn


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer of the target, a second one on its answer, and the one layer of both kernels."""
    ask = Asked(subject, function, request)
    first, second, sizes = _pair(case)
    x = drawn(case, case.input_shape[0], first.in_channels, *sizes, of=1)
    w_1, w_2 = drawn(case, *first.weight_shape, of=2), drawn(case, *second.weight_shape, of=3)
    kernel = composed(first, second, w_1, w_2)
    one = replace(
        first,
        out_channels=second.out_channels,
        kernel_size=kernel.shape[2:],
        stride=tuple(a * b for a, b in zip(first.stride, second.stride, strict=True)),
        dilation=(1,) * len(first.stride),
    )
    expected = ask(second, ask(first, x, w=w_1), w=w_2)
    got = ask(one, x, w=kernel)
    law = f"two layers are one: strides multiply to {one.stride}, and their kernels are convolved"
    return ask.agree(got, expected, law)


def _pair(case: Case) -> tuple[Conv, Conv, tuple[int, ...]]:
    """Return the case's layer, one of two taps after it, and sizes that suffice for both."""
    layer: Any = case.layer
    first = of_one_group(case)
    dims = len(layer.kernel_size)
    longer = range(dims) if dims < 3 else [turn(case, dims)]
    taps = tuple(2 if axis in longer else 1 for axis in range(dims))
    second = plain(
        (first.out_channels, 1 + turn(case, 2, of=1)),
        taps,
        stride=layer.stride,
        dilation=layer.dilation,
    )
    rows = zip(case.input_shape[2:], taps, layer.stride, layer.dilation, strict=True)
    return first, second, tuple(n + s * t * (r - 1) for n, r, s, t in rows)


def composed(first: Conv, second: Conv, w_1: np.ndarray, w_2: np.ndarray) -> np.ndarray:
    """Return the kernel of the one layer, ``w[m,c,e]``."""
    step = tuple(s * t for s, t in zip(first.stride, second.dilation, strict=True))
    sizes = zip(first.kernel_size, first.dilation, second.kernel_size, step, strict=True)
    spans = tuple(t * (r - 1) + T * (q - 1) + 1 for r, t, q, T in sizes)
    kernel = np.zeros((len(w_2), w_1.shape[1], *spans), np.int64)
    for k in np.ndindex(*second.kernel_size):
        rows = zip(k, step, first.kernel_size, first.dilation, strict=True)
        places: Any = (slice(T * l, T * l + t * (r - 1) + 1, t) for l, T, r, t in rows)
        kernel[(..., *places)] += np.einsum("mq,qc...->mc...", w_2[(..., *k)], w_1)
    return kernel


THEOREM = Theorem(
    name="two_layers",
    statement="Two layers are one: strides multiply, and the kernels are convolved.",
    latex=r"w_2 \star (w_1 \star x) = w \star x",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
