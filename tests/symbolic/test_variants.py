"""SymPy's own derivatives of the textbook sum give the matrices that are read from the triples.

The sums are written out in ``textbook``, in loops that know nothing of triples. Then::

    T = da/dx     U = da/dw     dx = d<da, a>/dx     dw = d<da, a>/dw     D = d(dw)/dx
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.axes import Axis, Pair, TransposedAxis
from convproof.errors import GeometryError, ShapeError, UnsupportedError
from convproof.layers import (
    AvgPool,
    Conv,
    Convolve,
    ConvTranspose,
    Layer,
    LocallyConnected,
    MaxPool,
)
from convproof.symbolic import Derivation, Letters, derive, products
from convproof.triples import Triples
from tests.symbolic.textbook import TEXTBOOK, average

Case = tuple[Layer, tuple[int, ...], dict[str, Any]]
SAMPLE = 160  # cases of each grid that are always run


def assert_derivatives_agree(case: Case) -> None:
    """Compare every matrix of the derivation with SymPy's derivative of the textbook sum."""
    layer, input_size, sizes = case
    derivation = derive(layer, input_size, **sizes)
    x, da = derivation.x.symbols(), derivation.a.differential().symbols()
    X = np.array(x, dtype=object).reshape(derivation.x.shape)
    if isinstance(layer, AvgPool):
        a = average(layer, X)
    else:
        assert isinstance(derivation.w, Letters)
        W = np.array(derivation.w.symbols(), dtype=object).reshape(derivation.w.shape)
        a = TEXTBOOK[type(layer)](layer, X, W)
    assert len(a) == derivation.triples.sizes[0]
    assert list(derivation.forward()) == a

    loss = sp.Add(*(g * value for g, value in zip(da, a, strict=True)))
    assert derivation.toeplitz.sparse() == sp.Matrix(a).jacobian(x)
    assert list(derivation.input_vjp()) == [sp.expand(sp.diff(loss, i)) for i in x]
    if not isinstance(layer, AvgPool):
        w = derivation.w.symbols()
        dw = [sp.expand(sp.diff(loss, k)) for k in w]
        assert derivation.unfold.sparse() == sp.Matrix(a).jacobian(w)
        assert list(derivation.weight_vjp()) == dw
        assert list(derivation.star.times(derivation.x)) == dw
        assert derivation.star.sparse() == sp.Matrix(dw).jacobian(x)


def conv(n: Any, r: Any, s: Any = 1, p: Any = (0, 0), t: Any = 1, **options: Any) -> Case:
    """Return a convolution of one channel, a number standing for every axis."""
    dims = len(n) if isinstance(n, tuple) else 1
    layer = Conv(**{"in_channels": 1, "out_channels": 1} | window(dims, r, s, p, t) | options)
    return layer, n if isinstance(n, tuple) else (n,), {}


def window(dims: int, r: Any, s: Any, p: Any, t: Any) -> dict[str, Any]:
    """Return the fields of a window; a number and a pair stand for every axis."""
    pads = p if isinstance(p, str) or isinstance(p[0], tuple) else (p,) * dims
    kernel_size, stride, dilation = (v if isinstance(v, tuple) else (v,) * dims for v in (r, s, t))
    return {"kernel_size": kernel_size, "stride": stride, "padding": pads, "dilation": dilation}


def fits(n: int, r: int, p: Pair, t: int) -> bool:
    return t * (r - 1) + 1 <= n + sum(p)


PADDINGS = ((0, 0), (1, 1), (2, 0), (0, 2), (3, 1))
AXES = [
    (n, r, s, p, t)
    for n, r, s, p, t in product(range(1, 9), range(1, 6), (1, 2, 3), PADDINGS, (1, 2, 3))
    if fits(n, r, p, t)
]


def standard() -> Iterator[Case]:
    """One axis: every size to 8, zeros and circular."""
    for axis, mode in product(AXES, ("zeros", "circular")):
        yield conv(*axis, padding_mode=mode)


