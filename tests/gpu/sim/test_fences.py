"""Fences and atomics order what barriers do not: between blocks, and between threads that wait."""

from typing import Any

import numpy as np
import pytest

from convproof_gpu.sim import SimFault, SimModule, conditions

LAST_BLOCK = """
__device__ unsigned arrived;
extern "C" __global__ void last_block(const float* x, float* partial, float* y, int n) {
  __shared__ float s[32];
  __shared__ bool last;
  int t = threadIdx.x, i = blockIdx.x * 32 + t;
  s[t] = i < n ? x[i] : 0;
  __syncthreads();
  for (int half = 16; half > 0; half /= 2) {
    if (t < half) s[t] += s[t + half];
    __syncthreads();
  }
  if (t == 0) {
    partial[blockIdx.x] = s[0];
    FENCE;
    last = atomicInc(&arrived, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;
  float sum = 0;
  for (int b = t; b < gridDim.x; b += 32) sum += partial[b];
  s[t] = sum;
  __syncthreads();
  if (t == 0) {
    for (int k = 1; k < 32; k++) sum += s[k];
    *y = sum;
  }
}"""
LOCK = """
__device__ int lock;
extern "C" __global__ void locked(int* count) {
  bool waits = true;
  while (waits) {
    if (atomicCAS(&lock, 0, 1) == 0) {
      *count = *count + 1;
      FENCE;
      atomicExch(&lock, 0);
      waits = false;
    }
  }
}"""
LOOK_BACK = """
__device__ int ticket;
extern "C" __global__ void scan(const int* x, volatile int* sums, volatile int* flags, int* y) {
  __shared__ int tile, before;
  int t = threadIdx.x;
  if (t == 0) tile = atomicAdd(&ticket, 1);
  __syncthreads();
  if (t == 0) {
    int sum = 0;
    if (tile > 0) {
      while (flags[tile - 1] == 0) { }
      sum = sums[tile - 1];
    }
    before = sum;
    for (int k = 0; k < blockDim.x; k++) sum += x[tile * blockDim.x + k];
    sums[tile] = sum;
    FENCE;
    flags[tile] = 1;
  }
  __syncthreads();
  int sum = before;
  for (int k = 0; k <= t; k++) sum += x[tile * blockDim.x + k];
  y[tile * blockDim.x + t] = sum;
}"""
HANDED_ON = """
__device__ int flags[2];
extern "C" __global__ void handed_on(int* held, int* y) {
  if (threadIdx.x == 0) {
    held[0] = 7;
    FENCE;
    atomicExch(&flags[0], 1);
  } else if (threadIdx.x == 32) {
    while (atomicAdd(&flags[0], 0) == 0) { }
    __threadfence();
    atomicExch(&flags[1], 1);
  } else if (threadIdx.x == 64) {
    while (atomicAdd(&flags[1], 0) == 0) { }
    y[0] = held[0];
  }
}"""
Args = tuple[tuple[int, ...], tuple[int, ...], list[Any], int, Any]


def _last_block() -> Args:
    x = np.arange(100, dtype=np.float32)
    return (4,), (32,), [x, np.zeros(4, np.float32), np.zeros(1, np.float32), 100], 2, x[:].sum()


def _locked() -> Args:
    return (3,), (40,), [np.zeros(1, np.int32)], 0, np.int32(120)


def _look_back() -> Args:
    x = np.arange(40, dtype=np.int32)
    zeros = [np.zeros(5, np.int32) for _ in range(2)]
    return (5,), (8,), [x, *zeros, np.zeros(40, np.int32)], 3, np.cumsum(x)


def _handed_on() -> Args:
    return (1,), (96,), [np.zeros(1, np.int32), np.zeros(1, np.int32)], 1, np.int32(7)


ORDERED = {
    "last_block": (LAST_BLOCK, _last_block, "partial"),
    "locked": (LOCK, _locked, "count"),
    "scan": (LOOK_BACK, _look_back, "sums"),
    "handed_on": (HANDED_ON, _handed_on, "held"),
}


@pytest.mark.parametrize("name", ORDERED)
def test_a_fence_before_an_atomic_orders_what_came_before_it(name: str) -> None:
    source, arguments, _ = ORDERED[name]
    for seed in (None, *range(20)):
        grid, block, args, index, right = arguments()
        held = SimModule(source.replace("FENCE", "__threadfence()")).get_function(name)
        with conditions(seed=seed):
            held(grid, block, args)
        assert np.array_equal(np.squeeze(args[index]), right)


@pytest.mark.parametrize("name", ["last_block", "locked", "handed_on"])
def test_without_a_fence_it_is_a_race(name: str) -> None:
    source, arguments, array = ORDERED[name]
    grid, block, args, _, _ = arguments()
    held = SimModule(source.replace("FENCE", "")).get_function(name)
    with pytest.raises(SimFault) as found:
        held(grid, block, args)
    assert (found.value.kind, found.value.array) == ("race", array)


