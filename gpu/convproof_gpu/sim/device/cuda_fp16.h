// For `#include <cuda_fp16.h>` of a kernel.
#pragma once
#include "half.hpp"
