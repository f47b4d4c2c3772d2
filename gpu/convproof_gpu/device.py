"""The machine that is a GPU: CuPy's arrays, and our own cubins launched as its RawKernels.

The only file that imports CuPy, and only when a GPU is asked for. Kernels run on CuPy's current
stream of the current device; where a tensor of PyTorch's is given, on PyTorch's.

A first call with arrays of some shapes and dtypes, in a precision, prepares its launches, which are
repeated by the driver's ``cuLaunchKernel``. For arrays that have gaps, or begin elsewhere than the
launches rely on, the verb is called and launches RawKernels.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

from convproof.errors import DTypeError, MissingExtraError
from convproof.layers import Layer
from convproof_gpu.choices import Choices
from convproof_gpu.cubin import kept, nvrtc_version
from convproof_gpu.cupy_arrays import CupyArrays
from convproof_gpu.machine import Kernel, LaunchLawError, Promised
from convproof_gpu.prepared import prepared
from convproof_gpu.repeating import Arrays, Repeated
from convproof_gpu.tuned import Kept

_MOST_KEPT = 4096  # prepared calls
_WHEELS = ("cupy-cuda12x", "cupy-cuda13x", "cupy")


class GpuUnavailableError(MissingExtraError):
    """There is no GPU that kernels can run on.

    Args:
        why: what is missing.
    """

    def __init__(self, why: str) -> None:
        message = f"there is no GPU to run on: {why} `convproof doctor` says more."
        ImportError.__init__(self, message)


def installed_wheels() -> dict[str, str]:
    """Return the CuPy distributions that are installed, with their versions."""
    found = {}
    for name in _WHEELS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cupy_or_why() -> tuple[Any, str]:
    """Return CuPy and "" if there is a GPU, else None and what is missing, in one line."""
    wheels = installed_wheels()
    if len(wheels) > 1:
        both = " and ".join(wheels)
        return None, (
            f"{both} are installed at once, and break each other: pip uninstall "
            f"{' '.join(wheels)}; then pip install 'convproof[cuda13]', or [cuda12]."
        )
    try:
        import cupy
    except ImportError as error:
        if wheels:
            return None, f"CuPy is installed but does not import: {_first_line(error)}."
        return None, "CuPy is not installed: pip install 'convproof[cuda13]', or [cuda12]."
    except Exception as error:  # a broken CUDA installation raises what it likes
        return None, f"CuPy does not import: {_first_line(error)}."
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        if "InsufficientDriver" in str(error):
            return None, "there is no NVIDIA driver, or it is older than CuPy's CUDA."
        return None, f"CUDA does not start: {_first_line(error)}."
    return (cupy, "") if count else (None, "there is no CUDA device.")


def _first_line(error: BaseException) -> str:
    """Return the first line that says something, of banners too, or the error's class."""
    lines = (line.strip(" =-*") for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__).rstrip(".")


