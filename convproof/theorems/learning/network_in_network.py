"""Network in network: a small network at every position is a convolution, then two of 1x1.

A perceptron with weights ``W`` that is applied at position ``o`` to the activations ``z[., o]`` is
a 1x1 convolution of them, of stride 1 and without padding, for its weights do not know ``o``::

    sum_c W[l, c] z[c, o]  =  sum_{c, 0 <= k < 1} W[l, c] z[c, 1 o + t k - 0],      n' = n

Both axes are like one; the first layer reads a patch, as a convolution does.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, plain, windows

_HIDDEN = 2  # channels of the second layer that a target is asked
_LARGEST = 6  # of an activation
_AXIS = SymbolicAxis()
_channels = size("c'")
_o, _c, _d, _k, _l = index("o"), index("c"), index("d"), index("k"), index("l")
_NO_PADDING = eq(_AXIS.low, 0)
_ONE_BY_ONE = (eq(_AXIS.r, 1), eq(_AXIS.s, 1), _NO_PADDING, eq(_AXIS.high, 0))


def _size() -> Claim:
    return Claim(
        name="1x1 keeps the size",
        goal=eq(_AXIS.outputs, _AXIS.n),
        hypotheses=(*_ONE_BY_ONE, *_AXIS.sizes()),
    )


def _perceptron() -> SameSum:
    """Return that the 1x1 convolution at ``o`` is the perceptron there, for all ``z``."""
    position = _AXIS.position(_o, _k)
    return SameSum(
        name="a 1x1 convolution is one perceptron at every position",
        left=GuardedSum(
            indices=(_c,),
            guard=box(0, _c, _channels),
            entries=(("W", (_l, _c)), ("z", (_c, _o))),
        ),
        right=GuardedSum(
            indices=(_d, _k),
            guard=(*box(0, _d, _channels), *_AXIS.is_tap(_k), *_AXIS.is_input(position)),
            entries=(("W", (_l, _d)), ("z", (_d, position))),
        ),
        to_right={_d: _c, _k: 0},
        to_left={_c: _d},
        hypotheses=(*_ONE_BY_ONE, *_AXIS.sizes(), *_AXIS.is_output(_o)),
    )


def _patch() -> SameSum:
    """Return that the first layer of the network, on the patch at ``o``, is the convolution."""
    axis = SymbolicAxis("_1")
    position, at = axis.position(_o, _k), index("i")
    tap, channel = index("k'"), index("d")
    start = index("first")  # of the patch
    return SameSum(
        name="the first layer reads the patch at its position, as a convolution does",
        left=GuardedSum(
            indices=(_c, _k),
            guard=(*box(0, _c, _channels), *axis.is_tap(_k), *axis.is_input(position)),
            entries=(("w", (_l, _c, _k)), ("x", (_c, position))),
        ),
        right=GuardedSum(
            indices=(channel, tap, at),
            guard=(
                *box(0, channel, _channels),
                *axis.is_tap(tap),
                *axis.is_input(at),
                eq(at, start + axis.t * tap),
            ),
            entries=(("w", (_l, channel, tap)), ("x", (channel, at))),
        ),
        to_right={channel: _c, tap: _k, at: position},
        to_left={_c: channel, _k: tap},
        hypotheses=(*axis.sizes(), *axis.is_output(_o), eq(start, axis.s * _o - axis.low)),
    )


def _steps() -> tuple[Step, ...]:
    return _patch(), _size(), _perceptron()


def _twin() -> Twin:
    return without(_perceptron(), _NO_PADDING)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a convolution and two of 1x1, and the same layers of every patch as its own image.

    The activation is ours, ``min(max(z, 0), 6)``, after the first layer and the second.
    """
    ask = Asked(subject, function, request)
    given: Any = case.layer
    first = of_one_group(case, bias=given.bias, padding_mode="zeros")
    dims, hidden = len(first.kernel_size), first.out_channels
    ones, none = (1,) * dims, ((0, 0),) * dims
    network = [
        first,
        plain((hidden, _HIDDEN), ones, bias=given.bias),
        plain((_HIDDEN, hidden), ones, bias=given.bias),
    ]
    weights = [drawn(case, *layer.weight_shape, of=1 + n) for n, layer in enumerate(network)]
    biases = [drawn(case, layer.out_channels, of=4 + n) for n, layer in enumerate(network)]

    def through(layers: list[Any], data: np.ndarray) -> np.ndarray:
        y = data
        for n, (layer, w, b) in enumerate(zip(layers, weights, biases, strict=True)):
            y = ask(layer, np.clip(y, 0, _LARGEST) if n else y, w=w, **_bias(layer, b))
        return y

    x = drawn(case, case.input_shape[0], first.in_channels, *case.input_shape[2:])
    got = through(network, x)
    padded = np.pad(x, [(0, 0), (0, 0), *first.padding])
    patches = windows(padded, first.kernel_size, first.stride, first.dilation)
    images = np.moveaxis(patches, 1, 1 + dims).reshape(-1, first.in_channels, *first.kernel_size)
    alone = replace(first, stride=ones, dilation=ones, padding=none)
    rows = through([alone, *network[1:]], images).reshape(len(x), *got.shape[2:], hidden)
    law = "a perceptron of every patch is a convolution and two of 1x1"
    return ask.agree(got, np.moveaxis(rows, -1, 1), law)


def _bias(layer: Any, b: np.ndarray) -> dict[str, np.ndarray]:
    return {"b": b} if layer.bias else {}


THEOREM = Theorem(
    name="network_in_network",
    statement="A three-layer perceptron of every patch is a convolution, then two of 1x1, with an "
    "activation between.",
    latex=r"(W_3 \star h(W_2 \star h(W_1 \star x)))_{\cdot,o} = "
    r"W_3\, h(W_2\, h(W_1\, x_{\text{patch } o}))",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="network_in_network",
    statement="A three-layer perceptron, applied with the same weights to the patch at every "
    "position, is a convolution followed by two 1x1 convolutions, with any elementwise activation "
    "after each.",
    latex=r"y_{\cdot,o} = h(W_3\, h(W_2\, h(W_1 \star x)_{\cdot,o})), \quad "
    r"\sum_c W_{lc} z_{c,o} = (W \star z)_{l,o} \text{ for } r = s = 1, p = 0",
    source="lecture 7, network in network (NiN)",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Composition: equal layers, each with a bias per channel and an activation per element, "
    "have equal outputs on equal inputs, from the innermost out; the second step of 1x1 reads the "
    "activations of the first, of equal size.",
    asked_as=("network_in_network", "pointwise", "fully_connected"),
)
