"""Launches that are repeated on a GPU, with a stand-in for CuPy: the same answers, or a call."""

import ctypes
from threading import Thread
from typing import Any

import numpy as np
import pytest

from convproof import functional, get_implementation
from convproof.layers import Conv, ReLU
from convproof_gpu import device
from convproof_gpu.elementwise import elementwise
from convproof_gpu.layers import relu
from convproof_gpu.wing import Wing
from tests.gpu.stand_in import STREAM

numpys = get_implementation("numpy")


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
