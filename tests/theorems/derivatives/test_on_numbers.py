"""The sums that the proofs compare are the derivatives that NumPy computes, entry by entry."""

from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.axes import Axis
from convproof.errors import ConvProofError
from convproof.symbolic.index_sum import MaxPooling, explicit
from convproof.theorems.derivatives import (
    adjoint,
    average_derivative,
    circular_derivative,
    input_derivative,
    input_scatter,
    max_derivative,
    weight_derivative,
    weight_tight,
)
from tests.theorems.derivatives.numbers import (
    AXES,
    arrays,
    as_layer,
    entries,
    options,
    right,
    sides,
    step,
)

CELLS = [
    Axis(input_size=4, kernel_size=2, stride=1),
    Axis(input_size=4, kernel_size=3, stride=2, padding=(1, 1)),
]
OF_INPUTS = [
    (input_derivative.PROOF, "convolution, input derivative, gathered, dx[i]"),
    (input_scatter.PROOF, "convolution, input derivative, scattered, dx[i]"),
    (input_scatter.PROOF, "gathered and scattered"),
]
OF_WEIGHTS = [
    (weight_derivative.PROOF, "convolution, weight derivative, dw[k]"),
    (weight_derivative.PROOF, "sharing in forward"),
    (weight_tight.PROOF, "the mask is a range"),
]


def conv(call: str, axis: Axis, *given: Any, **more: Any) -> Any:
    return getattr(right, call)(*given, **options(axis), **more)[0, 0].tolist()


def input_vjp(axis: Axis, held: Any, **more: Any) -> Any:
    w, da = as_layer(held["w"]), as_layer(held["da"])
    return conv("conv1d_input", axis, (1, 1, axis.input_size), w, da, **more)


def weight_vjp(axis: Axis, held: Any, **more: Any) -> Any:
    x, da = as_layer(held["x"]), as_layer(held["da"])
    return conv("conv1d_weight", axis, x, (1, 1, axis.kernel_size), da, **more)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("proof", "name"), OF_INPUTS, ids=lambda each: getattr(each, "name", each))
def test_sums_for_an_input_are_numpys(axis: Axis, proof: Any, name: str) -> None:
    """left = right = dx[i]."""
    held, same = arrays(axis), step(proof, name)
    right_ = input_vjp(axis, held)

    for i, sizes in entries(axis, "i", axis.input_size):
        assert sides(same, sizes, held) == (right_[i], right_[i])


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(
    ("proof", "name"), OF_WEIGHTS, ids=lambda each: getattr(each, "name", each)
)
def test_sums_for_a_weight_are_numpys(axis: Axis, proof: Any, name: str) -> None:
    """left = right = dw[k]."""
    held, same = arrays(axis), step(proof, name)
    right_ = weight_vjp(axis, held)

    for k, sizes in entries(axis, "k", axis.kernel_size):
        assert sides(same, sizes, held) == (right_[k], right_[k])


@pytest.mark.parametrize("axis", AXES)
def test_inner_products_are_numpys(axis: Axis) -> None:
    """left = right = <da, a>."""
    held = arrays(axis)
    a = conv("conv1d", axis, as_layer(held["x"]), as_layer(held["w"]))
    inner = int(np.dot(a, held["da"]))
    _, sizes = next(entries(axis, "i", 1))

    for derived in ("dx[i]", "dw[k]"):
        letter = derived[1]
        name = f"<da, a[o]> = <{derived}, {letter}>, convolution, forward"
        assert sides(step(adjoint.PROOF, name), sizes, held) == (inner, inner)


