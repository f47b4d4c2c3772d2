"""Gaussian derivatives as a basis of filters: separable, steerable, and fixed before a 1x1 layer.

With ``G(x, y) = g(x) g(y)`` and ``D = cos(theta) d/dx + sin(theta) d/dy``::

    d^{i+j} G / dx^i dy^j  =  g^(i)(x) g^(j)(y)
    D^n G  =  sum_k C(n, k) cos^k sin^{n-k} d^n G / dx^k dy^{n-k}
    (sum_j c_j B_j) * x  =  sum_j c_j (B_j * x)

``D^n G`` is the ``n``-th derivative along ``x``, rotated by ``theta``, for ``G`` is isotropic.
Filters are samples of these functions, of which the equations hold point by point.
"""

from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import GuardedSum, Identity, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, plain, turn

_x, _y, _theta = sp.symbols("x y theta", real=True)
_cos, _sin = sp.cos(_theta), sp.sin(_theta)
_FILTERS, _MOST_ORDER = 2, 2  # of the bases that a target is asked
_ONE_AXIS = 3  # axes of data with one that slides
_UP, _ALONG = SymbolicAxis("_1"), SymbolicAxis("_2")
_o, _p = index("o_1"), index("o_2")


def _g(at: sp.Expr) -> sp.Expr:
    width = sp.Symbol("sigma", positive=True)
    return sp.exp(-(at**2) / (2 * width**2)) / (width * sp.sqrt(2 * sp.pi))


def _separable() -> tuple[Identity, ...]:
    f, h = sp.Function("f")(_x), sp.Function("h")(_y)
    radius = sp.Symbol("sigma", positive=True) ** 2
    return (
        Identity(
            name="a Gaussian of two variables is a product",
            left=sp.exp(-(_x**2 + _y**2) / (2 * radius)) / (2 * sp.pi * radius),
            right=_g(_x) * _g(_y),
        ),
        Identity(
            name="a derivative of a product of f(x) and h(y) is one",
            left=sp.Matrix([sp.diff(f * h, _x), sp.diff(f * h, _y)]),
            right=sp.Matrix([sp.diff(f, _x) * h, f * sp.diff(h, _y)]),
        ),
    )


def _steered() -> tuple[Identity, ...]:
    """Return the induction on the order: what one more ``D`` does to the coefficients."""
    a, b = sp.symbols("a b", positive=True)  # generic: both sides are polynomials in them
    n, k = sp.Symbol("n", integer=True, nonnegative=True), size("k")

    def coefficient(order: sp.Expr, of: sp.Expr) -> sp.Expr:
        return sp.binomial(order, of) * a**of * b ** (order - of)

    return (
        Identity(
            name="the coefficients of one more derivative are binomial",
            left=a * coefficient(n, k - 1) + b * coefficient(n, k),
            right=coefficient(n + 1, k),
        ),
        Identity(
            name="and the first is b times the first",
            left=b * coefficient(n, sp.Integer(0)),
            right=coefficient(n + 1, sp.Integer(0)),
        ),
    )


def _rotated() -> tuple[Identity, ...]:
    """Return that D acts on a rotated function as d/dx on the function."""
    u, v = _cos * _x + _sin * _y, -_sin * _x + _cos * _y
    derived = [_cos * sp.diff(part, _x) + _sin * sp.diff(part, _y) for part in (u, v)]
    return (
        Identity(
            name="the Gaussian is isotropic: its exponent is",
            left=u**2 + v**2,
            right=_x**2 + _y**2,
        ),
        Identity(
            name="D of the rotated coordinates is 1 and 0",
            left=sp.Matrix(derived),
            right=sp.Matrix([1, 0]),
        ),
    )


def _second(mixed: int = 2) -> Identity:
    """Return the case of order 2, each filter divided by the Gaussian of ``sigma = 1``."""
    gaussian = sp.exp(-(_x**2 + _y**2) / 2)
    in_x, in_both, in_y = (
        sp.cancel(sp.diff(gaussian, *orders) / gaussian)
        for orders in ((_x, _x), (_x, _y), (_y, _y))
    )
    return Identity(
        name="order 2: the rotated filter is a combination of three",
        left=in_x.subs(_x, _cos * _x + _sin * _y),
        right=_cos**2 * in_x + mixed * (_cos * _sin * in_both) + _sin**2 * in_y,
    )


