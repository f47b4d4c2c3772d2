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

from convproof_gpu.cubin import KERNELS, Cubin, compiled, is_there
from convproof_gpu.machine import Kernel
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import TENSOR_TILES, TensorTile

SOURCE, HOPPER, AMPERE = KERNELS / "conv_tensor.cu", "sm_90a", "sm_80"
SMALL = TensorTile(64, 64)
STEPS = 32 // 8  # of a slab: depths of an instruction
pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


def kernels() -> list[Kernel]:
    """Return all that has a tile for the tensor cores."""
    return [kernel for kernel in specialisations("conv_tensor") if len(kernel.arguments) == 3]


def usual(kernel: Kernel) -> bool:
    """Return whether it is of floats and of three axes, which take most registers."""
    return kernel.arguments[:2] == ("float", "3")


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


def assert_in_registers(arch: str, chosen: list[Kernel]) -> None:
    made = compiled(SOURCE, arch, name_expressions=[kernel.expression for kernel in chosen])
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
    chosen = [kernel for kernel in kernels() if kernel.arguments[2] == tile.argument]
    assert_in_registers(HOPPER, list(filter(usual, chosen)))


@pytest.mark.full
@pytest.mark.parametrize("tile", TENSOR_TILES, ids=lambda tile: tile.argument)
def test_every_specialisation_does(tile: TensorTile) -> None:
    """Of every element, number of axes and product."""
    assert_in_registers(HOPPER, [each for each in kernels() if each.arguments[2] == tile.argument])


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
def code(arch: str, tile: TensorTile, name: str) -> bytes:
    """Return a kernel of floats and two axes."""
    kernel = Kernel("conv_tensor", ("float", "2", tile.argument), name)
    return compiled(SOURCE, arch, name_expressions=[kernel.expression]).code


def instructions(folder: Path, arch: str, tile: TensorTile, name: str = "") -> Counter[str]:
    """Return how often each instruction stands in it."""
    path = folder / "kernel.cubin"
    path.write_bytes(code(arch, tile, name))
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    held = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)", text)
    assert len(held) > 100
    return Counter(held)


def of(held: Counter[str], *words: str) -> dict[str, int]:
    """Return the instructions that have all of the words, such as ``LDGSTS`` and ``128``."""
    return {name: n for name, n in held.items() if {*words} <= {*name.split(".")}}


@needs_nvdisasm
@pytest.mark.parametrize(
    ("tile", "name"),
    [
        (SMALL, ""),
        (TensorTile(128, 128), "conv_tensor_weight_vjp"),
        (TensorTile(64, 64, "tf32"), ""),
    ],
    ids=str,
)
def test_hopper_multiplies_by_warpgroups(tile: TensorTile, name: str, tmp_path: Path) -> None:
    """Each 64 columns of a slab are 4 steps of 8 depths, of three products or one: no more."""
    held = instructions(tmp_path, HOPPER, tile, name)
    words = 3 if tile.precision == "float32" else 1
    expected = tile.columns // 64 * STEPS * words
    assert of(held, "HGMMA") == {f"HGMMA.64x{tile.rows}x8.F32.TF32": expected}
    assert not of(held, "HMMA")
    assert not of(held, "LDL") | of(held, "STL")  # nothing lies in memory


@needs_nvdisasm
def test_an_older_gpu_multiplies_by_warps(tmp_path: Path) -> None:
    """``mma.m16n8k8``: eight of them do one instruction's 64 rows."""
    held = instructions(tmp_path, AMPERE, SMALL)
    assert of(held, "HMMA") == {"HMMA.1688.F32.TF32": 3 * STEPS * SMALL.rows // 8}
    assert not of(held, "HGMMA")


@needs_nvdisasm
@pytest.mark.parametrize("arch", [HOPPER, AMPERE])
def test_weights_are_copied_to_shared_memory_by_16_bytes(arch: str, tmp_path: Path) -> None:
    """``cp.async`` of four floats, that passes the first cache by."""
    held = instructions(tmp_path, arch, SMALL)
    assert sum(of(held, "LDGSTS", "128", "BYPASS").values()) >= 4
