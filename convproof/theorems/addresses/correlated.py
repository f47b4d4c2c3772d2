"""A convolution reads ``w`` and ``x`` where they are, and writes ``y`` where it is.

::

    row < M,  column < N O,  depth < C K        =>   0 <= left < G M C K,   0 <= result < N G M O
    and  0 <= s o + t k - p < I  along each axis    =>   0 <= right < N G C I

for the map ``index_maps.Correlated`` run on symbols, of one, two and three axes, where ``(n, o)``
are decoded from the column and ``(c, k)`` from the depth. The lemmas say where a quotient lies, and
a row-major number; of every quotient and number of the map, an instance is among the hypotheses.
"""

from collections.abc import Mapping

from convproof.index_maps import Correlated
from convproof.symbolic.integers import Trace
from convproof.symbolic.solver.terms import Term
from convproof.theorems.addresses.contraction import all_in_arrays, computed, in_arrays
from convproof.theorems.addresses.symbols import w_end, x_end, y_end
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "contraction.Correlated.extents",
    "contraction.Correlated.left",
    "contraction.Correlated.right",
    "contraction.Correlated.result",
    "contraction.Sizes.input_of",
    "contraction.Sizes.weight",
    "contraction.Sizes.image",
    "contraction.Sizes.answer",
)


def _arrays(dims: int) -> Mapping[str, Term]:
    return {"left": w_end(dims), "right": x_end(dims), "result": y_end(dims)}


def _twin() -> Twin:
    _, right, _ = in_arrays(Correlated, 1, _arrays(1))
    _, below = computed(Correlated, 1, "right", Trace()).inside
    return without(right, below)


PROOF = Proof(
    name="correlated",
    statement="Every address that a convolution reads or writes lies inside its array.",
    latex=r"0 \le \bigl((nG + g)C + c\bigr)I + s o + t k - p < N G C I",
    source="lecture 7, convolution on feature maps",
    steps=all_in_arrays(Correlated, _arrays),
    twin=_twin,
)
