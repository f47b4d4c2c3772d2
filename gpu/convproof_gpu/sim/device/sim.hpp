// Put in front of a CUDA C++ source, so that the host's compiler takes it as C++.
#pragma once
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "interface.hpp"
#include "language.hpp"
#ifdef SIM_PROVENANCE
#include "traced.hpp"
using sim_float = convproof_sim::Traced;
#else
using sim_float = float;
#endif
#include "vectors.hpp"
#include "warp.hpp"
#include "atomics.hpp"
#include "arithmetic.hpp"
#include "rounding.hpp"
#include "words.hpp"
#include "stubs.hpp"
#define __noinline__ __attribute__((noinline))  // after every header of the host's
#ifdef SIM_PROVENANCE
#define float ::convproof_sim::Traced
#endif
