"""The simulator's primitives are what CUDA's guide says: all of them, each by its own model."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convproof_gpu import cubin
from convproof_gpu.sim import conditions
from convproof_gpu.sim.build import DEVICE
from tests.gpu.sim import approximate, compared, models
from tests.gpu.sim.compared import Hardware, compare_launches, compare_rows, report
from tests.gpu.sim.declared import (
    NOT_COMPARED,
    OF_KERNELS,
    called,
    declared,
    functions_of,
    macros_of,
)
from tests.gpu.sim.launches import Launch, different, launches
from tests.gpu.sim.launches import module as launch_module
from tests.gpu.sim.launches import simulated as launched
from tests.gpu.sim.rows import FILES, PRIMITIVES, Row, differing, module, operands, rows, simulated

EXACT = [row for row in rows() if models.is_modelled(row)]
APPROXIMATE = [row for row in rows() if approximate.of(row) is not None]
SOURCES = sorted(path.name for path in PRIMITIVES.glob("*.cu"))
FULL = pytest.mark.full
QUICK = [pytest.param(f, marks=FULL) if f == "halves" else f for f in FILES]  # 246 kernels


def _wrong(row: Row, count: int) -> list[str]:
    given = operands(row, count, most=count)
    found, right = simulated(row, given), models.expected(row, given)
    at = (
        np.flatnonzero(differing(row, found, right))
        * found.size
        // differing(row, found, right).size
    )
    return [f"{row.name}{[c[i] for c in given]}: {found[i]}, not {right[i]}" for i in at[:1]]


@pytest.mark.parametrize("count", [40, pytest.param(2000, marks=FULL)])
@pytest.mark.parametrize("file", QUICK)
def test_a_function_is_its_model(file: str, count: int) -> None:
    """One rounding of the exact value, in fractions; integers and bits by their definitions."""
    held = [row for row in EXACT if row.file == file]
    assert [text for row in held for text in _wrong(row, count)] == []


@pytest.mark.full
@pytest.mark.parametrize("row", [r for r in EXACT if r.operands == (np.dtype(np.uint16),)], ids=str)
def test_a_function_of_one_half_number_is_its_model_of_all_65536(row: Row) -> None:
    assert _wrong(row, 2**16) == []


def test_a_function_of_the_library_is_near_the_exact_one() -> None:
    """|f(x) - exact| <= 1 to 3 ulp: the host's library, and within CUDA's bounds."""
    for row in APPROXIMATE:
        given = operands(row, 1500, most=3000)
        value = approximate.exact_values(row, given)
        error = approximate.errors(simulated(row, given), value)
        assert (error <= approximate.own(row, value)).all(), row.name
        assert (error <= approximate.allowed(row, given, value)).all(), row.name


def test_every_row_is_exact_or_approximate() -> None:
    both = {row.name for row in EXACT} & {row.name for row in APPROXIMATE}
    assert ({row.name for row in rows()}, both) == ({r.name for r in [*EXACT, *APPROXIMATE]}, set())
    assert len({row.name for row in rows()}) == len(rows())


@pytest.mark.parametrize("seed", [1, pytest.param(None, marks=FULL), pytest.param(2, marks=FULL)])
def test_a_warp_a_block_and_a_grid_do_what_their_models_say(seed: int | None) -> None:
    """In whatever order threads run: what a barrier, a vote or an atomic operation gives is one."""
    for launch in launches():
        with conditions(seed=seed):
            pairs = zip(launched(launch), launch.expected(), strict=True)
        for found, right in pairs:
            if right is not None:
                assert not different(found, right).any(), launch.kernel


def test_every_kernel_is_launched() -> None:
    for path in PRIMITIVES.glob("*.cu"):
        named = re.findall(r"__global__ void (\w+)\(", path.read_text(encoding="utf-8"))
        made = {launch.kernel for launch in launches() if launch.file == path.stem}
        assert made == set(named), path.stem
    files = {*FILES, *(launch.file for launch in launches())}
    assert files == {*(path.stem for path in PRIMITIVES.glob("*.cu")), "fragments"}


def test_every_primitive_is_compared_or_has_a_reason_not_to_be() -> None:
    """A function or a macro of the headers stands in a kernel that is compared, or in the table."""
    missing = declared() - called() - NOT_COMPARED.keys() - OF_KERNELS.keys()
    assert sorted(missing) == []
    assert NOT_COMPARED.keys() - declared() == set()
    assert (NOT_COMPARED | OF_KERNELS).keys() & called() == set()


@pytest.mark.parametrize(
    "text",
    [
        "inline float __new(float a) { return a; }",
        '__attribute__((no_sanitize("thread"))) inline unsigned __new(int a, B<2> b = c()) {\n}',
        "template <class T> constexpr T __new(const T* p) { if (p) { return *p; } return 0; }",
        "namespace a { int b() { return 1; } } void __new() { c(); }",
    ],
)
def test_a_new_function_is_seen(text: str) -> None:
    assert functions_of(text) == {"__new"}


def test_a_new_macro_is_seen() -> None:
    text = "#define __new(p) (p)\n#define SIM_OWN(x) x\n#define gone(x) x\n#undef gone\n"
    assert macros_of(text) == {"__new"}


def test_a_header_that_the_test_of_completeness_does_not_read_has_no_functions() -> None:
    """Every header of the device is included by those that are read, or only includes."""
    text = "".join(path.read_text(encoding="utf-8") for path in DEVICE.glob("*.h*"))
    included = set(re.findall(r'#include "(\w+\.hpp)"', text)) | {"sim.hpp"}
    assert {path.name for path in DEVICE.glob("*.hpp")} <= included


@pytest.mark.skipif(not cubin.is_there(), reason="NVRTC is not installed (extra nvrtc)")
@pytest.mark.parametrize("arch", cubin.ARCHITECTURES)
@pytest.mark.parametrize("file", SOURCES)
def test_the_same_source_is_cuda(file: str, arch: str) -> None:
    """NVRTC takes it, with every name as CUDA's own headers declare it."""
    cubin.compiled(PRIMITIVES / file, arch, syntax_only=True)


