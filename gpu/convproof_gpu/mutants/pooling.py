"""Faults in the kernels of pooling: windows, ties, divisors, gathers."""

from convproof_gpu.mutants.patched import patched

_WINDOWS = "windows.cuh"
_BANDS = "bands.cuh"

MUTANTS = [
    patched(
        "kernel_where_the_last_maximum_takes_the_gradient", "max_pool2d_input", "ties", _WINDOWS,
        "where < 0 || v > greatest ||", "where < 0 || v >= greatest ||",
        "Of equal maxima the last one takes the gradient.",
    ),
    patched(
        "kernel_where_nan_is_no_maximum", "max_pool2d", "special", _WINDOWS,
        "|| (v != v && greatest == greatest)", "",
        "A NaN that is not the window's first element is passed over.",
    ),
    patched(
        "kernel_with_zeros_for_a_windows_start", "max_pool2d", "shape", _WINDOWS,
        "if (where < 0 || v > greatest", "if (v > greatest",
        "A window of negative numbers has no maximum.",
    ),
    patched(
        "kernel_with_windows_beyond_the_input", "max_pool2d", "shape", _WINDOWS,
        "most = input[d] + counted.above[d];", "most = input[d] + counted.above[d] + 1;",
        "The windows read one position beyond the input.",
    ),
    patched(
        "kernel_with_windows_shifted_by_the_padding", "max_pool2d", "shape", _WINDOWS,
        "return over(stride[d] * o, parts[d]) - low[d]; }",
        "return over(stride[d] * o, parts[d]); }",
        "The windows begin inside the input whatever the padding.",
    ),
    patched(
        "kernel_that_forgets_the_last_window", "max_pool2d_input", "exact", _WINDOWS,
        "box.end[d] = end < output[d] ? end : output[d];",
        "box.end[d] = end < output[d] - 1 ? end : output[d] - 1;",
        "The last window along every axis has no gradient.",
    ),
    patched(
        "kernel_that_forgets_the_first_reader", "avg_pool2d_input", "exact", _WINDOWS,
        "box.begin[d] = place < reach[d] ? 0 : over(place - reach[d], stride[d]) + 1;",
        "box.begin[d] = place < reach[d] ? 0 : over(place - reach[d], stride[d]) + 2;",
        "The first of the windows that read an input is left out.",
    ),
    patched(
        "kernel_with_one_divisor_too_many", "avg_pool2d", "exact", _WINDOWS,
        "static_cast<float>(windows.taps(o, counted).count())",
        "static_cast<float>(windows.taps(o, counted).count() + 1)",
        "The mean is divided by one more than it counts.",
    ),
    patched(
        "kernel_with_the_gradient_not_divided", "avg_pool2d_input", "exact",
        "avg_pool_input_vjp.cu",
        "sum += widened(image[at]) / divisor(windows, counted, fixed, o);",
        "sum += widened(image[at]);",
        "The gradient of a mean is that of a sum.",
    ),
    patched(
        "kernel_with_adaptive_windows_that_do_not_overlap", "adaptive_avg_pool2d", "exact",
        _WINDOWS,
        "end = over(stride[d] * o[d] + reach[d] + parts[d] - 1, parts[d]) - low[d]",
        "end = over(stride[d] * o[d] + reach[d], parts[d]) - low[d]",
        "An adaptive window ends where the next begins.",
    ),
    patched(
        "kernel_where_threads_beyond_the_output_write", "max_pool2d", "shape",
        "max_pool_forward.cu",
        "if (number >= windows.planes * volume(windows.output)) return;",
        "if (number > windows.planes * volume(windows.output)) return;",
        "One thread too many writes.",
    ),
    patched(
        "band_where_nan_is_no_maximum", "max_pool2d", "special", _BANDS,
        "if (!(w <= wide) && wide == wide) {", "if (w > wide) {",
        "A NaN of a square window is passed over.",
    ),
    patched(
        "band_with_windows_shifted_by_the_padding", "max_pool2d", "exact", _BANDS,
        "top(Pane::STRIDE * row - bands.low[0])", "top(Pane::STRIDE * row)",
        "Square windows begin inside the input whatever the padding.",
    ),
    patched(
        "band_that_is_read_before_it_has_arrived", "max_pool2d", "shape", _BANDS,
        "  cp_async_wait<0>();\n", "",
        "Windows are read while they are copied.",
    ),
]  # fmt: skip
