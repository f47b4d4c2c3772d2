"""A fully connected layer is a convolution whose kernel is as large as its input.

``V`` has one column for each entry of an input of ``C`` channels, read in row-major order. Reshaped
to ``w[m, c, k_1, k_2] = V[m, (c n_1 + k_1) n_2 + k_2]`` it is a kernel with ``r = n`` and, without
padding and dilation, one output position::

    sum_{c, k} w[m,c,k] x[c, s 0 + k]  =  sum_q V[m,q] x_flat[q]

On larger inputs the same kernel is the same fully connected layer at every window: all of these lie
inside the input, ``0 <= s o + t k < n``.
"""

from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, le, lt, quotient, remainder
from convproof.theorems.proof import Proof, Twin, without

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps, _area = size("C"), size("A")
_o, _c, _p, _q, _k, _m = (index(name) for name in "ocpqkm")


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


def _of_a_plane() -> SameSum:
    """Return that its convolution, at output 0, is a row of ``V`` times the plane's entries."""
    taps = tuple(index(f"k{axis.suffix}") for axis in _PLANE)
    reads = tuple(axis.position(0, k) for axis, k in zip(_PLANE, taps, strict=True))
    width = _PLANE[1].n
    return SameSum(
        name="the kernel of a plane is a row, q = k_1 n_2 + k_2",
        left=GuardedSum(
            indices=taps,
            guard=(
                *(part for a, k in zip(_PLANE, taps, strict=True) for part in a.is_tap(k)),
                *(part for a, i in zip(_PLANE, reads, strict=True) for part in a.is_input(i)),
            ),
            entries=(("V", (_m, taps[0] * width + taps[1])), ("x", reads)),
        ),
        right=GuardedSum(
            indices=(_q,),
            guard=box(0, _q, _PLANE[0].n * width),
            entries=(("V", (_m, _q)), ("x", (quotient(_q, width), remainder(_q, width)))),
        ),
        to_right={_q: taps[0] * width + taps[1]},
        to_left={taps[0]: quotient(_q, width), taps[1]: remainder(_q, width)},
        hypotheses=tuple(part for axis in _PLANE for part in _covering(axis)),
    )


def _of_channels() -> SameSum:
    """Return the same with channels, each of ``A`` entries."""
    return SameSum(
        name="the kernels of C channels are a row, q = c A + p",
        left=GuardedSum(
            indices=(_c, _p),
            guard=(*box(0, _c, _maps), *box(0, _p, _area)),
            entries=(("V", (_m, _c * _area + _p)), ("x", (_c, _p))),
        ),
        right=GuardedSum(
            indices=(_q,),
            guard=box(0, _q, _maps * _area),
            entries=(("V", (_m, _q)), ("x", (quotient(_q, _area), remainder(_q, _area)))),
        ),
        to_right={_q: _c * _area + _p},
        to_left={_c: quotient(_q, _area), _p: remainder(_q, _area)},
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
    return _one_output(), _of_a_plane(), _of_channels(), _inside(), *_reads()


def _twin() -> Twin:
    """Return the law of a padded layer, some of whose windows lie partly outside."""
    return without(_inside(), eq(_AXIS.high, 0))


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
)
