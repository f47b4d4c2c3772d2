"""What the kernels that pool, or write channels last, are compiled to: read without a GPU."""

import re
import subprocess
from pathlib import Path

import pytest

from convproof_gpu.cubin import compiled
from convproof_gpu.machine import Kernel
from convproof_gpu.tiles import TENSOR_TILES, TensorTile
from tests.gpu.static.test_machine_code import (
    HOPPER,
    SOURCE,
    assert_in_registers,
    disassembler,
    kernels,
    needs_nvdisasm,
    pytestmark,  # noqa: F401
    tile_argument,
)

LARGEST = TENSOR_TILES[0]
FUSED = ("conv_tensor_last", "conv_tensor_pooled")


@pytest.mark.parametrize(
    "tile",
    [t if t == LARGEST else pytest.param(t, marks=pytest.mark.full) for t in TENSOR_TILES],
    ids=[tile.argument for tile in TENSOR_TILES],
)
def test_fused_kernels_keep_their_sums_in_registers(tile: TensorTile) -> None:
    """No stack, no spill, no tensor instruction that waits for the one before."""
    chosen = [k for k in kernels() if k.name in FUSED and tile_argument(k) == tile.argument]
    floats = [kernel for kernel in chosen if kernel.arguments[0] == "float"]
    assert len(chosen) == 3 * len(floats) == 9
    assert_in_registers(HOPPER, floats)


def stores(folder: Path, name: str, *arguments: str) -> set[str]:
    """Return the kinds of stores to global memory that stand in a kernel."""
    kernel = Kernel("conv_tensor", (*arguments, LARGEST.argument), name)
    path = folder / "kernel.cubin"
    path.write_bytes(compiled(SOURCE, HOPPER, name_expressions=[kernel.expression]).code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"\bSTG\.\S+", text))


@pytest.mark.full
@needs_nvdisasm
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("conv_tensor_last", ("float",), "STG.E.128"),
        ("conv_tensor_last", ("__half",), "STG.E.128"),
        ("conv_tensor_pooled", ("float", "1"), "STG.E.128"),
        ("conv_tensor_pooled", ("__half", "1"), "STG.E.128"),
        ("conv_tensor_pooled", ("float", "0"), "STG.E"),
    ],
)
def test_channels_last_are_stored_by_16_bytes(
    name: str, arguments: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    """A unit at once; channels first, a number."""
    assert stores(tmp_path, name, *arguments) == {expected}
