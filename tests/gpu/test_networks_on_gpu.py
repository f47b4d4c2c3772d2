"""Each named network as a whole on a GPU: NumPy's answers and every parameter's derivative.

Without one, the same calls launch the kernels in the simulator, by a stand-in for CuPy; it has not
the functions that join arrays, of inception modules and of LeNet-5's table.
"""

from typing import Any

import numpy as np
import pytest

from convproof.networks import Network
from tests.networks.by_kernels import (
    REAL,
    WHOLE,
    assert_no_further_than_derived,
    assert_same_integers,
)
from tests.networks.whole import SIZES, Arrays, Computed, by_vjp

pytestmark = pytest.mark.usefixtures("untyped")

PLAIN = [n for n in SIZES if not ("inception" in n or "googlenet" in n or n == "lenet5")]
QUICK = "two-layer"


def _on_gpu(net: Network, parameters: Arrays, x: np.ndarray, bars: Arrays) -> Computed:
    import cupy

    def placed(arrays: Arrays) -> Any:
        return {key: cupy.asarray(array) for key, array in arrays.items()}

    found = by_vjp("gpu", net, placed(parameters), cupy.asarray(x), placed(bars))
    return Computed(*({key: cupy.asnumpy(a) for key, a in part.items()} for part in found))


@pytest.mark.gpu
@pytest.mark.parametrize("name", WHOLE)
def test_the_kernels_compute_the_same_integers(name: str) -> None:
    """In float32, of which every sum has fewer than 24 bits."""
    assert_same_integers(name, _on_gpu)


@pytest.mark.gpu
@pytest.mark.parametrize("name", REAL)
def test_the_kernels_are_no_further_away_than_derived(name: str) -> None:
    """|a - b| <= D in float32, forward and backward."""
    assert_no_further_than_derived(name, _on_gpu)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    "name", [n if n == QUICK else pytest.param(n, marks=pytest.mark.full) for n in PLAIN]
)
def test_what_a_gpu_would_be_launched_with_computes_them(name: str) -> None:
    """The same, in the simulator."""
    if name in WHOLE:
        assert_same_integers(name, _on_gpu)
    else:
        assert_no_further_than_derived(name, _on_gpu)
