"""The weight derivative reads ``y_bar`` and ``x`` where they are, and writes ``w_bar`` where it is.

::

    row < M,  column < C K,  depth < N O        =>   0 <= left < N G M O,   0 <= result < G M C K
    and  0 <= s o + t k - p < I  along each axis    =>   0 <= right < N G C I

for the map ``index_maps.Paired`` run on symbols, of one, two and three axes, where ``(c, k)`` are
decoded from the column and ``(n, o)`` from the depth. Lemmas and instances as in ``correlated``.
"""

from collections.abc import Mapping
from dataclasses import replace

from convproof.index_maps import Paired
from convproof.symbolic.solver.terms import Term, le, lt
from convproof.theorems.addresses.contraction import DEPTH, all_in_arrays, extents, in_arrays
from convproof.theorems.addresses.symbols import w_end, x_end, y_end
from convproof.theorems.proof import Proof, Twin

PROVES = (
    "contraction.Paired.extents",
    "contraction.Paired.left",
    "contraction.Paired.right",
    "contraction.Paired.result",
)


def _arrays(dims: int) -> Mapping[str, Term]:
    return {"left": y_end(dims), "right": x_end(dims), "result": w_end(dims)}


def _twin() -> Twin:
    step, _, _ = in_arrays(Paired, 1, _arrays(1))
    end = extents(Paired, 1)[DEPTH]
    longer = tuple(le(DEPTH, end) if h == lt(DEPTH, end) else h for h in step.hypotheses)
    return Twin(changed="a sum over depth <= N O", of=step, step=replace(step, hypotheses=longer))


PROOF = Proof(
    name="paired",
    statement="Every address of a convolution's weight derivative lies inside its array.",
    latex=r"0 \le \bigl((gM + m)C + c\bigr)K + k < G M C K",
    source="lecture 7, standard convolution: weight derivative",
    steps=all_in_arrays(Paired, _arrays),
    twin=_twin,
)
