// Planes of `inputs` entries, each of which names one of its plane's `outputs` positions.
#pragma once

template <class Int>
struct Planes {
  Int count, inputs, outputs;

  // Where the position lies that an entry's index names; -1 if it is none of the plane's.
  __device__ Int named(Int entry, long long index) const {
    return index < 0 || index >= outputs ? -1 : entry / inputs * outputs + static_cast<Int>(index);
  }
};
