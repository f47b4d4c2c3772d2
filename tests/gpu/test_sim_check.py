"""``convproof sim-check``: a verdict, its exit code, and one clear line for a mistake."""

import json
from pathlib import Path

import pytest

from convproof.cli import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "block_sum.cu"
TRY = [
    "--grid", "4", "--block", "256", "--arg", "float32[1000]", "--arg", "out:float32[4]",
    "--arg", "1000",
]  # fmt: skip


def _checked(*more: str) -> int:
    return run(["sim-check", str(EXAMPLE), *TRY, "--seeds", "5", *more])


def test_a_right_kernel_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert _checked() == 0
    out = capsys.readouterr().out
    assert "block_sum: no fault in 6 launches" in out
    assert "global memory: 129 sectors" in out  # 125 of x, and a sector of y for each block


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("MISSING_BARRIER", "block_sum.cu:17: race in block_sum, block (0, 0, 0), thread ("),
        ("OFF_BY_ONE", "block_sum.cu:11: out-of-bounds in block_sum, block (3, 0, 0), thread (232"),
    ],
)
def test_a_fault_is_named_with_its_line_and_exits_1(
    fault: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _checked("--option", f"-D{fault}", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["verdict"]) == ("convproof/sim-check/1", "failed")
    assert document["fault"]["kind"] in ("race", "out-of-bounds")
    assert _checked("--option", f"-D{fault}") == 1
    assert words in capsys.readouterr().out


def test_a_result_that_depends_on_the_order_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last to exchange wins: no race, and no result."""
    source = 'extern "C" __global__ void last(int* y) { atomicExch(y, int(threadIdx.x)); }'
    (tmp_path / "last.cu").write_text(source, encoding="utf-8")
    args = ["--arg", "int32[1]=0", "--block", "64"]
    assert run(["sim-check", str(tmp_path / "last.cu"), *args]) == 1
    assert "depends on the order of threads: y[0] is 63 and, under seed" in capsys.readouterr().out
    assert run(["sim-check", str(tmp_path / "last.cu"), *args, "--any-order"]) == 0


def test_threads_may_leave_before_a_barrier_if_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "__global__ void k(int* y) { if (threadIdx.x) return; __syncthreads(); *y = 1; }"
    (tmp_path / "k.cu").write_text(source, encoding="utf-8")
    args = ["sim-check", str(tmp_path / "k.cu"), "--arg", "int32[1]"]
    assert run(args) == 1
    assert "divergence" in capsys.readouterr().out
    assert run([*args, "--exits"]) == 0


@pytest.mark.parametrize("sizes", [("2x3", "4x2x2"), ("2,3", "4,2,2")])
def test_a_grid_and_a_block_are_written_as_sizes_are_everywhere(
    sizes: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every one of 6 blocks of 16 threads writes its own element, in x, y and z."""
    source = """__global__ void own(int* y) {
        int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        y[(blockIdx.y * gridDim.x + blockIdx.x) * 16 + thread] = gridDim.y * 10 + blockDim.z;
    }"""
    (tmp_path / "own.cu").write_text(source, encoding="utf-8")
    grid, block = sizes
    args = ["sim-check", str(tmp_path / "own.cu"), "--seeds", "1", "--block", block]
    assert run([*args, "--grid", grid, "--arg", f"out:int32[{grid},16]"]) == 0
    assert run([*args, "--grid", grid, "--arg", "out:int32[95]"]) == 1
    assert "own.cu:3: out-of-bounds in own, block (1, 2, 0)" in capsys.readouterr().out


def test_kernels_of_templates_and_of_macros_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = """template <class T> __global__ void scale(T* x, T by) { x[threadIdx.x] *= by; }
    #define KERNEL(name) __global__ void name(float* x, float by) { x[threadIdx.x] += by; }
    KERNEL(add)"""
    file = tmp_path / "k.cu"
    file.write_text(source, encoding="utf-8")
    assert run(["sim-check", str(file)]) == 4
    assert "has the kernels scale<…>: name one by --kernel" in capsys.readouterr().err
    for name in ("scale<float>", "add"):
        assert (
            run(["sim-check", str(file), "--kernel", name, "--arg", "float32[32]", "--arg", "2"])
            == 0
        )
    file.write_text("__device__ int of() { return 1; }", encoding="utf-8")
    assert run(["sim-check", str(file)]) == 4
    assert "has no kernel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--kernel", "total"], "'total' names no kernel; there are block_sum"),
        (["--kernel", "block_sum<"], "'block_sum<' names no kernel: its brackets do not close"),
        (
            ["--arg", "3"],
            "block_sum takes 3 arguments (const float32* x, float32* y, int32 n), got 4",
        ),
        (["--grid", "a"], "must be one to three numbers like 4, 4,2 or 4x2x1, got 'a'"),
        (["--grid", "2x2x2x2"], "must be one to three numbers like 4, 4,2 or 4x2x1, got '2x2x2x2'"),
        (["--block", "2048"], "must be from 1 to (1024, 1024, 64)"),
        (["--shared-mem", "300000"], "shared memory are more than"),
        (["--arg", "float31[3]"], "'float31[3]' is no argument: it is no array like float32[1000]"),
        (["--arg", "float32[10000000000000]"], "is no argument: Unable to allocate"),
        (["--arg", "int32[32]=99999999999999999999"], "is no argument"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exits_4(
    more: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _checked(*more) == 4
    assert words in " ".join(capsys.readouterr().err.split())


def test_without_a_compiler_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert _checked() == 4
    err = capsys.readouterr().err
    assert "CXX names 'no-such-compiler'" in err
    assert "apt install g++" in err
    assert err.count("\n") == 1
