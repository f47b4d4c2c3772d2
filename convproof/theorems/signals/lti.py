"""Linear and time-invariant is convolution: ``T x = h * x`` with ``h = T delta_0``.

``T`` maps signals of finite support on the integers to signals on the integers, is linear, and
commutes with every translation. Then::

    x          = sum_j x[j] delta_j                    delta_j[i] = 1 if i = j, else 0
    (T x)[n]   = sum_j x[j] (T delta_j)[n]             T is linear, the sum is finite
               = sum_j x[j] h[n - j]                   delta_j is delta_0 moved by j, T commutes
               = sum_k h[k] x[n - k]                   k = n - j

``h`` need not have finite support. Conversely a convolution is linear and commutes with
translations, and ``h`` is its answer to the unit impulse, so it is the only one.

Of an implementation ``matrix`` asks the answers to all unit impulses, ``linearity`` that it
answers a sum of them by the sum, and ``equivariance`` that it moves with its data.
"""

from dataclasses import replace

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, iff
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.signals.signal import Signal

_X = Signal("x")
_n, _i, _j, _k, _l, _c = index("n"), index("i"), index("j"), index("k"), index("l"), index("c")
_a, _b, _signals = index("a"), index("a'"), size("m")


def _impulses() -> SameSum:
    return SameSum(
        name="x[i] = sum_j x[j] delta_j[i]",
        left=GuardedSum(indices=(), guard=_X.inside(_i), entries=(_X.at(_i),)),
        right=GuardedSum(indices=(_j,), guard=(*_X.inside(_j), eq(_i, _j)), entries=(_X.at(_j),)),
        to_right={_j: _i},
        to_left={},
    )


def _moved_impulse() -> Claim:
    return Claim(name="delta_j is delta_0 moved by j", goal=iff(eq(_i, _j), eq(_i - _j, 0)))


def _answered(answer: object = _n - _j) -> GuardedSum:
    """Return ``sum_j x[j] h[n - j]``: every impulse is answered by ``h``, moved as it was."""
    return GuardedSum(indices=(_j,), guard=_X.inside(_j), entries=(_X.at(_j), ("h", (answer,))))


def _convolution() -> GuardedSum:
    return GuardedSum(
        indices=(_k,), guard=_X.inside(_n - _k), entries=(("h", (_k,)), _X.at(_n - _k))
    )


def _reindexed() -> SameSum:
    return SameSum(
        name="sum_j x[j] h[n - j] = sum_k h[k] x[n - k]",
        left=_answered(),
        right=_convolution(),
        to_right={_k: _n - _j},
        to_left={_j: _n - _k},
    )


def _commutes() -> SameSum:
    """Return ``h * (x moved by c) = (h * x) moved by c``, at ``n``."""
    moved = _n - _c
    return SameSum(
        name="a convolution commutes with translations",
        left=GuardedSum(
            indices=(_k,),
            guard=_X.inside((_n - _k) - _c),
            entries=(("h", (_k,)), _X.at((_n - _k) - _c)),
        ),
        right=GuardedSum(
            indices=(_j,), guard=_X.inside(_j), entries=(_X.at(_j), ("h", (moved - _j,)))
        ),
        to_right={_j: (_n - _k) - _c},
        to_left={_k: moved - _j},
    )


def _linear() -> SameSum:
    """Return ``h * sum_a c[a] x_a = sum_a c[a] (h * x_a)``, at ``n``."""
    return SameSum(
        name="a convolution is linear",
        left=GuardedSum(
            indices=(_k, _a),
            guard=(*_X.inside(_n - _k), *box(0, _a, _signals)),
            entries=(("h", (_k,)), ("c", (_a,)), ("x", (_a, _n - _k))),
        ),
        right=GuardedSum(
            indices=(_b, _j),
            guard=(*box(0, _b, _signals), *_X.inside(_j)),
            entries=(("c", (_b,)), ("h", (_n - _j,)), ("x", (_b, _j))),
        ),
        to_right={_b: _a, _j: _n - _k},
        to_left={_a: _b, _k: _n - _j},
    )


def _response() -> SameSum:
    return SameSum(
        name="it answers the unit impulse by h",
        left=GuardedSum(indices=(_k,), guard=(eq(_n - _k, 0),), entries=(("h", (_k,)),)),
        right=GuardedSum(indices=(), guard=(), entries=(("h", (_n,)),)),
        to_right={},
        to_left={_k: _n},
    )


def _steps() -> tuple[Step, ...]:
    return _impulses(), _moved_impulse(), _reindexed(), _commutes(), _linear(), _response()


def _twin() -> Twin:
    step = _reindexed()
    return Twin(
        changed="every impulse is answered by h[n], where it was not moved",
        of=step,
        step=replace(step, left=_answered(_n)),
    )


PROOF = Proof(
    name="lti",
    statement="A map of signals of finite support is linear and commutes with translations exactly "
    "if it is the convolution with its answer to the unit impulse.",
    latex=r"T \text{ LTI} \iff T x = h * x, \quad h = T \delta_0",
    source="lecture 7, LTI system = convolution",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Superposition: a linear T takes the finite sum x = sum_j x[j] delta_j to "
    "sum_j x[j] T delta_j, and T delta_j is h moved by j as T commutes with translations; the "
    "steps show the decomposition, the re-indexed sum, and the converse.",
    asked_as=("matrix", "linearity", "equivariance"),
)
