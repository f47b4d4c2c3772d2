"""What orders two accesses and what does not: the cases that reviews have found."""

import numpy as np
import pytest

from convproof_gpu.sim import SimFault, SimModule, conditions

GIVEN = {
    "atomics of one warp and then a read": ("""
        __global__ void k(int* y) {
          __shared__ int h[8];
          int t = threadIdx.x;
          if (t < 8) h[t] = 0;
          __syncwarp();
          atomicAdd(&h[t & 7], 1);
          __syncwarp();
          if (t < 8) y[t] = h[t];
        }""", (1,), (32,)),
    "fences of the writers, and a barrier before the ticket": ("""
        __device__ int arrived, part[3 * 64];
        __global__ void k(int* y) {
          __shared__ bool last;
          int t = threadIdx.x;
          part[blockIdx.x * 64 + t] = 1;
          __threadfence();
          __syncthreads();
          if (t == 0) last = atomicAdd(&arrived, 1) == gridDim.x - 1;
          __syncthreads();
          if (!last) return;
          int sum = 0;
          for (int b = 0; b < gridDim.x; b++) sum += part[b * 64 + t];
          y[t % 8] = 4;
        }""".replace("y[t % 8] = 4", "if (t < 8) y[t] = 1 + sum"), (3,), (64,)),
    "what every block reads, and the last writes": ("""
        __device__ int arrived, held;
        __global__ void k(int* y) {
          if (threadIdx.x == 0) {
            int seen = held;
            __threadfence();
            if (atomicAdd(&arrived, 1) == gridDim.x - 1) held = held + 4, seen = held;
            if (seen == 4) for (int i = 0; i < 8; i++) y[i] = 4;
          }
        }""", (4,), (32,)),
    "a loop of atomicCAS as the guide has it": ("""
        __device__ float add(float* p, float v) {
          int* q = reinterpret_cast<int*>(p);
          int old = *q, assumed;
          do {
            assumed = old;
            old = atomicCAS(q, assumed, __float_as_int(v + __int_as_float(assumed)));
          } while (assumed != old);
          return __int_as_float(old);
        }
        __device__ float sums[8];
        __device__ int arrived;
        __global__ void k(int* y) {
          add(&sums[threadIdx.x % 8], 1.f);
          __threadfence();
          __syncthreads();
          if (threadIdx.x == 0 && atomicAdd(&arrived, 1) == gridDim.x - 1)
            for (int i = 0; i < 8; i++) y[i] = static_cast<int>(sums[i] / 4);
        }""", (2,), (64,)),
    "votes of those that have not exited": ("""
        __global__ void k(int* y) {
          if (threadIdx.x >= 8) return;
          unsigned b = __ballot_sync(0xffffffffu, threadIdx.x < 4);
          y[threadIdx.x] = __popc(b);
        }""", (1,), (32,)),
    "a first exchange": ("""
        __global__ void k(int* y) {
          __shared__ int s;
          if (threadIdx.x == 0) atomicExch(&s, 4);
          __syncthreads();
          y[threadIdx.x] = s;
        }""", (1,), (8,)),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_ordered_is_no_race(name: str) -> None:
    """Each writes 4 to eight elements."""
    source, grid, block = GIVEN[name]
    for seed in (None, *range(12)):
        y = np.zeros(8, np.int32)
        with conditions(seed=seed):
            SimModule(source).get_function("k")(grid, block, (y,), outputs=["y"])
        assert np.array_equal(y, np.full(8, 4))


NOT_GIVEN = {
    "a write after the fence": """
        __device__ int arrived, part[4];
        __global__ void k(int* y) {
          if (threadIdx.x != 0) return;
          __threadfence();
          part[blockIdx.x] = 1;
          if (atomicAdd(&arrived, 1) == gridDim.x - 1) y[0] = part[0] + part[1];
        }""",
    "a write after the release": """
        __device__ int lock, count;
        __global__ void k(int* y) {
          if (threadIdx.x != 0) return;
          while (atomicCAS(&lock, 0, 1) != 0) {}
          int v = count;
          __threadfence();
          atomicExch(&lock, 0);
          count = v + 1;
          y[0] = v;
        }""",
    "a sync of some of the readers": """
        __global__ void k(int* y) {
          __shared__ int s;
          int t = threadIdx.x;
          if (t == 0) s = 1;
          __syncthreads();
          int v = s;
          if (t >= 16) {
            __syncwarp(0xffff0000u);
            if (t == 16) s = 2;
          }
          y[t % 8] = v;
        }""".replace("y[t % 8]", "if (t < 8) y[t]"),
    "a lane that left without the sync": """
        __global__ void k(int* y) {
          __shared__ int s[16];
          int t = threadIdx.x;
          if (t < 16) {
            s[t] = t;
            return;
          }
          __syncwarp(0xffff0000u);
          if (t < 24) y[t - 16] = s[t - 16];
        }""",
    "many syncs of others": """
        __global__ void k(int* y) {
          __shared__ int s;
          int t = threadIdx.x;
          if (t == 0) s = 0;
          __syncthreads();
          if (t == 31) s = 2;
          if (t < 16)
            for (int j = 0; j < 40; j++) __syncwarp(0xffffu);
          if (t == 0) y[0] = s;
        }""",
    "a first write below the atomics of others": """
        __device__ int total;
        __global__ void k(int* y) {
          if (blockIdx.x == 0 && threadIdx.x == 0) total = 0;
          __syncthreads();
          atomicAdd(&total, 1);
          y[0] = 1;
        }""".replace("          y[0] = 1;\n", ""),
    "a read of what other blocks add to": """
        __device__ int total;
        __global__ void k(int* y) {
          if (threadIdx.x == 0) {
            atomicAdd(&total, 1);
            y[blockIdx.x] = total;
          }
        }""",
}


@pytest.mark.parametrize("name", NOT_GIVEN)
def test_what_is_not_ordered_is_a_race(name: str) -> None:
    """In some order: without an adversary, or under one of a few."""
    held = SimModule(NOT_GIVEN[name]).get_function("k")
    kinds = set()
    for seed in (None, *range(10)):
        try:
            with conditions(seed=seed):
                held(
                    (3,) if "blockIdx" in NOT_GIVEN[name] or "lock" in NOT_GIVEN[name] else (1,),
                    (32,),
                    (np.zeros(8, np.int32),),
                )
        except SimFault as fault:
            kinds.add(fault.kind)
    assert "race" in kinds


def test_a_plain_read_of_a_counter_that_others_add_to_is_a_race_at_its_line() -> None:
    source = """
    __global__ void k(int* y) {
      __shared__ int s;
      if (threadIdx.x == 0) s = 0;
      __syncthreads();
      atomicAdd(&s, 1);
      if (threadIdx.x == 7) y[0] = s;
    }"""
    with pytest.raises(SimFault) as found:
        SimModule(source).get_function("k")((1,), (32,), (np.zeros(1, np.int32),))
    assert (found.value.kind, found.value.line, found.value.thread) == ("race", 7, (7, 0, 0))
