"""What runs on the simulator compiles for a GPU: NVRTC takes the same sources."""

from pathlib import Path

import pytest

from convproof_gpu.cubin import ARCHITECTURES, NvrtcError, compiled, is_there

KERNELS = Path(__file__).parent / "sim" / "kernels"
SOURCES = sorted(path.name for path in KERNELS.glob("*.cu"))
pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("file", SOURCES)
def test_the_simulators_sources_compile_for_a_gpu(file: str, arch: str) -> None:
    """Among them mma, ldmatrix and cp.async, whose PTX the simulator never sees."""
    made = compiled(KERNELS / file, arch)
    assert made.code.startswith(b"\x7fELF")
    assert "bytes spill stores" not in made.log or "0 bytes spill stores" in made.log


def test_a_kernel_of_a_template_is_found_by_its_expression() -> None:
    source = "template <class T, int N> __global__ void scale(T* x) { x[threadIdx.x] *= N; }"
    made = compiled(source, "sm_90", name_expressions=["scale<float, 4>"])
    assert made.symbols["scale<float, 4>"].encode() in made.code


def test_an_instruction_that_the_architecture_has_not_is_refused() -> None:
    source = '__global__ void k() { asm volatile("wgmma.fence.sync.aligned;"); }'
    assert compiled(source, "sm_90a").code
    with pytest.raises(NvrtcError, match="does not compile for sm_90"):
        compiled(source, "sm_90")


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(NvrtcError, match=r"(?s)kernel\.cu does not compile.*kernel\.cu\(2\)"):
        compiled("__global__ void k(float* x) {\n  x[0] = missing;\n}", "sm_80")


def test_a_macro_is_defined_and_a_folder_looked_into(tmp_path: Path) -> None:
    (tmp_path / "two.cuh").write_text("#define TWO 2\n", encoding="utf-8")
    source = '#include "two.cuh"\nstatic_assert(TWO + N == 5, "");\n__global__ void k() {}'
    assert compiled(source, "sm_80", options=["-DN=3", f"-I{tmp_path}"]).code
