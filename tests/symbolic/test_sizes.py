"""The letters of an axis are integers of the signs that they say; its laws are those of Axis."""

import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from convproof.axes import Axis
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, prove
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.terms import both, iff

AXIS = SymbolicAxis()


def test_a_letter_says_its_sign() -> None:
    assert (size("a").is_positive, count("a").is_nonnegative) == (True, True)
    assert (index("a").is_nonnegative, count("a").is_positive) == (None, None)
    assert all(each.is_integer for each in (size("a"), count("a"), index("a")))


def test_a_suffix_keeps_the_letters_of_axes_apart() -> None:
    letters = ("n", "r", "outputs", "s", "t", "low", "high")
    held = [getattr(axis, name) for axis in (AXIS, SymbolicAxis("_2")) for name in letters]
    assert len({symbol.name for symbol in held}) == 2 * len(letters)


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    """Every window fits: the input is as long as it must be, and up to 6 longer."""
    taps, dilation, stride = (draw(st.integers(1, 4)) for _ in range(3))
    low, high = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    least = max(1, dilation * (taps - 1) + 1 - low - high)
    return Axis(
        input_size=least + draw(st.integers(0, 6)),
        kernel_size=taps,
        stride=stride,
        dilation=dilation,
        padding=(low, high),
    )


def _at(axis: Axis) -> dict[sp.Symbol, int]:
    return {
        AXIS.n: axis.input_size,
        AXIS.r: axis.kernel_size,
        AXIS.s: axis.stride,
        AXIS.t: axis.dilation,
        AXIS.low: axis.padding[0],
        AXIS.high: axis.padding[1],
        AXIS.outputs: axis.output_size,
    }


@given(axes())
def test_the_laws_are_those_of_an_axis(axis: Axis) -> None:
    """n' and i(o, k) in symbols are output_size and position in numbers, and no other n' obeys."""
    at = _at(axis)
    assert truth(both(*AXIS.sizes(), AXIS.size_law()), at)
    assert value(AXIS.span, at) == axis.span
    for wrong in (at[AXIS.outputs] + 1, at[AXIS.outputs] - 1):
        assert not truth(both(*AXIS.sizes()), {**at, AXIS.outputs: wrong})
        assert not truth(AXIS.size_law(), {**at, AXIS.outputs: wrong})
    for o in range(min(3, axis.output_size)):
        for k in range(min(3, axis.kernel_size)):
            assert (
                value(AXIS.position(o, k), at) == axis.stride * o + axis.dilation * k - at[AXIS.low]
            )


def test_euclids_law_of_the_size_is_the_law_as_it_is_written() -> None:
    """s (n' - 1) <= slack < s n'  <=>  n' = floor(slack/s) + 1."""
    claim = Claim(name="size", goal=iff(both(*AXIS.sizes()), AXIS.size_law()))
    assert {verdict.status for verdict in prove(claim)} == {"proved"}


def test_ranges_include_their_start_and_not_their_end() -> None:
    for made, end in (
        (AXIS.is_output, AXIS.outputs),
        (AXIS.is_tap, AXIS.r),
        (AXIS.is_input, AXIS.n),
    ):
        o = index("o")
        held = [truth(both(*made(o)), {o: number, end: 3}) for number in (-1, 0, 2, 3)]
        assert held == [False, True, True, False]
