"""Each named network as a whole by kernels, in float32, against NumPy.

In whole numbers, where every sum has fewer than 24 bits: the same answers and derivatives. All
others in real numbers: no further away than ``deviation`` derives.
"""

from collections.abc import Callable

import numpy as np

from convproof.networks import Network
from tests.networks.whole import (
    SIZES,
    Arrays,
    Computed,
    assert_equal,
    assert_tells,
    assert_within,
    bits,
    by_vjp,
    cotangents,
    derived,
    exact_form,
    real_numbers,
    small,
    until,
    whole_numbers,
)

SINGLE = 2.0**24
WHOLE = [
    "linear", "two-layer", "mnist-convnet", "cifar10-convnet", "lenet5-simplified", "vgg11",
    "vgg13", "inception-naive", "inception", "torchvision-alexnet",
]  # fmt: skip
REAL = [name for name in SIZES if name not in WHOLE]
SEEDS = {"caffenet": 0}  # of real numbers, where 1 brings derivatives that all but cancel
Compute = Callable[[Network, Arrays, np.ndarray, Arrays], Computed]


def assert_same_integers(name: str, compute: Compute) -> None:
    """y_v = f_v(y_u), and every parameter's derivative: no sum needs more than float32's bits."""
    net = exact_form(name)
    parameters, x = whole_numbers(net, 1, images=1)
    bars = cotangents(net, 1, images=1)
    assert bits(net, parameters, x, bars) <= SINGLE

    found = compute(net, _single(parameters), x.astype(np.float32), _single(bars))
    assert_equal(found, by_vjp("numpy", net, parameters, x, bars))


def assert_no_further_than_derived(name: str, compute: Compute) -> None:
    """|a - b| <= D in float32, and D tells every answer and every derivative from zeros."""
    net, seed = until_codes(name), SEEDS.get(name, 1)
    numbers, image = real_numbers(net, seed, images=1, negative=1 / 32)
    parameters, x = _single(numbers), image.astype(np.float32)
    bars = _single(cotangents(net, seed, images=1))
    mine = by_vjp("numpy", net, parameters, x, bars)
    apart = derived(net, parameters, mine, bars)
    assert_within(mine, compute(net, parameters, x, bars), apart, net)
    assert_tells(mine, apart)


def until_codes(name: str) -> Network:
    """LeNet-5 without its distances, which no kernel computes: float32 hardly tells one code."""
    return until(small(name), "stanh6") if name == "lenet5" else small(name)


def _single(arrays: Arrays) -> Arrays:
    return {name: array.astype(np.float32) for name, array in arrays.items()}
