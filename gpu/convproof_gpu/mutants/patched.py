"""A machine whose kernels have a patch: what a mutant of a kernel runs on."""

import tempfile
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from convproof.mutants import Mutant
from convproof.names import TorchNames
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import Kernel
from convproof_gpu.sim import SimKernel, SimModule, conditions
from convproof_gpu.sim.source import PTX
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing

_STEPS = 2**28  # a fault may make a loop endless


class Patched(Simulated):
    """The simulator, with a patch to one of the kernels' files.

    Args:
        file: which, with its suffix.
        old: what stands there once.
        new: what shall stand there.

    Raises:
        ValueError: if it does not stand there once, or the simulator has a file of its own instead.
    """

    def __init__(self, file: str, old: str, new: str) -> None:
        if file in PTX:
            msg = f"{file} is not compiled from a kernel's folder by the simulator: patch a kernel."
            raise ValueError(msg)
        self._file = file
        self._text = _once((KERNELS / file).read_text(encoding="utf-8"), old, new, file)
        self._kernels: dict[Kernel, SimKernel] = {}

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Run the kernel as it is patched."""
        if kernel not in self._kernels:
            path = Path(self._folder.name, f"{kernel.file}.cu")
            module = SimModule(path, name_expressions=[kernel.expression])
            self._kernels[kernel] = module.get_function(kernel.expression)
            self._kernels[kernel].max_dynamic_shared_size_bytes = kernel.shared
        with conditions(steps=_STEPS):
            self._kernels[kernel]((blocks,), (threads,), args, kernel.shared, outputs=outputs)

    @cached_property
    def _folder(self) -> "tempfile.TemporaryDirectory[str]":
        folder = tempfile.TemporaryDirectory(prefix="convproof-mutant-")
        for path in filter(Path.is_file, KERNELS.iterdir()):
            text = self._text if path.name == self._file else path.read_text(encoding="utf-8")
            Path(folder.name, path.name).write_text(text, encoding="utf-8")
        return folder


def _once(text: str, old: str, new: str, file: str) -> str:
    if text.count(old) != 1:
        msg = f"{file} has {old!r} {text.count(old)} times; a patch needs it once."
        raise ValueError(msg)
    return text.replace(old, new)


def patched(
    name: str,
    function: str,
    theorem: str,
    file: str,
    old: str,
    new: str,
    fault: str,
    *,
    supports: frozenset[str] = frozenset(),
) -> Mutant:
    """Return a mutant.

    Args:
        name: the fault, as an identifier.
        function: the functional name that shows it.
        theorem: the law that must refute it.
        file: which of the kernels' files has it.
        old: what stands there once.
        new: what stands there instead.
        fault: in words.
        supports: what it is asked beyond torch's own geometries.
    """
    wing = Wing(Patched(file, old, new))

    @cache
    def code() -> Callable[..., Any]:  # when it is called: making all the names takes its time
        made: Callable[..., Any] = getattr(TorchNames(lambda _: wing), function)
        return made

    def faulty(*arrays: Any, **options: Any) -> Any:
        return code()(*arrays, **options)

    faulty.__doc__ = fault
    faulty.__name__ = name
    return Mutant(name, function, faulty, theorem, supports=supports, float64=False)
