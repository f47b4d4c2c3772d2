"""Faults in the kernels of cross entropy: targets that are ignored, counts, one-hots."""

from convproof_gpu.mutants.patched import patched

_FORWARD, _VJP, _MEAN = (f"cross_entropy_{part}.cu" for part in ("forward", "input_vjp", "mean"))

MUTANTS = [
    patched(
        "kernel_with_a_loss_of_what_is_ignored", "cross_entropy", "rounding", _FORWARD,
        "wanted == ignored ? 0.0f :", "wanted == ignored && wanted < 0 ? 0.0f :",
        "Only negative targets are ignored.",
    ),
    patched(
        "kernel_with_the_logarithm_of_another_total", "cross_entropy", "rounding", _FORWARD,
        "+ logf(line.total));", "+ logf(line.total - 1.0f));",
        "The greatest score does not count.",
    ),
    patched(
        "kernel_that_counts_what_is_ignored", "cross_entropy", "rounding", _MEAN,
        "found += target[v] != ignored;", "found += 1;",
        "A mean is divided by the number of all targets.",
    ),
    patched(
        "kernel_with_the_sum_of_means_for_a_mean", "cross_entropy", "rounding", _MEAN,
        "rounded<T>(scale * sum / found)", "rounded<T>(sum / found)",
        "The means of a few losses each are added up as if they were losses.",
    ),
    patched(
        "kernel_with_a_gradient_of_what_is_ignored", "cross_entropy_input", "rounding", _VJP,
        "const bool counts = wanted != ignored;",
        "const bool counts = !is_class || wanted != ignored;",
        "Only a class is ignored: of another target the derivative is NaN.",
    ),
    patched(
        "kernel_without_the_one_hot", "cross_entropy_input", "rounding", _VJP,
        "k % WIDTH == one ? y - 1.0f : y)", "k % WIDTH == one ? y : y)",
        "1 is not taken off at the target.",
    ),
]  # fmt: skip
