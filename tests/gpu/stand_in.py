"""A stand-in for CuPy and a GPU: its modules run in the simulator what one would run of a cubin."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convproof import get_implementation
from convproof.implementation import load_implementation
from convproof_gpu import device, gpu, health
from convproof_gpu.cubin import KERNELS
from convproof_gpu.sim import SimModule
from convproof_gpu.tiles import MOST_SHARED
from tests.gpu.driver import Driver

STAND_IN = Path(__file__).parent.parent / "verify" / "stand_in"
STREAM = 7


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
        def run() -> None:
            self._kernel.max_dynamic_shared_size_bytes = self.max_dynamic_shared_size_bytes
            self._kernel(grid, block, [_simulated(value) for value in args], shared_mem)

        captured = Stream.captured
        run() if captured is None else captured.append(run)


class Stream:
    """A stream, of which all that is launched can be captured instead of run."""

    captured: list[Callable[[], None]] | None = None
    ptr = STREAM

    def __init__(self, *, non_blocking: bool = False) -> None:
        del non_blocking

    def __enter__(self) -> None:
        """Nothing: there is one stream."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""

    def synchronize(self) -> None:
        """Nothing: all has been run."""

    def begin_capture(self) -> None:
        Stream.captured = []

    def end_capture(self) -> "Graph":
        captured, Stream.captured = Stream.captured, None
        return Graph(captured or [])


class Graph:
    """Captured launches.

    Attributes:
        launched: how often any graph was.
    """

    launched = 0

    def __init__(self, launches: list[Callable[[], None]]) -> None:
        self._launches = launches

    def launch(self, stream: Any) -> None:
        assert stream.ptr == STREAM
        Graph.launched += 1
        for each in self._launches:
            each()


def _simulated(value: Any) -> Any:
    if hasattr(value, "held"):
        return value.held
    if isinstance(value, np.ndarray):
        assert value.shape == (1,), "a struct is passed as an array of one"
        return value.tobytes()
    return None if isinstance(value, np.uint64) else value


@contextmanager
def stood_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(STAND_IN))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    stand_in: Any = importlib.import_module("cupy")
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 1,
        driverGetVersion=lambda: 13000,
        getDeviceProperties=lambda _: {
            "name": b"a GPU",
            "major": 9,
            "minor": 0,
            "sharedMemPerBlockOptin": MOST_SHARED,
        },
        CUDARuntimeError=DriverError,
        getDevice=lambda: 0,
        setDevice=lambda _: None,
    )
    one, driver = SimpleNamespace(compute_capability="90", id=0), Driver()
    stand_in.cuda = SimpleNamespace(
        runtime=runtime,
        Device=lambda: one,
        driver=driver,
        get_current_stream=lambda *_: Stream(),
        Stream=Stream,
        MemoryPool=lambda: SimpleNamespace(malloc=None),
        using_allocator=lambda _: nullcontext(),
    )
    stand_in.RawModule = lambda *, path: Module(driver, path)
    stand_in.ndarray.device = one
    made = stand_in.ndarray.__init__
    monkeypatch.setattr(
        stand_in.ndarray, "__init__", lambda self, held: made(self, driver.allocated(held))
    )
    monkeypatch.setattr(stand_in.ndarray, "__setitem__", _copied(stand_in.ndarray.__setitem__))
    monkeypatch.setattr(device, "installed_wheels", lambda: {"cupy-cuda13x": "14"})
    monkeypatch.setattr(health, "installed_wheels", lambda: {"cupy-cuda13x": "14"})
    monkeypatch.setattr(device, "kept", _kept)
    forget()
    yield stand_in
    sys.modules.pop("cupy", None)
    forget()


def _copied(held: Callable[..., None]) -> Callable[..., None]:
    """Return a copy into an array, which a stream that is captured does not do yet."""

    def copied(self: Any, key: Any, value: Any) -> None:
        captured = Stream.captured
        held(self, key, value) if captured is None else captured.append(
            lambda: held(self, key, value)
        )

    return copied


def _kept(file: str, arch: str, expression: str) -> tuple[Path, str]:
    assert arch == "sm_90a"
    return KERNELS / f"{file}.cu", expression


def forget() -> None:
    for held in (load_implementation, get_implementation, device._loaded):
        held.cache_clear()
    gpu._made.cache_clear()
