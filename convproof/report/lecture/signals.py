"""What the library says of signals: sums over its triples, in letters.

``x`` has the letters ``x_0 .. x_2``, ``h`` and ``w`` have ``h_0, h_1`` and ``w_0 .. w_2``; beyond
these they vanish.
"""

from collections.abc import Callable
from typing import Any

import sympy as sp

from convproof.axes import Axis, SignalAxis
from convproof.geometry import Geometry
from convproof.report.lecture.claim import Formula, Rule, Table
from convproof.triples import Triples

_AROUND = range(-4, 7)
_EVERYWHERE = range(-9, 13)


def signal(name: str, *sizes: int) -> Callable[..., Any]:
    """Return a signal of given support, one letter a position."""

    def at(*indices: int) -> Any:
        inside = all(0 <= i < n for i, n in zip(indices, sizes, strict=True))
        return sp.Symbol(f"{name}_{'_'.join(map(str, indices))}") if inside else sp.Integer(0)

    return at


_x, _h, _w = signal("x", 3), signal("h", 2), signal("w", 3)


_PRODUCT, _SUM = Formula("w(i, j)*x(i, n)", ("i",)), Formula("w(i, j, k)*x(i, k + n)", ("i", "k"))


def impulse(n: int) -> int:
    """Return ``1[n = 0]``."""
    return int(n == 0)


def _sums(triples: Triples, weight: Callable[..., Any], read: Callable[..., Any]) -> dict[int, Any]:
    """Return every output of a relation, of one axis without channels."""
    found: dict[int, Any] = dict.fromkeys(range(triples.sizes[0]), sp.Integer(0))
    for o, k, i in zip(triples.output, triples.tap, triples.input, strict=True):
        found[int(o)] += weight(int(k)) * read(int(i))
    return found


def _rule(found: dict[int, Any], right: Formula, **functions: Any) -> Rule:
    """Return the rule of a signal, whose formula is right where it is written so."""
    return Rule(
        letters=("n",),
        points=tuple((n,) for n in _AROUND),
        at=lambda n: found.get(n, sp.Integer(0)),
        right=right,
        functions=functions,
        indices=_EVERYWHERE,
    )


def _shifted(k: int, of: Callable[[int], Any]) -> Callable[[int], Any]:
    """Return ``s_k`` of a signal: ``s(k, h)(n)`` is ``h[n - k]``."""
    return lambda n: of(n - k)


def convolution() -> Rule:
    """Return ``(x * h)[n]``, read from the flipped axis on the integers."""
    found = _sums(SignalAxis(input_size=3, kernel_size=2).triples(), _h, _x)
    return _rule(found, Formula("x(k)*h(n - k)", ("k",)), x=_x, h=_h, s=_shifted)


def correlation() -> Rule:
    """Return ``(h ⋆ x)[n]``, read from the layers' axis; ``xh(n)`` is ``(x ⋆ h)[n]``."""
    found = _correlated(_h, 2, _x, 3)
    other = _correlated(_x, 3, _h, 2)
    return _rule(
        found,
        Formula("h(k)*x(k + n)", ("k",)),
        x=_x,
        h=_h,
        xh=lambda n: other.get(n, sp.Integer(0)),
    )


def _correlated(w: Callable[..., Any], r: int, x: Callable[..., Any], n: int) -> dict[int, Any]:
    axis = Axis(input_size=n, kernel_size=r, padding=(r - 1, r - 1))
    return {o - (r - 1): total for o, total in _sums(axis.triples(), w, x).items()}


def identity() -> Rule:
    """Return ``(x * δ)[n]``: the convolution with the unit impulse."""
    found = _sums(SignalAxis(input_size=3, kernel_size=1).triples(), lambda _: 1, _x)
    functions = {"x": _x, "delta": impulse, "s": _shifted}
    return _rule(found, Formula("x(k)*delta(n - k)", ("k",)), **functions)


def translation() -> Rule:
    """Return ``s_k(x)[n]``, the convolution with the impulse at ``k``, for ``k >= 0``."""

    def at(k: int, n: int) -> Any:
        kernel = SignalAxis(input_size=3, kernel_size=k + 1)
        return _sums(kernel.triples(), lambda tap: int(tap == k), _x).get(n, sp.Integer(0))

    points = tuple((k, n) for k in range(4) for n in _AROUND)
    right = Formula("x(n - k)")
    return Rule(letters=("k", "n"), points=points, at=at, right=right, functions={"x": _x})


def response() -> Rule:
    """Return the impulse response of ``w ⋆``: its answer to the unit impulse."""
    found = _correlated(_w, 3, impulse, 1)
    return _rule(found, Formula("w(-n)"), w=_w)


def feature_maps(taps: int) -> Rule:
    """Return ``(W^T ⋆ x)_j[n]`` of two input and two output features."""
    geometry = Geometry(axes=(Axis(input_size=4, kernel_size=taps),), in_channels=2, out_channels=2)
    positions = geometry.output_size[0]
    found: dict[tuple[int, int], Any] = {}
    for triple in zip(*_columns(geometry.triples()), strict=True):
        (j, n), (m, i, k) = divmod(triple[0], positions), _tap(triple[1], taps)
        letter = sp.Symbol(f"w_{i}_{m}_{k}")
        channel, position = divmod(triple[2], 4)
        found[j, n] = found.get((j, n), 0) + letter * sp.Symbol(f"x_{channel}_{position}")
    functions = {"w": _weight(taps), "x": signal("x", 2, 4)}
    return Rule(
        letters=("j", "n"),
        points=tuple(sorted(found)),
        at=lambda j, n: found[j, n],
        right=_PRODUCT if taps == 1 else _SUM,
        functions=functions,
        indices=range(-1, 4),
    )


def _weight(taps: int) -> Callable[..., Any]:
    letters = signal("w", 2, 2, taps)
    return letters if taps > 1 else lambda i, j: letters(i, j, 0)


def _columns(triples: Triples) -> tuple[list[int], ...]:
    return triples.output.tolist(), triples.tap.tolist(), triples.input.tolist()


def _tap(weight: int, taps: int) -> tuple[int, int, int]:
    channels, k = divmod(weight, taps)
    m, i = divmod(channels, 2)
    return m, i, k


def window(*, flipped: bool) -> Table:
    """Return where the taps ``1 .. 9`` of a 3x3 kernel lie on the input, for one output."""
    axis: Any = (
        SignalAxis(input_size=3, kernel_size=3, mode="valid")
        if flipped
        else Axis(input_size=3, kernel_size=3)
    )
    triples = Geometry(axes=(axis, axis)).triples()
    tap_at = dict(zip(triples.input.tolist(), triples.tap.tolist(), strict=True))
    return Table(
        "\n".join(" ".join(str(tap_at[3 * i + j] + 1) for j in range(3)) for i in range(3))
    )
