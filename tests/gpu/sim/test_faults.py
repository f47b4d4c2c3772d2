"""Every planted fault is found in one run, at its line; what is right is not complained of."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof_gpu.sim import KINDS, SimFault, SimModule, conditions
from tests.gpu.sim.corpus import PLANTED, RUNS, Planted, fixed, kernel, launched

RIGHT = [pytest.param(*key, id="-".join(key)) for key in RUNS]


def _is_right(run: Any) -> bool:
    return all(np.array_equal(run.args[number], y) for number, y in run.expected.items())


@pytest.mark.parametrize(("file", "name"), RIGHT)
def test_a_kernel_without_a_fault_computes_what_it_should(file: str, name: str) -> None:
    run = fixed(file, name)
    launched(kernel(file, name), run)
    assert _is_right(run)


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_a_planted_fault_is_found_at_its_line(planted: Planted) -> None:
    """In the launch in which the kernel without it is right, and deterministically."""
    run = fixed(planted.file, planted.kernel)
    arrays = [value for value in run.args if isinstance(value, np.ndarray)]
    before = [array.tobytes() for array in arrays]
    faulty = kernel(planted.file, planted.kernel, f"-DFAULT={planted.number}")
    with conditions(steps=10_000 if planted.kind == "step-limit" else 10**9):
        with pytest.raises(SimFault) as found:
            launched(faulty, run)
        with pytest.raises(SimFault) as again:
            launched(faulty, fixed(planted.file, planted.kernel))
    fault = found.value
    assert (fault.kind, fault.line) == (planted.kind, planted.line), str(fault)
    assert not planted.array or fault.array == planted.array
    assert fault.kernel == planted.kernel
    assert str(fault) == str(again.value)
    assert [array.tobytes() for array in arrays] == before


def test_there_are_faults_of_every_kind() -> None:
    assert {planted.kind for planted in PLANTED} == set(KINDS)
    assert len({(planted.file, planted.number) for planted in PLANTED}) >= 30


@pytest.mark.parametrize(("file", "name"), RIGHT)
@settings(max_examples=15)
@given(data=st.data())
def test_no_adversary_changes_a_result(file: str, name: str, data: st.DataObject) -> None:
    """Of any size, in any order of blocks, warps and threads, with copies that land at any time."""
    seed = data.draw(st.integers(0, 2**32 - 1), label="seed of the adversary")
    run = RUNS[file, name](np.random.default_rng(data.draw(st.integers(0, 999), label="sizes")))
    with conditions(seed=seed):
        launched(kernel(file, name), run)
    assert _is_right(run)


def test_a_lost_update_is_seen_by_the_adversary_alone_where_races_are_not_looked_for() -> None:
    """``found = found + 1``: interrupted between its read and its write, it loses some."""
    faulty = kernel("reduce", "count_positive", "-DFAULT=22")
    results = set()
    for seed in range(5):
        run = fixed("reduce", "count_positive")
        with conditions(check="fast", seed=seed):
            launched(faulty, run)
        results.add(int(run.args[1][0]))
    assert max(results) < 100
    assert len(results) > 1


def test_a_loop_that_is_nothing_but_a_jump_ends() -> None:
    """It makes no step that could be counted."""
    module = SimModule('extern "C" __global__ void hang(int* y) { for (;;) {} }')
    with pytest.raises(SimFault) as found:
        module.get_function("hang")((1,), (1,), (np.zeros(1, np.int32),))
    assert found.value.kind == "step-limit"


def test_recursion_without_an_end_is_a_fault_of_local_memory() -> None:
    module = SimModule(
        "__device__ int deeper(int n) { volatile int held[64]; held[n % 64] = n; "
        "return deeper(n + 1) + held[n % 64]; }\n"
        "__global__ void fall(int* y) { *y = deeper(0); }"
    )
    with pytest.raises(SimFault, match="local memory is used up") as found:
        module.get_function("fall")((1,), (1,), (np.zeros(1, np.int32),))
    assert found.value.kind == "out-of-bounds"


@pytest.mark.parametrize("kind", ["thread", "block", "warp"])
def test_bytes_of_one_word_do_not_race(kind: str) -> None:
    """Neighbouring bytes and half words of several threads are different memory."""
    source = """
    template <class T> __global__ void fill(T* y) {
      __shared__ T s[64];
      s[threadIdx.x] = T(threadIdx.x);
      y[blockIdx.x * blockDim.x + threadIdx.x] = s[threadIdx.x];
    }"""
    module = SimModule(source, (), ["fill<unsigned char>", "fill<short>"])
    blocks, threads = {"thread": (1, 7), "block": (9, 1), "warp": (3, 61)}[kind]
    for name, dtype in (("fill<unsigned char>", np.uint8), ("fill<short>", np.int16)):
        y = np.full(blocks * threads, 77, dtype)
        module.get_function(name)((blocks,), (threads,), (y,))
        assert np.array_equal(y, np.tile(np.arange(threads), blocks))
