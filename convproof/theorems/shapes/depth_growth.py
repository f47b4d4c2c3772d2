"""At stride 1 the receptive field grows linearly with depth: ``R_L = 1 + L (r̂ - 1)``.

With ``r = s`` and ``t = 1``, as in pooling, it grows geometrically: ``R_L = J_L = s^L``.

With a stride and ``r > 1`` the first is false from the second layer on, whose taps
lie ``t s`` apart: ``R_2 = 1 + (1 + s)(r̂ - 1)``.
"""

from convproof.symbolic.sizes import SymbolicAxis, count, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, eq
from convproof.theorems.proof import Proof, Twin, without

_AXIS = SymbolicAxis()
_R, _J, _L = size("R"), size("J"), count("L")
_NEXT_R, _NEXT_J = size("R'"), size("J'")
_LAW = (eq(_NEXT_R, _R + (_AXIS.span - 1) * _J), eq(_NEXT_J, _AXIS.s * _J))


def _grown() -> Claim:
    return Claim(
        name="one layer of stride 1 more",
        goal=both(eq(_NEXT_R, 1 + (_L + 1) * (_AXIS.span - 1)), eq(_NEXT_J, 1)),
        hypotheses=(*_LAW, eq(_R, 1 + _L * (_AXIS.span - 1)), eq(_J, 1), eq(_AXIS.s, 1)),
    )


def _two() -> Claim:
    """Return the growth over two layers; the second one's ``J`` is the first one's stride."""
    two = size("R''")
    return Claim(
        name="two layers of stride 1",
        goal=eq(two, 1 + 2 * (_AXIS.span - 1)),
        hypotheses=(
            *_LAW,
            eq(_R, 1),
            eq(_J, 1),
            eq(two, _NEXT_R + (_AXIS.span - 1) * _NEXT_J),
            eq(_AXIS.s, 1),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return (
        Claim(
            name="no layer",
            goal=both(eq(_R, 1 + _L * (_AXIS.span - 1)), eq(_R, _J)),
            hypotheses=(eq(_L, 0), eq(_R, 1), eq(_J, 1)),
        ),
        _two(),
        _grown(),
        Claim(
            name="one pooling of r = s more",
            goal=both(eq(_NEXT_R, _NEXT_J), eq(_NEXT_R, _AXIS.s * _R)),
            hypotheses=(*_LAW, eq(_R, _J), eq(_AXIS.r, _AXIS.s), eq(_AXIS.t, 1)),
        ),
    )


def _twin() -> Twin:
    return without(_two(), eq(_AXIS.s, 1))


PROOF = Proof(
    name="depth_growth",
    statement="L layers of span r̂ and stride 1 have a receptive field of 1 + L (r̂ - 1) positions, "
    "linear in depth; L poolings with r = s have one of s^L.",
    latex=r"s = 1: \ R_L = 1 + L(\hat r - 1), \qquad r = s,\ t = 1: \ R_L = J_L = s^L",
    source="lecture 7, effective receptive field: grows linearly with depth",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="induction on depth, over the law of R and J that receptive_field proves: the first step "
    "is a stack of no layer; of the others two add a layer, and one looks at two layers at once",
)
