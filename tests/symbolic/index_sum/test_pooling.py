"""Pooling for all sizes: averages with any divisor, maxima off ties, and at them by convention."""

from collections import Counter
from itertools import permutations, product
from math import prod
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof import Axis
from convproof.layers import AvgPool, MaxPool
from convproof.numeric.reference import implementation as reference
from convproof.symbolic.index_sum import (
    AveragePooling,
    Form,
    MaxPooling,
    Relation,
    explicit,
    monomials,
)
from convproof.symbolic.index_sum.iverson import Iverson
from tests.symbolic.index_sum.families import axes

A = Relation()
AVERAGE, MAXIMUM = AveragePooling(), MaxPooling()
x, h, da = sp.symbols("x h da", cls=sp.IndexedBase)
TRIED = [
    axis
    for family in ("zeros", "ceil_mode")
    for axis in axes(family)[::12]
    if isinstance(axis, Axis)
]
WINDOWS = [
    Axis(input_size=4, kernel_size=2, stride=1),
    Axis(input_size=4, kernel_size=3, stride=2, padding=(1, 1)),
    Axis(input_size=4, kernel_size=2, stride=1, dilation=2, padding=(1, 0), ceil_mode=True),
]


def bag(form: Form, axis: Axis) -> Counter[Any]:
    """Return the form's rows at an axis, each with every index that it names."""
    rows = monomials(form, A.at(axis))
    named = [(letter.removeprefix("d"), rows[letter].tolist()) for letter in sorted(rows)]
    return Counter(
        tuple(sorted((letter, *index[place]) for letter, index in named))
        for place in range(len(named[0][1]))
    )


def written(axis: Axis, weight: Any) -> Counter[Any]:
    """Return the rows that are right, straight from the triples."""
    legs = (leg.tolist() for leg in axis.triples().legs)
    return Counter(
        tuple(sorted((("a", o), weight(o, k), ("x", i)))) for o, k, i in zip(*legs, strict=True)
    )


@pytest.mark.parametrize("form", AVERAGE.forms, ids=lambda form: form.name)
def test_an_average_is_the_triples_with_1_over_d_in_the_place_of_weights(form: Form) -> None:
    """x[e] / d[o], da[u/s] / d[u/s], da[o] / d[o]: the same outputs and inputs."""
    for axis in TRIED:
        assert bag(form, axis) == written(axis, lambda o, _: ("1/d", o))


@pytest.mark.parametrize("form", MAXIMUM.forms, ids=lambda form: form.name)
def test_a_maximum_is_the_triples_with_an_indicator_for_each_output_and_tap(form: Form) -> None:
    """h[o,k] x[e], h[u/s,k] da[u/s], h[o,u/t] da[o]: the same outputs, taps and inputs."""
    for axis in TRIED:
        assert bag(form, axis) == written(axis, lambda o, k: ("h", o, k))


@pytest.mark.parametrize(
    ("form", "guard"),
    [
        pytest.param(form, guard, id=f"{form.name}, without {guard}")
        for form in (*AVERAGE.forms, *MAXIMUM.forms)
        for guard in form.guards
    ],
)
def test_a_form_without_one_guard_is_wrong(form: Form, guard: Any) -> None:
    """It has other rows than the whole form."""
    mutant = form.without(guard)
    assert any(bag(mutant, axis) != bag(form, axis) for axis in TRIED)


@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize("dims", [1, 2])
def test_the_usual_divisors_are_those_of_the_oracle(dims: int, include: bool) -> None:
    """d[o] = sum_k [e < n + p_high], or sum_k [0 <= e < n]; ones average to (taps inside)/d."""
    pooling = AveragePooling(dims=dims)
    for each in product(WINDOWS, repeat=dims):
        layer = AvgPool(
            kernel_size=tuple(axis.kernel_size for axis in each),
            stride=tuple(axis.stride for axis in each),
            padding=tuple(axis.padding for axis in each),
            dilation=tuple(axis.dilation for axis in each),
            ceil_mode=True,
            count_include_pad=include,
        )
        size = tuple(axis.input_size for axis in each)
        means = reference.forward(layer, np.ones((1, 1, *size)))[0, 0]
        sizes: dict[Any, int] = {}
        for relation, axis in zip(pooling.relations, layer.axes(size), strict=True):
            sizes |= relation.at(axis)
        for o in np.ndindex(*means.shape):
            at = sizes | dict(zip((r.o for r in pooling.relations), o, strict=True))
            divisor = int(explicit(pooling.divisor(count_include_pad=include), at))
            inside = int(explicit(pooling.divisor(count_include_pad=False), at))
            assert means[o] == inside / divisor


