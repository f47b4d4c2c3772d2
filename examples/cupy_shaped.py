"""A convolution in the shape of a raw kernel: flat buffers, a grid of blocks, an output allocated.

With CuPy the kernel is compiled and launched on the device; without it, a NumPy function stands in
for it that does what each block would. What wraps the launch is the same: it checks shapes and
dtypes, makes the arrays contiguous, allocates the output and chooses the grid.
"""

import numpy as np

try:
    import cupy
except ImportError:
    cupy = None

_SOURCE = r"""
extern "C" __global__ void conv2d(
    const float* x, const float* w, const float* bias, float* y, long long outputs,
    int C, int H, int W, int M, int R, int S, int P, int Q,
    int sh, int sw, int ph, int pw, int dh, int dw, int groups, int has_bias) {
  long long o = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (o >= outputs) return;
  int q = o % Q, p = o / Q % P, m = o / Q / P % M;
  long long n = o / Q / P / M;
  int reads = C / groups, first = m / (M / groups) * reads;
  float sum = has_bias ? bias[m] : 0.0f;
  for (int c = 0; c < reads; ++c)
    for (int r = 0; r < R; ++r)
      for (int s = 0; s < S; ++s) {
        int h = sh * p + dh * r - ph, v = sw * q + dw * s - pw;
        if (h >= 0 && h < H && v >= 0 && v < W)
          sum += w[((m * reads + c) * R + r) * S + s] * x[((n * C + first + c) * H + h) * W + v];
      }
  y[o] = sum;
}
"""
_THREADS = 128


class Conv2dKernel:
    """Launches the kernel: one thread owns one output."""

    supports = frozenset()
    lacks = frozenset({"float64", "float16", "bfloat16"})

    def conv2d(self, x, w, bias=None, *, stride, padding, dilation, groups):
        self._check(x, w, bias, groups)
        given = [x, w, np.zeros(1, x.dtype) if bias is None else bias]
        on_device = [self._contiguous(array) for array in given]
        n, c, h, width = x.shape
        m, _, r, s = w.shape
        axes = zip((h, width), (r, s), stride, padding, dilation, strict=True)
        size = [(i + 2 * p - d * (k - 1) - 1) // st + 1 for i, k, st, p, d in axes]
        if min(size) < 1:
            msg = f"a kernel of {r} x {s} does not fit into {h} x {width}"
            raise ValueError(msg)
        y = self._empty((n, m, *size))
        sizes = (y.size, c, h, width, m, r, s, *size, *stride, *padding, *dilation, groups)
        blocks = -(-y.size // _THREADS)
        if blocks:  # a grid of no blocks cannot be launched
            self._launch(blocks, (*on_device, y, *sizes, int(bias is not None)))
        return cupy.asnumpy(y) if cupy else y

    def _check(self, x, w, bias, groups):
        for name, array in (("x", x), ("w", w), ("bias", bias)):
            if array is not None and array.dtype != np.float32:
                msg = f"{name} must be float32, got {array.dtype}"
                raise TypeError(msg)
        if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1] * groups:
            msg = f"w {w.shape} with {groups} groups does not read x {x.shape}"
            raise ValueError(msg)
        if w.shape[0] % groups:
            msg = f"{groups} groups do not divide {w.shape[0]} outputs"
            raise ValueError(msg)

    def _contiguous(self, array):
        return (cupy or np).ascontiguousarray(array)

    def _empty(self, shape):
        return (cupy or np).empty(shape, np.float32)

    def _launch(self, blocks, arguments):
        if cupy:
            typed = [
                np.int64(a) if k == 4 else np.int32(a) if isinstance(a, int) else a
                for k, a in enumerate(arguments)
            ]
            kernel = cupy.RawKernel(_SOURCE, "conv2d")
            kernel((blocks,), (_THREADS,), tuple(typed))
        else:
            for block in range(blocks):
                _block(block, *arguments)


def _block(block, x, w, bias, y, outputs, C, H, W, M, R, S, P, Q, *rest):
    """Do what the threads of one block do, on flat buffers."""
    sh, sw, ph, pw, dh, dw, groups, has_bias = rest
    x, w, flat = x.ravel(), w.ravel(), y.reshape(-1)
    o = np.arange(block * _THREADS, min((block + 1) * _THREADS, outputs))
    q, p, m, n = o % Q, o // Q % P, o // Q // P % M, o // Q // P // M
    reads = C // groups
    first = m // (M // groups) * reads
    total = bias[m].copy() if has_bias else np.zeros(len(o), np.float32)
    for c in range(reads):
        for r in range(R):
            for s in range(S):
                h, v = sh * p + dh * r - ph, sw * q + dw * s - pw
                inside = (h >= 0) & (h < H) & (v >= 0) & (v < W)
                place = ((n * C + first + c) * H + h) * W + v
                taps = w[((m * reads + c) * R + r) * S + s]
                total[inside] += taps[inside] * x[place[inside]]
    flat[o] = total


conv = Conv2dKernel()
