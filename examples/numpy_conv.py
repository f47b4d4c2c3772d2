"""A convolution and its three derivatives in NumPy, as one writes them: a loop over the taps."""

import numpy as np


def _padded(x, padding):
    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])


def _taps(shape, size, stride, dilation):
    """Yield every tap with the part of the padded input that it meets."""
    for i in range(shape[0]):
        for j in range(shape[1]):
            top, left = dilation[0] * i, dilation[1] * j
            rows = slice(top, top + stride[0] * (size[0] - 1) + 1, stride[0])
            columns = slice(left, left + stride[1] * (size[1] - 1) + 1, stride[1])
            yield (i, j), (..., rows, columns)


def _output_size(shape, taps, stride, padding, dilation):
    axes = zip(shape, taps, stride, padding, dilation, strict=True)
    size = [(n + 2 * p - t * (r - 1) - 1) // s + 1 for n, r, s, p, t in axes]
    if min(size) < 1:
        msg = f"a kernel of {taps}, dilation {dilation}, does not fit into {shape}"
        raise ValueError(msg)
    return size


def conv2d(x, w, bias=None, *, stride, padding, dilation, groups):
    """Return ``y[n,m,o] = bias[m] + sum_{c,k} w[m,c,k] x[n,c, s o + t k - p]``."""
    size = _output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    n, channels, units = len(x), w.shape[1], w.shape[0] // groups
    padded = _padded(x, padding).reshape(n, groups, channels, *_plus(x, padding))
    y = np.zeros((n, groups, units, *size), x.dtype)
    by_group = w.reshape(groups, units, *w.shape[1:])
    for (i, j), place in _taps(w.shape[2:], size, stride, dilation):
        y += np.einsum("ngchw,gmc->ngmhw", padded[place], by_group[..., i, j])
    y = y.reshape(n, w.shape[0], *size)
    return y if bias is None else y + bias[:, None, None]


def conv2d_input(input_size, w, y_bar, *, stride, padding, dilation, groups):
    """Return the gradient of ``<y, y_bar>`` in ``x``."""
    size, units = y_bar.shape[2:], w.shape[0] // groups
    _check(input_size[2:], w.shape[2:], y_bar, stride, padding, dilation)
    cotangent = y_bar.reshape(len(y_bar), groups, units, *size)
    by_group = w.reshape(groups, units, *w.shape[1:])
    rows, columns = (k + 2 * p for k, p in zip(input_size[2:], padding, strict=True))
    x_bar = np.zeros((len(y_bar), groups, w.shape[1], rows, columns), y_bar.dtype)
    for (i, j), place in _taps(w.shape[2:], size, stride, dilation):
        x_bar[place] += np.einsum("ngmhw,gmc->ngchw", cotangent, by_group[..., i, j])
    inside = tuple(slice(p, p + k) for p, k in zip(padding, input_size[2:], strict=True))
    return np.ascontiguousarray(x_bar[(..., *inside)]).reshape(input_size)


def conv2d_weight(x, weight_size, y_bar, *, stride, padding, dilation, groups):
    """Return the gradient of ``<y, y_bar>`` in ``w``: what is shared is added up."""
    size, units = y_bar.shape[2:], weight_size[0] // groups
    _check(x.shape[2:], weight_size[2:], y_bar, stride, padding, dilation)
    cotangent = y_bar.reshape(len(y_bar), groups, units, *size)
    padded = _padded(x, padding).reshape(len(x), groups, weight_size[1], *_plus(x, padding))
    w_bar = np.zeros((groups, units, *weight_size[1:]), x.dtype)
    for (i, j), place in _taps(weight_size[2:], size, stride, dilation):
        w_bar[..., i, j] = np.einsum("ngchw,ngmhw->gmc", padded[place], cotangent)
    return w_bar.reshape(weight_size)


def conv2d_bias(y_bar):
    """Return the gradient of ``<y, y_bar>`` in the bias."""
    return y_bar.sum((0, 2, 3))


def _plus(x, padding):
    return [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]


def _check(shape, taps, y_bar, stride, padding, dilation):
    size = _output_size(shape, taps, stride, padding, dilation)
    if list(y_bar.shape[2:]) != size:
        msg = f"the output has size {size}, got a cotangent of {y_bar.shape[2:]}"
        raise ValueError(msg)
