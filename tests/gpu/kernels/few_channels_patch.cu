// staged_patch: what stage_patch of few_channels.cuh writes, to an array in place of shared memory.
//
// Shapes         plane (height, width)   patch (rows * stride * pitch)
#include "element.cuh"
#include "few_channels.cuh"

template <int STRIDE>
__global__ void staged_patch(const float* plane, float* patch, int rows, int stride, int pitch, int row, int column, int height, int width) {
  stage_patch<STRIDE>(patch, plane, true, rows, stride, pitch, row, column, height, width);
}
