"""A CUDA source whose kernels run here: ``cupy.RawModule``'s shape, on NumPy arrays."""

import ctypes
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convproof_gpu.sim.build import built
from convproof_gpu.sim.kernel import SimKernel
from convproof_gpu.sim.loaded import loaded
from convproof_gpu.sim.signature import LaunchError


class SimModule:
    """A module of kernels.

    Args:
        code: CUDA C++, or a path to a ``.cu`` file.
        options: compiler options: ``-DNAME=VALUE``, ``-Ifolder``, ``-arch=sm_90``. What only NVRTC
            knows is passed over.
        name_expressions: kernels of templates, such as ``"scale<float, 4>"``, and of macros.
        file: what the source is called in messages.
        provenance: whether its kernels are to be traced, by ``provenance``, instead of launched.

    Raises:
        SourceError: if the source is not supported, or does not compile.
        CompilerError: if there is no C++ compiler.

    Example:
        >>> module = SimModule('''
        ... extern "C" __global__ void twice(float* x, int n) {
        ...   int i = blockIdx.x * blockDim.x + threadIdx.x;
        ...   if (i < n) x[i] *= 2;
        ... }''')
        >>> x = np.arange(5, dtype=np.float32)
        >>> report = module.get_function("twice")((2,), (4,), (x, 5))
        >>> x
        array([0., 2., 4., 6., 8.], dtype=float32)
    """

    def __init__(
        self,
        code: str | Path,
        options: Sequence[str] = (),
        name_expressions: Sequence[str] = (),
        *,
        file: str | None = None,
        provenance: bool = False,
    ) -> None:
        source, folders = code, []
        if isinstance(code, Path):
            source, folders = code.read_text(encoding="utf-8-sig", errors="replace"), [code.parent]
            file = file or code.name
        macros, folders, arch = _options(options, folders)
        found = built(
            str(source),
            file=file or "kernel.cu",
            include=folders,
            options=[f"-D__CUDA_ARCH__={arch}0", *["-DSIM_PROVENANCE"] * provenance],
            macros=macros,
            expressions=[_spaced(name) for name in name_expressions],
        )
        self._loaded = loaded(found, arch, traced=provenance)

    @property
    def kernels(self) -> tuple[str, ...]:
        """The names of the kernels."""
        return self._loaded.exports

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of the templates of kernels, which ``name_expressions`` make kernels of."""
        return tuple(kernel.name for kernel in self._loaded.built.kernels if kernel.template)

    def get_function(self, name: str) -> SimKernel:
        """Return a kernel.

        Raises:
            LaunchError: if there is none of this name.
        """
        wanted = _spaced(name)
        if wanted not in self._loaded.exports:
            held = ", ".join(self._loaded.exports) or "none"
            templates = ", ".join(self.templates)
            more = f"; templates, for name_expressions: {templates}" * bool(templates)
            if not templates and not self._loaded.exports:
                more = " (one that a macro makes is named by name_expressions)"
            msg = f"there is no kernel {name!r}; there are: {held}{more}."
            raise LaunchError(msg)
        return SimKernel(self._loaded, wanted)

    def get_global(self, name: str) -> np.ndarray:
        """Return the bytes of a ``__device__`` or ``__constant__`` variable, to read and to write.

        Raises:
            LaunchError: if there is none of this name.
        """
        variables = [*self._loaded.image.device, *self._loaded.image.constant]
        for variable in variables:
            if variable.name == name:
                place = (ctypes.c_ubyte * variable.size).from_address(
                    self._loaded.base + variable.begin
                )
                return np.ctypeslib.as_array(place)
        held = ", ".join(v.name for v in variables) or "none"
        msg = f"there is no variable {name!r}; there are: {held}."
        raise LaunchError(msg)


def _options(options: Sequence[str], folders: list[Path]) -> tuple[list[str], list[Path], str]:
    """Return the options for macros, the folders of headers, and the architecture."""
    macros, arch = [], "90"
    for option in options:
        match = re.fullmatch(r"(?:-arch|--gpu-architecture|-gencode)=.*?(\d+)a?", option)
        if match:
            arch = match[1]
        elif option.startswith("-I"):
            folders = [*folders, Path(option[2:])]
        elif option.startswith(("-D", "-U")):
            macros.append(option)
    return macros, folders, arch


def _spaced(name: str) -> str:
    return re.sub(r"\s*,\s*", ", ", " ".join(name.split()))
