"""What is asked of the machine code can fail: by faults that no answer shows, each seen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convproof_gpu import cubin
from convproof_gpu.tiles import TensorTile
from tests.gpu.static import test_machine_code, test_occupancy, test_tensor_code
from tests.gpu.static.test_machine_code import AMPERE, HOPPER, SMALL, needs_nvdisasm

pytestmark = [
    pytest.mark.skipif(not cubin.is_there(), reason="NVRTC is not installed (extra nvrtc)"),
    needs_nvdisasm,
    pytest.mark.full,
]
Check = Callable[[Path], None]


def _no_spill(arch: str, tile: TensorTile) -> Check:
    held = test_machine_code.usually(tile)
    return lambda _: test_machine_code.assert_in_registers(arch, held)


def _of_hopper(folder: Path) -> None:
    test_tensor_code.test_a_slab_of_hopper(SMALL, "", "float", folder)


def _of_ampere(folder: Path) -> None:
    test_tensor_code.test_a_slab_where_there_is_no_wgmma(SMALL, "", "float", folder)


def _laid_out(folder: Path) -> None:
    test_tensor_code.test_operands_are_laid_out_by_16_bytes(HOPPER, folder)


_TILE = "tensor_contraction.cuh"
FAULTS: dict[str, tuple[str, str, str, Check]] = {
    "loads of all rows at once": (
        "warps.cuh",
        "    if (2 * j >= rows) break;\n",
        "",
        _no_spill(AMPERE, TensorTile(128, 128)),
    ),
    "more blocks than registers are for": (
        _TILE,
        "? 2 : R * C > 4096 ? 3 : 4;",
        "? 3 : R * C > 4096 ? 4 : 5;",
        _no_spill(HOPPER, TensorTile(64, 128)),
    ),
    "a table of three slabs more": (
        _TILE,
        "__shared__ Spots spots[ACROSS ? COLUMNS : 2 * THREADS];",
        "__shared__ Spots spots[ACROSS ? 4 * COLUMNS : 8 * THREADS];",
        lambda _: test_occupancy.test_blocks_at_once_are_those_of_the_rates(TensorTile(64, 128)),
    ),
    "a step is multiplied twice": (
        _TILE,
        "            warpgroup_multiply(part, high[s], low, 8 * s);\n",
        "            warpgroup_multiply(part, high[s], low, 8 * s);\n" * 2,
        _of_hopper,
    ),
    "lines are copied by halves": (
        _TILE,
        "cp_async<16>(b + swizzled(line + 16 * j, four), left + at,",
        "cp_async<8>(b + swizzled(line + 16 * j, four) + 2, left + at + 2,"
        " there & (line + 16 * j < map.rows - first_row)), "
        "cp_async<8>(b + swizzled(line + 16 * j, four), left + at,",
        _of_hopper,
    ),
    "low words are stored one by one": (
        _TILE,
        "          *reinterpret_cast<uint4*>(low + swizzled(line + 16 * (first + j), four)) =\n"
        "              make_uint4(low_word(v[j].x), low_word(v[j].y), low_word(v[j].z),"
        " low_word(v[j].w));\n",
        "          for (int k = 0; k < 4; k++)\n"
        "            const_cast<volatile float*>(low)[swizzled(line + 16 * (first + j), four) + k]"
        " = __uint_as_float(low_word(k == 0 ? v[j].x : k == 1 ? v[j].y : k == 2 ? v[j].z"
        " : v[j].w));\n",
        _of_hopper,
    ),
    "words are loaded by warps one by one": (
        "warps.cuh",
        "    ldmatrix(four, reinterpret_cast<const unsigned*>(lines) +"
        " swizzled(n + line, k + word));\n",
        "    for (int e = 0; e < 4; e++) four[e] = reinterpret_cast<const unsigned*>(lines)"
        "[swizzled(n + lane / 4 + e / 2 * 8, k + lane % 4 + e % 2 * 4)];\n",
        _of_ampere,
    ),
    "a unit is stored by elements": (
        "conv_tensor.cu",
        "    store(laid_out + ((image * volume + first + p) * padded + channel + c), unit);\n",
        "    for (int k = 0; k < EACH; k++) const_cast<volatile Word*>(laid_out)"
        "[(image * volume + first + p) * padded + channel + c + k] = unit.at[k];\n",
        _laid_out,
    ),
}


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the kernels' folder that stands in the place of theirs."""
    folder = tmp_path / "kernels"
    shutil.copytree(cubin.KERNELS, folder)
    monkeypatch.setattr(cubin, "KERNELS", folder)
    monkeypatch.setattr(test_machine_code, "SOURCE", folder / "conv_tensor.cu")
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_machine_code_is_seen(fault: str, kernels: Path, tmp_path: Path) -> None:
    """It compiles, and the test that is for it fails."""
    file, old, new, check = FAULTS[fault]
    text = (kernels / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (kernels / file).write_text(text.replace(old, new), encoding="utf-8")
    for cached in (test_machine_code.made_of, test_machine_code.code):
        cached.cache_clear()
    try:
        with pytest.raises(AssertionError):
            check(tmp_path)
    finally:
        for cached in (test_machine_code.made_of, test_machine_code.code):
            cached.cache_clear()
