"""Second order: the trilinear form ``<f(x, w), y_bar>`` is closed under derivatives.

The derivatives of a layer against directions are one form, which is linear in each of its parts::

    S(x, w, da; u, v)  =  <u, dx(w, da)> + <v, dw(x, da)>

    dS/dda[o]  =  f(u, w) + f(x, v),   the derivative of f along (u, v): the jvp
    dS/dx[i]   =  dx(v, da)            the input derivative, of the weights v
    dS/dw[k]   =  dw(u, da)            the weight derivative, of the input u

Each is derived from the form of ``dx`` or ``dw``, and compared with the form of the first order
with the direction in the place of the array.
"""

from functools import cache

import sympy as sp

from convproof.functions import SECOND
from convproof.symbolic.index_sum import Convolution, Form, derived
from convproof.symbolic.solver import Identity, SameSum, Step
from convproof.theorems import exact
from convproof.theorems.base import EXACT, Theorem
from convproof.theorems.derivatives.forms import lacking, primed, same
from convproof.theorems.proof import Proof, Twin

_LAYER = Convolution()
(_AXIS,) = _LAYER.relations


@cache
def _derived(along: str, form: Form, by: sp.Indexed, solved: str) -> Form:
    """Return the derivative of ``<along, form>`` by one entry."""
    (free,), (extent,) = form.left.indices, form.shape(str(form.left.base))
    loss = sp.Sum(sp.IndexedBase(along)[free] * form.expression, (free, 0, extent - 1))
    shapes = (*form.shapes, (along, (extent,)))
    return derived(f"of <{along}, {form.left}> by {by.base}", loss, by, shapes, (solved,))


def _along_input(letter: str) -> Form:
    """Return the derivative of ``<u, dx>`` by ``w[k]`` or ``da[o]``."""
    if letter == "w":
        return _derived("u", _LAYER.input_gather, sp.IndexedBase("w")[_AXIS.k], "k")
    return _derived("u", _LAYER.input_scatter, sp.IndexedBase("da")[_AXIS.o], "o")


def _along_weight(letter: str) -> Form:
    """Return the derivative of ``<v, dw>`` by ``x[i]`` or ``da[o]``."""
    if letter == "x":
        return _derived("v", _LAYER.weight, sp.IndexedBase("x")[_AXIS.i], "o")
    return _derived("v", _LAYER.weight, sp.IndexedBase("da")[_AXIS.o], "o")


def _is(second: Form, first: Form, old: str, new: str) -> SameSum:
    """Return that a second derivative is a first one, with ``new`` in the place of ``old``."""
    letters = {sp.IndexedBase(old): sp.IndexedBase(new)}
    moved = first.renamed(first.name, letters)
    return same(
        f"the derivative {second.name} is the {first.name}, of {new}",
        primed(moved.guarded_sum()),
        second.guarded_sum(),
        hypotheses=second.given,
    )


def _product_rule() -> Identity:
    """Return the derivative of one term along ``(u, v)``."""
    w, x, u, v, eps = sp.symbols("w x u v epsilon", real=True)
    return Identity(
        name="the derivative of a term w x along (u, v)",
        left=sp.diff((w + eps * v) * (x + eps * u), eps).subs(eps, 0),
        right=w * u + v * x,
    )


def _second_weight() -> SameSum:
    return _is(_along_input("w"), _LAYER.weight, "x", "u")


def _steps() -> tuple[Step, ...]:
    forms = (*(_along_input(letter) for letter in ("w", "da")),
             *(_along_weight(letter) for letter in ("x", "da")))  # fmt: skip
    return (
        *(claim for form in forms for claim in form.obligations),
        _second_weight(),
        _is(_along_input("da"), _LAYER.forward, "x", "u"),
        _is(_along_weight("x"), _LAYER.input_gather, "w", "v"),
        _is(_along_weight("da"), _LAYER.forward, "w", "v"),
        _product_rule(),
    )


def _twin() -> Twin:
    form = _along_input("w")
    (divided, *_) = form.guards
    return lacking(_second_weight(), form, divided, "s | i + p_low - t k, in <u, dx> by w[k]")


THEOREM = Theorem(
    name="exact",
    statement="Directional and second derivatives are the first ones on other arrays.",
    latex=r"\dot y = f(\dot x, w) + f(x, \dot w)",
    check=exact.check,
    families=EXACT,
    roles=SECOND,
)
PROOF = Proof(
    name="second_order",
    statement="The second derivatives of a convolution are its first ones with a direction in the "
    "place of the input or of the weights, and its derivative along both is the sum of two layers.",
    latex=r"\partial_w \langle u, dx \rangle = dw(u, da), \quad "
    r"\partial_x \langle v, dw \rangle = dx(v, da), \quad "
    r"\partial_{da} (\langle u, dx \rangle + \langle v, dw \rangle) = f(u, w) + f(x, v)",
    source='lecture 7, "standard convolution: input derivative", differentiated again',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
