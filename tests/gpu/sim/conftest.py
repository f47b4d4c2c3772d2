"""Without a C++ compiler nothing here can run, and says so."""

import pytest

from convproof_gpu.sim import CompilerError
from convproof_gpu.sim.compiler import compiler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        compiler()
    except CompilerError as error:
        here = [item for item in items if "gpu/sim" in item.nodeid]
        for item in here:
            item.add_marker(pytest.mark.skip(reason=str(error)))