def indicators(axis: Axis, values: tuple[int, ...]) -> dict[sp.Expr, int]:
    """Return every h[o,k] as MaxPooling defines it, and so the entries of x."""
    entries = {x[i]: sp.Integer(value) for i, value in enumerate(values)}
    found: dict[sp.Expr, int] = {}
    for o, k in product(range(axis.output_size), range(axis.kernel_size)):
        at: dict[Any, Any] = {**A.at(axis), A.o: o, A.k: k}
        inside = explicit(Iverson(*A.inside), at)
        others = (
            explicit(Iverson(MAXIMUM.unbeaten), {**at, sp.Symbol("l", integer=True): other})
            for other in range(axis.kernel_size)
        )
        found[h[o, k]] = int(inside != 0 and prod(int(each.xreplace(entries)) for each in others))
    return found


def gradient(form: Form, axis: Axis, known: dict[sp.Expr, Any]) -> list[sp.Expr]:
    """Return dx at an axis, entry by entry."""
    sizes = A.at(axis)
    return [
        explicit(form.expression, {**sizes, A.i: i}).xreplace(known) for i in range(axis.input_size)
    ]


@pytest.mark.parametrize("axis", WINDOWS)
def test_off_ties_the_forms_are_sympys_derivative_of_the_maximum(axis: Axis) -> None:
    """d/dx[i] sum_o da[o] max_k x[e], in all 24 orders of four numbers."""
    letters = sp.symbols("x:4", real=True)
    windows: list[list[int]] = [[] for _ in range(axis.output_size)]
    for o, i in zip(axis.triples().output, axis.triples().input, strict=True):
        windows[o].append(int(i))
    loss = sp.Add(*(da[o] * sp.Max(*(letters[i] for i in w)) for o, w in enumerate(windows)))
    slopes = [sp.diff(loss, letter) for letter in letters]
    for values in permutations(range(4)):
        place = dict(zip(letters, map(sp.Integer, values), strict=True))
        right = [slope.xreplace(place) for slope in slopes]
        known = {k: sp.Integer(v) for k, v in indicators(axis, values).items()}
        for form in (MAXIMUM.input_gather, MAXIMUM.input_scatter):
            assert gradient(form, axis, known) == right


@pytest.mark.parametrize("axis", WINDOWS)
def test_at_ties_the_first_maximum_takes_the_gradient_as_in_the_oracle(axis: Axis) -> None:
    """h[o,k] = 1 for the first of equal maxima, and for no other; da[o] = o + 1."""
    assert MaxPooling.ties == "the first maximum in row-major order takes the gradient"
    layer = MaxPool(
        kernel_size=(axis.kernel_size,), stride=(axis.stride,), padding=(axis.padding,),
        dilation=(axis.dilation,), ceil_mode=axis.ceil_mode,
    )  # fmt: skip
    y_bar = np.arange(1.0, axis.output_size + 1)[None, None]
    for values in product(range(2), repeat=4):
        right = reference.input_vjp(layer, np.array(values, float)[None, None], y_bar)
        known = {k: sp.Integer(v) for k, v in indicators(axis, values).items()}
        known |= {da[o]: sp.Integer(o + 1) for o in range(axis.output_size)}
        found = list(map(int, gradient(MAXIMUM.input_gather, axis, known)))
        assert found == right[0, 0].tolist()


def test_ties_of_several_axes_are_broken_in_row_major_order() -> None:
    """k_1 r_2 + k_2 <= l_1 r_2 + l_2."""
    tie = str(MaxPooling(dims=2).unbeaten)
    assert "k_1*r_2 + k_2 <= l_1*r_2 + l_2" in tie