def test_what_only_volatile_accesses_touch_does_not_race() -> None:
    """They are not divided; but what they say is nothing about other memory."""
    source, arguments, _ = ORDERED["scan"]
    plain = source.replace("volatile int* sums", "int* sums").replace("FENCE", "")
    grid, block, args, _, _ = arguments()
    with pytest.raises(SimFault, match="race") as found:
        SimModule(plain).get_function("scan")(grid, block, args)
    assert found.value.array == "sums"


def test_a_fence_of_a_block_orders_its_own_threads_alone() -> None:
    for name, is_enough in (("handed_on", True), ("last_block", False)):
        source, arguments, array = ORDERED[name]
        grid, block, args, index, right = arguments()
        held = SimModule(source.replace("FENCE", "__threadfence_block()")).get_function(name)
        if is_enough:
            held(grid, block, args)
            assert args[index][0] == right
            continue
        with pytest.raises(SimFault) as found:
            held(grid, block, args)
        assert (found.value.kind, found.value.array) == ("race", array)


def test_what_is_written_after_the_fence_is_not_given_by_it() -> None:
    """``partial`` of the other threads, with no barrier before thread 0 releases."""
    source = """
    __device__ int arrived;
    __global__ void k(int* held, int* y) {
      if (threadIdx.x == 0) { __threadfence(); atomicAdd(&arrived, 1); }
      __syncthreads();
      held[blockIdx.x * 32 + threadIdx.x] = 1;
      if (threadIdx.x == 0 && atomicAdd(&arrived, 0) == 2) y[0] = held[0];
    }"""
    with pytest.raises(SimFault) as found:
        SimModule(source).get_function("k")(
            (2,), (32,), (np.zeros(64, np.int32), np.zeros(1, np.int32))
        )
    assert (found.value.kind, found.value.array) == ("race", "held")


@pytest.mark.parametrize(
    ("mask", "fault"), [("0xffffffffu", False), ("t < 16 ? 0xffffu : 0xffff0000u", True)]
)
def test_a_syncwarp_orders_the_lanes_of_its_mask(mask: str, fault: bool) -> None:
    source = f"""
    __global__ void k(int* y) {{
      __shared__ int s[32];
      int t = threadIdx.x;
      s[t] = 0;
      __syncthreads();
      s[t] = t;
      __syncwarp({mask});
      y[t] = s[31 - t];
    }}"""
    y = np.zeros(32, np.int32)
    held = SimModule(source).get_function("k")
    if fault:
        with pytest.raises(SimFault, match="race"):
            held((1,), (32,), (y,))
    else:
        held((1,), (32,), (y,))
        assert np.array_equal(y, np.arange(32)[::-1])


def test_lanes_are_ordered_through_lanes_they_share() -> None:
    source = """
    __global__ void k(int* y) {
      __shared__ int s;
      int t = threadIdx.x;
      if (t == 15) s = 0;
      __syncthreads();
      if (t == 0) s = 5;
      if (t < 8) __syncwarp(0xffu);
      if (t >= 7 && t < 16) __syncwarp(0xff80u);
      if (t == 15) y[0] = s;
    }"""
    y = np.zeros(1, np.int32)
    SimModule(source).get_function("k")((1,), (32,), (y,))
    assert y[0] == 5
    with pytest.raises(SimFault, match="race"):
        SimModule(source.replace("0xff80u", "0xff00u").replace("t >= 7", "t >= 8")).get_function(
            "k"
        )((1,), (32,), (y,))


def test_volatile_shared_memory_is_no_barrier() -> None:
    """The last steps of a sum as they were written when warps ran in lock step."""
    source = """
    __global__ void k(float* y) {
      __shared__ float s[64];
      volatile float* v = s;
      int t = threadIdx.x;
      s[t] = t, s[t + 32] = t;
      __syncthreads();
      v[t] += v[t + 32];
      v[t] += v[t + 16];
      y[t] = v[t];
    }"""
    with pytest.raises(SimFault) as found:
        SimModule(source).get_function("k")((1,), (32,), (np.zeros(32, np.float32),))
    assert (found.value.kind, found.value.array) == ("race", "s")


def test_a_thread_that_sleeps_gives_way() -> None:
    """A reader that looks once a turn takes few steps, however long its writer takes."""
    source = """
    extern "C" __global__ void handed(int* y) {
      __shared__ int flag, word;
      if (threadIdx.x == 0) flag = 0;
      __syncthreads();
      if (threadIdx.x == 0) {
        while (atomicAdd(&flag, 0) == 0) SLEEP;
        y[0] = word;
      }
      if (threadIdx.x == 32) {
        word = 7;
        __threadfence_block();
        atomicExch(&flag, 1);
      }
    }"""
    y = np.zeros(1, np.int32)
    with conditions(steps=1000):
        SimModule(source, options=("-DSLEEP=__nanosleep(20)",)).get_function("handed")(
            (1,), (64,), (y,)
        )
        assert y[0] == 7
        with pytest.raises(SimFault, match="steps"):
            SimModule(source, options=("-DSLEEP=",)).get_function("handed")((1,), (64,), (y,))
