r"""Pooling for all sizes, and its input derivatives in closed form.

::

    average    a[b,c,o]  = sum_k [0 <= e < n] x[b,c,e] / d[o]                  e = s o + t k - p
               dx[b,c,i] = sum_k [s | u][0 <= u/s < n'] da[b,c,u/s] / d[u/s]   u = i + p - t k

    maximum    a[b,c,o]  = sum_k [0 <= e < n] h[b,c,o,k] x[b,c,e]
               dx[b,c,i] = sum_k [s | u][0 <= u/s < n'] h[b,c,u/s,k] da[b,c,u/s]

The divisor ``d`` is any sequence of numbers other than 0. ``h[o, k]`` is 1 for the tap of the
window's maximum and 0 for the others. **Off ties** it is constant where ``x`` moves a little, which
is why it is differentiated as a constant; **on ties** there is no derivative, and the *first*
maximum in row-major order takes the gradient by convention, as ``h`` says. ``x`` holds no NaN.
"""

from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum.convolution import BATCH
from convproof.symbolic.index_sum.iverson import Iverson
from convproof.symbolic.index_sum.sliding import Extents, SlidingLayer, SlidingSum
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver.terms import both, box, either, eq, le, lt

CHANNELS = (index("c"), size("C"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling(SlidingLayer):
    """Windows over every feature map, for all sizes; ``n'`` is any, with ``ceil_mode`` or without.

    Attributes:
        dims: the number of axes.
        channels: whether there are feature maps ``c``.
        batch: whether there is a batch ``b``.
    """

    @property
    def lead(self) -> Extents:
        """The indices before those of the axes, with their sizes."""
        return (*((BATCH,) if self.batch else ()), *((CHANNELS,) if self.channels else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AveragePooling(Pooling):
    """``a[o] = sum_k [0 <= e < n] x[e] / d[o]``, for any divisors ``d``.

    Example:
        >>> print(AveragePooling().forward)
        a[o] = Sum([0 <= k*t + o*s - p_low < n]*x[k*t + o*s - p_low]/d[o], (k, 0, r - 1))
        >>> print(AveragePooling().divisor(count_include_pad=True))
        Sum([k*t + o*s - p_low < n + p_high], (k, 0, r - 1))
    """

    @property
    def sliding_sum(self) -> SlidingSum:
        """The sum, of weight ``1 / d[o]``."""
        outputs = tuple(axis.o for axis in self.relations)
        return SlidingSum(
            name="average pooling",
            relations=self.relations,
            weight=1 / sp.IndexedBase("d")[outputs],
            output_lead=self.lead,
            input_lead=self.lead,
            weight_shapes=(("1/d", tuple(axis.outputs for axis in self.relations)),),
        )

    def divisor(self, *, count_include_pad: bool) -> sp.Sum:
        """Return the usual ``d[o]``: the taps in the padded input, or those in the input."""
        guards: tuple[Boolean, ...] = ()
        for axis in self.relations:
            padded = (lt(axis.reads, axis.n + axis.high),)
            guards += padded if count_include_pad else axis.inside
        limits = ((axis.k, 0, axis.r - 1) for axis in self.relations)
        return sp.Sum(Iverson(*guards), *limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPooling(Pooling):
    """``a[o] = sum_k [0 <= e < n] h[o,k] x[e]``, with ``h[o,k] = 1`` for the first maximum's tap.

    Attributes:
        ties: the convention for ties, in words.

    Example:
        >>> print(MaxPooling().forward)
        a[o] = Sum([0 <= k*t + o*s - p_low < n]*h[o, k]*x[k*t + o*s - p_low], (k, 0, r - 1))
    """

    ties: ClassVar[str] = "the first maximum in row-major order takes the gradient"

    @property
    def sliding_sum(self) -> SlidingSum:
        """The sum, of weight ``h[lead, o, k]``."""
        outputs = (*(i for i, _ in self.lead), *(axis.o for axis in self.relations))
        shape = (
            *(extent for _, extent in self.lead),
            *(axis.outputs for axis in self.relations),
            *(axis.r for axis in self.relations),
        )
        return SlidingSum(
            name="max pooling",
            relations=self.relations,
            weight=sp.IndexedBase("h")[(*outputs, *(axis.k for axis in self.relations))],
            output_lead=self.lead,
            input_lead=self.lead,
            weight_shapes=(("h", shape),),
        )

    @property
    def unbeaten(self) -> Boolean:
        r"""That tap ``l`` does not beat tap ``k``: ``h[o,k] = 1`` where none beats it.

        ::

            l reads no input,   or   x[e(l)] < x[e(k)],   or   x[e(l)] = x[e(k)] and k <= l

        in row-major order of taps. The last case is the convention for ties; off ties it is
        ``l = k`` alone.
        """
        lead = tuple(i for i, _ in self.lead)
        taps = {axis.k: index("l" + axis.suffix) for axis in self.relations}
        places = tuple(axis.reads for axis in self.relations)
        others = tuple(place.xreplace(taps) for place in places)
        x = sp.IndexedBase("x")
        mine, other = x[(*lead, *places)], x[(*lead, *others)]
        inside = both(
            *(
                guard
                for axis, place in zip(self.relations, others, strict=True)
                for guard in box(0, place, axis.n)
            )
        )
        rank = reduce(lambda flat, axis: flat * axis.r + axis.k, self.relations, sp.S.Zero)
        tie = both(eq(other, mine), le(rank, rank.xreplace(taps)))
        return either(sp.Not(inside, evaluate=False), lt(other, mine), tie)