def _rows_then_columns() -> SameSum:
    """Return that the intermediate map, padded with zeros, loses nothing."""
    a, b, c, d, i = index("a"), index("b"), index("c"), index("d"), index("i")
    up, along = _UP.position(_o, a), _ALONG.position(_p, b)
    return SameSum(
        name="a separable filter is one along the rows, then one along the columns",
        left=GuardedSum(
            indices=(a, b),
            guard=(
                *_UP.is_tap(a),
                *_ALONG.is_tap(b),
                *_UP.is_input(up),
                *_ALONG.is_input(along),
            ),
            entries=(("g", (a,)), ("h", (b,)), ("x", (up, along))),
        ),
        right=GuardedSum(
            indices=(c, i, d),
            guard=(
                *_UP.is_tap(c),
                *_UP.is_input(i),
                eq(i, _UP.position(_o, c)),
                *_ALONG.is_tap(d),
                *_ALONG.is_input(_ALONG.position(_p, d)),
            ),
            entries=(("g", (c,)), ("h", (d,)), ("x", (i, _ALONG.position(_p, d)))),
        ),
        to_right={c: a, i: up, d: b},
        to_left={a: c, b: d},
        hypotheses=(*_UP.sizes(), *_ALONG.sizes(), *_UP.is_output(_o), *_ALONG.is_output(_p)),
    )


def _one_by_one() -> SameSum:
    """Return that combining filters is combining their maps by a 1x1 layer, whose tap is e."""
    a, j, c, k, e = index("a"), index("j"), index("c"), index("j'"), index("e")
    axis, filters, l = SymbolicAxis(), size("filters"), index("l")
    o = index("o")
    return SameSum(
        name="a combination of basis filters is fixed filters, then a 1x1 layer",
        left=GuardedSum(
            indices=(a, j),
            guard=(*axis.is_tap(a), *axis.is_input(axis.position(o, a)), *box(0, j, filters)),
            entries=(("c", (l, j, 0)), ("B", (j, a)), ("x", (axis.position(o, a),))),
        ),
        right=GuardedSum(
            indices=(k, e, c),
            guard=(
                *box(0, k, filters),
                *box(0, e, 1),
                *axis.is_output(o + e),
                *axis.is_tap(c),
                *axis.is_input(axis.position(o + e, c)),
            ),
            entries=(("c", (l, k, e)), ("B", (k, c)), ("x", (axis.position(o + e, c),))),
        ),
        to_right={k: j, e: 0, c: a},
        to_left={a: c, j: k},
        hypotheses=(*axis.sizes(), *axis.is_output(o)),
    )


def _steps() -> tuple[Step, ...]:
    return (
        *_separable(),
        *_steered(),
        *_rotated(),
        _second(),
        _rows_then_columns(),
        _one_by_one(),
    )


def _twin() -> Twin:
    return Twin(changed="1 for C(2, 1) = 2", of=_second(), step=_second(mixed=1))