@pytest.mark.parametrize("axis", AXES)
def test_circular_sums_are_numpys(axis: Axis) -> None:
    """left = right = dx[i], under circular padding."""
    held = arrays(axis)
    right_ = input_vjp(axis, held, padding_mode="circular")
    gathered = step(circular_derivative.PROOF, "gathered over taps and turns")

    for i, sizes in entries(axis, "i", axis.input_size):
        assert sides(gathered, sizes, held) == (right_[i], right_[i])


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis.dilation == 1])
def test_sums_of_averages_are_numpys(axis: Axis) -> None:
    """left = right = dx[i] of the mean over r taps, in fractions."""
    held, r = arrays(axis), axis.kernel_size
    da = np.array([Fraction(int(each)) for each in held["da"]])
    means = np.full(axis.output_size, Fraction(1, r))
    same = step(average_derivative.PROOF, "average pooling, input derivative, gathered, dx[i]")
    x, y_bar = as_layer(held["x"].astype(object)), as_layer(da)
    (right_,) = right.avg_pool1d_input(x, y_bar, r, axis.stride, (axis.padding,))[0]

    for i, sizes in entries(axis, "i", axis.input_size):
        assert sides(same, sizes, {"da": da, "1/d": means}) == (right_[i], right_[i])


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis.dilation == 1])
@pytest.mark.parametrize("data", [(3, 1, 4, 1, 5, 9, 2), (2, 2, 2, 1, 1, 2, 2)], ids=str)
def test_sums_of_maxima_are_numpys(axis: Axis, data: tuple[int, ...]) -> None:
    """left = right = dx[i], also on ties, where the first maximum has h = 1."""
    held, x = arrays(axis), np.array(data[: axis.input_size])
    h = np.zeros((axis.output_size, axis.kernel_size), int)
    rows: dict[int, list[tuple[int, int]]] = {}
    for o, k, i in zip(*(leg.tolist() for leg in axis.triples().legs), strict=True):
        rows.setdefault(o, []).append((-int(x[i]), k))
    for o, taps in rows.items():
        h[o, min(taps)[1]] = 1
    same = step(max_derivative.PROOF, "max pooling, input derivative, gathered, dx[i]")
    right_ = right.max_pool1d_input(
        as_layer(x), as_layer(held["da"]), axis.kernel_size, axis.stride, (axis.padding,)
    )[0, 0]

    for i, sizes in entries(axis, "i", axis.input_size):
        assert sides(same, sizes, held | {"h": h}) == (right_[i], right_[i])


def test_unread_inputs_are_those_whose_derivative_is_0() -> None:
    """dx[i] = 0 <=> r <= u mod s or s (n' - 1) + r <= u, at positive weights and cotangents."""
    seen = set()
    for n, r, s, low in product(range(1, 6), range(1, 4), range(1, 5), range(3)):
        try:
            axis = Axis(input_size=n, kernel_size=r, stride=s, padding=(low, 0))
        except ConvProofError:  # the kernel does not fit
            continue
        dx = input_vjp(axis, arrays(axis))
        for i in range(n):
            u = i + low
            unread = r <= u % s or s * (axis.output_size - 1) + r <= u
            assert (dx[i] == 0) == unread, (axis, i)
            seen.add(unread)
    assert seen == {True, False}


@pytest.mark.parametrize("axis", AXES)
def test_second_derivatives_are_first_ones_along_a_direction(axis: Axis) -> None:
    """S(x, w, da; u, v) moves by dw(u, da)[k] with w[k], and so on: it is linear in each."""
    held, other = arrays(axis), arrays(axis, seed=1)
    u, v = other["x"], other["w"]

    def trilinear(moved: Any) -> int:
        return int(np.dot(u, input_vjp(axis, moved)) + np.dot(v, weight_vjp(axis, moved)))

    def slopes(letter: str) -> list[int]:
        unit = np.eye(len(held[letter]), dtype=int)
        moved = (held | {letter: held[letter] + each} for each in unit)
        return [trilinear(each) - trilinear(held) for each in moved]

    along = zip(
        conv("conv1d", axis, as_layer(u), as_layer(held["w"])),
        conv("conv1d", axis, as_layer(held["x"]), as_layer(v)),
        strict=True,
    )
    assert slopes("x") == input_vjp(axis, held | {"w": v})
    assert slopes("w") == weight_vjp(axis, held | {"x": u})
    assert slopes("da") == [one + two for one, two in along]


@pytest.mark.parametrize("axis", CELLS)
def test_maxima_are_differentiated_as_sympy_does(axis: Axis) -> None:
    """diff(<da, Max>, x[i]) = dx[i] in every order of the data."""
    layer = MaxPooling()
    da, h = sp.IndexedBase("da"), sp.IndexedBase("h")
    data = sp.symbols(f"x:{axis.input_size}", real=True)
    windows: list[dict[int, int]] = [{} for _ in range(axis.output_size)]
    for o, k, i in zip(*(leg.tolist() for leg in axis.triples().legs), strict=True):
        windows[o][k] = i
    loss = sum(da[o] * sp.Max(*(data[i] for i in taps.values())) for o, taps in enumerate(windows))
    (relation,) = layer.relations
    sizes = relation.at(axis)
    ours = [
        explicit(layer.input_gather.expression, sizes | {relation.i: i})
        for i in range(axis.input_size)
    ]
    for order in permutations(range(axis.input_size)):
        held = {
            h[o, k]: int(order[i] == max(order[j] for j in taps.values()))
            for o, taps in enumerate(windows)
            for k, i in taps.items()
        }
        at = dict(zip(data, order, strict=True))
        for datum, form in zip(data, ours, strict=True):
            assert sp.expand(sp.diff(loss, datum).subs(at) - form.xreplace(held)) == 0
