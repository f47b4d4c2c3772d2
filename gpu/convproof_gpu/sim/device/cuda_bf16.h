// For `#include <cuda_bf16.h>` of a kernel.
#pragma once
#include "half.hpp"
