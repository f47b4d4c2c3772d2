"""Faults in depthwise convolutions: boxes, barriers, tails, phases, shared taps."""

from convproof_gpu.mutants.patched import patched

_COMMON, _FORWARD = "depthwise.cuh", "depthwise_forward.cu"
_INPUT, _WEIGHT = "depthwise_input_vjp.cu", "depthwise_weight_vjp.cu"

MUTANTS = [
    patched(
        "depthwise_kernel_without_padding_below", "conv2d", "shape", _COMMON,
        "0 <= row && row < extent[1]", "row < extent[1]",
        "Rows above the image are read.",
    ),
    patched(
        "depthwise_kernel_with_a_column_beyond_the_input", "conv2d", "shape", _COMMON,
        "0 <= last && last < extent[2]", "0 <= last && last <= extent[2]",
        "The column after the last is read instead of padding.",
    ),
    patched(
        "depthwise_kernel_without_a_barrier_before_computing", "conv2d", "shape", _FORWARD,
        "kernel, false);\n    __syncthreads();\n", "kernel, false);\n",
        "A box is read while others still write it.",
    ),
    patched(
        "depthwise_kernel_with_images_beyond_the_tile", "conv2d", "shape", _COMMON,
        "const bool inside = n < tiling.images && n < images && o[0]",
        "const bool inside = n < images && o[0]",
        "The threads that a tile has no result for write those of other images.",
    ),
    patched(
        "depthwise_kernel_with_the_weights_of_the_first_channel", "conv2d", "exact", _FORWARD,
        "staged_taps(taps, w + channel * kernel,", "staged_taps(taps, w + m * kernel,",
        "Every group has the first one's weights.",
    ),
    patched(
        "depthwise_kernel_with_the_bias_of_the_first_channel", "conv2d", "exact", _FORWARD,
        "widened(b[channel])", "widened(b[m])",
        "Every group has the first one's bias.",
    ),
    patched(
        "depthwise_kernel_with_the_taps_flipped", "conv2d", "exact", _FORWARD,
        "kernel, kernel, false);", "kernel, kernel, true);",
        "The kernel is turned around.",
    ),
    patched(
        "depthwise_kernel_with_stride_for_dilation", "conv2d", "exact", _COMMON,
        "taps++, row += dilation[2])", "taps++, row += 1)",
        "The taps of a row are neighbours.",
    ),
    patched(
        "depthwise_kernel_with_the_taps_not_flipped", "conv2d_input", "exact", _INPUT,
        "kernel, kernel, dense);", "kernel, kernel, false);",
        "The gradient is that of the flipped kernel.",
    ),
    patched(
        "depthwise_kernel_with_one_phase", "conv2d_input", "exact", _INPUT,
        "        tap += left;\n", "",
        "Every input begins with the first tap.",
    ),
    patched(
        "depthwise_kernel_that_keeps_the_last_channels_sum", "conv2d_input", "exact", _INPUT,
        "    const int channel = g * sizes.out_channels + m;\n",
        "    const int channel = g * sizes.out_channels + m;\n"
        "    if (m > 0) for (int j = 0; j < EACH; j++) sum[j] = 0.0f;\n",
        "The output channels of a group are not added.",
    ),
    patched(
        "depthwise_kernel_with_images_one_channel_apart", "conv2d_weight", "exact", _WEIGHT,
        "inner, sizes.input, sizes.groups * inputs, images, begin)",
        "inner, sizes.input, inputs, images, begin)",
        "The inputs of an image are those of the next channel.",
    ),
    patched(
        "depthwise_kernel_without_the_sharers", "conv2d_weight", "exact", _WEIGHT,
        "for (int s = 1; s < sharing.sharers; s++)", "for (int s = 1; s < 1; s++)",
        "Of the warps that share a unit of taps the first one's sum is kept.",
    ),
    patched(
        "depthwise_kernel_without_the_upper_lanes", "conv2d_weight", "exact", _WEIGHT,
        "for (int flip = 16; flip > 0; flip /= 2)", "for (int flip = 8; flip > 0; flip /= 2)",
        "Half of a warp's lanes are left out.",
    ),
    patched(
        "depthwise_kernel_that_computes_while_others_stage", "conv2d_weight", "shape", _WEIGHT,
        "images, place.first);\n    __syncthreads();\n", "images, place.first);\n",
        "A box is read while others still write it.",
    ),
]  # fmt: skip
