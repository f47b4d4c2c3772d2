"""What grouped convolutions are compiled to: every product one instruction, nothing in memory."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.grouped import SHORT, STRIP
from tests.gpu.static.test_machine_code import AMPERE, HOPPER, disassembler, needs_nvdisasm, of

pytestmark = [
    pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)"),
    needs_nvdisasm,
]
of_archs = pytest.mark.parametrize("arch", [HOPPER, pytest.param(AMPERE, marks=pytest.mark.full)])
TAPS = 3 * 3


def instructions(folder: Path, arch: str, file: str, arguments: str) -> Counter[str]:
    """Return how often each instruction stands in a kernel."""
    path, expression = folder / "kernel.cubin", f"{file}<{arguments}>"
    path.write_bytes(compiled(KERNELS / f"{file}.cu", arch, name_expressions=[expression]).code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Counter(re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)", text))


@of_archs
@pytest.mark.parametrize("channels", [4, pytest.param(8, marks=pytest.mark.full)])
def test_a_number_that_is_read_meets_the_taps_of_its_column_and_all_channels(
    channels: int, arch: str, tmp_path: Path
) -> None:
    """A patch is ``9 M 8`` products of 30 numbers and 9 M weights, which come four at a time."""
    held = instructions(tmp_path, arch, "grouped_forward", f"float, {channels}, 3")
    assert sum(of(held, "FFMA").values()) == TAPS * channels * STRIP
    assert of(held, "LDS") == {"LDS.128": TAPS * channels // 4}
    others = 2 * 5 + channels  # staging weights, of either order; the bias
    assert sum(of(held, "LDG").values()) <= 3 * (STRIP + 2) + others
    assert not of(held, "LDL") | of(held, "STL")


@pytest.mark.full
@pytest.mark.parametrize("arch", [HOPPER, AMPERE])
def test_a_gradient_keeps_its_sums_in_registers(arch: str, tmp_path: Path) -> None:
    """Of two patches, ``9 M`` sums each: the products of whole strips, and row by row of others."""
    held = instructions(tmp_path, arch, "grouped_weight_vjp", "float, 4, 3")
    assert sum(of(held, "FFMA").values()) == 2 * TAPS * 4 * 2 * SHORT
    assert not of(held, "LDL") | of(held, "STL")
