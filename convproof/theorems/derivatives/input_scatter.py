"""Input derivative, scattered: a row of ``W`` times ``da``, what every output gives back.

::

    dx[b,g,c,i] = sum_{m,o} [t | u][0 <= u/t < r] w[g,m,c,u/t] da[b,g,m,o]      u = i + p_low - s o

The output ``o`` is summed over and the tap ``u / t`` is solved for: entry ``(i, o)`` of the matrix
``W`` is ``w[u / t]`` where the dilation divides, else 0. In gather form it is the other way round.
Both are the sum over the forward pairs ``(o, k)`` with ``s o + t k - p_low = i``.
"""

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.solver import SameSum, Step
from convproof.theorems.derivatives.forms import WHOLE, from_pairs, lacking, primed, same
from convproof.theorems.proof import Proof, Twin

_AXIS = Convolution()


def _gathered() -> SameSum:
    """Return that gathering and scattering are one sum, along one axis."""
    gather, scatter = _AXIS.input_gather, _AXIS.input_scatter
    return same(
        "gathered and scattered are one sum",
        primed(gather.guarded_sum()),
        scatter.guarded_sum(),
        hypotheses=gather.given,
    )


def _steps() -> tuple[Step, ...]:
    form = _AXIS.input_scatter
    return (
        *form.obligations,
        *WHOLE.input_scatter.obligations,
        from_pairs(_AXIS.forward, form),
        _gathered(),
    )


def _twin() -> Twin:
    form = _AXIS.input_scatter
    divided, _, _ = form.guards
    return lacking(from_pairs(_AXIS.forward, form), form, divided, "t | i + p_low - s o")


PROOF = Proof(
    name="input_scatter",
    statement="The derivative of a convolution by an input is also a row of the matrix W times "
    "the cotangent, summed over outputs, with an entry of W where the dilation divides.",
    latex=r"dx_i = \sum_o [t \mid u] [0 \le u/t < r]\, w_{u/t}\, da_o, \quad u = i + p - so",
    source='lecture 7, "standard convolution: input derivative": dx = W da',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