class Gpu(Promised):
    """A GPU as a machine.

    Raises:
        GpuUnavailableError: if there is none.
    """

    name = "gpu"

    def __init__(self) -> None:
        self._cupy, why = cupy_or_why()
        if self._cupy is None:
            raise GpuUnavailableError(why)
        self._kinds: dict[type, Arrays] = {self._cupy.ndarray: CupyArrays(self._cupy)}
        self._repeated: dict[tuple[Any, ...], Repeated | None] = {}
        self._shared: dict[int, int] = {}
        self._thread = _Thread()
        self.choices = Kept(self._cupy.cuda.runtime.getDevice, lambda: self.versions)
        os.register_at_fork(after_in_child=self._repeat_nothing)

    def with_choices(self, choices: Choices) -> "Gpu":
        """Return the same GPU, which prepares launches of its own, with these choices."""
        made = super().with_choices(choices)
        vars(made)["_repeated"] = {}
        return made

    def retuned(self) -> None:
        """Take what is on disk now: no launch is repeated that was prepared before."""
        if isinstance(self.choices, Kept):
            self.choices.forget()
        self._repeated.clear()

    @property
    def shared(self) -> int:  # type: ignore[override]
        """Bytes of shared memory that a block may have on the current device."""
        runtime = self._cupy.cuda.runtime
        device = runtime.getDevice()
        if device not in self._shared:
            found = runtime.getDeviceProperties(device)["sharedMemPerBlockOptin"]
            self._shared[device] = int(found)
        return self._shared[device]

    @property
    def versions(self) -> dict[str, str]:
        """What kernels run on: the device, its driver's CUDA, CuPy and NVRTC."""
        cupy, runtime = self._cupy, self._cupy.cuda.runtime
        device = cupy.cuda.Device()
        name = runtime.getDeviceProperties(device.id)["name"]
        return {
            "device": f"{name.decode()} (sm_{device.compute_capability})",
            "CUDA driver": str(runtime.driverGetVersion()),
            "NVRTC": nvrtc_version() or "unknown",
            **installed_wheels(),
        }

    def given(self, array: Any) -> Any:
        """Return the array on the GPU, C-contiguous: copied there, or seen as CuPy's.

        Raises:
            DTypeError: if it is no array, or a tensor that wants a gradient, which would be lost.
        """
        cupy = self._cupy
        if isinstance(array, np.ndarray):
            return cupy.asarray(np.ascontiguousarray(array) if array.ndim else array)
        if _is_tensor(array):
            return self._of_tensor(array)
        if not isinstance(array, cupy.ndarray):
            if not hasattr(array, "__cuda_array_interface__"):
                msg = (
                    "the GPU takes arrays of NumPy and CuPy, tensors of PyTorch, and what has "
                    f"__cuda_array_interface__, got a {type(array).__name__}."
                )
                raise DTypeError(msg)
            array = cupy.asarray(array)
        return cupy.ascontiguousarray(array) if array.ndim else array

    def empty(self, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new array of the current memory pool."""
        return self._cupy.empty(tuple(shape), dtype)

    def returned(self, array: Any, like: Any) -> Any:
        """Return the array as NumPy's, CuPy's or PyTorch's."""
        if isinstance(like, np.ndarray):
            return self._cupy.asnumpy(array)
        return _tensor_of(array, like) if _is_tensor(like) else array

    @contextmanager
    def stream_of(self, array: Any) -> Iterator[None]:
        """Launch on the stream that the caller's arrays are made on."""
        if not (_is_tensor(array) and array.is_cuda):
            yield
            return
        import torch

        cupy, stream = self._cupy, torch.cuda.current_stream(array.device)
        with cupy.cuda.Device(array.device.index), cupy.cuda.Stream.from_external(stream):
            yield

    def repeated(self, function: Callable[..., Any], layer: Layer, arrays: Sequence[Any]) -> Any:
        """Return the answer by launches that are prepared, or None if there can be none."""
        like = arrays[1] if type(arrays[0]) is tuple else arrays[0]
        kind = self._kinds.get(type(like))
        read = None if kind is None else kind.read(arrays)
        if kind is None or read is None:
            return None
        told, pointers = read
        key: tuple[Any, ...] = (function, layer, self.precision, type(like), *told)
        try:
            repeated = self._repeated[key]
        except KeyError:
            repeated = self._prepared(key, kind, function, layer, arrays)
        if repeated is None or not self._is_current(repeated.device):
            return None
        return repeated(like, pointers)

    def _is_current(self, device: int) -> bool:
        """Return whether kernels run on this device, and begin to in a thread that has not."""
        runtime = self._cupy.cuda.runtime
        if runtime.getDevice() != device:
            return False
        if device not in self._thread.devices:
            runtime.setDevice(device)  # makes its context this thread's
            self._thread.devices.add(device)
        return True

    def _prepared(
        self,
        key: tuple[Any, ...],
        kind: Arrays,
        function: Callable[..., Any],
        layer: Layer,
        arrays: Sequence[Any],
    ) -> Repeated | None:
        """Prepare launches and keep them, or that there are none."""
        outlined = kind.outlines(arrays)
        if outlined is not None and not self._is_current(outlined[1]):
            return None
        repeated = None
        found = None
        if outlined is not None:
            found = prepared(function, layer, outlined[0], self)
        if outlined is not None and found is not None:
            handles = [self._loaded(launch.kernel).kernel.ptr for launch in found.launches]
            launch = self._cupy.cuda.driver.launchKernel
            repeated = Repeated(found, kind, outlined[1], handles, launch)
        if len(self._repeated) >= _MOST_KEPT:
            self._repeated.clear()
        self._repeated[key] = repeated
        return repeated

    def _repeat_nothing(self) -> None:
        """Let a forked process, in which CUDA is of no use, be told so."""
        self._kinds.clear()  # also of whoever multiplies in another precision

    def captured(self, run: Callable[[], None]) -> Callable[[], None]:
        """Return the launch of one CUDA graph of all that ``run`` launches.

        It is run once before, which loads its kernels and finds memory for what it allocates, in a
        pool that nothing else takes from.
        """
        cuda = self._cupy.cuda
        pool, stream = cuda.MemoryPool(), cuda.Stream(non_blocking=True)
        cuda.get_current_stream().synchronize()
        with stream, cuda.using_allocator(pool.malloc):
            run()
            stream.synchronize()
            stream.begin_capture()
            try:
                run()
            except BaseException:
                with suppress(Exception):  # of a capture that is invalid now
                    stream.end_capture()
                raise
            graph = stream.end_capture()
        return _Replay(cuda, graph, pool)

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Launch a kernel on the current stream, without waiting for it."""
        del outputs
        device = self._cupy.cuda.Device()
        for array in args:
            if isinstance(array, self._cupy.ndarray) and array.device.id != device.id:
                msg = (
                    f"{kernel.file} runs on device {device.id}, but an array lies on device "
                    f"{array.device.id}. Move it there, or call within cupy.cuda.Device."
                )
                raise LaunchLawError(msg)
        function = self._loaded(kernel)
        function((blocks,), (threads,), tuple(map(_argument, args)), shared_mem=kernel.shared)

    def _loaded(self, kernel: Kernel) -> Any:
        """Return a kernel, loaded into the current device."""
        device = self._cupy.cuda.Device()
        return _loaded(self._cupy, kernel, architecture_of(device.compute_capability), device.id)

    def _of_tensor(self, tensor: Any) -> Any:
        import ml_dtypes
        import torch

        from convproof_gpu.tensor_arrays import TYPES, TensorArrays

        if torch.Tensor not in self._kinds and tensor.is_cuda:
            tensors = TensorArrays()
            self._kinds |= dict.fromkeys(TYPES, tensors)

        if tensor.requires_grad and torch.is_grad_enabled():
            msg = (
                "this implementation has no gradients of tensors: convproof.functional and "
                "convproof.nn have; or call it with x.detach()."
            )
            raise DTypeError(msg)
        if not tensor.is_cuda:
            return self.given(_numpy_of(tensor))
        held = tensor.detach().contiguous()
        if held.dtype == torch.bfloat16:  # whose DLPack is not everywhere known
            array = self._cupy.from_dlpack(held.view(torch.int16))
            return array.view(ml_dtypes.bfloat16)
        return self._cupy.from_dlpack(held)


class _Replay:
    """A graph on CuPy's current stream, with the memory that it works in."""

    def __init__(self, cuda: Any, graph: Any, pool: Any) -> None:
        self._cuda, self._graph, self._pool = cuda, graph, pool
        self._device = cuda.runtime.getDevice()

    def __call__(self) -> None:
        device = self._cuda.runtime.getDevice()
        if device != self._device:
            msg = (
                f"the graph was made on device {self._device}, but device {device} is current: "
                "call it within cupy.cuda.Device, or with an array that lies there."
            )
            raise LaunchLawError(msg)
        self._graph.launch(self._cuda.get_current_stream())


class _Thread(threading.local):
    """The devices whose contexts a thread has."""

    def __init__(self) -> None:
        self.devices: set[int] = set()


@cache
def _loaded(cupy: Any, kernel: Kernel, arch: str, device: int) -> Any:
    """Return a kernel, loaded into the current device."""
    del device  # a module belongs to its context
    path, symbol = kept(kernel.file, arch, kernel.expression)
    function = cupy.RawModule(path=str(path)).get_function(symbol)
    if kernel.shared:
        function.max_dynamic_shared_size_bytes = kernel.shared
    return function


def architecture_of(compute_capability: str) -> str:
    """Return what kernels are compiled for: with what a 9.0 alone has (wgmma), on it."""
    return "sm_90a" if compute_capability == "90" else f"sm_{compute_capability}"


def _argument(value: Any) -> Any:
    """Return an argument as CuPy passes it: a struct by value, a null pointer."""
    if value is None:
        return np.uint64(0)
    if isinstance(value, bytes):
        return np.frombuffer(value, np.dtype((np.void, len(value))))
    return value


def _is_tensor(array: Any) -> bool:
    return type(array).__module__.partition(".")[0] == "torch"


def _numpy_of(tensor: Any) -> np.ndarray:
    import ml_dtypes
    import torch

    held = tensor.detach()
    if held.dtype == torch.bfloat16:
        bits: np.ndarray = held.view(torch.int16).numpy()
        return bits.view(ml_dtypes.bfloat16)
    array: np.ndarray = held.numpy()
    return array


def _tensor_of(array: Any, like: Any) -> Any:
    import torch
    from torch.utils.dlpack import from_dlpack

    if array.dtype == np.dtype("bfloat16"):
        tensor = from_dlpack(array.view(np.int16)).view(torch.bfloat16)
    else:
        tensor = from_dlpack(array)
    return tensor.to(like.device)
