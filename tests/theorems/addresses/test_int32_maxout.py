"""What ``int32_maxout`` states of a unit is what ``maxout.cuh`` computes."""

import re
from itertools import product
from pathlib import Path

import pytest

KERNEL = Path(__file__).parents[3] / "gpu/convproof_gpu/kernels/maxout.cuh"


def _first(text: str, output: int, pool: int, inner: int) -> int:
    """Return what ``Units::first`` of a kernel's text returns, of numbers that are not negative."""
    found = re.search(r"Int first\(Int output\) const { return ([a-z /*+%]+); }", text)
    assert found
    names = {"output": output, "pool": pool, "inner": inner}
    value: int = eval(found[1].replace("/", "//"), {}, names)
    return value


def _check(text: str) -> None:
    for units, pool, inner in product(range(1, 4), repeat=3):
        for u, i in product(range(units), range(inner)):
            assert _first(text, u * inner + i, pool, inner) == u * pool * inner + i


def test_a_unit_of_the_kernel_is_that_of_the_proof() -> None:
    """first(u I + i) = u P I + i."""
    _check(KERNEL.read_text())


def test_a_kernel_that_forgets_the_pool_is_not() -> None:
    """u I + i."""
    text = KERNEL.read_text()
    with pytest.raises(AssertionError):
        _check(text.replace("inner * pool * inner", "inner * inner"))