@pytest.mark.full
@pytest.mark.skipif(not cubin.is_there(), reason="NVRTC is not installed (extra nvrtc)")
@pytest.mark.parametrize("arch", cubin.ARCHITECTURES)
@pytest.mark.parametrize("file", SOURCES)
def test_the_same_source_compiles_for_a_gpu(file: str, arch: str) -> None:
    assert cubin.compiled(PRIMITIVES / file, arch).code.startswith(b"\x7fELF")


def _stand_in(spoil: Callable[[str, Any], None]) -> Any:
    """Return what Hardware asks of CuPy, in the simulator; ``spoil`` may change results."""

    class Module:
        def __init__(self, path: str) -> None:
            self._file = Path(path).stem

        def get_function(self, name: str) -> Any:
            of = module if self._file in FILES and name.startswith("of_") else launch_module
            kernel = of(self._file).get_function(name)

            def call(grid: Any, block: Any, args: Any) -> None:
                kernel(grid, block, args)
                spoil(name, [each for each in args if isinstance(each, np.ndarray)][-1])

            return call

    return SimpleNamespace(
        cuda=SimpleNamespace(Device=lambda: SimpleNamespace(compute_capability="90")),
        RawModule=Module,
        asarray=np.array,
        asnumpy=np.copy,
        zeros=np.zeros,
    )


def _nothing(_: str, __: Any) -> None:
    pass


def _last_bit(wanted: str) -> Callable[[str, Any], None]:
    def spoil(name: str, results: Any) -> None:
        if name == wanted:
            bits = results.view(f"u{results.itemsize}")
            top = {2: 0x7C00, 4: 0x7F800000, 8: 0x7FF << 52}[results.itemsize]  # of Inf and NaN
            bits[np.flatnonzero(bits & bits.dtype.type(top) != top)[-1]] ^= 1

    return spoil


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def made(path: Path, arch: str) -> Any:
        asked.append(f"{path.name} {arch}")
        return SimpleNamespace(code=b"")

    monkeypatch.setattr(compared, "compiled", made)
    return asked


@pytest.mark.parametrize("file", QUICK)
def test_what_a_gpu_would_be_asked_gives_no_difference_in_the_simulator(
    file: str, tmp_path: Path, compiled: list[str]
) -> None:
    hardware = Hardware(_stand_in(_nothing), tmp_path)
    seen = compare_rows(hardware, file, 16, most=32)
    assert [each for each in seen if each.differing or not each.kept] == []
    assert compiled == [f"{file}.cu sm_90a"]


def test_what_a_gpu_would_be_launched_with_gives_no_difference_in_the_simulator(
    tmp_path: Path, compiled: list[str]
) -> None:
    hardware = Hardware(_stand_in(_nothing), tmp_path)
    files = sorted({launch.file for launch in launches()})
    few = [next(e for e in launches() if e.kernel == kernel) for kernel in _kernels()]
    seen = [each for file in files for each in compare_launches(hardware, file, few)]
    assert [each for each in seen if each.differing] == []
    assert compiled == [f"{file}.cu sm_90a" for file in files]


def _kernels() -> list[str]:
    return list(dict.fromkeys(launch.kernel for launch in launches()))


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    "name", ["of_fadd_rz", "of_vadd4", pytest.param("of_half_hfma", marks=FULL), "of_ldg"]
)
def test_one_wrong_bit_of_a_gpu_breaks_a_promise(name: str, tmp_path: Path) -> None:
    """And is told, with what was asked."""
    hardware = Hardware(_stand_in(_last_bit(name)), tmp_path)
    file = next(row.file for row in rows() if row.name == name)
    seen = compare_rows(hardware, file, 16, most=32)
    assert [(e.name, e.differing, e.most) for e in seen if not e.kept] == [(name, 1, 1.0)]
    assert f"{name}: 1 of " in report(file, seen)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", ["votes", "atomics_of_float", "of_32", "tf32", "copies"])
def test_one_wrong_bit_of_a_launch_breaks_a_promise(name: str, tmp_path: Path) -> None:
    hardware = Hardware(_stand_in(_last_bit(name)), tmp_path)
    launch: Launch = next(each for each in launches() if each.kernel == name)
    seen = compare_launches(hardware, launch.file, [launch])
    assert [(each.kept, each.differing) for each in seen] == [(False, 1)]


@pytest.mark.usefixtures("compiled")
def test_a_function_beyond_its_bound_breaks_a_promise_and_within_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit of expf is let pass, and stands in the report; a byte is not."""
    monkeypatch.setenv(compared.REPORT, str(tmp_path / "report"))
    near = compare_rows(Hardware(_stand_in(_last_bit("of_expf")), tmp_path), "functions", 64)
    assert compared.told("functions", near) == []
    text = (tmp_path / "report").read_text(encoding="utf-8")
    assert "of_expf: 1 of " in text
    assert "promised: the guide's bound" in text

    def far(name: str, results: Any) -> None:
        if name == "of_expf":
            results[-1] = 3

    broken = compare_rows(Hardware(_stand_in(far), tmp_path), "functions", 64)
    assert [text.split(":")[0] for text in compared.told("functions", broken)] == ["of_expf"]
