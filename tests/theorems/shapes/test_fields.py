"""The laws of receptive fields, at numbers, are what ``convproof.geometry`` computes."""

from dataclasses import replace
from itertools import pairwise, product

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

from convproof.geometry import receptive_field
from convproof.layers import Conv
from convproof.symbolic.solver import Identity
from convproof.theorems.proofs import proofs
from tests.theorems.shapes.numbers import claims, holds

Stack = tuple[tuple[int, int, int], ...]  # kernel size, stride and dilation of each layer
_LAYERS = tuple(product((1, 2, 3), (1, 2), (1, 2)))
_STACKS: tuple[Stack, ...] = tuple(product(_LAYERS, repeat=2))


def _read(stack: Stack) -> set[int]:
    """Return the positions that output 0 of a stack reads, on the integers, by following taps."""
    outputs = {0}
    for r, s, t in reversed(stack):
        outputs = {s * o + t * k for o in outputs for k in range(r)}
    return outputs


@pytest.mark.parametrize("third", [(1, 1, 1), (2, 2, 1), (3, 1, 3)])
def test_the_field_reaches_from_end_to_end(third: tuple[int, int, int]) -> None:
    """min = 0 and max = R - 1."""
    for stack in _STACKS:
        read = _read((*stack, third))
        assert (min(read), max(read) + 1) == (0, receptive_field((*stack, third))[0])


def test_the_laws_hold_of_the_codes_numbers() -> None:
    """R' = R + (r̂ - 1) J."""
    ends = claims("receptive_field")["it ends with the field of the last tap"]
    for first, (r, s, t) in _STACKS:
        (R, J), (more, jump) = receptive_field([first]), receptive_field([first, (r, s, t)])
        assert holds(ends, **{"R": R, "J": J, "R'": more, "T": t * J, "r": r, "t": t})
        assert jump == s * J


def test_a_layer_makes_holes_exactly_if_t_j_exceeds_r() -> None:
    """Where the field had none: no holes <=> t J <= R or r = 1."""
    for first, (r, s, t) in _STACKS:
        R, J = receptive_field([first])
        if len(_read((first,))) < R:
            continue
        whole = receptive_field([first, (r, s, t)])[0]
        assert (len(_read((first, (r, s, t)))) == whole) == (t * J <= R or r == 1)


def test_a_later_layer_fills_holes() -> None:
    """Two taps over two of t = 2: {0, 2} + {0, 1} has no hole."""
    assert _read(((2, 1, 2),)) == {0, 2}
    assert _read(((2, 1, 2), (2, 1, 1))) == {0, 1, 2, 3}


def test_with_a_stride_two_layers_grow_faster() -> None:
    """R_2 = 1 + (1 + s)(r̂ - 1), which is 1 + 2 (r̂ - 1) only if s = 1 or r = 1."""
    for r, s, t in _LAYERS:
        assert receptive_field([(r, s, t)] * 2)[0] == 1 + (1 + s) * t * (r - 1)


def test_fields_grow_linearly_at_stride_1_and_geometrically_by_pooling() -> None:
    """1 + L (r̂ - 1), and s^L."""
    for L, r, t in product(range(5), (1, 2, 3), (1, 2)):
        assert receptive_field([(r, 1, t)] * L) == (1 + L * t * (r - 1), 1)
    for L, s in product(range(5), (1, 2, 3)):
        assert receptive_field([(s, s, 1)] * L) == (s**L, s**L)


def test_what_all_layers_add_is_the_sum_term_by_term() -> None:
    """sum_{j < L} at numbers, where SymPy adds L terms, and one term more is wrong."""
    steps = [step for step in proofs()["depth_growth"].steps() if isinstance(step, Identity)]
    sums = [step for step in steps if not step.left.atoms(AppliedUndef)]
    assert len(sums) == len(steps) - 1 == 3
    for L, s, r, t in product(range(4), (1, 2, 3), (1, 2, 3), (1, 2)):
        numbers = {"L": L, "s": s, "r": r, "t": t}
        for step in sums:
            at = {v: numbers[v.name] for v in step.left.free_symbols | step.right.free_symbols}
            assert step.left.subs(at).doit() == step.right.subs(at)
    for step in sums:
        (added,) = step.left.atoms(sp.Sum, sp.Product)
        (j, first, last) = added.limits[0]
        longer = step.left.xreplace({added: added.func(added.function, (j, first, last + 1))})
        assert replace(step, left=longer).counterexample() is not None


@pytest.mark.parametrize(("layers", "wide"), [(2, 5), (3, 7)])
def test_stacks_of_3x3_see_as_far_with_fewer_parameters(layers: int, wide: int) -> None:
    """Three 3x3 are one 7x7; two are one 5x5."""
    words = {
        2: "two 3x3 have fewer parameters than 5x5",
        3: "three 3x3 have fewer parameters than 7x7",
    }
    assert receptive_field([(3, 1, 1)] * layers) == receptive_field([(wide, 1, 1)])
    for m, k in ((1, 1), (1, 4), (3, 4), (4, 4)):
        widths = (k, *(m,) * (layers - 1), k)
        stacked = sum(_conv(3, a, b).parameters for a, b in pairwise(widths))
        assert stacked < _conv(wide, k, k).parameters
        assert holds(claims("three_3x3_is_7x7")[words[layers]], k=k, m=m)


def _conv(r: int, k: int, k_out: int) -> Conv:
    return Conv(
        in_channels=k, out_channels=k_out, kernel_size=(r, r), stride=(1, 1), padding="valid",
        dilation=(1, 1),
    )  # fmt: skip
