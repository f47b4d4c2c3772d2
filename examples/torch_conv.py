"""A convolution as a ``torch.autograd.Function``: its backward is written by hand.

The forward unfolds the image into columns and multiplies; the backward is what one would write to
save memory. It can be differentiated again, for it is made of differentiable operations.
"""

import torch
from torch.nn.functional import conv_transpose2d, pad, unfold


def _columns(x, w, stride, padding, dilation, groups):
    """Return ``(N, groups, C / groups * taps, outputs)``."""
    columns = unfold(x, w.shape[2:], dilation=dilation, padding=padding, stride=stride)
    return columns.reshape(x.shape[0], groups, w[0].numel(), columns.shape[-1])


def _output_size(x, w, stride, padding, dilation):
    axes = zip(x.shape[2:], w.shape[2:], stride, padding, dilation, strict=True)
    return [(n + 2 * p - t * (r - 1) - 1) // s + 1 for n, r, s, p, t in axes]


class MyConv(torch.autograd.Function):
    """``y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x[n,c, s o + t k - p]``."""

    @staticmethod
    def forward(ctx, x, w, bias, stride, padding, dilation, groups):
        if x.shape[1] != w.shape[1] * groups:
            msg = f"the weights read {w.shape[1] * groups} channels, got {x.shape[1]}"
            raise ValueError(msg)
        ctx.save_for_backward(x, w)
        ctx.has_bias = bias is not None
        ctx.options = stride, padding, dilation, groups
        columns = _columns(x, w, stride, padding, dilation, groups)
        rows = w.reshape(groups, w.shape[0] // groups, w[0].numel())
        size = _output_size(x, w, stride, padding, dilation)
        y = (rows @ columns).reshape(x.shape[0], w.shape[0], *size)
        return y if bias is None else y + bias[:, None, None]

    @staticmethod
    def backward(ctx, y_bar):
        x, w = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.options
        spare = [
            n - ((o - 1) * s - 2 * p + t * (r - 1) + 1)
            for n, o, r, s, p, t in zip(
                x.shape[2:], y_bar.shape[2:], w.shape[2:], stride, padding, dilation, strict=True
            )
        ]
        wide = conv_transpose2d(y_bar, w, None, stride, 0, 0, groups, dilation)
        ends = [n for s, p in zip(spare[::-1], padding[::-1], strict=True) for n in (-p, s - p)]
        x_bar = pad(wide, ends)
        columns = _columns(x, w, stride, padding, dilation, groups)
        positions = y_bar.shape[2] * y_bar.shape[3]
        by_group = y_bar.reshape(x.shape[0], groups, w.shape[0] // groups, positions)
        w_bar = (by_group @ columns.transpose(2, 3)).sum(0).reshape(w.shape)
        b_bar = y_bar.sum((0, 2, 3)) if ctx.has_bias else None
        return x_bar, w_bar, b_bar, None, None, None, None
