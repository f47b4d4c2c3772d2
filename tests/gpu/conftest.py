"""Tests marked ``gpu`` need one: without it they are skipped, and say why.

With ``CONVPROOF_REQUIRE_GPU=1``, where a GPU must be, they fail instead.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from convproof_gpu.device import cupy_or_why
from tests.gpu.stand_in import stood_in


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a stand-in for CuPy, whose kernels run in the simulator."""
    with stood_in(monkeypatch) as held:
        yield held


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked or os.environ.get("CONVPROOF_REQUIRE_GPU") == "1":
        return
    _, why = cupy_or_why()
    if why:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=why))
