"""What the library says of the variants: sizes, counts and matrices, at given sizes."""

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import sympy as sp

from convproof.axes import Axis
from convproof.layers import Conv, Linear
from convproof.report.lecture.claim import Formula, Rule, Table
from convproof.symbolic import Derivation, derive

_Points = tuple[tuple[int, ...], ...]


@cache
def example(p: int = 0, s: int = 1, t: int = 1, n: int = 7, r: int = 3) -> Derivation:
    """Return the derivation of the lecture's example, ``n = 7, r = 3``."""
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(r,), stride=(s,), padding=((p, p),),
        dilation=(t,),
    )  # fmt: skip
    return derive(layer, (n,))


def matrix(which: str, **sizes: int) -> Table:
    """Return a matrix of the example: ``T``, its transpose ``W``, or ``D`` of ``dw = D x``."""
    derivation = example(**sizes)
    reading = {
        "T": derivation.toeplitz,
        "W": derivation.toeplitz.transposed,
        "D": derivation.star,
    }[which]
    rows = reading.sparse().tolist()
    return Table("\n".join(" ".join(map(_entry, row)) for row in rows))


def _entry(entry: Any) -> str:
    return "." if entry == 0 else str(entry).replace("_", "").replace("da", "a")


def _legal(names: tuple[str, ...], **ranges: range) -> _Points:
    """Return the sizes at which the dilated kernel fits into the padded input."""
    found = []
    for point in product(*(ranges[name] for name in names)):
        at = dict(zip(names, point, strict=True))
        n = at.get("n", at.get("w", 0))
        span = (at["r"] - 1) * at.get("t", 1) + 1
        if span <= n + 2 * at.get("p", 0):
            found.append(point)
    return tuple(found)


_N, _R, _S, _T, _P = range(1, 9), range(1, 5), range(1, 4), range(1, 4), range(3)
_RANGES = {"n": _N, "r": _R, "s": _S, "t": _T, "p": _P}


def _outputs(n: int, r: int, s: int = 1, p: int = 0, t: int = 1) -> int:
    return Axis(input_size=n, kernel_size=r, stride=s, padding=(p, p), dilation=t).output_size


def standard_size() -> Rule:
    """Return ``n'`` of ``(n, r)``."""
    return Rule(
        letters=("n", "r"),
        points=_legal(("n", "r"), **_RANGES),
        at=_outputs,
        right=Formula("n - r + 1"),
    )


def padded_size() -> Rule:
    """Return ``n'`` of ``(n, r, p)``."""
    names = ("n", "r", "p")
    return Rule(
        letters=names,
        points=_legal(names, **_RANGES),
        at=lambda n, r, p: _outputs(n, r, p=p),
        right=Formula("(n + 2*p) - r + 1"),
    )


def preserved_size() -> Rule:
    """Return ``n'`` of ``(n, l)``, for ``2 l + 1`` taps and padding ``l``."""
    return Rule(
        letters=("n", "l"),
        points=tuple(product(_N, range(4))),
        at=lambda n, l: _outputs(n, 2 * l + 1, p=l),  # the lecture's letter
        right=Formula("n"),
    )


def strided_size() -> Rule:
    """Return ``n'`` of ``(n, r, s)``."""
    names = ("n", "r", "s")
    return Rule(
        letters=names,
        points=_legal(names, **_RANGES),
        at=_outputs,
        right=Formula("floor((n - r)/s) + 1"),
    )


def pooled_size() -> Rule:
    """Return ``n'`` of ``(n, s)``, for a window of ``r = s``."""
    points = tuple((n, s) for n, s in product(range(1, 13), range(1, 5)) if s <= n)
    return Rule(
        letters=("n", "s"),
        points=points,
        at=lambda n, s: _outputs(n, s, s),
        right=Formula("floor(n/s)"),
    )


def span() -> Rule:
    """Return ``r-hat`` of ``(r, t)``."""
    return Rule(
        letters=("r", "t"),
        points=tuple(product(range(1, 6), range(1, 5))),
        at=lambda r, t: Axis(input_size=99, kernel_size=r, dilation=t).span,
        right=Formula("r + (r - 1)*(t - 1)"),
    )


def dilated_size() -> Rule:
    """Return ``n'`` of ``(n, R)``, ``R`` for ``r-hat``: any span is that of some kernel."""
    points = tuple((n, R) for n, R in product(range(1, 12), range(1, 10)) if n >= R)
    return Rule(
        letters=("n", "R"),
        points=points,
        at=lambda n, R: _outputs(n, 2, t=R - 1) if R > 1 else _outputs(n, 1),
        right=Formula("n - R + 1"),
    )


def general_size(letter: str) -> Rule:
    """Return ``w'`` of ``(w, R, s, p)``, or ``h'``, ``R`` for ``r-hat``."""
    points = tuple(
        (n, R, s, p) for n, R, s, p in product(range(1, 8), range(1, 6), _S, _P) if n + 2 * p >= R
    )
    return Rule(
        letters=(letter, "R", "s", "p"),
        points=points,
        at=_outputs,
        right=Formula(f"floor(({letter} + 2*p - R)/s) + 1"),
    )