def several_axes() -> Iterator[Case]:
    """Two axes and three, symmetric or not, named padding, channels and groups."""
    for n, r, s, p, t in AXES[:: len(AXES) // 120]:
        if n <= 5:
            yield conv((n, 3), (r, 2), (s, 1), (p, (0, 1)), (t, 1))
            yield conv((n, 2), (r, 1), (s, 2), (p, (1, 0)), (t, 2), padding_mode="circular")
    for c, m, g in ((2, 1, 1), (1, 2, 1), (2, 2, 2), (2, 4, 2), (4, 2, 2), (3, 3, 3), (2, 3, 1)):
        channels = {"in_channels": c, "out_channels": m, "groups": g}
        yield conv(4, 2, 1, (1, 0), 1, **channels)
        yield conv((3, 2), 2, 1, (1, 0), 1, **channels)
        yield conv((2, 3), (1, 2), 2, (0, 1), 1, padding_mode="circular", **channels)
    yield conv((2, 2, 3), 2, 1, (0, 1))
    yield conv((2, 3, 2), (1, 2, 2), (1, 2, 1), ((0, 0), (1, 0), (1, 1)), (2, 1, 2))
    yield conv((2, 2, 2), 2, padding_mode="circular", p=(1, 1))
    yield conv((4, 3), 3, p="same")


def not_shared() -> Iterator[Case]:
    """Locally connected layers, with channels and groups."""
    shapes: list[Case] = [conv(*axis) for axis in AXES[:: len(AXES) // 100]]
    shapes += [case for case in several_axes() if len(case[1]) == 2 and max(case[1]) <= 4]
    for layer, size, _ in shapes:
        assert isinstance(layer, Conv)
        fields = {name: getattr(layer, name) for name in Conv.__dataclass_fields__}
        out = layer.geometry(size).output_size
        yield LocallyConnected(**fields, output_size=out), size, {}


def transposed() -> Iterator[Case]:
    """Transposed convolutions: every legal output_padding; channels, groups and axes."""
    axes = [
        (n, r, s, p, t, extra)
        for n, r, s, p, t in product(range(1, 9), (1, 2, 3), (1, 2, 3), PADDINGS, (1, 2))
        for extra in range(max(s, t))
        if 1 <= s * (n - 1) + t * (r - 1) + 1 - sum(p) + extra <= 10
    ]
    for n, r, s, p, t, extra in axes:
        fields = window(1, r, s, p, t) | {"output_padding": (extra,)}
        yield ConvTranspose(in_channels=1, out_channels=1, **fields), (n,), {}
    for c, m, g in ((1, 1, 1), (2, 1, 1), (1, 2, 1), (2, 2, 2), (4, 2, 2), (2, 4, 2)):
        channels: dict[str, Any] = {"in_channels": c, "out_channels": m, "groups": g}
        one, two = window(1, 2, 2, (1, 0), 1), window(2, (2, 1), (1, 2), ((0, 1), (0, 0)), (2, 1))
        yield ConvTranspose(output_padding=(1,), **one, **channels), (3,), {}
        yield ConvTranspose(output_padding=(1, 0), **two, **channels), (2, 2), {}
    three = window(3, 2, (1, 2, 1), (0, 1), 1) | {"output_padding": (0, 1, 0)}
    yield ConvTranspose(in_channels=1, out_channels=1, **three), (2, 1, 2), {}


def averages() -> Iterator[Case]:
    """Average pooling: both divisors, ceil_mode; padding below the span, as every window reads."""
    for n, r, s, p, t in AXES:
        if max(p) > r - 1 or t > 1:
            continue
        for ceil, include in product((False, True), repeat=2):
            pool = window(1, r, s, p, t) | {"ceil_mode": ceil, "count_include_pad": include}
            yield AvgPool(**pool), (n,), {}
    pool = window(2, (2, 3), (2, 1), ((1, 0), (1, 1)), 1)
    for ceil, include in product((False, True), repeat=2):
        yield AvgPool(**pool, ceil_mode=ceil, count_include_pad=include), (4, 3), {"channels": 2}
    yield AvgPool(**window(1, 2, 1, (0, 0), 2)), (5,), {}
    yield AvgPool(**pool, divisor_override=-7), (3, 3), {}
    yield AvgPool(**window(3, 2, 1, (0, 1), 1), ceil_mode=True), (2, 2, 2), {}


def signals() -> Iterator[Case]:
    """True convolutions of signals, one axis and two."""
    for n, r, mode in product(range(1, 9), range(1, 9), ("full", "same", "valid")):
        if mode != "valid" or r <= n:
            yield Convolve(mode=mode), (n,), {"kernel_size": (r,)}  # type: ignore[arg-type]
    for mode in ("full", "same", "valid"):
        yield Convolve(mode=mode), (3, 2), {"kernel_size": (2, 2)}  # type: ignore[arg-type]


GRIDS = (standard, several_axes, not_shared, transposed, averages, signals)


@pytest.mark.parametrize("grid", GRIDS)
def test_sympy_derives_the_same_matrices_from_the_textbook_sum(
    grid: Callable[[], Iterator[Case]],
) -> None:
    """T, U, D, dx and dw of an even sample of the grid, and of all of it where it is short."""
    cases = list(grid())
    for case in cases[:: max(1, len(cases) // SAMPLE)]:
        assert_derivatives_agree(case)


@pytest.mark.full
@pytest.mark.parametrize("grid", GRIDS)
def test_sympy_derives_the_same_matrices_on_the_whole_grid(
    grid: Callable[[], Iterator[Case]],
) -> None:
    """T, U, D, dx and dw of every case."""
    for case in grid():
        assert_derivatives_agree(case)


Relation = Callable[[Any, np.ndarray, np.ndarray], np.ndarray]


def window_mutant(relation: Relation) -> Callable[[Axis], Triples]:
    """Return ``Axis.triples`` with another relation in the place of i = s o + t k - low."""

    def triples(axis: Axis) -> Triples:
        sizes = (axis.output_size, axis.kernel_size, axis.input_size)
        o, k = np.divmod(np.arange(sizes[0] * sizes[1]), sizes[1])
        i = relation(axis, o, k)
        if axis.padding_mode == "circular":
            i = i % axis.input_size
        inside = (i >= 0) & (i < axis.input_size)
        return Triples(o[inside], k[inside], i[inside], sizes=sizes)

    return triples


RELATIONS: dict[str, Relation] = {
    "sign of the padding": lambda axis, o, k: axis.stride * o + axis.dilation * k + axis.padding[0],
    "dilation ignored": lambda axis, o, k: axis.stride * o + k - axis.padding[0],
    "stride ignored": lambda axis, o, k: o + axis.dilation * k - axis.padding[0],
    "kernel flipped": lambda axis, o, k: (
        axis.stride * o + axis.dilation * (axis.kernel_size - 1 - k) - axis.padding[0]
    ),
    "the other end's padding": lambda axis, o, k: (
        axis.stride * o + axis.dilation * k - axis.padding[1]
    ),
    "one step late": lambda axis, o, k: axis.stride * o + axis.dilation * k - axis.padding[0] + 1,
}


def test_the_mutant_of_the_true_relation_is_no_mutant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relation i = s o + t k - low, from which the mutants differ."""
    true = window_mutant(lambda axis, o, k: axis.stride * o + axis.dilation * k - axis.padding[0])
    monkeypatch.setattr(Axis, "triples", true)
    assert_derivatives_agree(conv(7, 3, 2, (2, 1), 2))


@pytest.mark.parametrize("mode", ["zeros", "circular"])
@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS.keys())
def test_a_wrong_relation_is_refuted(
    monkeypatch: pytest.MonkeyPatch, relation: Relation, mode: str
) -> None:
    """Some i(o, k) other than s o + t k - low: some matrix differs."""
    monkeypatch.setattr(Axis, "triples", window_mutant(relation))
    with pytest.raises(AssertionError):
        assert_derivatives_agree(conv(7, 3, 2, (2, 1), 2, padding_mode=mode))


def test_a_transposed_axis_that_crops_the_wrong_end_is_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The relation o = s i + t k - high in the place of - low."""
    true = TransposedAxis.triples

    def wrong(axis: TransposedAxis) -> Triples:
        fields = {name: getattr(axis, name) for name in axis.__dataclass_fields__}
        return true(TransposedAxis(**fields | {"padding": axis.padding[::-1]}))

    monkeypatch.setattr(TransposedAxis, "triples", wrong)
    layer = window(1, 3, 2, (1, 0), 1)
    with pytest.raises(AssertionError):
        assert_derivatives_agree(
            (ConvTranspose(in_channels=1, out_channels=1, output_padding=(0,), **layer), (3,), {})
        )


def test_a_swapped_channel_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights (m, c) read as (c, m)."""
    true = Triples.__mul__

    def wrong(self: Triples, other: Triples) -> Triples:
        swapped = self.sizes == (2, 4, 2)
        tap = self.tap // 2 + 2 * (self.tap % 2) if swapped else self.tap
        return true(Triples(self.output, tap, self.input, sizes=self.sizes), other)

    monkeypatch.setattr(Triples, "__mul__", wrong)
    with pytest.raises(AssertionError):
        assert_derivatives_agree(conv(3, 2, in_channels=2, out_channels=2))


def test_a_divisor_that_ignores_the_padding_is_refuted() -> None:
    """1 / (taps in the input) in the place of 1 / (taps in the padded input)."""
    pool = window(1, 3, 1, (1, 1), 1)
    right = derive(AvgPool(**pool), (4,))
    wrong = derive(AvgPool(**pool, count_include_pad=False), (4,))
    assert right.toeplitz.sparse() != wrong.toeplitz.sparse()
    assert right.toeplitz.sparse()[0, 0] == sp.Rational(1, 3)
    assert wrong.toeplitz.sparse()[0, 0] == sp.Rational(1, 2)


def test_a_transposed_convolution_has_the_transposed_matrix() -> None:
    """T of conv_transpose is T^T of conv from output to input, with the same weights."""
    fields = window(2, (2, 3), (2, 1), ((1, 0), (0, 1)), (1, 2))
    forward = derive(Conv(in_channels=2, out_channels=4, groups=2, **fields), (4, 5))
    backward = derive(
        ConvTranspose(in_channels=4, out_channels=2, groups=2, output_padding=(1, 0), **fields),
        forward.a.shape[1:],
    )
    assert backward.a.shape == forward.x.shape
    assert backward.toeplitz.sparse() == forward.toeplitz.transposed.sparse()


def test_a_constant_weight_has_no_derivative() -> None:
    pooling = derive(AvgPool(**window(1, 2, 2, (0, 0), 1)), (4,))
    assert pooling.weights == 0
    assert [equation.title for equation in pooling.equations()] == ["forward", "input derivative"]
    for ask in (lambda: pooling.unfold, lambda: pooling.star, pooling.weight_vjp):
        with pytest.raises(UnsupportedError, match="no derivative by them"):
            ask()


def test_a_layer_that_is_no_relation_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="MaxPool is not one relation"):
        derive(MaxPool(**window(1, 2, 2, (0, 0), 1)), (4,))


def test_sizes_that_the_layer_knows_or_lacks_are_refused() -> None:
    layer, size, _ = conv(4, 2)
    with pytest.raises(ShapeError, match="kernel_size of its own"):
        derive(layer, size, kernel_size=(2,))
    with pytest.raises(ShapeError, match="channels of its own"):
        derive(layer, size, channels=2)
    with pytest.raises(ShapeError, match="give kernel_size"):
        derive(Convolve(), size)
    with pytest.raises(ShapeError, match="takes an input of 3"):
        derive(layer, (4, 4))
    with pytest.raises(GeometryError, match="does not fit"):
        derive(conv(4, 2, t=4)[0], size)


@pytest.mark.parametrize("grid", GRIDS)
def test_products_bounds_the_triples(grid: Callable[[], Iterator[Case]]) -> None:
    """No derivation enumerates more products than are foretold."""
    for layer, size, sizes in list(grid())[::5]:
        derivation: Derivation = derive(layer, size, **sizes)
        assert len(derivation.triples) <= products(layer, size, **sizes)
