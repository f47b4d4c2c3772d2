"""Which arguments of a kernel it writes, as its source says: pointers to what is not const."""

import re
from functools import cache

from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import Kernel

_LAUNCHED = (
    r"__global__\s+void\s+(?:__launch_bounds__\s*\((?:[^()]|\([^()]*\))*\)\s*)?{}\s*\(([^)]*)\)"
)


@cache
def written_arguments(kernel: Kernel) -> frozenset[int]:
    """Return the places of the arguments that a kernel may write.

    Example:
        >>> sorted(written_arguments(Kernel("relu_forward", ("float", "int", "4"))))
        [1]
    """
    text = (KERNELS / f"{kernel.file}.cu").read_text(encoding="utf-8")
    found = re.search(_LAUNCHED.format(kernel.name or kernel.file), text)
    assert found, kernel
    parameters = re.split(r",(?![^<]*>)", found[1])  # not within a template's arguments
    return frozenset(
        place
        for place, parameter in enumerate(parameters)
        if "*" in parameter and not parameter.strip().startswith("const ")
    )
