"""The line of a fault is the user's, whatever headers or the optimiser come between."""

import numpy as np
import pytest

from convproof_gpu.sim import SimFault, SimModule

STATEMENTS = [
    "z[0] = __ldg(z + i);",
    "z[0] = y[i];",
    "y[i] += __half(1.f);",
    "sincosf(1.f, z, z + i);",
    "y[i] = y[0] + y[1];",  # stores as the next but two does
    "reinterpret_cast<__half2*>(y)[0] += reinterpret_cast<__half2*>(y)[i];",
    "z[0] = __half2float(y[i]);",
    "y[i] = __hmax(y[0], y[1]);",
    "atomicAdd(z + i, 1.f);",
    "__stcs(z + i, 1.f);",
]
SOURCE = "#include <cuda_fp16.h>\n__global__ void k(__half* y, float* z, int which) {\n"
SOURCE += "  int i = threadIdx.x + 100;\n"
SOURCE += "".join(f"  if (which == {n})\n    {s}\n" for n, s in enumerate(STATEMENTS)) + "}\n"


@pytest.mark.parametrize("number", range(len(STATEMENTS)), ids=STATEMENTS)
def test_a_fault_is_at_the_line_of_its_statement(number: int) -> None:
    held = SimModule(SOURCE).get_function("k")
    with pytest.raises(SimFault) as found:
        held((1,), (1,), (np.zeros(40, np.float16), np.zeros(40, np.float32), number))
    wanted = SOURCE.splitlines().index(f"    {STATEMENTS[number]}") + 1
    assert (found.value.file, found.value.line) == ("kernel.cu", wanted)
