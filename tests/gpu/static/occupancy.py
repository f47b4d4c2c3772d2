"""How many blocks a multiprocessor holds, of what a cubin says of its kernels.

    blocks = min(registers // of a block, shared memory // of a block, warps // of a block)

As NVIDIA's `cuda_occupancy.h` has it: a warp has whole 256 registers, those of a multiprocessor are
divided among four schedulers, and a block has 1 KiB of shared memory besides, by 128 bytes.
"""

import re
from dataclasses import dataclass

from convproof_gpu.cubin import Cubin

SHARED = {"sm_80": 164, "sm_90": 228, "sm_90a": 228}  # KiB of a multiprocessor
REGISTERS, WARPS, BLOCKS, SCHEDULERS = 65536, 64, 32, 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a kernel wants: registers of a thread, and bytes of shared memory of its own."""

    registers: int
    shared: int


def wanted(made: Cubin) -> dict[str, Wanted]:
    """Return what the kernels of a cubin want, as the assembler says, by their expressions."""
    log = made.log.replace("\n", " ")
    said = re.findall(
        r"Compiling entry function '(\S+)'.*?Used (\d+) registers(.*?)(?=ptxas info|$)", log
    )
    assert len(said) == log.count("Compiling entry function")
    held = {}
    for symbol, registers, rest in said:
        shared = re.search(r"(\d+) bytes smem", rest)
        held[symbol] = Wanted(int(registers), int(shared[1]) if shared else 0)
    return {expression: held[symbol] for expression, symbol in made.symbols.items()}


def blocks_at_once(arch: str, kernel: Wanted, threads: int, dynamic: int) -> int:
    """Return how many blocks of so many threads and bytes of dynamic shared memory there may be."""
    warps = -(-threads // 32)
    of_warp = -(-kernel.registers * 32 // 256) * 256
    by_registers = REGISTERS // SCHEDULERS // of_warp * SCHEDULERS // warps
    of_block = -(-(kernel.shared + dynamic + 1024) // 128) * 128
    return min(by_registers, SHARED[arch] * 1024 // of_block, WARPS // warps, BLOCKS)
