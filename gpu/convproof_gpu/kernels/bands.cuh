// Square windows that slide over planes of two axes, in bands: a block stages in shared memory all that its band needs.
//
//   block          a band of the rows of one plane, or all rows of some planes: one run of memory, and so is what it reads
//   unit           what a thread makes at once: windows below each other, that share rows of taps; or inputs that share readers
//   staged         runs of memory, 16 bytes at a time, as far from a multiple of 16 as they lie in their array
//
// Windows        begin at  i = STRIDE o - low  along both axes and have SIDE taps
// Stands in      convproof/index_maps/bands.py
// Preconditions  a block has CREW threads, all of which come to every barrier; what is staged fits, see `Square`
#pragma once
#include "prims.cuh"
#include "quotient.cuh"
#include "vectors.cuh"
#include "windows.cuh"

constexpr int CREW = 256, STAGED = 4096;  // threads of a block; elements of a run

template <int TAPS, int STEP>
struct Square {
  static constexpr int SIDE = TAPS, STRIDE = STEP;
  static constexpr int EACH = STEP == 1 ? 4 : 1;                   // windows of a unit, in one column
  static constexpr int ROWS = STEP * (EACH - 1) + TAPS;            // of taps that they have
  static constexpr int DOWN = STEP == 1 ? 4 : STEP;                // rows of a unit of inputs, of STRIDE columns
  static constexpr int BESIDE = (TAPS + STEP - 1) / STEP - 1;      // readers of an input along an axis, but the last
  static constexpr int WINDOWS = STEP == 1 ? STAGED : STAGED / 2;  // that a block of inputs stages, at most
};

struct Rows {
  int begin, end;

  __device__ int count() const { return max(end - begin, 0); }
  __device__ bool have(int row) const { return begin <= row && row < end; }
};

// What a block owns: rows of each of its planes.
struct Part {
  int plane, planes;
  Rows rows;

  __device__ long long offset(const Rows& of, const int (&size)[2]) const {  // of such rows in an array
    return (static_cast<long long>(plane) * size[0] + of.begin) * size[1];
  }
  __device__ int elements(const Rows& of, const int (&size)[2]) const { return planes * of.count() * size[1]; }
};

struct Bands {
  int planes;                               // N C
  int input[2], output[2], low[2];
  int each, rows, bands;                    // planes of a block, rows of a band, bands of a plane: `each` or `bands` is 1
  Quotient window_columns, window_groups;   // of the number of a unit of windows
  Quotient input_columns, input_groups;     // of inputs

  // The block's, of planes of so many rows.
  __device__ Part part(int size) const {
    const int number = static_cast<int>(blockIdx.x), plane = number / bands * each, begin = number % bands * rows;
    return {plane, min(each, planes - plane), {begin, min(begin + rows, size)}};
  }

  // The rows of inputs that windows of these rows read; all, of whole planes.
  template <class Pane>
  __device__ Rows read(const Rows& o) const {
    if (bands == 1) return {0, input[0]};
    return {max(Pane::STRIDE * o.begin - low[0], 0), min(Pane::STRIDE * (o.end - 1) - low[0] + Pane::SIDE, input[0])};
  }

  // The rows of windows that read inputs of these rows; all, of whole planes.
  template <class Pane>
  __device__ Rows readers(const Rows& i) const {
    if (bands == 1) return {0, output[0]};
    const int missed = i.begin + low[0] - Pane::SIDE;  // a window that begins here ends before the rows
    return {missed < 0 ? 0 : missed / Pane::STRIDE + 1, min((i.end - 1 + low[0]) / Pane::STRIDE + 1, output[0])};
  }
};

// f(plane, row, column) of the first of each of a thread's units, ROWS x COLUMNS apart; those at an edge reach beyond it.
template <int ROWS, int COLUMNS, class Function>
__device__ inline void each_unit(const int planes, const int top, const int left, const Quotient& columns, const Quotient& groups,
                                 const Function& f) {
  const int units = planes * groups.by * columns.by;
#pragma unroll 1  // more blocks hide more than a longer loop
  for (int n = threadIdx.x; n < units; n += CREW) {
    int rest = n;
    const int column = left + columns.rest(rest) * COLUMNS, row = top + groups.rest(rest) * ROWS;
    f(rest, row, column);
  }
}

// f(plane, row, column) of the first of each of a thread's units of windows.
template <class Pane, class Function>
__device__ inline void each_window(const Bands& bands, const int planes, const Rows& rows, const Function& f) {
  each_unit<Pane::EACH, 1>(planes, rows.begin, 0, bands.window_columns, bands.window_groups, [&](int plane, int row, int column) {
    if (column < bands.output[1]) f(plane, row, column);
  });
}

