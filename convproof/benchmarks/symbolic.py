"""The symbolic layer against SymPy: the same matrices, and the same Jacobians.

As integer triples all readings of a layer cost milliseconds and grow with the number of triples.
To SymPy's own matrices, the rivals are filling a ``SparseMatrix`` from a dictionary that plain
loops make, and ``.jacobian`` of the polynomials. SymPy's cache is cleared before each timing, or a
second one would look free; results are compared before a ratio is given.
"""

from collections.abc import Callable
from itertools import product
from math import inf
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.cache import clear_cache

from convproof.benchmarks.protocol import Call, seconds_of
from convproof.benchmarks.tables import aligned
from convproof.layers import Conv
from convproof.symbolic import Derivation, Reading, derive

JACOBIAN_SECONDS = 30.0  # the largest size that finishes in this time is compared
_SIZES = ((16, 4), (32, 4), (32, 8), (64, 8), (64, 16))  # (size, channels): up to 9.24 million
_JACOBIAN_SIZES = (3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32)

Record = dict[str, Any]


def measure(rounds: int, on: Callable[[str], None], *, quick: bool = False) -> Record:
    """Return the three comparisons; a quick one is small."""
    sizes = ((4, 1), (6, 1), (8, 1)) if quick else _SIZES
    on("readings as triples")
    triples = [_as_triples(size, channels, rounds) for size, channels in sizes]
    on("SymPy matrices")
    size, channels = sizes[0]
    filled = _against_filling(size, channels, rounds)
    on(f"SymPy's own jacobian, up to {JACOBIAN_SECONDS:g} s")
    jacobian = _against_jacobian(_JACOBIAN_SIZES[:2] if quick else _JACOBIAN_SIZES)
    return {"triples": triples, "filling": filled, "jacobian": jacobian}


def text(record: Record) -> str:
    """Return the tables."""
    heading = ["3x3, padding 1", "triples", "ms", "ns / triple", "MB"]
    rows = [
        [
            row["layer"], f"{row['triples']:,}", f"{row['ms']:.2f}",
            f"{1e6 * row['ms'] / row['triples']:.0f}", f"{row['bytes'] / 1e6:.2f}",
        ]
        for row in record["triples"]
    ]  # fmt: skip
    titles = ["to SymPy", "", "ours s", "SymPy s", "ratio", "equal"]
    rivals = [
        [
            part["what"], part["layer"], f"{part['ours_s']:.4f}", f"{part['sympy_s']:.4f}",
            f"{part['ratio']:.1f}", "yes" if part["equal"] else "NO",
        ]
        for part in (record["filling"], record["jacobian"])
    ]  # fmt: skip
    first = "all readings and derivatives (T, U, D and their transposes) as integer triples"
    return f"{first}\n{aligned(heading, rows)}\n\n{aligned(titles, rivals, words=2)}"


def _layer(channels: int) -> Conv:
    return Conv(
        in_channels=channels,
        out_channels=channels,
        kernel_size=(3, 3),
        stride=(1, 1),
        padding=((1, 1), (1, 1)),
        dilation=(1, 1),
        bias=False,
    )


def _name(size: int, channels: int) -> str:
    return f"{size}x{size}, {channels} -> {channels} channels"


def _readings(derivation: Derivation) -> tuple[Reading, ...]:
    """Return ``T, U, D``, and ``T^T, U^T`` of the derivatives: all share the triples' arrays."""
    T, U = derivation.toeplitz, derivation.unfold
    return T, U, derivation.star, T.transposed, U.transposed


def _as_triples(size: int, channels: int, rounds: int) -> Record:
    layer = _layer(channels)
    seconds, readings = _best(lambda: _readings(derive(layer, (size, size))), rounds)
    legs = {id(leg): leg for r in readings for leg in (r.rows, r.columns, r.entries)}
    return {
        "layer": _name(size, channels),
        "triples": len(readings[0].rows),
        "ms": round(seconds * 1e3, 3),
        "bytes": sum(leg.nbytes for leg in legs.values()),
    }