_COUNTS = tuple(product(range(1, 4), repeat=3))


def _layer(r: int, k: int, out: int) -> Conv:
    return Conv(
        in_channels=k, out_channels=out, kernel_size=(r, r), stride=(1, 1),
        padding=((0, 0), (0, 0)), dilation=(1, 1),
    )  # fmt: skip


def _of_layer(count: Callable[[Conv], int], text: str) -> Rule:
    """Return a count of ``(r, k, K)``, ``K`` for ``k'``."""
    return Rule(
        letters=("r", "k", "K"),
        points=_COUNTS,
        at=lambda r, k, K: count(_layer(r, k, K)),
        right=Formula(text),
    )


def weights() -> Rule:
    """Return the weights of a layer of ``r x r`` taps, ``k`` and ``K`` channels."""
    return _of_layer(lambda c: sp.prod(c.parameter_shapes["weight"]), "r**2*k*K")


def biases() -> Rule:
    """Return its biases."""
    return _of_layer(lambda c: sp.prod(c.parameter_shapes["bias"]), "K")


def parameters() -> Rule:
    """Return its parameters."""
    return _of_layer(lambda c: c.parameters, "(r**2*k + 1)*K")


def operations() -> Rule:
    """Return its operations for outputs of ``W x H``; ``v`` is the output volume."""
    points = tuple((*point, w, h) for point in _COUNTS for w, h in ((1, 1), (2, 1), (2, 3)))

    def at(r: int, k: int, K: int, W: int, H: int) -> int:
        return _layer(r, k, K).operations((1, k, H + r - 1, W + r - 1))

    return Rule(
        letters=("r", "k", "K", "W", "H"), points=points, at=at, right=Formula("(r**2*k + 1)*K*W*H")
    )


def volume(out: bool) -> Rule:
    """Return how many numbers there are in an input, ``w h k``, or in an output."""
    names = ("W", "H", "K") if out else ("w", "h", "k")

    def at(w: int, h: int, k: int) -> int:
        return int(sp.prod(_layer(2, 2, k).output_shape((1, 2, h + 1, w + 1))))

    return Rule(letters=names, points=_COUNTS, at=at, right=Formula("*".join(names)))


def maxout_cost() -> Rule:
    """Return by how much ``k`` affine functions a unit cost more than one."""
    points = tuple((k, n, m) for k, n, m in _COUNTS)

    def at(k: int, n: int, m: int) -> int:
        unit, many = (Linear(in_features=n, out_features=m * j) for j in (1, k))
        return many.operations((1, n)) // unit.operations((1, n))

    return Rule(letters=("k", "n", "m"), points=points, at=at, right=Formula("k"))


def penalty() -> Rule:
    """Return the penalty on what is no banded Toeplitz matrix, 2x3 with a kernel of two.

    ``lam/2`` times the squares of the differences along each diagonal of the band, and of what is
    off it; ``w1 .. w6`` are the entries row by row.
    """
    triples = Axis(input_size=3, kernel_size=2).triples()
    tap = {(o, i): k for o, k, i in zip(*map(list, _lists(triples)), strict=True)}

    def at(*given: int) -> Any:
        entry = {(o, i): given[3 * o + i] for o, i in product(range(2), range(3))}
        total = 0
        for (o, i), w in entry.items():
            if (o, i) not in tap:
                total += w**2
            elif (o + 1, i + 1) in tap:
                total += (entry[o + 1, i + 1] - w) ** 2
        return sp.Rational(given[6] * total, 2)

    letters = tuple(f"w{i}" for i in range(1, 7))
    points = tuple(product((0, 1, 3), (0, 2), (0, 5), (1, 4), (0, 3), (1, 2), (3, 5)))
    right = Formula("lam/2*((w6 - w2)**2 + (w5 - w1)**2 + w3**2 + w4**2)")
    return Rule(letters=(*letters, "lam"), points=points, at=at, right=right)


def gaussian() -> Rule:
    """Return ``-log p(w)`` of a Gaussian of precision ``lam`` around 0, less that of 0."""
    from sympy.stats import Normal, density

    def at(w: int, lam: int) -> Any:
        p = density(Normal("w", 0, 1 / sp.sqrt(lam)))
        return sp.simplify(-sp.log(p(w) / p(0)))

    points = tuple(product((-1, 0, 2, 3), (1, 2, 5)))
    return Rule(letters=("w", "lam"), points=points, at=at, right=Formula("lam/2*w**2"))


def _lists(triples: Any) -> tuple[list[int], ...]:
    return triples.output.tolist(), triples.tap.tolist(), triples.input.tolist()


def centres() -> tuple[tuple[str, str], ...]:
    """Return of which mean every penalised entry is a Gaussian: the one before it, or zero."""
    triples = Axis(input_size=3, kernel_size=2).triples()
    band = {(o, i) for o, _, i in zip(*_lists(triples), strict=True)}
    found = []
    for o, i in product(range(2), range(3)):
        if (o, i) not in band:
            found.append((f"w{3 * o + i + 1}", "0"))
        elif (o - 1, i - 1) in band:
            found.append((f"w{3 * o + i + 1}", f"w{3 * (o - 1) + i}"))
    return tuple(found)
