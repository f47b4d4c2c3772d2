"""Low rank: ``W = U V^T`` is a 1x1 bottleneck of ``m`` channels, then a convolution out of it.

The weights as a matrix of ``r k'`` rows, taps and outputs, and ``k`` columns, are a product
in which ``U`` and ``V`` have ``m`` columns, so of rank ``m`` at most; along an axis::

    sum_{c, k} (sum_q U[l, q, k] V[c, q]) x[c, i]  =  sum_{q, k} U[l, q, k] z[q, i],
    z[q, i] = sum_c V[c, q] x[c, i],                       i = s o + t k - p_low

Per position ``m (k + r k')`` products take the place of ``r k k'``. The bottleneck has no bias: the
padding of ``z`` is zero. With an activation after it, as in GoogLeNet, it is no longer the same
function.
"""

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_inputs, _rank, _rows = size("k"), size("m"), size("r k'")
_o, _l = index("o"), index("l")
_TWICE = le(2 * _rank, _inputs)


def _bottleneck() -> SameSum:
    """Return that the bottleneck's tap ``e``, of which there is one, changes no position."""
    channel, tap, q = index("c"), index("a"), index("q")
    other, another, inner, e = index("c'"), index("a'"), index("q'"), index("e")
    read, out = _AXIS.position(_o, tap), _AXIS.position(_o, another)
    return SameSum(
        name="W = U V^T is V at every position, then U",
        left=GuardedSum(
            indices=(channel, tap, q),
            guard=(
                *box(0, channel, _inputs),
                *_AXIS.is_tap(tap),
                *box(0, q, _rank),
                *_AXIS.is_input(read),
            ),
            entries=(("U", (_l, q, tap)), ("V", (channel, q, 0)), ("x", (channel, read))),
        ),
        right=GuardedSum(
            indices=(inner, another, other, e),
            guard=(
                *box(0, inner, _rank),
                *_AXIS.is_tap(another),
                *_AXIS.is_input(out),  # z is padded with zeros
                *box(0, other, _inputs),
                *box(0, e, 1),
                *_AXIS.is_input(out + e),  # and so is x
            ),
            entries=(
                ("U", (_l, inner, another)),
                ("V", (other, inner, e)),
                ("x", (other, out + e)),
            ),
        ),
        to_right={inner: q, another: tap, other: channel, e: 0},
        to_left={channel: other, tap: another, q: inner},
        hypotheses=(*_AXIS.sizes(), *_AXIS.is_output(_o)),
    )


def _fewer() -> Claim:
    """Return when ``m (k + r k') < r k k'``: ``r k'`` is one letter."""
    return Claim(
        name="up to half of both sizes, products are saved",
        goal=lt(_rank * (_inputs + _rows), _inputs * _rows),
        hypotheses=(_TWICE, lt(2 * _rank, _rows)),
    )


def _never_fewer() -> tuple[Claim, ...]:
    return tuple(
        Claim(
            name=f"none is saved from m = {name} on",
            goal=lt(_inputs * _rows, _rank * (_inputs + _rows)),
            hypotheses=(le(full, _rank),),
        )
        for name, full in (("k", _inputs), ("r k'", _rows))
    )


def _counted() -> Claim:
    """Return the count with its factors: ``r k m`` products of ``U`` and ``k m`` of ``V``."""
    outputs, of_v, of_u, both = size("k'"), size("of_V"), size("of_U"), size("products")
    return Claim(
        name="the products are m (k + r k')",
        goal=eq(both, _rank * (_inputs + _rows)),
        hypotheses=(
            eq(_rows, _AXIS.r * outputs),
            eq(of_v, _inputs * _rank),
            eq(of_u, _AXIS.r * _rank * outputs),
            eq(both, of_v + of_u),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _bottleneck(), _counted(), _fewer(), *_never_fewer()


def _twin() -> Twin:
    step = _fewer()
    return Twin(
        changed="m <= k for 2 m <= k: any bottleneck saves",
        of=step,
        step=Claim(
            name=step.name,
            goal=step.goal,
            hypotheses=(le(_rank, _inputs), *step.hypotheses[1:]),
        ),
    )


PROOF = Proof(
    name="low_rank",
    statement="Along an axis, a convolution with W = U V^T, V of m columns and one tap, is a 1x1 "
    "convolution into m channels, then one with U; m (k + r k') products per position are fewer "
    "than r k k' if 2 m <= k and 2 m < r k', and are not if m >= k or m >= r k'.",
    latex=r"W X = U (V^\top X), \quad m (k + r k') < r k k' \text{ if } "
    r"2m \le k,\ 2m < r k'",
    source="lecture 7, alternatively: low-rank decomposition",
    steps=_steps,
    twin=_twin,
)
