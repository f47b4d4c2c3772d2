"""Weight derivative: ``w_bar = U(x)^T y_bar``; sharing in forward is adding in backward.

::

    dw[g,m,c,k] = sum_{b,o} [0 <= e < n] da[b,g,m,o] x[b,g,c,e]          e = s o + t k - p_low

Without sharing, the derivative is the outer product ``dW = x da^T``. A weight that stands in many
places of ``W`` adds up what it has in each: ``dw[k]`` is the sum of ``dW[i, o]`` over the places
with ``s o + t k - p_low = i``, which is "da star x".
"""

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem
from convproof.theorems.derivatives.forms import WHOLE, from_pairs, lacking, same
from convproof.theorems.proof import Proof, Twin

_AXIS = Convolution()


def _shared() -> SameSum:
    """Return that ``dw[k]`` adds the entries of ``dW = x da^T`` where ``W`` has ``w[k]``."""
    (axis,) = _AXIS.relations
    i, o = index("i'"), index("o'")
    place = axis.reads.xreplace({axis.o: o})
    return same(
        "sharing in forward is adding in backward",
        GuardedSum(
            indices=(i, o),
            guard=(*box(0, i, axis.n), *box(0, o, axis.outputs), eq(i, place)),
            entries=(("x", (i,)), ("da", (o,))),
        ),
        _AXIS.weight.guarded_sum(),
        hypotheses=_AXIS.weight.given,
    )


def _steps() -> tuple[Step, ...]:
    transposed = _AXIS.transposed
    return (
        from_pairs(_AXIS.forward, _AXIS.weight),
        from_pairs(WHOLE.forward, WHOLE.weight),
        from_pairs(transposed.forward_scatter, transposed.weight),
        _shared(),
    )


def _twin() -> Twin:
    form = _AXIS.weight
    low, _ = form.guards
    return lacking(from_pairs(_AXIS.forward, form), form, low, "the mask's 0 <= s o + t k - p_low")


THEOREM = Theorem(
    name="exact",
    statement="The weight derivative adds, over images and positions, what each tap read.",
    latex=r"\bar w = U(x)^\top \bar y",
    check=exact.check,
    families=EXACT,
    roles=("weight",),
)
PROOF = Proof(
    name="weight_derivative",
    statement="The derivative of a convolution by a weight adds, over images and outputs, the "
    "cotangent times what the tap read: sharing in forward is adding in backward.",
    latex=r"dw_k = \sum_o [0 \le e < n]\, da_o\, x_e, \quad e = so + tk - p",
    source='lecture 7, "standard convolution: weight derivative": dw = da ⋆ x',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
