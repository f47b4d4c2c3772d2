// Put in front of a CUDA C++ source, so that the host's compiler takes it as C++.
#pragma once
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "interface.hpp"
#include "language.hpp"
#include "vectors.hpp"
#include "warp.hpp"
#include "atomics.hpp"
#include "arithmetic.hpp"
#include "stubs.hpp"
