"""Faults in the products of convolutions: tiles, barriers, tails, addresses, epilogues."""

from convproof_gpu.mutants.patched import patched

_TILE, _MAPS, _SIZES, _FORWARD = "contraction.cuh", "products.cuh", "sizes.cuh", "conv_forward.cu"
_COMPUTE = (
    "    __syncthreads();\n    if (works)\n#pragma unroll\n"
    "      for (int d = 0; d < DEPTH; d++) {\n        float w"
)
_COMPUTE_BARE = _COMPUTE.replace("    __syncthreads();\n", "")
_AGAIN = "    __syncthreads();\n  }\n\n#pragma unroll"

MUTANTS = [
    patched(
        "kernel_without_the_barrier_before_computing", "conv2d", "shape", _TILE,
        _COMPUTE, _COMPUTE_BARE,
        "A tile is read while others still write it.",
    ),
    patched(
        "kernel_without_the_barrier_before_loading", "conv2d", "shape", _TILE,
        _AGAIN, "  }\n\n#pragma unroll",
        "A tile is written while others still read it.",
    ),
    patched(
        "kernel_with_rows_beyond_the_tail", "conv2d", "shape", _TILE,
        "if (r < map.rows && c < map.columns)", "if (r <= map.rows && c < map.columns)",
        "A row too many is written.",
    ),
    patched(
        "kernel_with_columns_beyond_the_tail", "conv2d", "shape", _TILE,
        "if (r < map.rows && c < map.columns)", "if (r < map.rows && c <= map.columns)",
        "A column too many is written.",
    ),
    patched(
        "kernel_reads_weights_beyond_the_tail", "conv2d", "shape", _TILE,
        "first_row + line < map.rows && start + d < end ? map.left(row[i], depth)",
        "first_row + line <= map.rows && start + d < end\n"
        "            ? map.left(map.row(product, first_row + line), depth)",
        "The weights of a row too many are read.",
    ),
    patched(
        "kernel_reads_depth_beyond_the_tail", "conv2d", "shape", _TILE,
        "first_row + line < map.rows && start + d < end ? map.left(row[i], depth)",
        "first_row + line < map.rows ? map.left(row[i], map.depth(product, start + d))",
        "Weights beyond the last tap are read.",
    ),
    patched(
        "kernel_with_a_stale_depth", "conv2d", "exact", _TILE,
        "map.depth(product, below(start + d, end));\n#pragma unroll\n"
        "      for (int i = 0; i < Left::lines; i++) {",
        "map.depth(product, below(begin + d, end));\n#pragma unroll\n"
        "      for (int i = 0; i < Left::lines; i++) {",
        "Every step of the depth reads the first step's weights.",
    ),
    patched(
        "kernel_forgets_the_first_step", "conv2d", "exact", _TILE,
        "for (Int start = begin; start < end; start += DEPTH) {",
        "for (Int start = begin; start < end; start += DEPTH) {\n"
        "    if (start > 0 && start + DEPTH >= end) for (int i = 0; i < TR; i++) sum[i][0] = 0.0f;",
        "The accumulator is cleared before the last step.",
    ),
    patched(
        "kernel_skips_the_last_step", "conv2d", "exact", _TILE,
        "steps = (map.depths + DEPTH - 1) / DEPTH", "steps = map.depths / DEPTH",
        "The depth's remainder is left out.",
    ),
    patched(
        "kernel_leaves_out_the_first_of_every_step", "conv2d", "exact", _TILE,
        "for (int d = 0; d < DEPTH; d++) {\n        float w",
        "for (int d = 1; d < DEPTH; d++) {\n        float w",
        "The first element of every step is left out.",
    ),
    patched(
        "kernel_overwrites_the_sum", "conv2d", "exact", _TILE,
        "sum[i][j] += w[i] * x[j]", "sum[i][j] = w[i] * x[j]",
        "The last product replaces the sum.",
    ),
    patched(
        "kernel_with_rows_and_columns_of_a_thread_swapped", "conv2d", "exact", _TILE,
        "const Int r = first_row + thread / ACROSS + i * DOWN,",
        "const Int r = first_row + thread / ACROSS * TR + i,",
        "A thread writes rows that others have computed.",
    ),
    patched(
        "kernel_without_padding_below", "conv2d", "exact", _SIZES,
        "inside = inside && 0 <= i[d] && i[d] < input[d];", "inside = inside && i[d] < input[d];",
        "Positions below the input are read.",
    ),
    patched(
        "kernel_with_padding_from_the_last_position", "conv2d", "exact", _SIZES,
        "inside = inside && 0 <= i[d] && i[d] < input[d];",
        "inside = inside && 0 <= i[d] && i[d] < input[d] - 1;",
        "The last position of the input counts as padding.",
    ),
    patched(
        "kernel_reads_one_beyond_the_input", "conv2d", "shape", _SIZES,
        "inside = inside && 0 <= i[d] && i[d] < input[d];",
        "inside = inside && 0 <= i[d] && i[d] <= input[d];",
        "The position after the input is read instead of padding.",
    ),
    patched(
        "kernel_with_stride_and_dilation_swapped", "conv2d", "exact", _SIZES,
        "step[d] = dilation[d] * k[d];", "step[d] = stride[d] * k[d];",
        "Taps are a stride apart.",
    ),
    patched(
        "kernel_with_the_strides_of_the_axes_swapped", "conv2d", "exact", _SIZES,
        "start[d] = stride[d] * o[d] - low[d];", "start[d] = stride[DIMS - 1 - d] * o[d] - low[d];",
        "The strides of height and width change places.",
    ),
    patched(
        "kernel_with_the_padding_of_the_first_axis", "conv2d", "exact", _SIZES,
        "start[d] = stride[d] * o[d] - low[d];", "start[d] = stride[d] * o[d] - low[0];",
        "Every axis has the first one's padding.",
    ),
    patched(
        "kernel_with_axes_in_the_wrong_order", "conv2d", "exact", _SIZES,
        "for (int d = DIMS - 1; d >= 0; d--) {", "for (int d = 0; d < DIMS; d++) {",
        "A number is split into a position with the first axis fastest.",
    ),
    patched(
        "kernel_with_the_wrong_group_of_weights", "conv2d", "exact", _MAPS,
        "__device__ Row row(Int g, Int m) const { return {(g * s.out_channels + m) * depths}; }",
        "__device__ Row row(Int g, Int m) const { return {m * depths}; }",
        "Every group has the first one's weights.",
    ),
    patched(
        "kernel_with_the_wrong_group_of_channels", "conv2d", "exact", _MAPS,
        "at.offset = (unflat(number, s.output, o) * s.groups + g) * s.in_channels * inputs;",
        "at.offset = unflat(number, s.output, o) * s.groups * s.in_channels * inputs;",
        "Every group reads the first one's channels.",
    ),
    patched(
        "kernel_with_the_output_channels_for_the_input_channels", "conv2d", "shape", _MAPS,
        "at.offset = (unflat(number, s.output, o) * s.groups + g) * s.in_channels * inputs;",
        "at.offset = (unflat(number, s.output, o) * s.groups + g) * s.out_channels * inputs;",
        "Images are as far apart as if they had the output's channels.",
    ),
    patched(
        "kernel_with_channels_as_far_apart_as_outputs", "conv2d", "shape", _MAPS,
        "at.offset = unflat(number, s.kernel, k) * inputs;",
        "at.offset = unflat(number, s.kernel, k) * outputs;",
        "Channels of the input are as far apart as those of the output.",
    ),
    patched(
        "kernel_with_the_bias_of_the_first_group", "conv2d", "exact", _FORWARD,
        "sum += widened(b[g * sizes.out_channels + m])", "sum += widened(b[m])",
        "Every group has the first one's bias.",
    ),
    patched(
        "kernel_without_a_bias", "conv2d", "exact", _FORWARD,
        "if (b != nullptr) sum += ", "if (b != nullptr) sum += 0.0f * ",
        "The bias is not added.",
    ),
    patched(
        "kernel_with_a_half_accumulator", "conv2d", "exact", _FORWARD,
        "y[at] = rounded<T>(epilogue(sum));",
        "y[at] = rounded<T>(epilogue(widened(rounded<__half>(sum))));",
        "The sum is rounded to half before it is written.",
    ),
    patched(
        "kernel_without_the_remainder_of_the_stride", "conv2d_input", "exact", _SIZES,
        "scaled >= 0 && scaled == o[d] * stride[d] && o[d] < output[d]",
        "scaled >= 0 && o[d] < output[d]",
        "Inputs between the strides take the cotangent of the output before them.",
    ),
    patched(
        "kernel_with_outputs_below_zero", "conv2d_input", "exact", _SIZES,
        "scaled >= 0 && scaled == o[d] * stride[d]", "scaled == o[d] * stride[d]",
        "Outputs below the first are read.",
    ),
    patched(
        "kernel_with_one_output_too_many", "conv2d_input", "shape", _SIZES,
        "o[d] < output[d]", "o[d] <= output[d]",
        "The output after the last is read.",
    ),
    patched(
        "kernel_with_the_padding_subtracted_twice", "conv2d_input", "exact", _SIZES,
        "start[d] = i[d] + low[d];", "start[d] = i[d] - low[d];",
        "The gradient is shifted by twice the padding.",
    ),
    patched(
        "kernel_with_weights_of_the_wrong_output_channel", "conv2d_input", "exact", _MAPS,
        "at.weight = m * s.in_channels * taps + number % taps;",
        "at.weight = m * taps + number % taps;",
        "Output channels are as far apart as if there were one input channel.",
    ),
    patched(
        "kernel_with_the_kernel_flipped", "conv2d_input", "exact", _MAPS,
        "at.weight = m * s.in_channels * taps + number % taps;",
        "at.weight = m * s.in_channels * taps + taps - 1 - number % taps;",
        "The gradient is that of the flipped kernel.",
    ),
    patched(
        "kernel_with_the_gradient_of_the_first_image", "conv2d_weight", "exact", _MAPS,
        "at.image = n * s.groups * s.in_channels * inputs;", "at.image = 0;",
        "Every cotangent meets the first image.",
    ),
    patched(
        "kernel_with_the_cotangents_of_the_first_group", "conv2d_weight", "exact", _MAPS,
        "__device__ Row row(Int g, Int m) const { return {(g * s.out_channels + m) * outputs}; }",
        "__device__ Row row(Int g, Int m) const { return {m * outputs}; }",
        "Every group has the first one's cotangents.",
    ),
    patched(
        "kernel_writes_weights_of_the_first_group", "conv2d_weight", "shape", _MAPS,
        "const { return (g * s.out_channels + m) * columns + column; }",
        "const { return m * columns + column; }",
        "Every group writes where the first one does.",
    ),
]  # fmt: skip
