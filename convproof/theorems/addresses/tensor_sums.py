"""The addresses of the products on tensor cores as ``tensor_products.cuh`` adds them up.

Of ``index_maps.correlation.Correlations``: ``N`` images, ``G`` groups, ``C`` channels of the source
and ``R`` rows of a group; along each axis ``S`` positions of the source, ``J`` taps, ``Q``
positions, ``Z`` positions of the result, and

::

    o = origin + stride q + step j          i = first + spread q
"""

from collections.abc import Sequence
from typing import Any

from convproof.index_maps import Correlations, Laid
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.theorems.addresses.sums import Sum
from convproof.theorems.addresses.symbols import C, G, N, axes, offsets

R = size("R")
PRODUCT, ROW, SPOT, CHANNEL, TAP = map(index, ("g", "row", "spot", "c", "tap"))


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
    """Return where ``x`` lies that a spot and a tap meet: ``spot_of`` and ``chunk_of``."""
    s, product = correlations(dims, trace), trace.integer(PRODUCT)
    apart = volume(s.source)
    n, *q = unflat(trace.integer(SPOT), (s.batch, *s.positions))
    start = [a + u * p for a, u, p in zip(s.origin, s.stride, q, strict=True)]
    base = (n * s.groups + product) * s.channels * apart
    channel = trace.integer(CHANNEL) * apart
    _, *j = unflat(trace.integer(TAP), (1, *s.taps))
    step = [v * p for v, p in zip(s.step, j, strict=True)]
    always = len(trace.partials)
    o = [a + b for a, b in zip(start, step, strict=True)]  # modulo 2^32, as all that follows
    inside = [c for p, end in zip(o, s.source, strict=True) for c in (p >= 0, p < end)]
    return Sum(base + channel + flat(o, s.source), tuple(inside), always, (n, *o))


def answer(dims: int, trace: Trace) -> Sum:
    """Return where ``y_bar`` lies of a row and a spot: ``Pairing::row`` and ``left``."""
    s, product, row = correlations(dims, trace), trace.integer(PRODUCT), trace.integer(ROW)
    n, *q = unflat(trace.integer(SPOT), (s.batch, *s.positions))
    left = n * s.groups * s.rows * volume(s.positions) + flat(q, s.positions)
    always = len(trace.partials)
    return Sum((product * s.rows + row) * volume(s.positions) + left, (), always, (n, *q))


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
