"""Average pooling: ``dx`` is the convolution's with the constant weight ``1 / d``.

::

    a[b,c,o]  = sum_k [0 <= e < n] x[b,c,e] / d[o]                     e = s o + t k - p_low
    dx[b,c,i] = sum_k [s | u][0 <= u/s < n'] da[b,c,u/s] / d[u/s]      u = i + p_low - t k

The divisor belongs to the output, and is any number but 0: the number of taps, of those in the
padded input (``count_include_pad``), or of those in the input. Each window's cotangent is shared
equally by the inputs that it read.
"""

from dataclasses import replace

from convproof.symbolic.index_sum import AveragePooling
from convproof.symbolic.solver import Step
from convproof.theorems.derivatives.forms import from_pairs
from convproof.theorems.proof import Proof, Twin

_AXIS = AveragePooling()
_MAPS = AveragePooling(dims=2, channels=True, batch=True)


def _steps() -> tuple[Step, ...]:
    form = _AXIS.input_gather
    return (
        *form.obligations,
        from_pairs(_AXIS.forward, form),
        *_MAPS.input_gather.obligations,
    )


def _twin() -> Twin:
    """Return the derivative with the divisor of output ``i``: of the place where it is written."""
    form = _AXIS.input_gather
    given = from_pairs(_AXIS.forward, form)
    (i,) = form.left.indices
    entries = tuple(
        (letter, (i,) if letter == "1/d" else index) for letter, index in given.right.entries
    )
    return Twin(
        changed="the divisor 1/d[i] for 1/d[u/s]",
        of=given,
        step=replace(given, right=replace(given.right, entries=entries)),
    )


PROOF = Proof(
    name="average_derivative",
    statement="The derivative of average pooling by an input sums the cotangents of the windows "
    "that read it, each over the divisor of its window.",
    latex=r"dx_i = \sum_k [s \mid u] [0 \le u/s < n']\, da_{u/s} / d_{u/s}, \quad u = i + p - tk",
    source='lecture 7, "spatial pooling": average, and "standard convolution: input derivative"',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
