"""Input derivative: ``x_bar = T(w)^T y_bar``, what each input gave to the outputs that read it.

In gather form, every input collects over the taps::

    dx[b,g,c,i] = sum_{m,k} [s | u][0 <= u/s < n'] w[g,m,c,k] da[b,g,m,u/s]      u = i + p_low - t k

It is derived: SymPy differentiates ``<da, a>``, and the deltas are eliminated under logged
obligations. And it is compared, term by term, with the sum over the forward pairs: the outputs and
taps with ``s o + t k - p_low = i``. The derivative of a transposed convolution is the convolution,
which is compared with its own forward pairs in the same way. Axes share no letter: what is shown
along one, and along two with batch, groups and channels, holds along three.
"""

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.solver import Step
from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem
from convproof.theorems.derivatives.forms import WHOLE, from_pairs, lacking
from convproof.theorems.proof import Proof, Twin

_AXIS = Convolution()


def _steps() -> tuple[Step, ...]:
    transposed = _AXIS.transposed
    return (
        *_AXIS.input_gather.obligations,
        from_pairs(_AXIS.forward, _AXIS.input_gather),
        *WHOLE.input_gather.obligations,
        from_pairs(WHOLE.forward, WHOLE.input_gather),
        from_pairs(transposed.forward, transposed.input),
    )


def _twin() -> Twin:
    form = _AXIS.input_gather
    divided, _, _ = form.guards
    return lacking(from_pairs(_AXIS.forward, form), form, divided, "s | i + p_low - t k")


THEOREM = Theorem(
    name="exact",
    statement="The input derivative is the transposed map applied to the cotangent.",
    latex=r"\bar x = T(w)^\top \bar y",
    check=exact.check,
    families=EXACT,
    roles=("input",),
)
PROOF = Proof(
    name="input_derivative",
    statement="The derivative of a convolution by an input sums over the taps: the weight times "
    "the cotangent of the output that read this input by this tap, where the stride divides.",
    latex=r"dx_i = \sum_k [s \mid u] [0 \le u/s < n']\, w_k\, da_{u/s}, \quad u = i + p - tk",
    source='lecture 7, "standard convolution: input derivative" and '
    '"strided convolution: input derivative"',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