template <class T>
constexpr int SLACK = 16 / static_cast<int>(sizeof(T));

template <class T>
__device__ inline int beyond(const T* p) {  // a multiple of 16 bytes
  return static_cast<int>(reinterpret_cast<unsigned long long>(p) % 16 / sizeof(T));
}

// f(first) of each 16 bytes of a run at p, and g(i) of the elements before and after them.
template <class T, class Function, class Single>
__device__ inline void each_vector(const T* p, const int count, const Function& f, const Single& g) {
  const int head = min((SLACK<T> - beyond(p)) % SLACK<T>, count), wide = (count - head) / SLACK<T> * SLACK<T>;
#pragma unroll 1
  for (int n = threadIdx.x * SLACK<T>; n < wide; n += CREW * SLACK<T>) f(head + n);
#pragma unroll 1
  for (int n = threadIdx.x; n < count - wide; n += CREW) g(n < head ? n : n + wide);
}

// Begin to stage a run, and return where it will lie; `arrived` waits for all.
template <class T>
__device__ inline const T* staged(T* held, const T* __restrict__ from, const int count) {
  T* to = held + beyond(from);
  each_vector(from, count, [&](int i) { cp_async<16>(to + i, from + i); }, [&](int i) { to[i] = from[i]; });
  cp_async_commit();
  return to;
}

__device__ inline void arrived() {
  cp_async_wait<0>();
  __syncthreads();
}

// Write a run that lies in shared memory as far from a multiple of 16 bytes as in its array.
template <class T>
__device__ inline void written(T* __restrict__ to, const T* made, const int count) {
  each_vector(to, count, [&](int i) { store(to + i, loaded<SLACK<T>>(made + i)); }, [&](int i) { to[i] = made[i]; });
}

// The taps of a unit of windows: `outside` where they lie beyond the input, or belong to no window of the band.
template <class T, class Pane>
struct Taps {
  const T* image;  // row 0 of the plane, were it staged
  Rows read;
  int top, left, width;
  bool there[Pane::SIDE];

  __device__ Taps(const Bands& bands, const T* run, const Rows& rows, int plane, int row, int column)
      : image(run + (plane * rows.count() - rows.begin) * bands.input[1]), read(rows),
        top(Pane::STRIDE * row - bands.low[0]), left(Pane::STRIDE * column - bands.low[1]), width(bands.input[1]) {
#pragma unroll
    for (int k = 0; k < Pane::SIDE; k++) there[k] = 0 <= left + k && left + k < width;
  }
  __device__ T at(int j, int k, T outside) const { return there[k] && read.have(top + j) ? image[(top + j) * width + left + k] : outside; }
};

__device__ inline float lowest() { return __int_as_float(static_cast<int>(0xff800000u)); }  // minus infinity

// The first maximum of some taps, and its number; that of a NaN is the first NaN's. What is outside is minus infinity,
// which is greater than nothing.
template <class T>
struct Maximum {
  T value;
  float wide;
  int number;

  __device__ Maximum() {}
  __device__ explicit Maximum(int first) : value(rounded<T>(lowest())), wide(lowest()), number(first) {}
  __device__ void take(T v, float w, int at) {
    if (!(w <= wide) && wide == wide) {
      value = v;
      wide = w;
      number = at;
    }
  }
};

constexpr int ROW = 4;  // the number of tap (r, s) of a window is ROW r + s

// Those of a unit's windows: f(e, maximum) for each row e.
template <class T, class Pane, class Function>
__device__ inline void maxima(const Taps<T, Pane>& taps, const Function& f) {
  const T outside = rounded<T>(lowest());
  const int first = max(-taps.left, 0);  // tap of a row that is in the input
  Maximum<T> rows[Pane::ROWS];
#pragma unroll
  for (int j = 0; j < Pane::ROWS; j++) {
    rows[j] = Maximum<T>(first);
#pragma unroll
    for (int k = 0; k < Pane::SIDE; k++) {
      const T v = taps.at(j, k, outside);
      rows[j].take(v, widened(v), k);
    }
  }
#pragma unroll
  for (int e = 0; e < Pane::EACH; e++) {
    Maximum<T> all(max(-taps.top - Pane::STRIDE * e, 0) * ROW + first);
#pragma unroll
    for (int r = 0; r < Pane::SIDE; r++) {
      const Maximum<T>& row = rows[Pane::STRIDE * e + r];
      all.take(row.value, row.wide, r * ROW + row.number);
    }
    f(e, all);
  }
}

