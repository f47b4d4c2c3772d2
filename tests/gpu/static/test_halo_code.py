"""What the kernel of a staged source is compiled to, and how it meets shared memory's banks."""

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from convproof.cases import Case
from convproof.index_maps import Laid
from convproof_gpu import halo
from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.halo_plans import HALO_TILES, HaloTile, Plan, planned
from convproof_gpu.machine import Kernel
from convproof_gpu.sim import SimReport, conditions
from convproof_gpu.simulated import simulated
from tests.gpu.kernels.halo_cases import forward
from tests.gpu.kernels.tensor_cases import integers, layer_of
from tests.gpu.static.test_machine_code import (
    AMPERE,
    HOPPER,
    STEPS,
    disassembler,
    in_memory,
    needs_nvdisasm,
    of,
)

SOURCE = KERNELS / "conv_halo.cu"
SQUARES = 2  # of a warpgroup
needs_nvrtc = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")
KINDS_OF = {"float": "8.F32.TF32", "__half": "16.F32", "__nv_bfloat16": "16.F32.BF16"}


def instructions(folder: Path, arch: str, tile: HaloTile, element: str) -> list[tuple[str, str]]:
    """Return the instructions of a kernel without stack or spills, and the operands of each."""
    kernel = Kernel("conv_halo", (element, tile.argument))
    made = compiled(SOURCE, arch, name_expressions=[kernel.expression])
    assert in_memory(made) == []
    assert "serializ" not in made.log.lower()  # of wgmma, where registers are read too early
    path = folder / "kernel.cubin"
    path.write_bytes(made.code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)([^;]*)", text)


@needs_nvrtc
@needs_nvdisasm
@pytest.mark.parametrize(
    ("tile", "element"),
    [
        (HaloTile(128, 2), "__half"),
        *(
            pytest.param(tile, element, marks=pytest.mark.full)
            for tile in HALO_TILES
            for element in KINDS_OF
        ),
    ],
    ids=str,
)
def test_hopper_multiplies_by_warpgroups_from_planes(
    tile: HaloTile, element: str, tmp_path: Path
) -> None:
    """Of a slab, 4 steps for each square, both operands in shared memory; copies of 16 bytes.

    Of a slab's copies a thread makes those of its weights, and of two positions, with a loop.
    """
    held = instructions(tmp_path, HOPPER, tile, element)
    counts = Counter(instruction for instruction, _ in held)
    expected = {f"HGMMA.64x{tile.rows}x{KINDS_OF[element]}": SQUARES * STEPS}
    assert of(counts, "HGMMA") == expected
    assert not of(counts, "HMMA") | of(counts, "LDL") | of(counts, "STL")
    columns = [operands.split(",")[1] for each, operands in held if each.startswith("HGMMA")]
    assert all("gdesc" in column for column in columns)
    loads = (
        tile.rows * 8 // tile.threads
    )  # of weights, of a thread: before the loop twice, and in it
    assert sum(of(counts, "LDGSTS", "128", "BYPASS").values()) == 3 * loads + 2 * 2
    assert len(held) < 2200


@needs_nvrtc
@needs_nvdisasm
@pytest.mark.full
def test_an_older_gpu_multiplies_by_warps(tmp_path: Path) -> None:
    """Eight of ``mma.m16n8k8`` do one instruction's 64 rows; a is read by ``ldmatrix``."""
    held = Counter(name for name, _ in instructions(tmp_path, AMPERE, HaloTile(64, 1), "float"))
    assert of(held, "HMMA") == {"HMMA.1688.F32.TF32": SQUARES * STEPS * 8}
    assert sum(of(held, "LDSM").values()) == SQUARES * STEPS


@pytest.mark.parametrize("tile", [HaloTile(64, 1), HaloTile(64, 2)], ids=str)
def test_no_bank_of_shared_memory_is_asked_twice(tile: HaloTile) -> None:
    """Of what is staged, of the fragments that are read, and where sums change hands.

    Of a whole block and two slabs of channels: lanes that copy nothing are counted out of step.
    """
    assert conflicts(tile) == 0


def test_planes_that_begin_at_one_bank_are_seen() -> None:
    """A multiple of 128 bytes apart, the units of a position would be written one by one."""

    def apart(laid: Laid, tile: HaloTile, shared: int) -> Plan | None:
        plan = planned(laid, tile, shared)
        return plan and replace(plan, halo=replace(plan.halo, plane=plan.halo.plane + 112))

    with patch.object(halo, "planned", apart):
        assert (conflicts(HaloTile(64, 1)) or 0) > 0


def conflicts(tile: HaloTile) -> int | None:
    """Return the conflicts of a convolution that is a block's."""
    reports: list[SimReport] = []

    def reporting(kernel: Kernel) -> Callable[..., None]:
        def run(*args: Any, **options: Any) -> None:
            report = simulated(kernel)(*args, **options)
            reports.extend([report] if kernel.file == "conv_halo" else [])

        return run

    layer = layer_of((64, 64), (3, 3))
    case = Case(layer=layer, input_shape=(1, 64, 16 * tile.warpgroups + 2, 10), seed=0)
    with patch("convproof_gpu.simulated.simulated", reporting), conditions(count=True):
        forward(case, integers(case), replace(tile, kind="block"))
    (report,) = reports
    assert report.shared_requests
    return report.conflicts
