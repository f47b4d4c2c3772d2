"""The input derivative reads ``w`` and ``y_bar`` where they are, and writes ``x_bar`` where it is.

::

    row < C,  column < N I,  depth < M K        =>   0 <= left < G M C K,   0 <= result < N G C I
    and  0 <= i + p - t k,  s | i + p - t k,  o < O     =>   0 <= right < N G M O

for the map ``index_maps.Spread`` run on symbols, of one, two and three axes, where ``(n, i)`` are
decoded from the column, ``(m, k)`` from the depth, and ``o = floor((i + p - t k) / s)``. A
transposed convolution is the same map. Lemmas and instances as in ``correlated``.
"""

from collections.abc import Mapping

from convproof.index_maps import Spread
from convproof.symbolic.integers import Trace
from convproof.symbolic.solver.terms import Term
from convproof.theorems.addresses.contraction import all_in_arrays, computed, in_arrays
from convproof.theorems.addresses.symbols import w_end, x_end, y_end
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "contraction.Spread.extents",
    "contraction.Spread.left",
    "contraction.Spread.right",
    "contraction.Spread.result",
    "contraction.Sizes.output_of",
)


def _arrays(dims: int) -> Mapping[str, Term]:
    return {"left": w_end(dims), "right": y_end(dims), "result": x_end(dims)}


def _twin() -> Twin:
    _, right, _ = in_arrays(Spread, 1, _arrays(1))
    positive, _, _ = computed(Spread, 1, "right", Trace()).inside
    return without(right, positive)


PROOF = Proof(
    name="spread",
    statement="Every address of a convolution's input derivative lies inside its array.",
    latex=r"0 \le \bigl((nG + g)M + m\bigr)O + \tfrac{i + p - t k}{s} < N G M O",
    source="lecture 7, strided convolution: input derivative",
    steps=all_in_arrays(Spread, _arrays),
    twin=_twin,
)
