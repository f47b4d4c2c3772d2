"""1x1 convolution is a matrix product at every position: ``a[., o] = W x[., o]``.

One tap, stride 1 and no padding leave of the sum over channels and taps::

    sum_{c, k} w[m,c,k] x[c, s o + t k - p_low]  =  sum_c w[m,c,0] x[c, o],      n' = n

so that positions do not meet: they may as well be images of size 1, which is how an implementation
is asked. With two axes, positions in row-major order, ``o = o_1 n_2 + o_2``, are the columns of one
matrix, as those of images are.
"""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, quotient, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import right
from convproof.theorems.variants.itself import answered, same

_AXIS = SymbolicAxis()
_ROWS, _COLUMNS = SymbolicAxis("_1"), SymbolicAxis("_2")
_maps, _c, _i, _m, _p = size("C"), index("c"), index("c'"), index("m"), index("p")


def _one_tap(axis: SymbolicAxis) -> tuple[Any, ...]:
    return eq(axis.r, 1), eq(axis.s, 1), eq(axis.low, 0), eq(axis.high, 0)


def _sums(*axes: SymbolicAxis) -> SameSum:
    rows = [(axis, index(f"o{axis.suffix}"), index(f"k{axis.suffix}")) for axis in axes]
    places, taps = tuple(o for _, o, _ in rows), tuple(k for *_, k in rows)
    reads = tuple(axis.position(o, k) for axis, o, k in rows)
    return SameSum(
        name="one tap leaves a matrix product, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=(_c, *taps),
            guard=(
                *box(0, _c, _maps),
                *(part for axis, _, k in rows for part in axis.is_tap(k)),
                *(part for axis, i in zip(axes, reads, strict=True) for part in axis.is_input(i)),
            ),
            entries=(("w", (_m, _c, *taps)), ("x", (_c, *reads))),
        ),
        right=GuardedSum(
            indices=(_i,),
            guard=box(0, _i, _maps),
            entries=(("w", (_m, _i, *(0 for _ in axes))), ("x", (_i, *places))),
        ),
        to_right={_i: _c},
        to_left={_c: _i, **dict.fromkeys(taps, 0)},
        hypotheses=(
            *(part for axis in axes for part in _one_tap(axis)),
            *(part for axis, o, _ in rows for part in (*axis.sizes(), *axis.is_output(o))),
        ),
    )


def _size_kept() -> Claim:
    return Claim(
        name="every position is an output",
        goal=eq(_AXIS.outputs, _AXIS.n),
        hypotheses=(*_AXIS.sizes(), *_one_tap(_AXIS)),
    )


def _columns() -> tuple[Claim, Claim]:
    """Return that positions of a plane and columns of a matrix correspond, one to one."""
    n_1, n_2 = _ROWS.n, _COLUMNS.n
    o_1, o_2 = index("o_1"), index("o_2")
    there = Claim(
        name="a position of the plane is a column, which names it",
        goal=both(*box(0, _p, n_1 * n_2), eq(quotient(_p, n_2), o_1), eq(remainder(_p, n_2), o_2)),
        hypotheses=(*box(0, o_1, n_1), *box(0, o_2, n_2), eq(_p, o_1 * n_2 + o_2)),
    )
    back = Claim(
        name="a column is a position of the plane",
        goal=both(*box(0, o_1, n_1), *box(0, o_2, n_2), eq(_p, o_1 * n_2 + o_2)),
        hypotheses=(
            *box(0, _p, n_1 * n_2),
            eq(o_1, quotient(_p, n_2)),
            eq(o_2, remainder(_p, n_2)),
        ),
    )
    return there, back


def _steps() -> tuple[Step, ...]:
    return _sums(_AXIS), _sums(_ROWS, _COLUMNS), _size_kept(), *_columns()


def _twin() -> Twin:
    """Return the law of a layer that is padded: its outputs are moved, and its border is zero."""
    return without(_sums(_AXIS), eq(_AXIS.low, 0))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    dims = len(layer.kernel_size)
    ones, none = (1,) * dims, ((0, 0),) * dims
    layer = replace(layer, kernel_size=ones, stride=ones, padding=none, dilation=ones)
    case = replace(case, layer=layer)
    known = right(function, case, request)
    together = answered(subject, function, case, known.arrays, request)
    columns = np.moveaxis(known.arrays["x"], 1, -1)
    images = columns.reshape(-1, layer.in_channels, *ones)
    alone = replace(case, input_shape=images.shape)
    rows = answered(subject, function, alone, known.arrays.but(x=images), request)
    expected = np.moveaxis(rows.y.reshape(*columns.shape[:-1], layer.out_channels), -1, 1)
    return same(
        together.y,
        expected,
        weak=known.weak,
        law="a 1x1 convolution is a matrix product at every position by itself, "
        "so positions may as well be images",
        answers=(together, rows),
    )


def _has_positions(function: Function, case: Case, request: Request) -> bool:
    del function, request
    return isinstance(case.layer, Conv) and prod(case.input_shape[2:]) > 1


THEOREM = Theorem(
    name="pointwise",
    statement="A 1x1 convolution treats every position as an image of its own.",
    latex=r"(W^\top \star \mathbf{x})[\mathbf{n}] = W^\top \mathbf{x}[\mathbf{n}]",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=_has_positions,
)
PROOF = Proof(
    name="pointwise",
    statement="A 1x1 convolution is one matrix product, performed independently at each position.",
    latex=r"\sum_{c,k} w_{mck}\, x_c[so + tk - p] = \sum_c w_{mc0}\, x_c[o] = (W x[o])_m, "
    r"\quad r = s = 1,\ p = 0",
    source='lecture 7, "1 x 1 convolution"',
    steps=_steps,
    twin=_twin,
    asked_as=("pointwise",),
)
