"""What the tensor cores' kernels are compiled to: read in the machine code, without a GPU."""

import re
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from convproof_gpu.cubin import ARCHITECTURES, KERNELS, Cubin, compiled, is_there
from convproof_gpu.machine import Kernel
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import TENSOR_TILES, TensorTile

SOURCE, HOPPER, AMPERE = KERNELS / "conv_tensor.cu", "sm_90a", "sm_80"
SMALL, WORDS = TensorTile(64, 64), TensorTile(64, 64, "tf32")
STEPS = 4  # instructions of a slab
pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


def kernels() -> list[Kernel]:
    """Return all that has a tile for the tensor cores."""
    return [kernel for kernel in specialisations("conv_tensor") if tile_argument(kernel)]


def tile_argument(kernel: Kernel) -> str:
    """Return the argument that is a tile, or ""."""
    return next((each for each in kernel.arguments if each.startswith("TensorTile<")), "")


def usual(kernel: Kernel) -> bool:
    """Return whether it is of floats and of three axes, which take most registers."""
    return kernel.arguments[:-1] in (("float", "3"), ("3",))


def in_memory(made: Cubin) -> list[tuple[str, ...]]:
    """Return the kernels with a stack or spills: their bytes, of the stack, stored and loaded."""
    log = made.log.replace("\n", " ")
    found = re.findall(
        r"Compiling entry function '(\S+)'.*?(\d+) bytes stack frame, "
        r"(\d+) bytes spill stores, (\d+) bytes spill loads",
        log,
    )
    assert len(found) == log.count("Compiling entry function") > 0
    return [row for row in found if row[1:] != ("0", "0", "0")]


@cache
def made_of(arch: str, *expressions: str) -> Cubin:
    """Return kernels that several tests read."""
    return compiled(SOURCE, arch, name_expressions=expressions)


def usually(tile: TensorTile) -> list[Kernel]:
    """Return the three kernels of a tile, of floats and three axes."""
    return [each for each in kernels() if tile_argument(each) == tile.argument and usual(each)]


def assert_in_registers(arch: str, chosen: list[Kernel]) -> None:
    made = made_of(arch, *(kernel.expression for kernel in chosen))
    assert set(made.symbols) == {kernel.expression for kernel in chosen}
    assert in_memory(made) == []
    assert "serializ" not in made.log.lower()  # of wgmma, where registers are read too early


@pytest.mark.parametrize(
    "tile",
    [
        tile if tile.precision == "float32" else pytest.param(tile, marks=pytest.mark.full)
        for tile in TENSOR_TILES
    ],
    ids=[tile.argument for tile in TENSOR_TILES],
)
def test_a_tile_keeps_its_sums_in_registers(tile: TensorTile) -> None:
    """No stack, no spill, no tensor instruction that waits for the one before."""
    assert len(usually(tile)) == 3
    assert_in_registers(HOPPER, usually(tile))


def test_a_tile_does_where_there_is_no_wgmma() -> None:
    """Of ``64 x 128`` sums a thread has 64, and 168 registers: a slab's products of 16 rows."""
    assert_in_registers(AMPERE, usually(TensorTile(64, 128)))


@pytest.mark.full
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("tile", TENSOR_TILES, ids=lambda tile: tile.argument)
def test_every_specialisation_does(tile: TensorTile, arch: str) -> None:
    """Of every element, number of axes and product."""
    chosen = [each for each in kernels() if tile_argument(each) == tile.argument]
    assert_in_registers(arch, chosen)


def test_a_stack_is_seen() -> None:
    """Registers have no numbers: an array whose place is computed lies in memory."""
    source = """
    __global__ void k(float* x) {
      float v[64] = {};
      for (int i = 0; i < 64; i++) v[static_cast<int>(x[i]) & 63] += x[i];
      x[threadIdx.x] = v[threadIdx.x & 63];
    }"""
    assert in_memory(compiled(source, HOPPER))


def disassembler() -> Path | None:
    """Return ``nvdisasm``: of its own wheel, or a toolkit's."""
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files("nvidia-cuda-nvdisasm") or ():
            if file.stem == "nvdisasm" and Path(str(file.locate())).is_file():
                return Path(str(file.locate()))
    found = shutil.which("nvdisasm")
    return Path(found) if found else None


needs_nvdisasm = pytest.mark.skipif(
    disassembler() is None, reason="nvdisasm is not installed (nvidia-cuda-nvdisasm)"
)


@cache
def code(arch: str, tile: TensorTile, name: str, element: str) -> bytes:
    """Return a kernel of two axes."""
    pairs = name == "conv_tensor_weight_vjp"
    arguments = ("2", tile.argument) if pairs else (element, "2", tile.argument)
    kernel = Kernel("conv_tensor", arguments, name)
    return compiled(SOURCE, arch, name_expressions=[kernel.expression]).code


def lines(
    folder: Path, arch: str, tile: TensorTile, name: str = "", element: str = "float"
) -> list[tuple[str, str]]:
    """Return the instructions that stand in it, and the operands of each."""
    path = folder / "kernel.cubin"
    path.write_bytes(code(arch, tile, name, element))
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    held = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)([^;]*)", text)
    assert len(held) > 100
    return held


def instructions(folder: Path, arch: str, tile: TensorTile, name: str = "") -> Counter[str]:
    """Return how often each instruction stands in it."""
    return Counter(instruction for instruction, _ in lines(folder, arch, tile, name))


def of(held: Counter[str], *words: str) -> dict[str, int]:
    """Return the instructions that have all of the words, such as ``LDGSTS`` and ``128``."""
    return {name: n for name, n in held.items() if {*words} <= {*name.split(".")}}


@needs_nvdisasm
@pytest.mark.parametrize(
    ("tile", "name", "element", "kind"),
    [
        (SMALL, "", "float", "x8.F32.TF32"),
        (TensorTile(128, 128), "conv_tensor_weight_vjp", "float", "x8.F32.TF32"),
        (WORDS, "", "float", "x8.F32.TF32"),
        (WORDS, "", "__half", "x16.F32"),
        pytest.param(WORDS, "", "__nv_bfloat16", "x16.F32.BF16", marks=pytest.mark.full),
    ],
    ids=str,
)
def test_hopper_multiplies_by_warpgroups(
    tile: TensorTile, name: str, element: str, kind: str, tmp_path: Path
) -> None:
    """Each 64 columns of a slab are 4 steps of 32 bytes, of three products or one: no more.

    What is multiplied once comes from shared memory, the words of floats from registers.
    """
    held = lines(tmp_path, HOPPER, tile, name, element)
    counts = Counter(instruction for instruction, _ in held)
    words = 3 if tile.precision == "float32" else 1
    expected = tile.columns // 64 * STEPS * words
    assert of(counts, "HGMMA") == {f"HGMMA.64x{tile.rows}{kind}": expected}
    assert not of(counts, "HMMA")
    assert not of(counts, "LDL") | of(counts, "STL")  # nothing lies in memory
    columns = [operands.split(",")[1] for each, operands in held if each.startswith("HGMMA")]
    assert {"gdesc" in column for column in columns} == {tile == WORDS}
