"""A library that is loaded: what the kernels of one module share."""

import ctypes
from dataclasses import dataclass

from convproof_gpu.sim.build import Built
from convproof_gpu.sim.image import Image
from convproof_gpu.sim.runtime import Runtime, runtime


@dataclass(frozen=True, slots=True)
class Loaded:
    """A module in memory.

    Attributes:
        built: where it comes from.
        library: its functions.
        image: its variables and lines.
        runtime: what runs it.
        base: the address of its first byte.
        arch: the architecture whose limits hold, such as ``"90"``.
        traced: whether its ``float`` remembers where it comes from.
    """

    built: Built
    library: ctypes.CDLL
    image: Image
    runtime: Runtime
    base: int
    arch: str
    traced: bool


def loaded(built: Built, arch: str, *, traced: bool) -> Loaded:
    """Return a module, loaded."""
    held = runtime(built.runtime)
    library = ctypes.CDLL(str(built.path))
    handle = library._handle  # noqa: SLF001  # glibc's and musl's link map, which begins with the base
    base = ctypes.cast(handle, ctypes.POINTER(ctypes.c_size_t)).contents.value
    image = Image(built.path)
    for guard in image.guards:  # as if it were initialised already
        ctypes.memset(int(base) + guard.begin, 1, guard.size)
    return Loaded(built, library, image, held, int(base), arch, traced)
