"""Races are what vector clocks say: random programs of accesses, __syncwarp and barriers.

A thread's clock holds, per thread, how many steps of it came before. An access happened before
another iff the other's clock holds it; two of one word race iff neither did, one writes, and not
both are atomic (Mattern, Virtual Time and Global States of Distributed Systems, 1989).
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof_gpu.sim import SimFault, SimKernel, SimModule, conditions

NOTHING, READ, WRITE, ATOMIC, SYNCWARP, BARRIER = range(6)
SOURCE = """
extern "C" __global__ void run(const int* kinds, const int* words, const unsigned* masks, int steps, int* seen) {
  __shared__ int s[2];
  int t = threadIdx.x;
  if (t == 0) s[0] = s[1] = 0;
  __syncthreads();
  for (int j = 0; j < steps; j++) {
    int at = j * blockDim.x + t, word = words[at];
    switch (kinds[at]) {
      case 1: seen[t] += s[word]; break;
      case 2: s[word] = t; break;
      case 3: atomicAdd(&s[word], 1); break;
      case 4: __syncwarp(masks[at]); break;
      case 5: __syncthreads(); break;
    }
  }
}
"""  # noqa: E501  # a kernel


@dataclass(frozen=True, slots=True)
class Program:
    """What each thread does at each step: ``kinds[step][thread]``, and on which word."""

    kinds: tuple[tuple[int, ...], ...]
    words: tuple[tuple[int, ...], ...]


@st.composite
def programs(draw: Any, accesses: int) -> Program:
    """Draw a program of one warp, and two threads of the next, with so many accesses."""
    threads = draw(st.sampled_from([3, 5, 34]))
    kinds: list[tuple[int, ...]] = []
    words: list[tuple[int, ...]] = []
    left = accesses
    while left > 0 or (kinds and draw(st.booleans())):
        row, word = [NOTHING] * threads, [0] * threads
        what = draw(st.sampled_from([READ, WRITE, ATOMIC, SYNCWARP, SYNCWARP, SYNCWARP, BARRIER]))
        if what == BARRIER:
            row = [BARRIER] * threads
        elif what == SYNCWARP:
            few = st.sampled_from(sorted({0, 1, 2, min(threads, 32) - 1}))
            for lane in draw(st.sets(few, min_size=1)) | draw(st.sampled_from([set(), {0, 1}])):
                row[lane] = SYNCWARP
        elif left > 0:
            thread = draw(st.sampled_from([0, 1, 2, threads - 1]))
            row[thread], word[thread] = what, draw(st.sampled_from([0, 0, 0, 1]))
            left -= 1
        kinds.append(tuple(row))
        words.append(tuple(word))
    return Program(tuple(kinds), tuple(words))


def races(program: Program) -> bool:
    """Return whether two accesses race, by vector clocks."""
    threads = len(program.kinds[0])
    clocks = [[int(one == other) for other in range(threads)] for one in range(threads)]
    done: list[tuple[int, int, int, list[int]]] = []  # thread, kind, word, clock
    for kinds, words in zip(program.kinds, program.words, strict=True):
        done += [
            (t, kind, words[t], list(clocks[t]))
            for t, kind in enumerate(kinds)
            if kind in (READ, WRITE, ATOMIC)
        ]
        together = [t for t, kind in enumerate(kinds) if kind in (SYNCWARP, BARRIER)]
        if together:
            joined = [max(clocks[t][other] for t in together) for other in range(threads)]
            for t in together:
                clocks[t] = list(joined)
        for t in range(threads):
            clocks[t][t] += 1
    return any(
        one[0] != other[0]
        and one[2] == other[2]
        and not one[1] == other[1] == READ
        and not one[1] == other[1] == ATOMIC
        and other[3][one[0]] < one[3][one[0]]
        for one, other in combinations(done, 2)
    )


@cache
def _kernel() -> SimKernel:
    return SimModule(SOURCE).get_function("run")


def _is_race(program: Program, seed: int | None) -> bool:
    """Return whether the simulator reports a race."""
    kinds = np.array(program.kinds, np.int32)
    lanes = np.arange(kinds.shape[1]) % 32
    bits = np.where(kinds == SYNCWARP, 1 << lanes, 0).astype(np.uint32)
    masks = np.zeros_like(bits)
    masks[:, :32] = bits[:, :32].sum(axis=1, keepdims=True)
    args = (kinds, np.array(program.words, np.int32), masks, len(kinds), np.zeros(99, np.int32))
    try:
        with conditions(seed=seed):
            _kernel()((1,), (kinds.shape[1],), args)
    except SimFault as fault:
        if fault.kind != "race":
            raise
        return True
    return False


@settings(max_examples=500)
@given(programs(accesses=2), st.none() | st.integers(0, 99))
def test_two_accesses_race_iff_their_clocks_do_not_order_them(
    program: Program, seed: int | None
) -> None:
    assert _is_race(program, seed) == races(program)


@settings(max_examples=500)
@given(programs(accesses=8), st.none() | st.integers(0, 99))
def test_no_race_is_reported_of_what_clocks_order(program: Program, seed: int | None) -> None:
    """Of many accesses only the last few are remembered: a race may be missed, never made up."""
    if _is_race(program, seed):
        assert races(program)
