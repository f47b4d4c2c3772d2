"""The machine that is a GPU: with no GPU, told in a line; and used, with a stand-in for CuPy."""

import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from convproof import functional, get_implementation
from convproof.cases import Case
from convproof.cli import run
from convproof.errors import DTypeError
from convproof.layers import ReLU
from convproof.names.arguments import arguments_of
from convproof.strategies import TORCH, cases
from convproof.verify.targets.find import find_target
from convproof_gpu import device, health
from convproof_gpu.layers import relu
from convproof_gpu.machine import Kernel, LaunchLawError
from convproof_gpu.simulated import Simulated
from tests.gpu.stand_in import DriverError, Module, forget

numpys = get_implementation("numpy")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases("conv2d", TORCH))
def test_arrays_of_cupy_are_computed_by_the_kernels_and_stay_cupys(cupy: Any, case: Case) -> None:
    """``functional`` chooses by the array's type; the answer is of that type, and right."""
    held = case.integers().astype(np.float32)
    options = arguments_of(case.layer, case.input_shape)
    x, w, y_bar = (cupy.asarray(held[name]) for name in ("x", "w", "y_bar"))

    y = functional.conv2d(x, w, **options)
    assert isinstance(y, cupy.ndarray)
    assert np.array_equal(cupy.asnumpy(y), numpys.conv2d(held["x"], held["w"], **options))

    w_bar = functional.conv2d_weight(x, w.shape, y_bar, **options)
    expected = numpys.conv2d_weight(held["x"], w.shape, held["y_bar"], **options)
    assert np.array_equal(cupy.asnumpy(w_bar), expected)


@pytest.mark.usefixtures("cupy")
def test_arrays_of_numpy_go_to_the_gpu_and_come_back() -> None:
    """Also those that have gaps or lie backward: the kernels see a contiguous copy."""
    x = np.arange(32, dtype=np.float32).reshape(1, 2, 4, 4)[:, :, ::-2, 1:]
    w = np.ones((1, 2, 2, 2), np.float32)
    y = get_implementation("gpu").conv2d(x, w)
    assert isinstance(y, np.ndarray)
    assert np.array_equal(y, numpys.conv2d(x, w))


@pytest.mark.usefixtures("cupy")
def test_a_kernel_is_loaded_once() -> None:
    x, w = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
    held, before = get_implementation("gpu"), Module.loaded
    for _ in range(3):
        held.conv1d(x, w)
    assert Module.loaded == before + 1


@pytest.mark.parametrize(
    ("capability", "architecture"), [("90", "sm_90a"), ("80", "sm_80"), ("100", "sm_100")]
)
def test_hoppers_kernels_may_use_what_it_alone_has(capability: str, architecture: str) -> None:
    assert device.architecture_of(capability) == architecture


def test_a_kernel_gets_the_shared_memory_that_it_wants(cupy: Any) -> None:
    """More than 48 KiB are allowed to it when it is loaded."""
    machine, wants = device.Gpu(), 100 << 10
    x, y = (cupy.asarray(np.ones(4, np.float32)) for _ in range(2))
    kernel = Kernel("relu_forward", ("float", "int", "4"), shared=wants)
    machine.run(kernel, 1, 256, (x, y, np.int32(4)), ("y",))
    assert machine._loaded(kernel).max_dynamic_shared_size_bytes == wants
    Simulated().run(kernel, 1, 256, (x.held, y.held, np.int32(4)), ("y",))


