"""Every function that the simulator emulates, beside a GPU's: the same kernels, the same inputs.

With ``CONVPROOF_PRIMITIVES_REPORT=FILE``, what differs is appended there.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.gpu.sim.compared import Hardware, compare_launches, compare_rows, told
from tests.gpu.sim.launches import launches
from tests.gpu.sim.rows import FILES

pytestmark = pytest.mark.gpu
RANDOM = 20_000


@pytest.fixture
def hardware(tmp_path: Path) -> Hardware:
    import cupy

    held: Any = cupy
    return Hardware(held, tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_a_function_of_numbers_is_what_the_simulator_takes_it_for(
    hardware: Hardware, file: str
) -> None:
    """Equal bits where the guide promises them; within its bound where it gives one."""
    assert told(file, compare_rows(hardware, file, RANDOM)) == []


@pytest.mark.parametrize("file", sorted({launch.file for launch in launches()}))
def test_a_warp_a_block_and_a_grid_do_what_the_simulators_do(hardware: Hardware, file: str) -> None:
    """Shuffles, votes, reductions, barriers, atomics, copies, and the tensor cores' products."""
    assert told(f"{file}, launches", compare_launches(hardware, file, launches())) == []