def _by_axes(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer of one channel along the last axis, one along the others, and that of both.

    Of one axis there are no others, and the second layer has one tap.
    """
    ask = Asked(subject, function, request)
    layer = of_one_group(case, in_channels=1, out_channels=1)
    x = drawn(case, case.input_shape[0], 1, *case.input_shape[2:], of=1)
    *others, last = layer.kernel_size
    dims = len(layer.kernel_size)
    g, h = drawn(case, 1, 1, *others, 1, of=2), drawn(case, 1, 1, *(1,) * len(others), last, of=3)
    rows = _along(layer, [axis == dims - 1 for axis in range(dims)])
    columns = _along(layer, [axis < dims - 1 for axis in range(dims)])
    expected = ask(columns, ask(rows, x, w=h), w=g)
    got = ask(layer, x, w=g * h)
    return ask.agree(got, expected, "a separable filter is a row's, then that of the others")


def _along(layer: Any, held: list[bool]) -> Any:
    """Return the layer along some of its axes: one tap along the others."""

    def kept(values: tuple[Any, ...], none: Any) -> tuple[Any, ...]:
        return tuple(v if here else none for v, here in zip(values, held, strict=True))

    return replace(
        layer,
        kernel_size=kept(layer.kernel_size, 1),
        stride=kept(layer.stride, 1),
        dilation=kept(layer.dilation, 1),
        padding=kept(layer.padding, (0, 0)),
    )


def _combined(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask two fixed filters and a 1x1 layer of them, and the layer of combined filters."""
    ask = Asked(subject, function, request)
    layer = of_one_group(case)
    fixed = replace(layer, out_channels=_FILTERS)
    ones = (1,) * len(layer.kernel_size)
    x = drawn(case, case.input_shape[0], layer.in_channels, *case.input_shape[2:], of=4)
    basis, c = drawn(case, *fixed.weight_shape, of=5), drawn(case, layer.out_channels, _FILTERS)
    mixing = plain((_FILTERS, layer.out_channels), ones)
    expected = ask(mixing, ask(fixed, x, w=basis), w=c.reshape(*c.shape, *ones))
    got = ask(layer, x, w=np.einsum("mj,j...->m...", c, basis))
    return ask.agree(got, expected, "combined filters are fixed filters, then a 1x1 layer")


def _in_a_direction(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a filter steered to a direction ``(a, b)``, and the separable ones that it is made of.

    These are ``g_k`` along the last axis and ``h_{n-k}`` along the others, any numbers: of what
    functions they are samples is no matter of a layer. A 1x1 layer has ``C(n, k) a^k b^{n-k}``.
    """
    ask = Asked(subject, function, request)
    layer = of_one_group(case, in_channels=1, out_channels=1)
    x = drawn(case, case.input_shape[0], 1, *case.input_shape[2:], of=1)
    *others, last = layer.kernel_size
    dims, order = len(layer.kernel_size), 1 + turn(case, _MOST_ORDER)
    rows = _along(layer, [axis == dims - 1 for axis in range(dims)])
    columns = _along(layer, [axis < dims - 1 for axis in range(dims)])
    a, b = map(int, drawn(case, 2, of=2))
    directed = [comb(order, k) * a**k * b ** (order - k) for k in range(order + 1)]
    parts, whole = [], np.zeros((1, 1, *layer.kernel_size), np.int64)
    for k, c in enumerate(directed):
        g = drawn(case, 1, 1, *(1,) * len(others), last, of=3 + 2 * k)
        h = drawn(case, 1, 1, *others, 1, of=4 + 2 * k)
        parts.append(ask(columns, ask(rows, x, w=g), w=h))
        whole = whole + c * (g * h)
    mixing = plain((order + 1, 1), (1,) * dims)
    combined = np.array(directed).reshape(1, -1, *(1,) * dims)
    expected = ask(mixing, np.concatenate(parts, 1), w=combined)
    law = f"a filter of order {order} in direction ({a}, {b}) is {order + 1} separable ones"
    return ask.agree(ask(layer, x, w=whole), expected, f"{law}, then a 1x1 layer")


def _has_directions(function: Function, case: Case, request: Request) -> bool:
    return len(case.input_shape) > _ONE_AXIS and not_rounded(function, case, request)


THEOREM = Theorem(
    name="separable",
    statement="A separable filter is one along the last axis, then one along the others.",
    latex=r"(g h^\top) \star x = g \star (h^\top \star x)",
    check=_by_axes,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)


BASIS = Theorem(
    name="basis",
    statement="A combination of basis filters is fixed filters, then a 1x1 layer.",
    latex=r"\big( \sum_j c_{mj} B_j \big) \star x = c\, (B \star x)",
    check=_combined,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
STEERED = Theorem(
    name="steered",
    statement="A filter steered to a direction is n + 1 separable ones, each along the rows and "
    "along the columns, combined by binomial numbers in a 1x1 layer.",
    latex=r"\Big( \sum_k \tbinom{n}{k} a^k b^{n-k}\, h_{n-k} g_k^\top \Big) \star x = "
    r"\sum_k \tbinom{n}{k} a^k b^{n-k}\, h_{n-k} \star (g_k^\top \star x)",
    check=_in_a_direction,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=_has_directions,
)
PROOF = Proof(
    name="gaussian_basis",
    statement="A Gaussian derivative of order (i, j) is separable, its convolution one along rows "
    "then one along columns; that of order n in any direction is the binomial combination of "
    "n + 1 of them, and combining basis filters is fixed filters, then a 1x1 layer.",
    latex=r"\partial_x^i \partial_y^j G = g^{(i)}(x)\, g^{(j)}(y), \quad "
    r"\partial_\theta^n G = \sum_{k=0}^n \tbinom{n}{k} \cos^k\!\theta\, \sin^{n-k}\!\theta\; "
    r"\partial_x^k \partial_y^{n-k} G",
    source="lecture 7, structured convolution (Jacobsen et al. 2016); Freeman and Adelson 1991",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Induction on the orders: of products under d/dx and d/dy, which commute; of binomial "
    "coefficients under one more D; and of the chain rule, by which D^n of the isotropic, rotated "
    "G is the rotated n-th derivative along x.",
    asked_as=("separable", "basis", "steered"),
)
