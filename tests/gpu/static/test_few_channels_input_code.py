"""What the input's gradient of few channels is compiled to: loops of products, and no stack."""

import re
import subprocess
from pathlib import Path

import pytest

from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.machine import Kernel
from tests.gpu.static.test_machine_code import HOPPER, disassembler, needs_nvdisasm

pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")
INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?\w+\s+)?([A-Z][\w.]*)(.*?);")
PRODUCTS = {  # of a row of taps: rows, quads and widths of a thread, of three channels
    "RowTaps<3, 1>": 4 * 4 * 3 * 3,
    "RowTaps<7, 2>": 2 * 4 * 7 * 3,
    "RowTaps<11, 4>": 4 * 11 * 3,
}
SQUARE = 3 * PRODUCTS["RowTaps<3, 1>"]


def loops(kernel: Kernel, folder: Path) -> list[list[str]]:
    """Return the instructions of each loop, from where it jumps back to."""
    path = folder / "kernel.cubin"
    source = KERNELS / f"{kernel.file}.cu"
    path.write_bytes(compiled(source, HOPPER, name_expressions=[kernel.expression]).code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    labels: dict[str, int] = {}
    held: list[str] = []
    found = []
    for line in text.splitlines():
        if label := re.match(r"(\.L_x_\d+):", line.strip()):
            labels[label[1]] = len(held)
        if instruction := INSTRUCTION.search(line):
            held.append(instruction[1])
            target = re.search(r"\.L_x_\d+", instruction[2])
            if instruction[1].startswith("BRA") and target and target[0] in labels:
                found.append(held[labels[target[0]] :])
    return found


@needs_nvdisasm
@pytest.mark.parametrize(
    "taps",
    ["RowTaps<3, 1>", *(pytest.param(t, marks=pytest.mark.full) for t in list(PRODUCTS)[1:])],
)
def test_of_a_loop_of_taps_five_instructions_in_six_multiply(taps: str, tmp_path: Path) -> None:
    """As few are left for what is read: quads of cotangents, and of weights for all lanes."""
    kernel = Kernel("few_channels_input_vjp", ("float", taps, "3"))
    found = loops(kernel, tmp_path)
    inner = [held for held in found if held.count("FFMA") == PRODUCTS[taps]]
    least = min(inner, key=len)
    assert 6 * least.count("FFMA") >= 5 * len(least)
    assert not any(name.startswith(("LDL", "STL")) for held in found for name in held)
    if taps == "RowTaps<3, 1>":  # beside it three rows at once, whose cotangents are read once
        both = min((h for h in found if h.count("FFMA") == SQUARE + PRODUCTS[taps]), key=len)
        assert 9 * (len(both) - len(least)) <= 10 * SQUARE
