"""A library that is loaded: what the kernels of one module share."""

import ctypes
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from convproof_gpu.sim.build import Built
from convproof_gpu.sim.image import Image
from convproof_gpu.sim.runtime import Fixed, Runtime, runtime
from convproof_gpu.sim.source import stub_of

_GLOBAL, _SHARED, _CONSTANT = range(3)


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
        exports: expressions that name its kernels.
        fixed: its variables, as the runtime takes them.
        variable_names: of the same.
    """

    built: Built
    library: ctypes.CDLL
    image: Image
    runtime: Runtime
    base: int
    arch: str
    traced: bool
    exports: tuple[str, ...]
    fixed: ctypes.Array[Fixed]
    variable_names: tuple[str, ...]

    def variables(self) -> bytes:
        """Return what the variables of the device hold."""
        held = (*self.image.device, *self.image.constant)
        if not held:
            return b""
        return b"".join(ctypes.string_at(self.base + v.begin, v.size) for v in held)

    def restore(self, held: bytes) -> None:
        """Give the variables of the device what they held."""
        at = 0
        for variable in (*self.image.device, *self.image.constant):
            part = held[at : at + variable.size]
            ctypes.memmove(self.base + variable.begin, part, variable.size)
            at += variable.size


def loaded(built: Built, arch: str, *, traced: bool) -> Loaded:
    """Return a module, loaded."""
    held = runtime(built.runtime)
    image = Image(built.path)
    library = (
        _own_copy(built.path) if image.device or image.constant else ctypes.CDLL(str(built.path))
    )
    handle = library._handle  # noqa: SLF001  # glibc's and musl's link map, which begins with the base
    base = ctypes.cast(handle, ctypes.POINTER(ctypes.c_size_t)).contents.value
    for guard in image.guards:  # as if it were initialised already
        ctypes.memset(int(base) + guard.begin, 1, guard.size)
    exports = tuple(e for e in built.exports if hasattr(library, f"sim_kernel_{stub_of(e)}"))
    spaces = ((_GLOBAL, image.device), (_CONSTANT, image.constant), (_SHARED, image.shared))
    variables = [(space, variable) for space, part in spaces for variable in part]
    fixed = (Fixed * len(variables))(
        *(Fixed(begin=int(base) + v.begin, size=v.size, space=space) for space, v in variables)
    )
    names = tuple(variable.name for _, variable in variables)
    return Loaded(built, library, image, held, int(base), arch, traced, exports, fixed, names)


def _own_copy(path: Path) -> ctypes.CDLL:
    """Load a library anew: modules of one source have each their own variables."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="own-", suffix=".so") as own:
        shutil.copyfile(path, own.name)
        return ctypes.CDLL(own.name)
