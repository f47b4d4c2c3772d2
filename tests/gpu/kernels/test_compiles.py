"""Every kernel compiles for a GPU, keeps its numbers in registers, and says what it is."""

import re
from pathlib import Path

import pytest

from convproof_gpu.cubin import ARCHITECTURES, KERNELS, Cubin, compiled, is_there
from convproof_gpu.specialisations import files, specialisations

KEYS = ("Shapes", "Mapping", "Order of sum", "Races", "Preconditions")
*ELDER, NEWEST = ARCHITECTURES
needs_nvrtc = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


def spilled(made: Cubin) -> list[tuple[str, str]]:
    """Return the kernels whose registers are kept in memory, and how many bytes of them."""
    log = made.log.replace("\n", " ")
    found = re.findall(r"Compiling entry function '(\S+)'.*?(\d+) bytes spill stores", log)
    assert len(found) == log.count("Compiling entry function")
    return [(name, count) for name, count in found if count != "0"]


@needs_nvrtc
@pytest.mark.parametrize(
    "arch", [*(pytest.param(a, marks=pytest.mark.full) for a in ELDER), NEWEST]
)
@pytest.mark.parametrize("file", files())
def test_every_specialisation_compiles_without_a_spill(file: str, arch: str) -> None:
    """By NVRTC, which needs no GPU."""
    expressions = [kernel.expression for kernel in specialisations(file)]
    assert expressions
    made = compiled(KERNELS / f"{file}.cu", arch, name_expressions=expressions)
    assert set(made.symbols) == set(expressions)
    assert spilled(made) == []


@needs_nvrtc
def test_a_spill_is_seen() -> None:
    """Two hundred numbers do not fit in 32 registers."""
    source = """
    __global__ void __launch_bounds__(1024, 2) k(float* x) {
      float v[200];
      for (int i = 0; i < 200; i++) v[i] = x[i * 1024 + threadIdx.x];
      __syncthreads();
      for (int i = 0; i < 200; i++) x[i * 1024 + threadIdx.x] = v[199 - i] * v[i];
    }"""
    assert spilled(compiled(source, "sm_90"))


@pytest.mark.parametrize("file", files())
def test_a_kernels_header_says_what_it_computes_and_where_it_is_derived(file: str) -> None:
    """The formula after the name; then the keys, of which "Stands in" names a file and its map."""
    text = (KERNELS / f"{file}.cu").read_text(encoding="utf-8")
    header = text.partition("#include")[0]
    assert header.startswith(f"// {file}: ")
    assert re.search(r"^//   \S.*=", header, re.MULTILINE), "the formula is indented by 3"
    for key in KEYS:
        assert re.search(rf"^// {key}\s+\S", header, re.MULTILINE), key
    derived = re.search(r"^// Stands in\s+(convproof/\S+), (\w+)", header, re.MULTILINE)
    if derived:
        place = Path(__file__).parents[3] / derived[1]
        assert f"class {derived[2]}" in place.read_text(encoding="utf-8")


def test_ptx_stands_in_the_primitives_alone() -> None:
    """A kernel is CUDA C++ that the simulator can run."""
    for path in KERNELS.iterdir():
        if path.suffix in (".cu", ".cuh") and not path.name.startswith("prims"):
            assert "asm" not in path.read_text(encoding="utf-8").split(), path.name
