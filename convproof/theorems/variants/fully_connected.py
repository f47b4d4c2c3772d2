"""A fully connected layer is a convolution whose kernel is as large as its input.

``V`` has one column for each entry of an input of ``C`` channels, read in row-major order. Reshaped
to ``w[m, c, k_1, k_2] = V[m, (c n_1 + k_1) n_2 + k_2]`` it is a kernel with ``r = n`` and, without
padding and dilation, one output position::

    sum_{c, k} w[m,c,k] x[c, s 0 + k]  =  sum_q V[m,q] x_flat[q]

The entries are numbered in two steps, rows ``p = c n_1 + k_1``, then ``q = p n_2 + k_2``, which
make up ``q = (c n_1 + k_1) n_2 + k_2``.

On larger inputs the same kernel is the same fully connected layer at every window: all of these lie
inside the input, ``0 <= s o + t k < n``.
"""

from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, le, lt, quotient, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, plain, windows

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps, _rows = size("C"), size("P")  # P = C n_1
_o, _p, _l, _q, _k, _m = (index(name) for name in "oplqkm")
_TAPS = index("c"), index("k_1"), index("k_2")
_ENTRIES = index("d"), index("i_1"), index("i_2")


def _bare(axis: SymbolicAxis) -> tuple[Any, ...]:
    """Return that there is no padding."""
    return eq(axis.low, 0), eq(axis.high, 0)


def _covering(axis: SymbolicAxis) -> tuple[Any, ...]:
    """Return that the kernel covers the input."""
    return *_bare(axis), eq(axis.r, axis.n), eq(axis.t, 1)


def _one_output() -> Claim:
    return Claim(
        name="there is one output position",
        goal=eq(_AXIS.outputs, 1),
        hypotheses=(*_AXIS.sizes(), *_covering(_AXIS)),
    )


def _planes(letters: tuple[Any, ...], reads: tuple[Any, ...], *inside: Any) -> GuardedSum:
    """Return row ``m`` of ``V``, reshaped, times entries of ``C`` planes."""
    channel, k_1, k_2 = letters
    rows, columns = _PLANE
    return GuardedSum(
        indices=letters,
        guard=(*box(0, channel, _maps), *inside),
        entries=(
            ("V", (_m, (channel * rows.n + k_1) * columns.n + k_2)),
            ("x", (channel, *reads)),
        ),
    )


def _all_planes() -> GuardedSum:
    """Return row ``m`` of ``V`` times every entry of the planes."""
    places = zip(_PLANE, _ENTRIES[1:], strict=True)
    every = (part for axis, i in places for part in axis.is_input(i))
    return _planes(_ENTRIES, _ENTRIES[1:], *every)


def _covered() -> SameSum:
    """Return that the convolution, at its one output, reads every entry once."""
    taps, entries = _TAPS, _ENTRIES
    reads = tuple(axis.position(0, k) for axis, k in zip(_PLANE, taps[1:], strict=True))
    inside = (
        (*axis.is_tap(k), *axis.is_input(i))
        for axis, k, i in zip(_PLANE, taps[1:], reads, strict=True)
    )
    return SameSum(
        name="a kernel as large as the input meets every entry once",
        left=_planes(taps, reads, *(part for parts in inside for part in parts)),
        right=_all_planes(),
        to_right=dict(zip(entries, taps, strict=True)),
        to_left=dict(zip(taps, entries, strict=True)),
        hypotheses=tuple(part for axis in _PLANE for part in _covering(axis)),
    )


def _stacked(row: Any, column: Any, *place: Any) -> GuardedSum:
    """Return the sum over the ``C n_1`` rows of all planes, ``p = c n_1 + k_1``."""
    width = _PLANE[1].n
    return GuardedSum(
        indices=(row, column),
        guard=(*box(0, row, _rows), *box(0, column, width)),
        entries=(("V", (_m, row * width + column)), ("x", (*place, column))),
    )


def _of_rows() -> SameSum:
    (channel, k_1, k_2), height = _ENTRIES, _PLANE[0].n
    row, place = quotient(_p, height), remainder(_p, height)
    return SameSum(
        name="the rows of all planes are numbered, p = c n_1 + k_1",
        left=_all_planes(),
        right=_stacked(_p, _l, row, place),
        to_right={_p: channel * height + k_1, _l: k_2},
        to_left={channel: row, k_1: place, k_2: _l},
        hypotheses=(eq(_rows, _maps * height),),
    )