def _against_filling(size: int, channels: int, rounds: int) -> Record:
    """Compare from the layer to ``T`` and ``U`` as SymPy's matrices."""
    layer = _layer(channels)

    def ours() -> tuple[sp.SparseMatrix, ...]:
        derivation = derive(layer, (size, size))
        return derivation.toeplitz.sparse(), derivation.unfold.sparse()

    mine, found = _best(ours, rounds)
    theirs, filled = _best(lambda: _filled(size, channels), rounds)
    return _comparison(
        "T and U, filling SparseMatrix", _name(size, channels), mine, theirs, found, filled
    )


def _filled(size: int, channels: int) -> tuple[sp.SparseMatrix, ...]:
    """Return ``T`` and ``U`` as one would write them with SymPy alone."""
    x, w = _symbols(size, channels)
    T, U = {}, {}
    positions = list(product(range(size), repeat=2))
    for m, c in product(range(channels), repeat=2):
        for (o, p), (k, l) in product(positions, product(range(3), repeat=2)):
            i, j = o + k - 1, p + l - 1
            if 0 <= i < size and 0 <= j < size:
                row, column = (m * size + o) * size + p, (c * size + i) * size + j
                tap = ((m * channels + c) * 3 + k) * 3 + l
                T[row, column], U[row, tap] = w[tap], x[column]
    rows = channels * size * size
    return sp.SparseMatrix(rows, rows, T), sp.SparseMatrix(rows, len(w), U)


def _against_jacobian(sizes: tuple[int, ...]) -> Record:
    """Compare ``da/dx = T`` and ``da/dw = U`` at the largest size that SymPy finishes in time.

    The polynomials are given to SymPy; its time is that of the two Jacobians alone.
    """
    found: Record = {}
    previous = (inf, 0)
    for size in sizes:
        seconds, entries = previous
        if found and seconds * ((size * size / entries) ** 2) > JACOBIAN_SECONDS:
            break
        comparison = _jacobian(size)
        if found and comparison["sympy_s"] > JACOBIAN_SECONDS:
            break
        found, previous = comparison, (comparison["sympy_s"], size * size)
    return found


def _jacobian(size: int) -> Record:
    layer = _layer(1)
    x, w = map(sp.Matrix, _symbols(size, 1))
    a = sp.Matrix(derive(layer, (size, size)).forward())

    def ours() -> tuple[sp.SparseMatrix, ...]:
        derivation = derive(layer, (size, size))
        return derivation.toeplitz.sparse(), derivation.unfold.sparse()

    mine, found = _best(ours, 3)
    theirs, jacobians = _best(lambda: (a.jacobian(x), a.jacobian(w)), 1)
    return _comparison("T and U, .jacobian", _name(size, 1), mine, theirs, found, jacobians)


def _symbols(size: int, channels: int) -> tuple[list[sp.Symbol], list[sp.Symbol]]:
    """Return the symbols of ``x`` and ``w`` under the names that a derivation gives them."""
    derivation = derive(_layer(channels), (size, size))
    return list(derivation.x.symbols()), list(derivation.w.symbols())


def _best(call: Call, rounds: int) -> tuple[float, Any]:
    least, result = inf, None
    for _ in range(max(1, rounds)):
        clear_cache()
        seconds, result = seconds_of(call)
        least = min(least, seconds)
    return least, result


def _comparison(
    what: str, layer: str, ours: float, theirs: float, found: Any, expected: Any
) -> Record:
    equal = all(np.all(a == b) for a, b in zip(found, expected, strict=True))
    return {
        "what": what,
        "layer": layer,
        "ours_s": round(ours, 5),
        "sympy_s": round(theirs, 5),
        "ratio": round(theirs / ours, 2),
        "equal": bool(equal),
    }
