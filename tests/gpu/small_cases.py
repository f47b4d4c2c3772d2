"""``python -m tests.gpu.small_cases``: small cases of every layer on a GPU, for compute-sanitizer.

CuPy's memory pool is off, so that every array has its own allocation, whose ends are guarded.
"""

import sys

import numpy as np

from convproof.calls import call_of
from convproof.cases import ask
from convproof.functions import FIRST, Function
from convproof.implementation import load_implementation
from convproof.names import get_implementation
from convproof.numeric.fast import implementation as numpys
from convproof.strategies import EXTRAS, cases
from convproof_gpu.device import cupy_or_why

EACH = 3


def main() -> int:
    cupy, why = cupy_or_why()
    if cupy is None:
        sys.stderr.write(f"{why}\n")
        return 4
    cupy.cuda.set_allocator(None)
    names, wrong = get_implementation("gpu"), 0
    load_implementation("gpu")
    for function in Function.all():
        if function.role not in FIRST:
            continue
        for case in _drawn(function):
            arrays = case.integers().astype(np.float32)
            found = call_of(function, case, arrays).answered_by(getattr(names, function.name))
            if function.family == "smooth":
                continue
            if not np.array_equal(found, ask(numpys, function.role, case, arrays)):
                sys.stderr.write(f"{function.name} is wrong: {case}\n")
                wrong += 1
    return min(wrong, 1)


def _drawn(function: Function) -> list:  # type: ignore[type-arg]
    from hypothesis import find, settings

    found: list = []  # type: ignore[type-arg]

    def keep(case: object) -> bool:
        found.append(case)
        return len(found) >= EACH

    find(cases(function.layer, EXTRAS), keep, settings=settings(database=None, derandomize=True))
    return found[:EACH]


if __name__ == "__main__":
    sys.exit(main())
