"""The addresses of the products on tensor cores as ``tensor_products.cuh`` adds them up.

Of ``index_maps.correlation.Correlations``: ``N`` images, ``G`` groups, ``C`` channels of the
source, ``C'`` with the zeros that fill the last unit, and ``R`` rows of a group; along each axis
``S`` positions of the source, ``J`` taps, ``Q`` positions, ``Z`` positions of the result, and

::

    o = origin + stride q + step j          i = first + spread q

A row of ``y_bar`` that is laid out anew has a length ``Y``.
"""

from collections.abc import Sequence
from typing import Any

from convproof.index_maps import Correlations, Laid
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.theorems.addresses.sums import Sum
from convproof.theorems.addresses.symbols import C, G, N, axes, offsets

R, PADDED, LENGTH = map(size, ("R", "C'", "Y"))
PRODUCT, ROW, SPOT, CHANNEL, TAP, DEPTH = map(index, ("g", "row", "spot", "c", "tap", "depth"))


def correlations(dims: int, trace: Trace | None = None) -> Correlations:
    """Return a correlation of symbols; what is no size may be any integer."""
    made = trace or Trace()

    def of(letters: Sequence[Any]) -> Any:
        return tuple(map(made.integer, letters))

    batch, groups, channels, rows = of((N, G, C, R))
    return Correlations(
        batch=batch,
        groups=groups,
        channels=channels,
        rows=rows,
        source=of(axes("S", dims)),
        taps=of(axes("J", dims)),
        positions=of(axes("Q", dims)),
        result=of(axes("Z", dims)),
        origin=of(offsets("a", dims)),
        stride=of(axes("u", dims)),
        step=of(offsets("v", dims)),
        first=of(offsets("f", dims)),
        spread=of(axes("h", dims)),
    )


def laid(dims: int, trace: Trace, *, adjoint: bool) -> Laid:
    """Return where the weights of a correlation lie, of symbols."""
    kernel, apart = (tuple(map(trace.integer, axes(letter, dims))) for letter in ("K", "b"))
    tap = tuple(map(trace.integer, offsets("d", dims)))
    return Laid(correlations(dims, trace), kernel, tap, apart, adjoint=adjoint)


def source(dims: int, trace: Trace) -> Sum:
    """Return where ``x'`` lies that a spot and a tap meet: ``spot`` and ``chunk`` together."""
    s, product = correlations(dims, trace), trace.integer(PRODUCT)
    n, *q = unflat(trace.integer(SPOT), (s.batch, *s.positions))
    start = [a + u * p for a, u, p in zip(s.origin, s.stride, q, strict=True)]
    base = (n * s.groups + product) * volume(s.source)
    _, *j = unflat(trace.integer(TAP), (1, *s.taps))
    step = [v * p for v, p in zip(s.step, j, strict=True)]
    always = len(trace.partials)
    o = [a + b for a, b in zip(start, step, strict=True)]  # modulo 2^32, as all that follows
    inside = [c for p, end in zip(o, s.source, strict=True) for c in (p >= 0, p < end)]
    offset = (base + flat(o, s.source)) * trace.integer(PADDED) + trace.integer(CHANNEL)
    return Sum(offset, tuple(inside), always, (n, *o))


def weights(dims: int, trace: Trace) -> Sum:
    """Return where ``w'`` lies of a row, a tap's channel being a depth: ``Correlation::row``."""
    s, product, row = correlations(dims, trace), trace.integer(PRODUCT), trace.integer(ROW)
    depths = volume(s.taps) * trace.integer(PADDED)
    row = product * s.rows + row
    always = len(trace.partials)
    return Sum(row * depths + trace.integer(DEPTH), (), always)


def answer(dims: int, trace: Trace) -> Sum:
    """Return where ``y_bar`` lies, as it is given: ``Pairing::row`` and ``beyond``."""
    s, product, row = correlations(dims, trace), trace.integer(PRODUCT), trace.integer(ROW)
    n, *q = unflat(trace.integer(SPOT), (s.batch, *s.positions))
    beyond = n * s.groups * s.rows * volume(s.positions) + flat(q, s.positions)
    row = product * s.rows + row
    always = len(trace.partials)
    return Sum(row * volume(s.positions) + beyond, (), always, (n, *q))


def answer_rows(dims: int, trace: Trace) -> Sum:
    """Return where ``y_bar'`` lies, whose rows are laid out anew: the same."""
    s, product, row = correlations(dims, trace), trace.integer(PRODUCT), trace.integer(ROW)
    row = product * s.rows + row
    always = len(trace.partials)
    return Sum(row * trace.integer(LENGTH) + trace.integer(SPOT), (), always)


def result(dims: int, trace: Trace) -> Sum:
    """Return where ``y`` lies of a row and a spot: ``Correlation::result``.

    It adds ``first``, then ``spread q``: ``int32_tensor`` says what lies between, of one axis.
    """
    s, product, row = correlations(dims, trace), trace.integer(PRODUCT), trace.integer(ROW)
    n, *q = unflat(trace.integer(SPOT), (s.batch, *s.positions))
    i: Any = 0
    at = []
    for size_, f, h, p in zip(s.result, s.first, s.spread, q, strict=True):
        at.append(f + h * p)
        i = i * size_ + at[-1]
    inside = [c for p, end in zip(at, s.result, strict=True) for c in (p >= 0, p < end)]
    offset = ((n * s.groups + product) * s.rows + row) * volume(s.result) + i
    return Sum(offset, tuple(inside), len(trace.partials), (n, *at))
