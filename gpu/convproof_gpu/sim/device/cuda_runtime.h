// For `#include <cuda_runtime.h>` of a kernel: what it has of the device is there already.
#pragma once
#include "sim.hpp"
