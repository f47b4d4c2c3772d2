"""The simulated kernels compute each named network as a whole, forward and every derivative."""

from functools import partial
from typing import Any

import pytest

from tests.networks.by_kernels import (
    REAL,
    WHOLE,
    assert_no_further_than_derived,
    assert_same_integers,
    until_codes,
)
from tests.networks.whole import SIZES, by_vjp, exact_form, small

pytestmark = pytest.mark.usefixtures("untyped")

QUICK = ("linear", "vgg11-lrn")
SIM = partial(by_vjp, "sim")


def _of(names: list[str]) -> list[Any]:
    return [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in names]


@pytest.mark.parametrize("name", _of(WHOLE))
def test_the_simulated_kernels_compute_the_same_integers(name: str) -> None:
    """In float32, of which every sum has fewer than 24 bits."""
    assert_same_integers(name, SIM)


@pytest.mark.parametrize("name", _of(REAL))
def test_the_simulated_kernels_are_no_further_away_than_derived(name: str) -> None:
    """|a - b| <= D in float32, forward and backward."""
    assert_no_further_than_derived(name, SIM)


def test_a_layer_of_every_kind_is_among_them() -> None:
    """But the two that are sums over arrays of any library, without a kernel."""
    simulated = [*(exact_form(n) for n in WHOLE), *(until_codes(n) for n in REAL)]
    kinds = {type(node.layer) for net in simulated for node in net}
    every = {type(node.layer) for name in SIZES for node in small(name)}
    assert {kind.__name__ for kind in every - kinds} == {"Rbf", "Negate"}
