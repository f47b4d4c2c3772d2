"""Every kernel compiles for a GPU, keeps its numbers in registers, and says what it is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from convproof_gpu.cubin import ARCHITECTURES, KERNELS, Cubin, NvrtcError, compiled, is_there
from convproof_gpu.few_channels_input_plans import HELD
from convproof_gpu.machine import Kernel
from convproof_gpu.sim.source import PTX
from convproof_gpu.specialisations import files, specialisations

KEYS = ("Shapes", "Mapping", "Order of sum", "Races", "Preconditions")
NEWEST = ARCHITECTURES[-1]
needs_nvrtc = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


def spilled(made: Cubin) -> list[tuple[str, str]]:
    """Return the kernels whose registers are kept in memory, and how many bytes of them."""
    log = made.log.replace("\n", " ")
    found = re.findall(r"Compiling entry function '(\S+)'.*?(\d+) bytes spill stores", log)
    assert len(found) == log.count("Compiling entry function")
    return [(name, count) for name, count in found if count != "0"]


@needs_nvrtc
@pytest.mark.full
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("file", files())
def test_every_specialisation_compiles_without_a_spill(file: str, arch: str) -> None:
    """By NVRTC, which needs no GPU."""
    assert_compiles(file, arch, specialisations(file))


@needs_nvrtc
@pytest.mark.parametrize("file", files())
def test_every_specialisation_is_cuda(file: str) -> None:
    """NVRTC takes it; no code is made."""
    accepted(KERNELS / f"{file}.cu", specialisations(file))


@needs_nvrtc
def test_a_fault_of_one_element_alone_is_seen() -> None:
    """Float has no member, and bfloat16 none of this name: each is told of its own instance."""
    source = """
    #include <cuda_bf16.h>
    template <class T> __global__ void k(T* x) { static_assert(sizeof(T) == 4); x[0] = x[1]; }"""
    accepted(source, [Kernel("k", ("float",))])
    with pytest.raises(NvrtcError, match="static assertion failed"):
        accepted(source, [Kernel("k", ("float",)), Kernel("k", ("__nv_bfloat16",))])


def accepted(code: str | Path, kernels: list[Kernel]) -> None:
    expressions = [kernel.expression for kernel in kernels]
    assert expressions
    compiled(code, NEWEST, name_expressions=expressions, syntax_only=True)


@needs_nvrtc
@pytest.mark.parametrize("file", files())
def test_what_needs_most_registers_compiles_without_a_spill(file: str) -> None:
    """Of the tiled products DIMS = 3 alone, and of the two halves, whose registers are alike, one.

    `tests/gpu/static` asks those on the tensor cores, and the full run all.
    """
    assert_compiles(file, NEWEST, of_most_registers(specialisations(file)))


def assert_compiles(file: str, arch: str, kernels: list[Kernel]) -> None:
    expressions = [kernel.expression for kernel in kernels]
    assert expressions
    made = compiled(KERNELS / f"{file}.cu", arch, name_expressions=expressions)
    assert set(made.symbols) == set(expressions)
    assert spilled(made) == []


def of_most_registers(kernels: list[Kernel]) -> list[Kernel]:
    """Return all but bfloat16, the tiled products of fewer than three axes and the tensor cores'.

    Of each tile, product and element, three axes take as many registers as fewer, or more. Of the
    small kernels they may take fewer. Of few channels' inputs four channels of floats are kept.
    """
    every = {kernel.expression for kernel in kernels}

    def has_more(kernel: Kernel) -> bool:
        held = kernel.arguments
        if "__nv_bfloat16" in held or is_of_tensor_cores(kernel):
            return True
        if kernel.file == "few_channels_input_vjp":
            return held[-1] != str(HELD[-1]) or held[0] != "float"
        if not any(argument.startswith("Tile<") for argument in held):
            return False
        others = [(*held[:i], "3", *held[i + 1 :]) for i, n in enumerate(held) if n in ("1", "2")]
        return any(replace(kernel, arguments=other).expression in every for other in others)

    return [kernel for kernel in kernels if not has_more(kernel)]


def is_of_tensor_cores(kernel: Kernel) -> bool:
    """Return whether it has a tile of theirs, but for one of a file that has no other kernels."""
    tiled = any(each.startswith(("TensorTile<", "HaloTile<")) for each in kernel.arguments)
    return tiled and kernel.arguments != ("float", "HaloTile<128, 2>")


@pytest.mark.parametrize("file", files())
def test_what_is_left_out_differs_from_one_that_is_kept_by_its_axes_or_its_half(file: str) -> None:
    """And is the same in all else."""
    kernels = [kernel for kernel in specialisations(file) if not is_of_tensor_cores(kernel)]
    kept = of_most_registers(kernels)
    for kernel in set(kernels) - set(kept):
        others = [
            [
                (was, now)
                for was, now in zip(kernel.arguments, other.arguments, strict=True)
                if was != now
            ]
            for other in kept
            if other.name == kernel.name
        ]
        half = ("__nv_bfloat16", "__half")
        less = {half, ("1", "3"), ("2", "3")}
        if file == "few_channels_input_vjp":
            less |= {("1", "4"), ("3", "4"), ("__half", "float"), ("__nv_bfloat16", "float")}
        assert any(set(found) <= less for found in others), kernel


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
    """A kernel is CUDA C++ that the simulator can run: two files have its functions beside PTX."""
    sources = [path for path in KERNELS.iterdir() if path.suffix in (".cu", ".cuh")]
    assert {path.name for path in sources if "asm" in path.read_text("utf-8").split()} == {*PTX}
