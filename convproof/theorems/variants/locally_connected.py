"""A locally connected layer has a kernel at every position; sharing it adds the derivatives.

::

    a[b,o]  = sum_k w[o,k] x[b, s o + t k - p_low]              b counts images
    dw[o,k] = sum_b da[b,o] x[b, s o + t k - p_low]

A convolution is the layer with ``w[o,k] = v[k]`` at every ``o``. By the chain rule, with
``d w[o,k] / d v[l] = 1`` where ``k = l`` and else 0, the derivatives of what is shared are added::

    dv[l] = sum_{o, k} dw[o,k] [k = l] = sum_o dw[o,l] = sum_{b, o} da[b,o] x[b, s o + t l - p_low]

The sum over ``(o, k)`` with ``k = l`` is at once the chain rule's and the coefficient of ``v[l]``
in ``<da, a>`` for the convolution: sharing in the forward is adding in the backward.
"""

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.proof import Proof, Twin, without

_AXIS = SymbolicAxis()
_batch = size("N")
_b, _d, _o, _p, _k, _q, _l = (index(name) for name in ("b", "b'", "o", "o'", "k", "k'", "l"))


def _pairing(*more: object) -> GuardedSum:
    """Return what is left of ``<da, a>`` under more conditions, ``w`` taken out."""
    reads = _AXIS.position(_o, _k)
    inside = (*_AXIS.is_output(_o), *_AXIS.is_tap(_k), *_AXIS.is_input(reads))
    return GuardedSum(
        indices=(_b, _o, _k),
        guard=(*box(0, _b, _batch), *inside, *more),
        entries=(("da", (_b, _o)), ("x", (_b, reads))),
    )


def _of_each() -> SameSum:
    """Return that the coefficient of ``w[o',k']`` in ``<da, a>`` is ``dw[o',k']``."""
    reads = _AXIS.position(_p, _q)
    return SameSum(
        name="the derivative of the kernel of one position",
        left=_pairing(eq(_o, _p), eq(_k, _q)),
        right=GuardedSum(
            indices=(_d,),
            guard=(*box(0, _d, _batch), *_AXIS.is_input(reads)),
            entries=(("da", (_d, _p)), ("x", (_d, reads))),
        ),
        to_right={_d: _b},
        to_left={_b: _d, _o: _p, _k: _q},
        hypotheses=(*_AXIS.is_output(_p), *_AXIS.is_tap(_q)),
    )


def _added() -> GuardedSum:
    """Return the sum over positions of ``dw[o,l]``."""
    reads = _AXIS.position(_p, _l)
    return GuardedSum(
        indices=(_d, _p),
        guard=(*box(0, _d, _batch), *_AXIS.is_output(_p), *_AXIS.is_input(reads)),
        entries=(("da", (_d, _p)), ("x", (_d, reads))),
    )


def _chain_rule() -> SameSum:
    """Return that ``sum_{o,k} dw[o,k] d w[o,k] / d v[l]`` is the sum over positions."""
    return SameSum(
        name="sharing adds the derivatives of all positions",
        left=_pairing(eq(_k, _l)),
        right=_added(),
        to_right={_d: _b, _p: _o},
        to_left={_b: _d, _o: _p, _k: _l},
        hypotheses=_AXIS.is_tap(_l),
    )


def _steps() -> tuple[Step, ...]:
    return _of_each(), _chain_rule()


def _twin() -> Twin:
    """Return the chain rule without its Kronecker delta."""
    return without(_chain_rule(), eq(_k, _l))


PROOF = Proof(
    name="locally_connected",
    statement="Where the positions of a locally connected layer share one kernel, which makes it a "
    "convolution, the weight derivative is the sum over positions of theirs.",
    latex=r"w_{ok} = v_k \ \Rightarrow\ dv_l = \sum_o dw_{ol} = "
    r"\sum_{b,o} da_{bo}\, x_{b,\,so + tl - p}",
    source='lecture 7, "standard convolution: weight derivative": sharing in forward, adding in '
    "backward",
    steps=_steps,
    twin=_twin,
)