def test_an_array_of_another_device_is_refused(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = (
        cupy.asarray(np.ones((1, 1, 3), np.float32)),
        cupy.asarray(np.ones((1, 1, 2), np.float32)),
    )
    monkeypatch.setattr(cupy.ndarray, "device", SimpleNamespace(id=1))
    with pytest.raises(LaunchLawError, match="runs on device 0, but an array lies on device 1"):
        functional.conv1d(x, w)


@pytest.mark.usefixtures("cupy")
def test_the_doctor_names_the_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    assert "gpu        ok       a GPU, sm_90, CUDA driver 13.0" in capsys.readouterr().out


def test_no_driver_is_told_in_a_line(cupy: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """``cudaErrorInsufficientDriver`` is what CuPy says where there is none."""

    def fails() -> int:
        msg = "cudaErrorInsufficientDriver: CUDA driver version is insufficient"
        raise DriverError(msg)

    cupy.cuda.runtime.getDeviceCount = fails
    assert run(["verify", "gpu", "--in-process"]) == 4
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "there is no NVIDIA driver" in told
    assert run(["doctor"]) == 0


@pytest.mark.parametrize("loads", [True, False])
def test_that_cupy_alone_is_no_gpu_is_told_where_there_is_no_driver(
    monkeypatch: pytest.MonkeyPatch, *, loads: bool
) -> None:
    """Whether ``libcuda`` loads; that CuPy is missing is said in any case."""

    def library(name: str) -> None:
        asked.append(name)
        if not loads:
            raise OSError(name)

    asked: list[str] = []
    monkeypatch.setattr(health, "installed_wheels", dict)
    monkeypatch.setattr(health, "cupy_or_why", lambda: (None, "CuPy is not installed: pip."))
    monkeypatch.setattr(health, "CDLL", library)
    (told,) = [finding.told for finding in health.findings() if finding.part == "cupy"]
    assert len(asked) == 1
    assert told.startswith("CuPy is not installed: pip.")
    assert ("Nor is there an NVIDIA driver: `gpu` needs both, `sim` neither." in told) != loads


def test_two_wheels_of_cupy_are_broken_and_the_way_out_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        if name in ("cupy-cuda12x", "cupy-cuda13x"):
            return "14"
        return real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", version)
    forget()
    assert run(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "cupy       broken   cupy-cuda12x and cupy-cuda13x are installed at once" in told
    assert "pip uninstall cupy-cuda12x cupy-cuda13x" in told


def test_a_cupy_that_does_not_import_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cupy.py").write_text("raise RuntimeError('libnvrtc.so is not there')\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    forget()
    assert run(["doctor"]) == 1
    assert "CuPy does not import: libnvrtc.so is not there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("raise AssertionError()", "CuPy does not import: AssertionError."),
        ("raise RuntimeError('\\n  no CUDA\\nat all')", "CuPy does not import: no CUDA."),
        ("raise ImportError('====\\nCuPy failed\\n====')", "does not import: CuPy failed."),
    ],
)
def test_whatever_cupy_says_when_it_does_not_import_is_told_in_one_line(
    broken: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cupy.py").write_text(f"{broken}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(device, "installed_wheels", lambda: {"cupy-cuda13x": "14"})
    found, why = device.cupy_or_why()
    assert found is None
    assert why.endswith(told)
    assert "\n" not in why


@pytest.mark.usefixtures("cupy")
def test_the_evidence_of_a_run_on_a_gpu_names_it() -> None:
    versions = find_target("gpu").versions
    assert versions["device"] == "a GPU (sm_90)"
    assert versions["CUDA driver"] == "13000"
    assert {"NVRTC", "cupy-cuda13x", "convproof"} >= set(versions) - {"device", "CUDA driver"}


@pytest.mark.usefixtures("cupy", "untyped")
def test_a_tensor_that_wants_a_gradient_is_not_detached_silently() -> None:
    torch = pytest.importorskip("torch")
    x = torch.ones(1, 3, requires_grad=True)
    with pytest.raises(DTypeError, match="has no gradients of tensors"):
        get_implementation("gpu").relu(x)


def test_an_array_that_begins_between_two_elements_is_not_launched() -> None:
    """A float lies at a multiple of 4 bytes, on the simulator and on a GPU; NumPy's are copied."""
    bytes_ = np.zeros(4 * 4 + 1, np.uint8)
    x = bytes_[1:].view(np.float32).reshape(1, 4)
    with pytest.raises(LaunchLawError, match="begins 1 bytes beyond a multiple"):
        relu.forward(Simulated(), ReLU(), x)
    assert np.array_equal(get_implementation("sim").relu(x), x)


def test_a_cache_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVPROOF_CACHE", "/proc/nowhere")
    run(["doctor"])
    assert "/proc/nowhere cannot be written" in capsys.readouterr().out
