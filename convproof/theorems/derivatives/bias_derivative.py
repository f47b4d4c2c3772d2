"""Bias derivative: ``b_bar[m]`` is the sum of the cotangent over channel ``m``.

::

    a[b,m,o] = a_0[b,m,o] + bias[m]        dbias[m] = sum_{b,o} da[b,m,o]

where ``a_0`` is any layer that does not read the bias. Derived: the delta ``[m' = m]`` picks the
channel, and nothing else is left of the sum.
"""

from dataclasses import replace
from functools import cache

import sympy as sp

from convproof.symbolic.index_sum import Form, derived
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, lt
from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem
from convproof.theorems.derivatives.forms import same
from convproof.theorems.proof import Proof, Twin

_PLACES = ((index("o"), size("n'")), (index("b"), size("N")))  # o: all positions in one
_OUTPUTS = (*_PLACES, (index("m"), size("M")))


@cache
def _form() -> Form:
    """Return ``dbias[m]`` of ``sum da (a_0 + bias)``."""
    (o, positions), (b, images), (m, channels) = _OUTPUTS
    bias, da, before = (sp.IndexedBase(letter) for letter in ("bias", "da", "a_0"))
    loss = sp.Sum(
        da[b, m, o] * (before[b, m, o] + bias[m]),
        *((v, 0, extent - 1) for v, extent in _OUTPUTS),
    )
    shape = (images, channels, positions)
    shapes = (("bias", (channels,)), ("da", shape), ("a_0", shape))
    return derived("bias derivative", loss, bias[m], shapes)


def _from_pairs() -> SameSum:
    """Return that the form sums the cotangents of all outputs whose bias is ``bias[m]``."""
    primed = tuple((index(f"{v.name}'"), extent) for v, extent in _OUTPUTS)
    (o, _), (b, _), (channel, _) = primed
    m, _ = _OUTPUTS[-1]
    return same(
        "the sum over all outputs that the bias is added to",
        GuardedSum(
            indices=tuple(v for v, _ in primed),
            guard=(
                *(part for v, extent in primed for part in box(0, v, extent)),
                eq(channel, m),
            ),
            entries=(("da", (b, channel, o)),),
        ),
        _form().guarded_sum(),
        hypotheses=_form().given,
    )


def _steps() -> tuple[Step, ...]:
    return *_form().obligations, _from_pairs()


def _twin() -> Twin:
    """Return the sum over one image less: the batch is not summed to its end."""
    given = _from_pairs()
    b, images = _PLACES[1]
    (end,) = (each for each in given.right.guard if each.args[0] == b)
    shorter = lt(b, images - 1)
    guard = tuple(shorter if each == end else each for each in given.right.guard)
    return Twin(
        changed="b < N - 1 for b < N",
        of=given,
        step=replace(given, right=replace(given.right, guard=guard)),
    )


THEOREM = Theorem(
    name="exact",
    statement="The bias derivative sums the cotangent over images and positions.",
    latex=r"\bar b_m = \sum_{n,o} \bar y_{n,m,o}",
    check=exact.check,
    families=EXACT,
    roles=("bias",),
)
PROOF = Proof(
    name="bias_derivative",
    statement="The derivative by the bias of a channel is the sum of its cotangents over all "
    "images and positions.",
    latex=r"db_m = \sum_{b,o} da_{b,m,o}",
    source='lecture 7, "standard convolution: weight derivative", of a layer a + b',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
