r"""Max pooling as a matrix: given the switches, the layer selects.

At one input off ties, where every window has one maximum::

    a = S x,    S[o,i] = [i is the switch of o],    dx = S^T da
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import gcd

import numpy as np

from convproof.layers import AvgPool, MaxPool
from convproof.numeric.reference import max_pool
from convproof.report.derivation.pictures import block_size
from convproof.report.model import (
    Badge,
    Block,
    Cell,
    Equation,
    Math,
    Matrix,
    Section,
    Strong,
    Text,
    Vector,
    Verdict,
)
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.index_sum import MaxPooling
from convproof.symbolic.letters import Letters

_GOLDEN = 0.618  # its multiples spread


def section(layer: AvgPool, derivation: Derivation) -> Section:
    """Return the selection of the maxima of the same windows, and its transpose."""
    x = values(derivation.triples.sizes[2])
    chosen = switches(derivation, x)
    return Section(
        title="Max pooling: a selection", blocks=tuple(_blocks(layer, derivation, x, chosen))
    )


def values(count: int) -> tuple[int, ...]:
    """Return the numbers from 1 to ``count`` out of their order: no window has a tie.

    Example:
        >>> values(6)
        (4, 1, 5, 2, 6, 3)
    """
    modulus = count + 1
    step = next(s for s in range(round(_GOLDEN * modulus), 0, -1) if gcd(s, modulus) == 1)
    return tuple(step * number % modulus for number in range(1, modulus))


def switches(derivation: Derivation, x: tuple[int, ...]) -> tuple[int, ...]:
    """Return where each window has its first maximum, in row-major order."""
    triples = derivation.triples
    found: dict[int, int] = {}
    for output, place in sorted(zip(triples.output.tolist(), triples.input.tolist(), strict=True)):
        if x[place] > x[found.setdefault(output, place)]:
            found[output] = place
    return tuple(found[output] for output in range(triples.sizes[0]))


def agrees(
    layer: AvgPool, derivation: Derivation, x: tuple[int, ...], chosen: tuple[int, ...]
) -> bool:
    """Return whether ``S x`` is the reference's maximum, and ``S^T da`` its input derivative.

    The inputs are different, so that the maxima alone tell which rows S has.
    """
    pool = MaxPool(
        kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding,
        dilation=layer.dilation, ceil_mode=layer.ceil_mode,
    )  # fmt: skip
    data = np.array(x).reshape(1, *derivation.x.shape)
    cotangent = np.arange(1, len(chosen) + 1)
    selected = np.zeros(len(x), dtype=int)
    np.add.at(selected, list(chosen), cotangent)
    forward = np.asarray(max_pool.forward(pool, data)).ravel()
    back = max_pool.input_vjp(pool, data, cotangent.reshape(1, *derivation.a.shape)).ravel()
    given = [x[place] for place in chosen]
    return forward.tolist() == given and np.array_equal(back, selected)


def _blocks(
    layer: AvgPool, derivation: Derivation, x: tuple[int, ...], chosen: tuple[int, ...]
) -> Iterator[Block]:
    S = _matrix(derivation, x, chosen)
    da, dx = (each.differential().spellings("latex") for each in (derivation.a, derivation.x))
    yield Text(
        "Where every window has one maximum, max pooling is linear nearby: its ",
        Strong("switches"), " ", Math("i^*(o)"), ", the positions of the maxima, make a matrix ",
        Math("S"), " that selects. Where two are equal there is no derivative, and by convention "
        f"{MaxPooling.ties}. At one input without ties, the 0s of a window are the inputs that it "
        "read and did not take:",
    )  # fmt: skip
    yield Equation(r"\mathbf{a} = S\,\mathbf{x}, \quad S_{oi} = \left[ i = i^*(o) \right]")
    yield S
    yield Text("Each cotangent goes back to the maximum alone:")
    yield Equation(r"d\mathbf{x} = S^\top d\mathbf{a}")
    yield replace(
        S, caption=("Its input derivative, ", Math(r"d\mathbf{x} = S^\top d\mathbf{a}"), "."),
        shape=S.shape[::-1], row_rules=S.column_rules, column_rules=S.row_rules,
        cells=tuple(replace(c, row=c.column, column=c.row) for c in S.cells),
        left=Vector(labels=dx), right=Vector(labels=da),
    )  # fmt: skip
    same = agrees(layer, derivation, x, chosen)
    yield Verdict(
        badge=Badge("equal" if same else "differs", "good" if same else "bad"),
        prose="to the maximum and to its input derivative as the reference computes them there.",
    )


def _matrix(derivation: Derivation, x: tuple[int, ...], chosen: tuple[int, ...]) -> Matrix:
    triples = derivation.triples
    read = sorted(zip(triples.output.tolist(), triples.input.tolist(), strict=True))
    spatial = block_size(derivation.a), block_size(derivation.x)
    outputs, inputs = triples.sizes[0], triples.sizes[2]
    a = [x[place] for place in chosen]
    return Matrix(
        caption=("Max pooling, ", Math(r"\mathbf{a} = S\,\mathbf{x}"), ", at one input."),
        description=(
            f"max pooling of the same windows: a matrix of {outputs} rows and {inputs} columns; "
            "each row has one 1, at the position of its window's maximum."
        ),
        shape=(outputs, inputs),
        cells=tuple(
            Cell(row=o, column=i, label="1" if i == chosen[o] else "0",
                 classes=(0,) if i == chosen[o] else ())
            for o, i in read
        ),
        left=_valued(derivation.a, a),
        right=_valued(derivation.x, x),
        row_rules=tuple(range(spatial[0], outputs, spatial[0])) if spatial[0] > 1 else (),
        column_rules=tuple(range(spatial[1], inputs, spatial[1])) if spatial[1] > 1 else (),
        key=((0, "1"),),
    )  # fmt: skip


def _valued(letters: Letters, numbers: Sequence[int]) -> Vector:
    names = letters.spellings("latex")
    return Vector(labels=tuple(f"{n} = {v}" for n, v in zip(names, numbers, strict=True)))
