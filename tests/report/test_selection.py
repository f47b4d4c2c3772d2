"""Max pooling as a selection: the matrix of the switches is the layer's, off ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.layers import AvgPool
from convproof.report.derivation.selection import agrees, section, switches, values
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.model import Matrix, Text, Verdict, plain
from convproof.symbolic import derive
from convproof.symbolic.index_sum import MaxPooling


def _pool(dims: int) -> tuple[AvgPool, tuple[int, ...]]:
    layer, sizes = spec(VARIANTS["pooling"], dims)
    assert isinstance(layer, AvgPool)
    return layer, sizes


@given(st.integers(1, 400))
def test_no_two_values_are_equal(count: int) -> None:
    """They are a permutation of 1, ..., n: no window has a tie."""
    assert sorted(values(count)) == list(range(1, count + 1))


@pytest.mark.parametrize("dims", [1, 2])
def test_every_row_selects_one_maximum_and_the_transpose_gives_it_the_cotangent(dims: int) -> None:
    """In the picture: each row has one 1, where x is the maximum that is beside it."""
    layer, sizes = _pool(dims)
    blocks = section(layer, derive(layer, sizes)).blocks
    S, T = (block for block in blocks if isinstance(block, Matrix))
    ones = {(cell.row, cell.column) for cell in S.cells if cell.label == "1"}
    assert sorted(row for row, _ in ones) == list(range(S.shape[0]))
    assert {(c.column, c.row, c.label) for c in T.cells} == {
        (c.row, c.column, c.label) for c in S.cells
    }
    assert S.left is not None
    assert S.right is not None
    a, x = ([int(n.split("=")[1]) for n in v.labels] for v in (S.left, S.right))
    rows = [[x[cell.column] for cell in S.cells if cell.row == o] for o in range(S.shape[0])]
    assert a == [max(row) for row in rows] == [x[i] for _, i in sorted(ones)]
    assert [block.badge.word for block in blocks if isinstance(block, Verdict)] == ["equal"]
    assert any(MaxPooling.ties in plain(b.prose) for b in blocks if isinstance(b, Text))


@pytest.mark.parametrize(
    "given_", [{"kernel_size": 3, "stride": 2, "padding": 1}, {"dilation": 2}, {"ceil_mode": True}]
)
def test_the_selection_is_the_references_for_other_windows(given_: dict[str, object]) -> None:
    layer, _ = spec(VARIANTS["pooling"], 1, given=given_)
    assert isinstance(layer, AvgPool)
    derivation = derive(layer, (7,))
    x = values(7)
    assert agrees(layer, derivation, x, switches(derivation, x))


def test_another_switch_is_found_out() -> None:
    """The comparison could have failed: one window's second input in place of its first."""
    layer, sizes = _pool(1)
    derivation = derive(layer, sizes)
    x = values(sizes[0])
    chosen = switches(derivation, x)
    assert agrees(layer, derivation, x, chosen)
    other = (chosen[0] + 1, *chosen[1:])
    assert not agrees(layer, derivation, x, other)


def test_on_ties_the_first_in_row_major_order_is_the_switch() -> None:
    layer, sizes = _pool(2)
    derivation = derive(layer, sizes)
    x = (5,) * int(np.prod(sizes))
    chosen = switches(derivation, x)
    assert chosen == (0, 2, 8, 10)
    assert agrees(layer, derivation, x, chosen)
    assert not agrees(layer, derivation, x, (1, *chosen[1:]))
