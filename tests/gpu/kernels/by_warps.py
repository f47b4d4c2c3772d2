"""The simulator with the products of a GPU that has no wgmma, and with a fault besides."""

import tempfile
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from convproof_gpu.machine import Kernel
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.simulated import Simulated

OWN = ("warps.cuh", "WARPGROUPS = true", "WARPGROUPS = false")


class ByWarps(Patched):
    """A simulator whose warps multiply by themselves.

    Args:
        faults: files, what stands there once, and what shall.
    """

    def __init__(self, *faults: tuple[str, str, str]) -> None:
        super().__init__(*OWN)
        self._faults = faults

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Run the kernel; those that multiply nothing are the same."""
        of_products = any(argument.startswith("TensorTile<") for argument in kernel.arguments)
        run = super().run if of_products else Simulated().run
        run(kernel, blocks, threads, args, outputs)

    @cached_property
    def _folder(self) -> "tempfile.TemporaryDirectory[str]":
        folder = super()._folder
        for file, old, new in self._faults:
            path = Path(folder.name, file)
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1
            path.write_text(text.replace(old, new), encoding="utf-8")
        return folder


@cache  # its folder lasts as long as the tests
def by_warps(*faults: tuple[str, str, str]) -> ByWarps:
    return ByWarps(*faults)
