r"""A sliding sum over one to three axes, and its derivatives, for all sizes.

::

    a[.., o] = sum_{.., k} [0 <= e < n] weight x[.., e]          e = s o + t k - p_low, per axis

The weight of a convolution is ``w[k]``, of an average ``1/d[o]``, of a maximum the indicator
``h[o, k]``. With circular padding there is no bracket, and ``x`` is read at ``e mod n``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.axes import PaddingMode
from convproof.symbolic.index_sum.derive import derived
from convproof.symbolic.index_sum.form import Form, Shapes
from convproof.symbolic.index_sum.iverson import Iverson
from convproof.symbolic.index_sum.relation import Relation, relations
from convproof.symbolic.index_sum.summand import Limit
from convproof.symbolic.solver.terms import remainder

Which = Literal["forward", "input_gather", "input_scatter", "weight_form"]
Extents = tuple[tuple[sp.Symbol, sp.Symbol], ...]  # indices with their sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidingSum:
    """``a[lead, o] = sum_{summed, k} [0 <= e < n] weight x[lead, e]``.

    Attributes:
        name: what the layer is called.
        relations: one per axis.
        weight: a factor in the outputs and taps.
        output_lead: the indices of ``a`` before those of the axes, with their sizes.
        input_lead: those of ``x``; what ``a`` does not have is summed.
        weight_shapes: the shapes of the weight's arrays.
        padding_mode: what the padding reads.
    """

    name: str
    relations: tuple[Relation, ...]
    weight: sp.Expr
    output_lead: Extents = ()
    input_lead: Extents = ()
    weight_shapes: Shapes = ()
    padding_mode: PaddingMode = "zeros"

    @property
    def shapes(self) -> Shapes:
        """The shapes of the arrays."""
        inputs = (*(extent for _, extent in self.input_lead), *(a.n for a in self.relations))
        outputs = (
            *(extent for _, extent in self.output_lead),
            *(a.outputs for a in self.relations),
        )
        return (("x", inputs), ("a", outputs), ("da", outputs), *self.weight_shapes)

    @property
    def input(self) -> sp.Indexed:
        """The entry ``x[lead, i]``."""
        leads = (index for index, _ in self.input_lead)
        return sp.IndexedBase("x")[(*leads, *(axis.i for axis in self.relations))]

    def forward(self) -> Form:
        """Return the layer itself."""
        return Form(
            name=f"{self.name}, forward", left=self._entry("a"), expression=self._output(),
            shapes=self.shapes,
        )  # fmt: skip

    def input_gather(self) -> Form:
        """Return ``dx`` summed over taps: every output index is eliminated."""
        eliminated = tuple(axis.o.name for axis in self.relations)
        return self._derived("input derivative, gathered", self.input, eliminated)

    def input_scatter(self) -> Form:
        """Return ``dx`` summed over outputs: every tap is eliminated."""
        eliminated = tuple(axis.k.name for axis in self.relations)
        return self._derived("input derivative, scattered", self.input, eliminated)

    def weight_form(self) -> Form:
        """Return ``dw``, for a weight that is an entry."""
        return self._derived("weight derivative", self.weight, ())

    def _derived(self, name: str, by: sp.Indexed, eliminated: tuple[str, ...]) -> Form:
        outputs = [_limit(axis.o, axis.outputs) for axis in self.relations]
        outputs += [_limit(*lead) for lead in reversed(self.output_lead)]
        loss = sp.Sum(self._entry("da") * self._output(), *outputs)
        return derived(f"{self.name}, {name}", loss, by, self.shapes, eliminated)

    def _entry(self, letter: str) -> sp.Indexed:
        leads = (index for index, _ in self.output_lead)
        return sp.IndexedBase(letter)[(*leads, *(axis.o for axis in self.relations))]

    def _output(self) -> sp.Sum:
        guards: tuple[Boolean, ...] = ()
        places = tuple(axis.reads for axis in self.relations)
        if self.padding_mode == "circular":
            places = tuple(remainder(axis.reads, axis.n) for axis in self.relations)
        else:
            guards = tuple(guard for axis in self.relations for guard in axis.inside)
        entry = sp.IndexedBase("x")[(*(index for index, _ in self.input_lead), *places)]
        summed = [lead for lead in self.input_lead if lead not in self.output_lead]
        limits = [_limit(axis.k, axis.r) for axis in self.relations]
        limits += [_limit(*lead) for lead in summed]
        return sp.Sum(Iverson(*guards) * self.weight * entry, *limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidingLayer(ABC):
    """A layer that is a sliding sum.

    Attributes:
        dims: the number of axes, whose letters end in ``_1``, ``_2``, ... if there are several.
        channels: whether its arrays have channels.
        batch: whether there is a batch ``b``.
    """

    dims: int = 1
    channels: bool = False
    batch: bool = False

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The relation of each axis."""
        return relations(self.dims)

    @property
    @abstractmethod
    def sliding_sum(self) -> SlidingSum:
        """The sum that it is."""

    @property
    def forward(self) -> Form:
        """The layer: ``a``, summed over taps and input channels."""
        return form_of(self, "forward")

    @property
    def input_gather(self) -> Form:
        """``dx``, summed over taps: ``s`` divides."""
        return form_of(self, "input_gather")

    @property
    def input_scatter(self) -> Form:
        """``dx``, summed over outputs: ``t`` divides."""
        return form_of(self, "input_scatter")

    @property
    def forms(self) -> tuple[Form, ...]:
        """The layer and its derivatives."""
        return self.forward, self.input_gather, self.input_scatter


@cache
def form_of(layer: SlidingLayer, which: Which) -> Form:
    """Return one form of a layer; a derivation takes a tenth of a second, and is done once."""
    form: Form = getattr(layer.sliding_sum, which)()
    return form


def _limit(index: sp.Symbol, size: sp.Symbol) -> Limit:
    return index, sp.S.Zero, size - 1
