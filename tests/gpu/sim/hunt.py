"""Hunt for false reports: right kernels, of random sizes, under random adversaries.

python -m tests.gpu.sim.hunt --launches 50000

Reductions, scans, tiles, products on tensor cores with double buffering: any fault that is
reported, and any result that is not the right one, is false. Exit code 1 at the first.
"""

import argparse
import sys
from time import perf_counter

import numpy as np

from convproof_gpu.sim import SimFault, conditions
from tests.gpu.sim.corpus import RUNS, kernel, launched


def hunt(launches: int, seed: int) -> str:
    """Return the first false report, or ""."""
    kinds = list(RUNS)
    for number in range(launches):
        file, name = kinds[number % len(kinds)]
        run = RUNS[file, name](np.random.default_rng([seed, number]))
        told = f"{file}.cu {name}, seed {seed}, launch {number}: "
        with conditions(seed=number + 2**20 * seed):
            try:
                launched(kernel(file, name), run)
            except SimFault as fault:
                return f"{told}{fault}"
        for index, right in run.expected.items():
            if not np.array_equal(run.args[index], right):
                return f"{told}argument {index} is not what it should be"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--launches", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    begin = perf_counter()
    found = hunt(asked.launches, asked.seed)
    seconds = perf_counter() - begin
    sys.stdout.write(
        f"{found}\n"
        if found
        else f"{asked.launches} launches of {len(RUNS)} kernels, "
        f"{seconds:.0f} s: no false report, passed\n"
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
