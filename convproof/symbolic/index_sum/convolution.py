r"""Convolution for all sizes: the layer as one indexed sum, and its derivatives in closed form.

::

    a[b,g,m,o]  = sum_{c,k} [0 <= e < n]            w[g,m,c,k] x[b,g,c,e]         e = s o + t k - p
    dx[b,g,c,i] = sum_{m,k} [s | u][0 <= u/s < n']  w[g,m,c,k] da[b,g,m,u/s]      u = i + p - t k
    dx[b,g,c,i] = sum_{m,o} [t | u][0 <= u/t < r]   w[g,m,c,u/t] da[b,g,m,o]      u = i + p - s o
    dw[g,m,c,k] = sum_{b,o} [0 <= e < n]            da[b,g,m,o] x[b,g,c,e]        e = s o + t k - p

with the index, the guards and the sum of every axis; ``p`` is the padding below the input, ``C``
and ``M`` are the channels of one group. None of the last three is written here: they are derived.
"""

from dataclasses import dataclass
from functools import cache

import sympy as sp

from convproof.axes import PaddingMode
from convproof.symbolic.index_sum.form import Form
from convproof.symbolic.index_sum.sliding import (
    Extents,
    SlidingLayer,
    SlidingSum,
    Which,
    form_of,
)
from convproof.symbolic.sizes import index, size

BATCH = (index("b"), size("N"))
GROUPS = (index("g"), size("G"))
IN_CHANNELS = (index("c"), size("C"))
OUT_CHANNELS = (index("m"), size("M"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution(SlidingLayer):
    """The indexed sum of a convolution, and what is derived from it.

    The forms hold for any output size ``n'``: for asymmetric padding, ``ceil_mode`` and what a
    transposed convolution with ``output_padding`` maps back, whose laws are those of
    ``Relation``. With circular padding, ``x`` is read at ``(s o + t k - p) mod n``, and ``dx``
    is also summed over ``v``, the times that a tap has gone around.

    Attributes:
        dims: the number of axes, whose letters end in ``_1``, ``_2``, ... if there are several.
        channels: whether there are input channels ``c`` and output channels ``m``.
        groups: whether there are groups ``g``.
        batch: whether there is a batch ``b``.
        padding_mode: what the padding reads.

    Example:
        >>> print(Convolution().weight)
        dw[k] = Sum([0 <= k*t + o*s - p_low < n]*da[o]*x[k*t + o*s - p_low], (o, 0, n' - 1))
        >>> for guard in Convolution().input_gather.guards:
        ...     print(guard)
        Eq(Mod(i - k*t + p_low, s), 0)
        0 <= floor((i - k*t + p_low)/s)
        floor((i - k*t + p_low)/s) < n'
    """

    groups: bool = False
    padding_mode: PaddingMode = "zeros"

    @property
    def weight(self) -> Form:
        """``dw``, summed over outputs and the batch."""
        return form_of(self, "weight_form")

    @property
    def forms(self) -> tuple[Form, ...]:
        """The layer and its derivatives."""
        return self.forward, self.input_gather, self.input_scatter, self.weight

    @property
    def transposed(self) -> "TransposedConvolution":
        """The transposed convolution of the same axes."""
        return TransposedConvolution(convolution=self)

    @property
    def sliding_sum(self) -> SlidingSum:
        """The sum that it is."""
        shared = (*((BATCH,) if self.batch else ()), *((GROUPS,) if self.groups else ()))
        lead = (*((GROUPS,) if self.groups else ()), *self._channels(OUT_CHANNELS, IN_CHANNELS))
        taps = tuple(axis.k for axis in self.relations)
        shape = (*(extent for _, extent in lead), *(axis.r for axis in self.relations))
        return SlidingSum(
            name="convolution",
            relations=self.relations,
            weight=sp.IndexedBase("w")[(*(each for each, _ in lead), *taps)],
            output_lead=(*shared, *self._channels(OUT_CHANNELS)),
            input_lead=(*shared, *self._channels(IN_CHANNELS)),
            weight_shapes=(("w", shape),),
            padding_mode=self.padding_mode,
        )

    def _channels(self, *channels: tuple[sp.Symbol, sp.Symbol]) -> Extents:
        return channels if self.channels else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransposedConvolution:
    """The derivation of a convolution, read the other way round.

    What was ``da`` is the input ``x`` of size ``n``, what was ``dx`` the output ``a`` of size
    ``n'``; the position ``s i + t k - p`` is now the output's, and weights are ``w[g,c,m,k]``::

        a[b,g,m,o] = sum_{c,k} [s | u][0 <= u/s < n] w[g,c,m,k] x[b,g,c,u/s]      u = o + p - t k

    Attributes:
        convolution: of which it is the adjoint.

    Example:
        >>> print(Convolution().transposed.input)
        dx[i] = Sum([0 <= i*s + k*t - p_low < n']*da[i*s + k*t - p_low]*w[k], (k, 0, r - 1))
    """

    convolution: Convolution

    @property
    def forward(self) -> Form:
        """The layer, summed over taps: ``s`` divides."""
        return _turned("forward", self.convolution, "input_gather")

    @property
    def forward_scatter(self) -> Form:
        """The layer, summed over inputs: ``t`` divides."""
        return _turned("forward, scattered", self.convolution, "input_scatter")

    @property
    def input(self) -> Form:
        """``dx``: the convolution."""
        return _turned("input derivative", self.convolution, "forward")

    @property
    def weight(self) -> Form:
        """``dw``, summed over inputs and the batch."""
        return _turned("weight derivative", self.convolution, "weight_form")

    @property
    def forms(self) -> tuple[Form, ...]:
        """The layer and its derivatives."""
        return self.forward, self.forward_scatter, self.input, self.weight


@cache
def _turned(name: str, convolution: Convolution, which: Which) -> Form:
    """Return a form of a convolution with input and output exchanged."""
    pairs = [(axis.n, axis.outputs) for axis in convolution.relations]
    pairs += [(axis.i, axis.o) for axis in convolution.relations]
    pairs += list(zip(IN_CHANNELS, OUT_CHANNELS, strict=True))
    letters = dict(pairs) | {new: old for old, new in pairs}
    arrays = {"a": "dx", "dx": "a", "x": "da", "da": "x"}
    letters |= {sp.IndexedBase(old): sp.IndexedBase(new) for old, new in arrays.items()}
    return form_of(convolution, which).renamed(f"transposed convolution, {name}", letters)
