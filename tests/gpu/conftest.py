"""Tests marked ``gpu`` need one: without it they are skipped, and say why.

With ``CONVPROOF_REQUIRE_GPU=1``, where a GPU must be, they fail instead.
"""

import os

import pytest

from convproof_gpu.device import cupy_or_why


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked or os.environ.get("CONVPROOF_REQUIRE_GPU") == "1":
        return
    _, why = cupy_or_why()
    if why:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=why))
