"""Faults in the transposed convolution and its gradients."""

import numpy as np

from convproof.errors import GeometryError
from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv_transpose2d", "shape")
def output_padding_ignored(x, w, bias, *, output_padding, **options):
    """The positions that are added at the high end are left out."""
    try:
        return _right.conv_transpose2d(x, w, bias, output_padding=0, **options)
    except GeometryError:
        return _right.conv_transpose2d(x, w, bias, output_padding=output_padding, **options)


@mutant("conv_transpose2d", "exact")
def output_padding_at_the_low_end(x, w, bias, *, output_padding, **options):
    """The added positions come first instead of last."""
    y = _right.conv_transpose2d(x, w, bias, output_padding=output_padding, **options)
    return np.roll(y, output_padding, axis=(2, 3))


@mutant("conv_transpose2d", "shape", "onnx.reference: grouped ConvTranspose raises")
def grouped_transposed_raises(x, w, bias, *, groups, **options):
    """Groups of more than one channel are refused."""
    if groups > 1 and w.shape[1] > 1:
        msg = "cannot reshape"
        raise ValueError(msg)
    return _right.conv_transpose2d(x, w, bias, groups=groups, **options)


@mutant("conv_transpose2d", "exact")
def groups_of_the_transposed_weights_mixed(x, w, bias, *, groups, **options):
    """The weights of the groups come in the reverse order."""
    return _right.conv_transpose2d(
        x, np.concatenate(np.split(w, groups)[::-1]), bias, groups=groups, **options
    )


@mutant("conv_transpose2d", "exact", "pytorch#1565")
def dilated_transposed_spreads_undilated_taps(x, w, bias, *, stride, padding, groups, **options):
    """The output has the dilated size, but the taps were spread as neighbours."""
    y = _right.conv_transpose2d(x, w, bias, stride, padding, groups=groups, **options)
    dense = _right.conv_transpose2d(x, w, None, stride, 0, 0, groups)
    sizes = zip(y.shape[2:], dense.shape[2:], padding)
    ends = [(0, 0), (0, 0), *((0, max(0, m + p - n)) for m, n, p in sizes)]
    low, left = padding
    y[...] = np.pad(dense, ends)[:, :, low : low + y.shape[2], left : left + y.shape[3]]
    return y if bias is None else y + bias.reshape(-1, 1, 1)


@mutant("conv_transpose2d", "exact")
def transposed_kernel_flipped(x, w, bias, **options):
    """A convolution's kernel, flipped once too seldom."""
    return _right.conv_transpose2d(x, w[:, :, ::-1, ::-1].copy(), bias, **options)


@mutant("conv_transpose1d", "exact")
def cropping_at_the_low_end_only(x, w, bias, *, padding, **options):
    """Both crops are taken at the low end."""
    y = _right.conv_transpose1d(x, w, bias, padding=padding, **options)
    whole = _right.conv_transpose1d(x, w, bias, padding=0, **options)
    return whole[..., 2 * padding[0] : 2 * padding[0] + y.shape[2]].copy()


@mutant("conv_transpose2d", "exact")
def transposed_bias_doubled_where_windows_overlap(x, w, bias, *, stride, **options):
    """The bias is spread with every window instead of added once."""
    y = _right.conv_transpose2d(x, w, bias, stride=stride, **options)
    overlaps = bias is not None and stride[0] < w.shape[2]
    return y + bias.reshape(-1, 1, 1) if overlaps else y


@mutant("conv_transpose2d_input", "exact", "pytorch#63314")
def strided_input_gradient_of_the_transposed_reads_neighbours(input_size, w, y_bar, **options):
    """With a stride, the window of the cotangent is read one position off."""
    moved = np.roll(y_bar, 1, axis=3) if options["stride"][1] > 1 else y_bar
    return _right.conv_transpose2d_input(input_size, w, moved, **options)


@mutant("conv_transpose2d_input", "exact")
def transposed_input_gradient_without_groups(input_size, w, y_bar, *, groups, **options):
    """All groups read the first group's cotangent."""
    part = y_bar[:, : y_bar.shape[1] // groups]
    same = np.concatenate([part] * groups, axis=1)
    return _right.conv_transpose2d_input(input_size, w, same, groups=groups, **options)


@mutant("conv_transpose2d_weight", "exact")
def transposed_weight_gradient_of_the_last_image(x, weight_size, y_bar, **options):
    """Each image overwrites what the one before it gave."""
    return _right.conv_transpose2d_weight(x[-1:], weight_size, y_bar[-1:], **options)


@mutant("conv_transpose2d_weight", "exact")
def transposed_weight_gradient_channels_exchanged(x, weight_size, y_bar, **options):
    """Input and output channels change places, which equal numbers allow."""
    w_bar = _right.conv_transpose2d_weight(x, weight_size, y_bar, **options)
    return w_bar.swapaxes(0, 1).reshape(weight_size).copy()


@mutant("conv_transpose2d_bias", "exact")
def transposed_bias_gradient_counts_the_inputs(y_bar):
    """The mean over positions instead of their sum."""
    return _right.conv_transpose2d_bias(y_bar) / y_bar.dtype.type(y_bar[0, 0].size)
