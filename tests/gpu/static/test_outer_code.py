"""What sums of outer products are compiled to: products, from registers that are read by fours."""

import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from convproof.index_maps.outer import CREW, EACH, SLAB
from convproof_gpu.cubin import KERNELS, Cubin, compiled, is_there
from convproof_gpu.outer import QUADS
from tests.gpu.static.test_machine_code import AMPERE, HOPPER, disassembler, needs_nvdisasm, of

pytestmark = [
    pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)"),
    needs_nvdisasm,
]
of_archs = pytest.mark.parametrize("arch", [HOPPER, pytest.param(AMPERE, marks=pytest.mark.full)])
of_elements = pytest.mark.parametrize(
    ("element", "wide"),
    [
        ("float", "128"),
        pytest.param("__half", "64", marks=pytest.mark.full),
        pytest.param("__nv_bfloat16", "64", marks=pytest.mark.full),
    ],
)
of_files = pytest.mark.parametrize(
    "file",
    [
        "linear_weight_vjp",
        pytest.param("pointwise_forward", marks=pytest.mark.full),  # whose rows lie turned
        pytest.param("pointwise_input_vjp", marks=pytest.mark.full),
    ],
)
REGISTERS, BLOCKS = 2**16, 2  # of a multiprocessor; that it shall have at a time
PRODUCTS, FOURS = SLAB * EACH**2, SLAB * 2 * EACH // QUADS[-1]  # of a slab; reads of it
_LINE = re.compile(
    r"^(\.L\w+):|/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)([^;]*);", re.MULTILINE
)


@cache
def made(file: str, arch: str, element: str) -> Cubin:
    """Return the machine code of four at a time."""
    expression = f"{file}<{element}, {QUADS[-1]}>"
    return compiled(KERNELS / f"{file}.cu", arch, name_expressions=[expression])


def text_of(folder: Path, file: str, arch: str, element: str) -> str:
    """Return it as text."""
    path = folder / "kernel.cubin"
    path.write_bytes(made(file, arch, element).code)
    command = [str(disassembler()), "-c", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def loop_of(text: str) -> Counter[str]:
    """Return the instructions of the loop that has products: back to its label, once each."""
    labels, held, loops = dict[str, int](), list[str](), list[Counter[str]]()
    for label, instruction, operands in _LINE.findall(text):
        if label:
            labels[label] = len(held)
            continue
        held.append(instruction)
        (to,) = re.findall(r"\((\.L\w+)\)", operands) or [""]
        if instruction.startswith("BRA") and to in labels:
            loops.append(Counter(held[labels[to] :]))
    (found,) = (loop for loop in loops if of(loop, "FFMA"))
    return found


@of_files
@of_archs
@of_elements
def test_a_slab_is_products_and_few_instructions_more(
    element: str, wide: str, arch: str, file: str, tmp_path: Path
) -> None:
    """512 products of a thread in every slab, from 32 reads of 16 bytes: four of five instructions.

    The next slab is loaded and the answer written four elements at a time, and none lies in memory.
    """
    text = text_of(tmp_path, file, arch, element)
    loop, whole = loop_of(text), Counter(name for _, name, _ in _LINE.findall(text))
    assert of(loop, "FFMA") == {"FFMA": PRODUCTS}
    assert of(loop, "LDS") == {"LDS.128": FOURS}
    turned = {"STS": 8} if file == "pointwise_forward" else {}
    assert of(loop, "STS") == {"STS.128": 2} | turned
    assert 4 * loop.total() < 5 * PRODUCTS
    assert sum(of(loop, "LDG", wide).values()) == sum(of(loop, "LDG").values()) == 2
    copies = 2 if file == "pointwise_forward" else 1  # with a bias, and without
    assert of(whole, "STG") == {f"STG.E.{wide}": copies * EACH * EACH // QUADS[-1]}
    assert not of(whole, "LDL") | of(whole, "STL")


@of_files
@of_archs
@pytest.mark.parametrize("element", ["float", pytest.param("__half", marks=pytest.mark.full)])
def test_two_blocks_run_at_a_time(element: str, arch: str, file: str) -> None:
    """One stores its sums while another adds: ``2 * 256`` threads of at most 128 registers."""
    log = made(file, arch, element).log
    (registers,) = map(int, re.findall(r"Used (\d+) registers", log))
    assert BLOCKS * CREW * registers <= REGISTERS
    assert " 0 bytes spill stores" in log
