"""Each named network as a whole, narrow and small: its answers and all its derivatives.

Where all layers are exact, in integers: equal. Elsewhere, and with real numbers, no further apart
than ``deviation`` derives. In the quick suite by NumPy and by PyTorch's autograd; the oracle is
slower. The kernels: ``test_wholes_simulated``.
"""

from dataclasses import replace

import numpy as np
import pytest

from convproof.networks import Network
from convproof.networks.names import NAMES
from convproof.networks.wiring import Concat
from tests.networks.whole import (
    SIZES,
    Arrays,
    Computed,
    assert_equal,
    assert_tells,
    assert_within,
    bits,
    by_autograd,
    by_vjp,
    derived,
    exact_case,
    exact_form,
    is_exact,
    real_case,
)

pytestmark = pytest.mark.usefixtures("untyped")  # types are checked elsewhere; sizes matter here

ROUNDING = [  # they divide by what is no power of two, or have norms
    "alexnet", "caffenet", "zfnet", "vgg11-lrn", "nin", "googlenet", "googlenet-published",
]  # fmt: skip
EXACT = [name for name in SIZES if name not in ROUNDING]
QUICK = [  # one of each kind
    "lenet5", "lenet5-simplified", "alexnet", "caffenet", "vgg11-lrn", "nin", "googlenet-published",
    "torchvision-googlenet",
]  # fmt: skip
DOUBLE = 2.0**53


def test_every_named_network_is_here_and_compared_as_it_can_be() -> None:
    """Exactly where nothing rounds; all within a bound."""
    assert set(SIZES) == set(NAMES)
    assert [name for name in SIZES if not is_exact(exact_form(name))] == ROUNDING


@pytest.mark.parametrize("name", EXACT)
def test_answers_and_all_derivatives_are_autograds_exactly(name: str) -> None:
    """y_v = f_v(y_u), and the adjoint of every path: equal in integers, at every node."""
    net, parameters, x, bars = exact_case(name)
    mine = by_vjp("numpy", net, parameters, x, bars)

    assert bits(net, parameters, x, bars) <= DOUBLE
    assert mine.derivatives.keys() == {*net.parameter_shapes, "input"}
    assert all(array.any() for array in mine.derivatives.values())
    assert_equal(mine, by_autograd(net, parameters, x, bars))


@pytest.mark.full
@pytest.mark.parametrize("name", EXACT)
def test_the_oracle_computes_the_same_integers(name: str) -> None:
    net, parameters, x, bars = exact_case(name)
    assert_equal(by_vjp("numpy", net, parameters, x, bars), _by_oracle(net, parameters, x, bars))


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in SIZES],
)
def test_two_right_computations_are_no_further_apart_than_derived(name: str) -> None:
    """|a - b| <= D, forward and backward, and D is small enough to tell an answer from zeros."""
    net, parameters, x, bars = real_case(name)
    mine = by_vjp("numpy", net, parameters, x, bars)
    apart = derived(net, parameters, mine, bars)
    assert_within(mine, by_autograd(net, parameters, x, bars), apart, net)
    assert_tells(mine, apart)


@pytest.mark.full
@pytest.mark.parametrize("name", SIZES)
def test_the_oracle_is_no_further_away(name: str) -> None:
    net, parameters, x, bars = real_case(name)
    mine = by_vjp("numpy", net, parameters, x, bars)
    apart = derived(net, parameters, mine, bars)
    assert_within(mine, _by_oracle(net, parameters, x, bars), apart, net)


@pytest.mark.parametrize("name", ["inception", "torchvision-googlenet"])
def test_two_branches_in_the_other_order_are_unequal(name: str) -> None:
    """Where their channels let the graph stand."""
    net, parameters, x, bars = exact_case(name)
    nodes = tuple(
        replace(n, reads=n.reads[::-1]) if isinstance(n.layer, Concat) else n for n in net
    )
    mine = by_vjp("numpy", net, parameters, x, bars)
    other = by_vjp("numpy", replace(net, nodes=nodes), parameters, x, bars)
    with pytest.raises(AssertionError):
        assert_equal(mine, other)


def _by_oracle(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> Computed:
    return by_vjp("reference", net, parameters, x, bars)
