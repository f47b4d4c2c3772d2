"""Faults in the kernels of activations, norms, biases and unfolding: tails, trees, windows."""

from convproof_gpu.mutants.patched import patched

_LINES, _NORM = "lines.cuh", "norm.cuh"

MUTANTS = [
    patched(
        "kernel_that_makes_nan_zero", "relu", "special", "relu_forward.cu",
        "v <= 0.0f ? 0.0f : v", "v > 0.0f ? v : 0.0f",
        "A NaN becomes 0.",
    ),
    patched(
        "kernel_with_a_gradient_at_zero", "relu_input", "ties", "relu_input_vjp.cu",
        "v <= 0.0f ? 0.0f : cotangent", "v < 0.0f ? 0.0f : cotangent",
        "The derivative at 0 is 1.",
    ),
    patched(
        "kernel_without_a_tail", "relu", "shape", "vectors.cuh",
        "for (Int i = first; i < n; i++) y[i]", "for (Int i = first + 1; i < n; i++) y[i]",
        "The first element after the last whole vector is not written.",
    ),
    patched(
        "kernel_with_a_vector_beyond_the_tail", "relu", "shape", "vectors.cuh",
        "if (first + WIDTH <= n) {\n    const auto all", "if (first < n) {\n    const auto all",
        "The last vector reaches beyond the array.",
    ),
    patched(
        "kernel_with_the_slope_forgotten_in_the_gradient", "tanh_input", "rounding",
        "tanh_input_vjp.cu", "expf(-2.0f * fabsf(slope * v))", "expf(-1.0f * fabsf(slope * v))",
        "The derivative is taken at half of the input.",
    ),
    patched(
        "kernel_that_adds_one_to_the_total", "softmax", "rounding", _LINES,
        "expf(v[k] - greatest);\n  return {greatest, together",
        "expf(v[k] - greatest);\n  return {greatest, 1.0f + together",
        "One more than the exponentials is divided by.",
    ),
    patched(
        "kernel_with_lines_of_neighbours_alone", "softmax", "shape", _LINES,
        "first + e * (WIDTH > 1 ? 1 : step)", "first + e",
        "Elements that lie apart are taken for neighbours.",
    ),
    patched(
        "kernel_with_a_tree_that_starts_too_low", "softmax_input", "rounding", _LINES,
        "for (int step = within / 2; step > 0; step /= 2)",
        "for (int step = within / 4; step > 0; step /= 2)",
        "Half of the lanes' sums are left out.",
    ),
    patched(
        "kernel_without_the_barrier_in_the_tree", "softmax_input", "shape", _LINES,
        "    __syncthreads();\n    if (lanes.lane < step)", "    if (lanes.lane < step)",
        "A step of the tree reads what the step before still writes.",
    ),
    patched(
        "kernel_that_holds_a_sum_before_the_last_is_read", "softmax_input", "shape", _LINES,
        "  __syncthreads();  // what was held before has been read\n  held[thread]",
        "  held[thread]",
        "The second sum overwrites the first while it is read.",
    ),
    patched(
        "kernel_with_a_window_one_too_high", "local_response_norm", "rounding", _NORM,
        "return c < size / 2 ? 0 : c - size / 2;",
        "return c < (size - 1) / 2 ? 0 : c - (size - 1) / 2;",
        "An even window has its extra channel on the high side.",
    ),
    patched(
        "kernel_with_the_readers_of_the_mirrored_window", "local_response_norm_input", "rounding",
        _NORM,
        "return j + size / 2 - size + 1 < 0 ? 0 : j + size / 2 - size + 1;",
        "return j - size / 2 < 0 ? 0 : j - size / 2;",
        "A channel is pulled by those that it reads, not by those that read it.",
    ),
    patched(
        "kernel_that_walks_from_the_channel_before", "local_response_norm", "rounding",
        "local_response_norm_forward.cu",
        "load<NEAR>(x, walk.begin - LOW, v);", "load<NEAR>(x, walk.begin - LOW - 1, v);",
        "The first channels of a walk have their neighbours' windows.",
    ),
    patched(
        "kernel_that_pulls_what_the_step_before_has_pulled", "local_response_norm_input",
        "rounding", "local_response_norm_input_vjp.cu",
        "v[i] = v[STEP + i];", "v[i] = v[STEP + i] + v[i];",
        "What is carried from step to step is added up.",
    ),
    patched(
        "kernel_where_the_last_unit_takes_the_gradient", "maxout_input", "ties", "maxout.cuh",
        "if (v > greatest[k] ||", "if (v >= greatest[k] ||",
        "Of equal channels the last one takes the gradient.",
    ),
    patched(
        "kernel_with_units_as_far_apart_as_positions", "maxout", "exact", "maxout.cuh",
        "return output / inner * pool * inner + output % inner;",
        "return output / inner * inner + output % inner;",
        "Units overlap.",
    ),
    patched(
        "kernel_with_the_bias_gradient_of_the_first_image", "conv2d_bias", "exact", "bias_vjp.cu",
        "loaded<WIDTH>(y_bar + n * plane + first + i * WIDTH)",
        "loaded<WIDTH>(y_bar + first + i * WIDTH)",
        "The first image is added once for every image.",
    ),
    patched(
        "kernel_where_columns_are_taps", "unfold", "shape", "unfolding.cuh",
        "return at.column + tap * outputs;", "return at.column + tap;",
        "Taps lie next to each other.",
    ),
    patched(
        "kernel_that_adds_no_tap_but_the_last", "fold", "exact", "fold_forward.cu",
        "if (at >= 0) sum += widened(x[at]);", "if (at >= 0) sum = widened(x[at]);",
        "The last tap replaces the sum.",
    ),
]  # fmt: skip
