"""What the depthwise kernels of strips are compiled to: wide loads and stores, and no stack."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.depthwise_strips import rows_of
from convproof_gpu.machine import Kernel
from tests.gpu.static.test_machine_code import AMPERE, HOPPER, disassembler, needs_nvdisasm, of

pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


def instructions(kernel: Kernel, arch: str, folder: Path) -> Counter[str]:
    """Return how often each instruction stands in the kernel."""
    source, path = KERNELS / f"{kernel.file}.cu", folder / "kernel.cubin"
    path.write_bytes(compiled(source, arch, name_expressions=[kernel.expression]).code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    held = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)", text)
    assert len(held) > 100
    return Counter(held)


@needs_nvdisasm
@pytest.mark.parametrize("arch", [HOPPER, AMPERE])
@pytest.mark.parametrize("verb", ["forward", "input_vjp", "weight_vjp"])
def test_a_strip_is_loaded_and_stored_by_16_bytes(arch: str, verb: str, tmp_path: Path) -> None:
    """Each row once: nine of seven and its halo; no box in shared memory, no stack."""
    kernel = Kernel(f"depthwise_strips_{verb}", ("float", "3", "4"))
    held = instructions(kernel, arch, tmp_path)
    rows = rows_of(3, 4)
    wide, written = (rows + 2, rows) if verb != "weight_vjp" else (rows + 2 + rows, 0)
    assert sum(of(held, "LDG", "128").values()) == wide
    assert sum(of(held, "STG", "128").values()) == written
    assert not of(held, "LDL") | of(held, "STL")
    if verb != "weight_vjp":
        assert not of(held, "LDS") | of(held, "STS") | of(held, "BAR")