// What the sum over a window is divided by: `fixed` unless it is 0, else how many taps count.
template <class Pane>
__device__ inline float divisor(const Bands& bands, const Counted<int, 2>& counted, float fixed, int row, int column) {
  const int o[2] = {row, column};
  int all = 1;
#pragma unroll
  for (int d = 0; d < 2; d++) {
    const int begin = Pane::STRIDE * o[d] - bands.low[d];
    all *= min(begin + Pane::SIDE, bands.input[d] + counted.above[d]) - max(begin, -counted.below[d]);
  }
  return fixed != 0.0f ? fixed : static_cast<float>(all);
}

// Units of inputs, which begin where a window does, to shared memory: for each input the sum of what f makes of the
// windows that read it, row-major, ascending. load(window) of each that is there, where windows are numbered as the band's
// rows hold them; `none` of one that is not; f(loaded, r, s) of one whose tap (r, s) is the input.
template <class Pane, class T, class Loaded, class Load, class Function>
__device__ inline void gathered(const Bands& bands, const Part& part, const Rows& windows, const Loaded none, const Load& load,
                                const Function& f, T* made) {
  constexpr int HELD = Pane::DOWN / Pane::STRIDE + Pane::BESIDE;
  const Rows own = part.rows;
  const int width = bands.output[1], first = own.begin - (own.begin + bands.low[0]) % Pane::STRIDE;
  each_unit<Pane::DOWN, Pane::STRIDE>(part.planes, first, -(bands.low[1] % Pane::STRIDE), bands.input_columns, bands.input_groups,
                                      [&](int plane, int row, int column) {
    const int top = (row + bands.low[0]) / Pane::STRIDE - Pane::BESIDE, left = (column + bands.low[1]) / Pane::STRIDE - Pane::BESIDE;
    const int base = (plane * windows.count() + top - windows.begin) * width + left;
    Loaded held[HELD][Pane::BESIDE + 1];
#pragma unroll
    for (int j = 0; j < HELD; j++) {
#pragma unroll
      for (int k = 0; k <= Pane::BESIDE; k++) {
        const bool there = windows.have(top + j) && 0 <= left + k && left + k < width;
        held[j][k] = there ? load(base + j * width + k) : none;
      }
    }
#pragma unroll
    for (int a = 0; a < Pane::DOWN; a++) {
#pragma unroll
      for (int b = 0; b < Pane::STRIDE; b++) {
        float sum = 0.0f;
#pragma unroll
        for (int j = 0; j <= Pane::BESIDE; j++) {
#pragma unroll
          for (int k = 0; k <= Pane::BESIDE; k++) {
            const int r = a % Pane::STRIDE + Pane::STRIDE * (Pane::BESIDE - j), s = b + Pane::STRIDE * (Pane::BESIDE - k);
            if (r < Pane::SIDE && s < Pane::SIDE) sum += f(held[a / Pane::STRIDE + j][k], r, s);
          }
        }
        const bool inside = own.have(row + a) && 0 <= column + b && column + b < bands.input[1];
        if (inside) made[(plane * own.count() + row + a - own.begin) * bands.input[1] + column + b] = rounded<T>(sum);
      }
    }
  });
}

// Global windows: a block has whole planes, a thread all of one, in order.
struct Whole {
  int planes, size, each;  // planes of a block
  Quotient elements;       // by `size`, of a number in a block

  __device__ int first() const { return static_cast<int>(blockIdx.x) * each; }
  __device__ int count() const { return min(each, planes - first()); }
  __device__ long long offset() const { return static_cast<long long>(first()) * size; }
};

// f(plane, its elements in shared memory) of each of the block's.
template <class T, class Function>
__device__ inline void each_plane(const Whole& whole, const T* run, const Function& f) {
  for (int n = threadIdx.x; n < whole.count(); n += CREW) f(n, run + n * whole.size);
}

// Write f(plane, position) to every element of the block's planes.
template <class T, class Function>
__device__ inline void spread(const Whole& whole, T* __restrict__ to, const Function& f) {
  const auto made = [&](int i) {
    int plane = i;
    const int at = whole.elements.rest(plane);
    return rounded<T>(f(plane, at));
  };
  const auto several = [&](int i) {
    Vector<T, SLACK<T>> all;
#pragma unroll
    for (int k = 0; k < SLACK<T>; k++) all.at[k] = made(i + k);
    store(to + i, all);
  };
  each_vector(to, whole.count() * whole.size, several, [&](int i) { to[i] = made(i); });
}
