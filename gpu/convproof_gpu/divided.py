"""Launches of kernels that divide the number of a block by a product and a shift."""

from typing import Any

from convproof.index_maps.depthwise import BELOW
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, launch


def launch_divided(
    machine: Machine,
    kernel: Kernel,
    blocks: int,
    threads: int,
    args: dict[str, Any],
    output: str,
    *,
    tiles: int = 0,
) -> None:
    """Launch a kernel, which divides the number of each block, and of each tile that it goes over.

    Args:
        machine: where.
        kernel: which.
        blocks: how many.
        threads: of a block.
        args: the kernel's.
        output: which of them it writes.
        tiles: that a block may go over.

    Raises:
        LaunchLawError: if the quotients are not exact for so many.
    """
    for what, count, split in (("blocks", blocks, "groups"), ("tiles", tiles, "images")):
        if count > BELOW:
            msg = (
                f"{kernel.file} would take {count} {what}, but it divides their numbers, exactly "
                f"if they are at most {BELOW}. Split the {split} into {-(-count // BELOW)} parts."
            )
            raise LaunchLawError(msg)
    launch(machine, kernel, blocks, threads, args, (output,))
