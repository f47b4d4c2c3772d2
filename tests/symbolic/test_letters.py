"""Names of the entries: counted from 1, channels first, readable in three notations."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.symbolic import Letters, Reciprocals

SHAPES = st.lists(st.integers(1, 12), min_size=1, max_size=3).map(tuple)


def test_one_axis_has_one_index() -> None:
    """x_1 ... x_7, as in the lecture."""
    x = Letters(name="x", shape=(7,))
    assert x.symbols() == sp.symbols("x_1:8")
    assert x.spellings("unicode") == ("x₁", "x₂", "x₃", "x₄", "x₅", "x₆", "x₇")
    assert x.spellings("latex")[6] == "x_{7}"


def test_several_axes_have_a_tuple_of_indices() -> None:
    x = Letters(name="x", shape=(2, 2))
    assert x.spellings("plain") == ("x_{1,1}", "x_{1,2}", "x_{2,1}", "x_{2,2}")
    assert x.spellings("latex") == x.spellings("plain")
    assert x.spellings("unicode") == ("x₁₁", "x₁₂", "x₂₁", "x₂₂")


def test_a_comma_separates_indices_where_one_exceeds_nine() -> None:
    """x₁₁₂ would be x_{1,12} and x_{11,2}."""
    assert Letters(name="x", shape=(12, 12)).spell(11, "unicode") == "x₁,₁₂"
    assert Letters(name="x", shape=(12,)).spell(11, "unicode") == "x₁₂"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((1, 1, 3), "w₃"), ((2, 1, 3), "w₁₃"), ((1, 2, 3), "w₁₃"), ((2, 2, 3), "w₁₁₃")],
)
def test_the_only_channel_is_left_out(shape: tuple[int, ...], expected: str) -> None:
    assert Letters(name="w", shape=shape, channel_axes=2).spell(2, "unicode") == expected


def test_a_spatial_axis_of_one_position_is_kept() -> None:
    assert Letters(name="x", shape=(1, 1, 1), channel_axes=1).spell(0, "plain") == "x_{1,1}"


def test_a_scalar_has_no_index() -> None:
    assert Letters(name="x", shape=(1,), channel_axes=1).symbols() == (sp.Symbol("x"),)


@settings(deadline=None)
@given(SHAPES, st.integers(0, 2))
def test_no_two_entries_share_a_name(shape: tuple[int, ...], channel_axes: int) -> None:
    """Every notation is injective, and spell is spellings at one position."""
    letters = Letters(name="da", shape=shape, channel_axes=channel_axes)
    for notation in ("plain", "unicode", "latex"):
        names = letters.spellings(notation)
        assert len(set(names)) == len(names) == sp.prod(shape)
        last = len(names) - 1
        assert letters.spell(last, notation) == names[last]


@settings(deadline=None)
@given(SHAPES)
def test_latex_is_what_sympy_prints(shape: tuple[int, ...]) -> None:
    """latex(symbol) == spelling."""
    letters = Letters(name="x", shape=shape)
    assert sp.latex(letters.symbols()[-1]) == letters.spellings("latex")[-1]


def test_the_differential_has_the_same_indices() -> None:
    da = Letters(name="a", shape=(2, 3)).differential()
    assert da.spell(5, "unicode") == "da₂₃"


def test_reciprocals_are_numbers() -> None:
    average = Reciprocals(divisors=(4, 1, -3))
    assert average.symbols() == (sp.Rational(1, 4), 1, -sp.Rational(1, 3))
    assert average.spell(0, "unicode") == "1/4"
    assert average.spell(0, "latex") == r"\frac{1}{4}"
    assert average.spell(1, "latex") == "1"
