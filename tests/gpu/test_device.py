"""The machine that is a GPU: with no GPU, told in a line; and launched, with a stand-in for CuPy.

The stand-in's modules run in the simulator what a GPU would run of a cubin.
"""

import ctypes
import importlib
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from convproof import functional, get_implementation
from convproof.cases import Case
from convproof.cli import run
from convproof.errors import DTypeError
from convproof.implementation import load_implementation
from convproof.layers import Conv, ReLU
from convproof.names.arguments import arguments_of
from convproof.strategies import TORCH, cases
from convproof.verify.targets.find import find_target
from convproof_gpu import device, gpu, health
from convproof_gpu.cubin import KERNELS
from convproof_gpu.elementwise import elementwise
from convproof_gpu.layers import relu
from convproof_gpu.machine import Kernel, LaunchLawError
from convproof_gpu.sim import SimModule
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing
from tests.gpu.driver import Driver

STAND_IN = Path(__file__).parent.parent / "verify" / "stand_in"
STREAM = 7
numpys = get_implementation("numpy")


class DriverError(Exception):
    """What CUDA raises."""


class Module:
    """A module of kernels, which the simulator runs."""

    loaded = 0

    def __init__(self, driver: Driver, path: str) -> None:
        self._driver, self._file = driver, path
        Module.loaded += 1

    def get_function(self, expression: str) -> Any:
        kernel = SimModule(Path(self._file), name_expressions=[expression]).get_function(expression)

        return Function(self._driver, kernel)


class Function:
    """A kernel of a module; more dynamic shared memory than 48 KiB must have been allowed."""

    def __init__(self, driver: Driver, kernel: Any) -> None:
        self._kernel = kernel
        self.kernel = driver.function(kernel)
        self.max_dynamic_shared_size_bytes = 0

    def __call__(self, grid: Any, block: Any, args: Any, *, shared_mem: int = 0) -> None:
        self._kernel.max_dynamic_shared_size_bytes = self.max_dynamic_shared_size_bytes
        self._kernel(grid, block, [_simulated(value) for value in args], shared_mem)


def _simulated(value: Any) -> Any:
    if hasattr(value, "held"):
        return value.held
    if isinstance(value, np.ndarray):
        assert value.shape == (1,), "a struct is passed as an array of one"
        return value.tobytes()
    return None if isinstance(value, np.uint64) else value


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(STAND_IN))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    stand_in: Any = importlib.import_module("cupy")
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 1,
        driverGetVersion=lambda: 13000,
        getDeviceProperties=lambda _: {"name": b"a GPU", "major": 9, "minor": 0},
        CUDARuntimeError=DriverError,
        getDevice=lambda: 0,
        setDevice=lambda _: None,
    )
    one, driver = SimpleNamespace(compute_capability="90", id=0), Driver()
    stand_in.cuda = SimpleNamespace(
        runtime=runtime,
        Device=lambda: one,
        driver=driver,
        get_current_stream=lambda _: SimpleNamespace(ptr=STREAM),
    )
    stand_in.RawModule = lambda *, path: Module(driver, path)
    stand_in.ndarray.device = one
    made = stand_in.ndarray.__init__
    monkeypatch.setattr(
        stand_in.ndarray, "__init__", lambda self, held: made(self, driver.allocated(held))
    )
    monkeypatch.setattr(device, "installed_wheels", lambda: {"cupy-cuda13x": "14"})
    monkeypatch.setattr(health, "installed_wheels", lambda: {"cupy-cuda13x": "14"})
    monkeypatch.setattr(device, "kept", _kept)
    _forget()
    yield stand_in
    sys.modules.pop("cupy", None)
    _forget()


def _kept(file: str, arch: str, expression: str) -> tuple[Path, str]:
    assert arch == "sm_90a"
    return KERNELS / f"{file}.cu", expression


def _forget() -> None:
    for held in (load_implementation, get_implementation, device._loaded):
        held.cache_clear()
    gpu._made.cache_clear()


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