def _of_entries() -> SameSum:
    """Return that for any rows ``x[p]``, so for these, it is one sum over ``q = p n_2 + k_2``."""
    width = _PLANE[1].n
    row, column = quotient(_q, width), remainder(_q, width)
    return SameSum(
        name="and the entries of all rows, q = p n_2 + k_2",
        left=_stacked(_p, _l, _p),
        right=GuardedSum(
            indices=(_q,),
            guard=box(0, _q, _rows * width),
            entries=(("V", (_m, _q)), ("x", (row, column))),
        ),
        to_right={_q: _p * width + _l},
        to_left={_p: row, _l: column},
    )


def _inside() -> Claim:
    return Claim(
        name="every window of a larger input lies inside it",
        goal=le(_AXIS.s * _o + _AXIS.span, _AXIS.n),
        hypotheses=(*_AXIS.sizes(), *_AXIS.is_output(_o), *_bare(_AXIS)),
    )


def _reads() -> tuple[Claim, Claim]:
    """Return that no tap reads padding: output ``o`` is the layer of the ``x[s o + t k]``."""
    first, last = _AXIS.s * _o, _inside().goal
    low = Claim(
        name="so that every tap reads it, from its first position",
        goal=le(0, first + _AXIS.t * _k),
        hypotheses=(le(0, first), *_AXIS.is_tap(_k)),
    )
    high = Claim(
        name="to its last, and the layer is the same at every window",
        goal=lt(first + _AXIS.t * _k, _AXIS.n),
        hypotheses=(last, *_AXIS.is_tap(_k)),
    )
    return low, high


def _steps() -> tuple[Step, ...]:
    return _one_output(), _covered(), _of_rows(), _of_entries(), _inside(), *_reads()


def _twin() -> Twin:
    """Return the law of a kernel of any size, which leaves inputs unread."""
    return without(_covered(), eq(_PLANE[0].r, _PLANE[0].n))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer without padding, and the fully connected one of its windows, all images of 1.

    A fully connected layer is asked as a 1x1 convolution of as many channels as it has inputs.
    """
    ask = Asked(subject, function, request)
    layer: Any = case.layer
    ones = (1,) * len(layer.stride)
    conv = of_one_group(case, padding=((0, 0),) * len(ones), padding_mode="zeros", bias=True)
    spans = (t * (r - 1) + 1 for r, t in zip(layer.kernel_size, layer.dilation, strict=True))
    sizes = tuple(map(max, zip(case.input_shape[2:], spans, strict=True)))
    x = drawn(case, case.input_shape[0], conv.in_channels, *sizes, of=1)
    w, b = drawn(case, *conv.weight_shape, of=2), drawn(case, conv.out_channels, of=3)
    read = np.moveaxis(
        windows(x, layer.kernel_size, layer.stride, layer.dilation), 1, len(sizes) + 1
    )
    columns, matrix = read.reshape(-1, w[0].size, *ones), w.reshape(len(w), -1, *ones)
    connected = plain((w[0].size, len(w)), ones, bias=True)
    rows = ask(connected, columns, w=matrix, b=b)
    expected = np.moveaxis(rows.reshape(*read.shape[: len(sizes) + 1], len(w)), -1, 1)
    got = ask(conv, x, w=w, b=b)
    law = "a convolution is the same fully connected layer at every window"
    return ask.agree(got, expected, f"{law}, of {w[0].size} inputs")


THEOREM = Theorem(
    name="fully_connected",
    statement="A convolution is the same fully connected layer at every window.",
    latex=r"(V \star x)_o = V\, \mathrm{vec}(x_{so + k})",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="fully_connected",
    statement="A fully connected layer is a convolution with a kernel as large as the input, and "
    "on a larger input that is the same layer at every window.",
    latex=r"\sum_{c,k} V_{m,\,(c n_1 + k_1) n_2 + k_2}\, x_c[k] = (V x)_m, \quad r = n,\ p = 0"
    r" \Rightarrow n' = 1",
    source='lecture 7, "matrix multiplication → fully connected"; Long et al., Fully '
    "convolutional networks for semantic segmentation, 2015, section 3.1",
    steps=_steps,
    twin=_twin,
    asked_as=("fully_connected",),
)
