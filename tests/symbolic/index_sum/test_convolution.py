"""Convolution for all sizes: its closed forms are the matrices of every size that is tried."""

import pytest
import sympy as sp

from convproof import Axis, TransposedAxis
from convproof.symbolic.index_sum import Convolution, Relation, differing, triples
from convproof.symbolic.solver.evaluation import truth
from convproof.symbolic.solver.terms import divides
from convproof.triples import Triples
from tests.symbolic.index_sum.families import (
    FORMS,
    PLANE,
    axes,
    batched,
    geometries,
    is_right,
    sizes_of,
)

ZEROS, CIRCULAR = Convolution(), Convolution(padding_mode="circular")


@pytest.mark.parametrize("family", FORMS)
def test_the_forms_are_the_triples_of_four_thousand_variants(family: str) -> None:
    """[0 <= so + tk - p < n], [s | i + p - tk].., [t | i + p - so]..: the same {(o, k, i)}."""
    for form in FORMS[family]:
        assert is_right(form, family), form.name


def test_the_variants_are_many_and_wide() -> None:
    """Four thousand; some wrap around six times, or have more output padding than stride."""
    families = ("zeros", "ceil_mode", "circular", "transposed")
    assert sum(len(axes(family)) for family in families) >= 4000
    wrapped = [axis for axis in axes("circular") if isinstance(axis, Axis)]
    assert max((axis.span - 1) // axis.input_size for axis in wrapped) == 6
    transposed = [axis for axis in axes("transposed") if isinstance(axis, TransposedAxis)]
    assert any(axis.output_padding >= axis.stride for axis in transposed)


LAWS = {
    "zeros": Relation().floor_law(),
    "ceil_mode": Relation().ceil_law(),
    "circular": Relation().floor_law(),
    "transposed": Relation().transposed_law(),
}


@pytest.mark.parametrize("family", LAWS)
def test_the_output_size_and_no_other_obeys_its_law(family: str) -> None:
    """n' does, n' - 1 and n' + 1 do not."""
    q = Relation().outputs
    for axis in axes(family)[::10]:
        sizes = Relation().at(axis)
        for off in (-1, 0, 1):
            moved = {**sizes, q: sizes[q] + off}
            assert all(truth(law, moved) for law in LAWS[family]) == (off == 0)


def test_output_padding_and_ceil_mode_change_the_size_alone() -> None:
    """The forms have no letter for the padding above, nor for p_out."""
    letters = Relation()
    for form in (*ZEROS.forms, *CIRCULAR.forms, *ZEROS.transposed.forms):
        assert not {letters.high, letters.p_out} & form.expression.free_symbols


@pytest.mark.parametrize("dims", [2, 3])
def test_the_circular_forms_of_several_axes_are_the_geometrys(dims: int) -> None:
    """Each axis has turns of its own."""
    convolution = Convolution(
        dims=dims, padding_mode="circular", groups=True, channels=True, batch=True
    )
    some = geometries(dims, "circular")
    sizes, right = [sizes_of(convolution, each) for each in some], list(map(batched, some))
    for form in convolution.forms:
        assert differing(form, sizes, right) is None


def test_the_transposed_forms_with_channels_are_the_geometrys_with_legs_exchanged() -> None:
    """x and a, n and n', c and m change places; w[g,m,c,k] becomes w[g,c,m,k]."""
    letters = sp.symbols("C M", integer=True, positive=True)
    for geometry in geometries(2, "zeros"):
        numbers = sizes_of(PLANE, geometry)
        for axis in PLANE.relations:
            numbers[axis.n], numbers[axis.outputs] = numbers[axis.outputs], numbers[axis.n]
        numbers |= dict(zip(letters, (numbers[each] for each in letters[::-1]), strict=True))
        right = batched(geometry)
        O, K, I = right.sizes
        exchanged = Triples(right.input, right.tap, right.output, sizes=(I, K, O))
        for form in PLANE.transposed.forms:
            assert triples(form, numbers) == exchanged, (form.name, geometry)


@pytest.mark.parametrize("channels", [False, True])
@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("batch", [False, True])
def test_indices_that_are_not_asked_for_are_left_out(
    channels: bool, groups: bool, batch: bool
) -> None:
    """One channel, one group and a batch of one: the same triples without their indices."""
    axis = Axis(input_size=5, kernel_size=3, stride=2, dilation=2, padding=(2, 1))
    convolution = Convolution(channels=channels, groups=groups, batch=batch)
    ones = dict.fromkeys(sp.symbols("N G C M", integer=True, positive=True), 1)
    for form in convolution.forms:
        assert triples(form, Relation().at(axis) | ones) == axis.triples()


def test_the_input_derivative_says_what_divides() -> None:
    """s | i + p - t k where it is gathered, t | i + p - s o where it is scattered."""
    a = Relation()
    assert ZEROS.input_gather.guards[0] == divides(a.s, a.i + a.low - a.t * a.k)
    assert ZEROS.input_scatter.guards[0] == divides(a.t, a.i + a.low - a.s * a.o)
    assert len(ZEROS.input_gather.guards) == len(ZEROS.input_scatter.guards) == 3
    assert ZEROS.weight.guards == ZEROS.forward.guards == a.inside


def test_results_are_ordinary_sums() -> None:
    """SymPy's own Sum, that SymPy evaluates at numbers."""
    a = Relation()
    numbers = a.at(Axis(input_size=4, kernel_size=3, stride=2, padding=(1, 1))) | {a.i: 1}
    w, da = sp.IndexedBase("w"), sp.IndexedBase("da")
    assert isinstance(ZEROS.input_gather.expression, sp.Sum)
    assert ZEROS.input_gather.expression.subs(numbers).doit() == da[0] * w[2] + da[1] * w[0]


def test_the_latex_is_the_lectures() -> None:
    r"""\left[s \mid ..\right] \left[0 \le .. < n'\right], exact quotients without floors."""
    assert ZEROS.input_gather.latex == (
        r"{dx}_{i} = \sum_{k=0}^{r - 1} \left[s \mid i - k t + p_{\mathrm{low}}\right] "
        r"\left[0 \le \frac{i - k t + p_{\mathrm{low}}}{s} < n'\right] "
        r"{da}_{\frac{i - k t + p_{\mathrm{low}}}{s}} {w}_{k}"
    )
    assert r"{x}_{\left(k t + o s - p_{\mathrm{low}}\right) \bmod n}" in CIRCULAR.weight.latex