def test_a_second_call_only_launches(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the current stream, with other arrays of the same shapes, and the right answer."""
    rng, driver = np.random.default_rng(0), cupy.cuda.driver
    w = rng.integers(-3, 4, (2, 1, 3, 3)).astype(np.float32)
    for number in range(3):
        x = rng.integers(-3, 4, (2, 1, 5, 5)).astype(np.float32)
        y = functional.conv2d(cupy.asarray(x), cupy.asarray(w), padding=1)
        assert np.array_equal(cupy.asnumpy(y), numpys.conv2d(x, w, padding=1))
        assert [stream for stream, _ in driver.launches] == [STREAM] * (number + 1)
        monkeypatch.setattr(device, "prepared", None)


def test_arrays_that_launches_do_not_fit_are_called_for(cupy: Any) -> None:
    """With gaps, or at no multiple of 16 bytes: a copy, or a kernel of narrower loads."""
    x = cupy.asarray(np.arange(-20, 20, dtype=np.float32).reshape(5, 8))
    for array in (x[:, 1:], x.reshape(-1)[1:]):
        y = functional.relu(array)
        assert np.array_equal(cupy.asnumpy(y), np.maximum(array.held, 0))
    assert len(cupy.cuda.driver.launches) == 1  # of the copy


def test_dtypes_shapes_layers_and_verbs_are_prepared_apart(cupy: Any) -> None:
    """What differs in one of them is not taken for another."""
    x = np.arange(-6, 6, dtype=np.float32).reshape(1, 2, 6)
    for held in (x, x.astype(np.float16), x[:, :1], x.reshape(2, 1, 6)):
        array = cupy.asarray(held)
        for size in (2, 3):
            found = functional.max_pool1d(array, size)
            assert np.array_equal(cupy.asnumpy(found), numpys.max_pool1d(held, size))
            back = functional.max_pool1d_input(array, found, size)
            expected = numpys.max_pool1d_input(held, numpys.max_pool1d(held, size), size)
            assert np.array_equal(cupy.asnumpy(back), expected)


def test_several_answers_are_all_repeated(cupy: Any) -> None:
    x = np.arange(12, dtype=np.float32).reshape(1, 2, 6) % 5
    for _ in range(2):
        found = functional.max_pool1d(cupy.asarray(x), 2, return_indices=True)
        expected = numpys.max_pool1d(x, 2, return_indices=True)
        for one, other in zip(found, expected, strict=True):
            assert np.array_equal(cupy.asnumpy(one), other)


def test_parts_of_arrays_are_repeated_where_they_lie(cupy: Any) -> None:
    """A batch in slices: the pointers of the later ones are beyond their arrays' beginnings."""

    def halves(machine: Any, layer: Any, x: Any) -> Any:
        del layer
        y = machine.empty(x.shape, x.dtype)
        for part in (slice(0, 2), slice(2, 4)):
            elementwise(machine, "relu_forward", {"x": x[part], "y": y[part]})
        return y

    x = np.arange(-10, 10, dtype=np.float32).reshape(4, 5)[:, :4].copy()
    y = device.Gpu().repeated(halves, ReLU(), [cupy.asarray(x)])
    assert np.array_equal(cupy.asnumpy(y), np.maximum(x, 0))
    assert len(cupy.cuda.driver.launches) == 2


def test_a_forked_process_repeats_nothing(cupy: Any) -> None:
    """CUDA is of no use there, and the call says so, as before there were launches to repeat."""
    machine = device.Gpu()
    x = cupy.asarray(np.ones((2, 3), np.float32))
    assert machine.repeated(relu.forward, ReLU(), [x]) is not None
    machine._repeat_nothing()
    assert machine.repeated(relu.forward, ReLU(), [x]) is None


def test_another_current_device_repeats_nothing(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its launches would run where the arrays are not."""
    machine = device.Gpu()
    x = cupy.asarray(np.ones((2, 3), np.float32))
    for held in (machine, device.Gpu()):  # one that has prepared, one that has not
        machine.repeated(relu.forward, ReLU(), [x])
        with monkeypatch.context() as other:
            other.setattr(cupy.cuda.runtime, "getDevice", lambda: 1)
            assert held.repeated(relu.forward, ReLU(), [x]) is None


def test_a_thread_begins_with_the_devices_context(
    cupy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``cudaSetDevice`` once in every thread: autograd's own have none."""
    machine, x = device.Gpu(), cupy.asarray(np.ones((2, 3), np.float32))
    begun: list[int] = []
    monkeypatch.setattr(cupy.cuda.runtime, "setDevice", begun.append, raising=False)
    for count in (1, 2):
        thread = Thread(target=lambda: [machine.repeated(relu.forward, ReLU(), [x])] * 2)
        thread.start()
        thread.join()
        assert begun == [0] * count


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


@pytest.mark.usefixtures("cupy", "untyped")
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_tensors_are_launched_on_without_another_library(dtype: str, cupy: Any) -> None:
    """PyTorch allocates and answers; the tensors of this machine's CPU stand for a GPU's."""
    torch = pytest.importorskip("torch")
    machine, kind = _on_tensors(cupy)
    x = torch.arange(-10, 10).reshape(1, 1, 4, 5).to(getattr(torch, dtype))
    w = torch.tensor([[[[1, -2], [3, 1]]]]).to(x.dtype)
    for _ in range(2):
        y = Wing(machine).forward(CONV, x, w)
        expected = torch.nn.functional.conv2d(x.double(), w.double())
        assert y.dtype == x.dtype
        assert torch.equal(y.double(), expected)
        x = x.flip(-1).contiguous()
    assert [stream for stream, _ in cupy.cuda.driver.launches] == [3, 3]
    assert kind.read([x, w]) is not None


@pytest.mark.usefixtures("untyped")
def test_tensors_that_launches_do_not_fit_are_not_launched_on(cupy: Any) -> None:
    """Gaps, a shifted start, a sign that is not in memory yet, a gradient, another library."""
    torch = pytest.importorskip("torch")
    machine, kind = _on_tensors(cupy)
    x = torch.ones(4, 4)
    with torch.no_grad():
        assert kind.read([torch.nn.Parameter(x)]) is not None
    unfit = [x.t()[:2], x.flatten()[1:], torch._neg_view(x), x.clone().requires_grad_(), x.numpy()]
    for array in unfit:
        assert kind.read([array]) is None
        assert machine.repeated(relu.forward, ReLU(), [array]) is None
    assert machine.repeated(relu.forward, ReLU(), [x.double()]) is None
    meta = x.to("meta")
    assert machine.repeated(relu.forward, ReLU(), [meta]) is None


CONV = Conv(
    in_channels=1, out_channels=1, kernel_size=(2, 2), stride=(1, 1), padding=((0, 0), (0, 0)),
    dilation=(1, 1), groups=1,
)  # fmt: skip


def _on_tensors(cupy: Any) -> tuple[device.Gpu, Any]:
    """Return the machine, which takes a CPU's tensors for a GPU's."""
    from convproof_gpu import tensor_arrays

    class Tensors(tensor_arrays.TensorArrays):
        def empty(self, like: Any, shape: Any, dtype: Any) -> Any:
            return told(super().empty(like, shape, dtype))

        def read(self, arrays: Any) -> Any:
            return super().read([told(each) for each in arrays])

    def told(array: Any) -> Any:
        if hasattr(array, "data_ptr") and array.device.type == "cpu" and array.numel():
            held = (ctypes.c_uint8 * array.nbytes).from_address(array.data_ptr())
            cupy.cuda.driver.allocated(np.ctypeslib.as_array(held))
        return array

    machine, kind = device.Gpu(), Tensors("cpu")
    kind.stream = lambda _: 3
    machine._kinds |= dict.fromkeys(tensor_arrays.TYPES, kind)
    return machine, kind


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


def test_two_wheels_of_cupy_are_broken_and_the_way_out_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        if name in ("cupy-cuda12x", "cupy-cuda13x"):
            return "14"
        return real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", version)
    _forget()
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
    _forget()
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
