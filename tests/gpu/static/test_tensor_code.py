"""Which instructions the tensor cores' kernels are made of: how many of a slab, and how wide."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from convproof_gpu.cubin import ARCHITECTURES, is_there
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import TENSOR_TILES, TensorTile
from tests.gpu.static.test_machine_code import (
    AMPERE,
    HOPPER,
    SMALL,
    STEPS,
    disassembler,
    lines,
    made_of,
    needs_nvdisasm,
    of,
    tile_argument,
)

pytestmark = [
    pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)"),
    needs_nvdisasm,
]
PAIRS = "conv_tensor_weight_vjp"
ELEMENTS = ("float", "__half", "__nv_bfloat16")
KINDS = {"float": "1688.F32.TF32", "__half": "16816.F32", "__nv_bfloat16": "16816.F32.BF16"}
SOON = [(SMALL, "", "float"), (TensorTile(16, 128), PAIRS, "float")]
EVERY = [
    (tile, name, element)
    for tile in TENSOR_TILES
    for name, elements in (("", ELEMENTS), ("conv_tensor_parts", ("float",)), (PAIRS, ("float",)))
    for element in elements
]
of_kernels = pytest.mark.parametrize(
    ("tile", "name", "element"),
    [*SOON, *(pytest.param(*k, marks=pytest.mark.full) for k in EVERY if k not in SOON)],
    ids=str,
)


def counts(folder: Path, arch: str, tile: TensorTile, name: str, element: str) -> Counter[str]:
    return Counter(each for each, _ in lines(folder, arch, tile, name, element))


def is_split(tile: TensorTile, element: str) -> bool:
    """Return whether a number is two words."""
    return tile.precision == "float32" and element == "float"


def copies_of(held: Counter[str], tile: TensorTile) -> int:
    """Return how often a slab's copies stand there: 16 bytes of each thread, all of them."""
    copies = of(held, "LDGSTS")
    assert copies.keys() == {"LDGSTS.E.BYPASS.128"}
    times, rest = divmod(sum(copies.values()), (tile.rows + tile.columns) // 16)
    assert rest == 0
    return times


def assert_shared(held: Counter[str], tile: TensorTile, *, split: bool, slabs: int) -> None:
    """Tables are read by entries, low words are split by 16 bytes, sums change hands by words."""
    low = 2 * tile.rows // 16 if split else 0
    assert of(held, "LDS", "128") == {"LDS.128": low + slabs * (tile.columns // 16 + 1)}
    assert of(held, "STS", "128") == ({"STS.128": low} if low else {})
    handed = tile.area // 128
    words = sum(of(held, "STS").values()) - low
    assert handed <= words <= handed + 16  # entries of tables
    assert not of(held, "LDL") | of(held, "STL")


@of_kernels
def test_a_slab_of_hopper(tile: TensorTile, name: str, element: str, tmp_path: Path) -> None:
    """Copied before the loop and in it; 4 steps of each 64 columns, of three products or one."""
    held = counts(tmp_path, HOPPER, tile, name, element)
    split, groups = is_split(tile, element), tile.columns // 64
    assert copies_of(held, tile) == 2
    assert sum(of(held, "HGMMA").values()) == groups * STEPS * (3 if split else 1)
    read = groups * STEPS if split and name != PAIRS else 0  # columns, to be split
    assert sum(of(held, "LDSM").values()) == read
    assert not of(held, "HMMA")
    assert_shared(held, tile, split=split, slabs=2)


@of_kernels
def test_a_slab_where_there_is_no_wgmma(
    tile: TensorTile, name: str, element: str, tmp_path: Path
) -> None:
    """``mma``: 8 of the rows at once; operands four words at once, by `ldmatrix`.

    In the loop, of which a compiler may put the first round before it.
    """
    held = counts(tmp_path, AMPERE, tile, name, element)
    split, groups = is_split(tile, element), tile.columns // 64
    rounds = copies_of(held, tile) - 1
    assert rounds in (1, 2)
    multiplied = rounds * groups * STEPS * tile.rows // 8
    assert of(held, "HMMA") == {f"HMMA.{KINDS[element]}": multiplied * (3 if split else 1)}
    columns = rounds * groups * STEPS if name != PAIRS else 0
    read = columns + multiplied // 2 * (2 if split else 1)
    assert of(held, "LDSM") == {"LDSM.16.M88.4": read}
    assert not of(held, "HGMMA")
    assert_shared(held, tile, split=split, slabs=rounds + 1)


def by_kernels(folder: Path, arch: str, names: list[str]) -> dict[str, Counter[str]]:
    """Return how often each instruction stands in each of some kernels."""
    made, path = made_of(arch, *names), folder / "kernels.cubin"
    path.write_bytes(made.code)
    command = [str(disassembler()), "-c", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    parts = dict(re.findall(r"\.section\s+\.text\.(\w+),([\s\S]*?)(?=\.section|\Z)", text))
    found = r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?\w+\s+)?([A-Z][\w.]*)"
    return {name: Counter(re.findall(found, parts[made.symbols[name]])) for name in names}


WIDE = {  # by 16 bytes a thread loads, and stores; of float, a position's 32 channels are 8 units
    "conv_tensor_source": (0, 1),
    "conv_tensor_rows": (0, 1),
    "conv_tensor_weights": (0, 1),
    "conv_tensor_sum": (1, 0),
    "conv_tensor_finish": (0, 0),
    "conv_tensor_finish_fused": (0, 0),
}


@pytest.mark.parametrize(
    "arch",
    [a if a == HOPPER else pytest.param(a, marks=pytest.mark.full) for a in ARCHITECTURES],
)
def test_operands_are_laid_out_by_16_bytes(arch: str, tmp_path: Path) -> None:
    """A unit is stored at once, and so is one of a part read; what lies elsewhere, by elements."""
    chosen = [each for each in specialisations("conv_tensor") if not tile_argument(each)]
    held = by_kernels(tmp_path, arch, [each.expression for each in chosen])
    for kernel in chosen:
        found, (loads, stores) = held[kernel.expression], WIDE[kernel.name]
        assert sum(found.values()) > 50, kernel
        assert bool(of(found, "LDG", "128")) == bool(loads), kernel
        assert (of(found, "STG") == of(found, "STG", "128")) == bool(stores), kernel
        if kernel.name == "conv_tensor_source":
            units = 64 * (8 if kernel.arguments[1] == "float" else 4) // 256
            assert sum(of(found, "STG", "128").values()) % units == 0, kernel
        if loads:
            assert of(found, "LDG") == of(found, "LDG", "128"), kernel
        assert not of(found, "LDL") | of(found, "STL"), kernel
