"""What the wing finds on this machine: each part, whether it is there, and what to do if not."""

import platform
from ctypes import CDLL
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from convproof_gpu import cache, cubin
from convproof_gpu.device import cupy_or_why, installed_wheels
from convproof_gpu.sim import CompilerError
from convproof_gpu.sim.compiler import compiler

State = Literal["ok", "missing", "broken"]
_NO_DRIVER = "Nor is there an NVIDIA driver: `gpu` needs both, `sim` neither."


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation.

    Attributes:
        part: what.
        state: whether it is there.
        told: its version, or what to do.
    """

    part: str
    state: State
    told: str


def findings() -> list[Finding]:
    """Return what was found, in the order in which one part needs another."""
    return [_python(), _compiler(), _nvrtc(), *_gpu(), _cache()]


def _python() -> Finding:
    told = f"{platform.python_version()}, numpy {metadata.version('numpy')}"
    return Finding("python", "ok", told)


def _compiler() -> Finding:
    try:
        held = compiler()
    except CompilerError as error:
        return Finding("simulator", "missing", " ".join(str(error).split()))
    return Finding("simulator", "ok", f"compiles with {' '.join(held.command)} ({held.family})")


def _nvrtc() -> Finding:
    if not cubin.is_there():
        return Finding("nvrtc", "missing", "pip install 'convproof[nvrtc]' compiles without a GPU")
    return Finding("nvrtc", "ok", cubin.nvrtc_version() or "found")


def _gpu() -> list[Finding]:
    wheels = installed_wheels()
    cupy, why = cupy_or_why()
    named = ", ".join(f"{name} {version}" for name, version in wheels.items())
    if cupy is None:
        if len(wheels) > 1 or "does not import" in why:
            return [Finding("cupy", "broken", why)]
        if not wheels:
            return [Finding("cupy", "missing", why if _has_driver() else f"{why} {_NO_DRIVER}")]
        return [Finding("cupy", "ok", named), Finding("gpu", "missing", why)]
    runtime = cupy.cuda.runtime
    properties = runtime.getDeviceProperties(cupy.cuda.Device().id)
    name = properties["name"].decode()
    driver = runtime.driverGetVersion()
    told = f"{name}, sm_{properties['major']}{properties['minor']}, CUDA driver {driver // 1000}"
    return [Finding("cupy", "ok", named), Finding("gpu", "ok", f"{told}.{driver % 1000 // 10}")]


def _has_driver() -> bool:
    """Return whether the library of NVIDIA's driver loads."""
    try:
        CDLL("nvcuda.dll" if platform.system() == "Windows" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _cache() -> Finding:
    place = cache.wanted()
    if cache.is_writable():
        return Finding("cache", "ok", str(place))
    told = f"{place} cannot be written, so every process compiles anew; set CONVPROOF_CACHE"
    return Finding("cache", "missing", told)
