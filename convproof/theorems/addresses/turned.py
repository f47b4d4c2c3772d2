"""A fully connected layer whose images are rows reads and writes the same elements.

::

    by_rows      w''[n, c] = x'[n, c],   x''[r, c] = w'[r, c],   y''[n, r] = y[n, r]
    by_channels  y_bar'[n, c] = x'[n, c],   x''[c, r] = w[c, r],   w_bar'[n, r] = y[n, r]  if R = R'
    as_adjoint   y_bar[n, c] = x[n, c],   w[n, m] = y_bar[n, m],   x_bar[m, c] = w_bar[m, c]

for ``index_maps.fully_connected``, run on symbols: on the left an operand or the result of the
correlation, or of the weight's gradient, that is launched instead, on the right one of that which
is meant, of one group, position and tap; each side is where the element lies. ``C'`` and ``R'`` are
``C`` and ``R`` in whole units.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps import Sizes, Spread
from convproof.index_maps.address import flat
from convproof.index_maps.correlation import Laid, channels_last, forward
from convproof.index_maps.fully_connected import as_adjoint, by_channels, by_rows, one_tap
from convproof.symbolic.integers import SymbolicInt, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.addresses.lemmas import every, ranges
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "fully_connected.as_adjoint",
    "fully_connected.by_channels",
    "fully_connected.by_rows",
    "fully_connected.one_tap",
)
_SIZES = _N, _C, _R = tuple(map(size, ("N", "C", "R")))
_n, _c, _r = map(index, ("n", "c", "r"))


def _laid() -> Laid:
    """Return a fully connected layer of symbols, or its adjoint: they differ in their weights."""
    batch, channels, rows = map(SymbolicInt, _SIZES)
    one = (1,)
    return forward(
        Sizes(
            batch=batch, groups=1, in_channels=channels, out_channels=rows, input=one, kernel=one,
            output=one, stride=one, dilation=one, low=(0,),
        )
    )  # fmt: skip


def _left(laid: Laid, row: Any, c: Any) -> Any:
    """Return where ``w'`` is read: ``Correlation::row``, of one tap."""
    return term_of(flat((row, c), (1, laid.padded)))


def _right(laid: Laid, n: Any, o: Any, c: Any) -> Any:
    """Return where ``x'`` is read, of one group."""
    return term_of(flat((n, o, c), (1, laid.sizes.source[0], laid.padded)))


def _result(laid: Laid, row: Any, n: Any, q: Any) -> Any:
    """Return where ``y`` is written: ``Correlation::result``, of one group."""
    s = laid.sizes
    i = s.first[0] + s.spread[0] * q
    return term_of(flat((n, row, i), (1, s.rows, s.result[0])))


def _rows() -> Claim:
    meant = _laid()
    launched = by_rows(meant)
    return Claim(
        name="images as rows, positions as channels",
        goal=every(
            eq(_left(launched, _n, _c), _right(meant, _n, 0, _c)),
            eq(_right(launched, 0, _r, _c), _left(meant, _r, _c)),
            eq(_result(launched, _n, 0, _r), _result(meant, _r, _n, 0)),
        ),
    )


def _channels() -> Claim:
    """Return that the weight's gradient ``sum_c y_bar'[n, c] x''[c, r]`` is the adjoint's sum."""
    meant = _laid()
    launched = by_channels(meant)
    s, wide = launched.sizes, term_of(launched.padded)
    length = term_of(meant.padded)  # of a row of y_bar'
    w = channels_last(SymbolicInt(_right(launched, _c, 0, _r)), s.channels, launched.padded, 1)
    return Claim(
        name="images as rows, channels as images",
        goal=every(
            eq(_n * length + _c, _right(meant, _n, 0, _c)),
            eq(term_of(w.offset), _c * _R + _r),
            eq(_n * wide + _r, _result(meant, _r, _n, 0)),
            eq(term_of(s.rows), _N),
            eq(term_of(s.batch), _C),
        ),
        hypotheses=(eq(wide, _R), *ranges({_r: _R, _c: _C})),
    )


def _gradient() -> Claim:
    """Return the same of the adjoint that a weight's gradient is, by the plain maps."""
    s = _laid().sizes
    sizes = Sizes(
        batch=s.batch, groups=1, in_channels=s.channels, out_channels=s.rows, input=(1,),
        kernel=(1,), output=(1,), stride=(1,), dilation=(1,), low=(0,),
    )  # fmt: skip
    launched = Spread(as_adjoint(sizes))
    row, column, depth = map(SymbolicInt, (_r, _c, _n))
    right = launched.right(0, column, depth)
    result = launched.result(0, row, column)
    return Claim(
        name="a weight's gradient as an adjoint",
        goal=every(
            eq(term_of(launched.left(0, row, depth).offset), _n * _R + _r),
            eq(term_of(right.offset), _n * _C + _c),
            eq(term_of(result), _r * _C + _c),
            *right.inside,
        ),
        hypotheses=ranges({_n: _N, _c: _C, _r: _R}),
    )


def _tap() -> Claim:
    """Return that of one tap every position is read where it is written."""
    held = one_tap(*map(SymbolicInt, (_C, _N, _R))).input_of((SymbolicInt(_r),), (0,))
    return Claim(
        name="one tap meets the position that it is of",
        goal=every(eq(term_of(held.offset), _r), *held.inside),
        hypotheses=box(0, _r, _R),
    )


def _steps() -> Iterator[Claim]:
    yield from (_tap(), _rows(), _channels(), _gradient())


def _twin() -> Twin:
    step = _channels()
    return without(step, step.hypotheses[0])


PROOF = Proof(
    name="turned",
    statement="A fully connected layer whose images are rows reads and writes the same elements.",
    latex=r"x_{nC' + c}\,w_{rC' + c} \mapsto y_{nR + r},\quad x_{nC' + c}\,w_{cR' + r} \mapsto "
    r"y_{nR' + r}",
    source="lecture 7, fully connected layers",
    steps=_steps,
    twin=_twin,
)
