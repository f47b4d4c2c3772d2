"""A task in KernelBench's form: ``Model`` is the layer, ``ModelNew`` what somebody made faster.

This one multiplies columns by the weights, as an implicit GEMM does.
"""

import torch
from torch import nn
from torch.nn.functional import unfold


class Model(nn.Module):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), bias=False
    ):
        super().__init__()
        self.conv2d = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=bias
        )

    def forward(self, x):
        return self.conv2d(x)


class ModelNew(nn.Module):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), bias=False
    ):
        super().__init__()
        self.conv2d = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=bias
        )

    def forward(self, x):
        layer = self.conv2d
        if x.shape[1] != layer.in_channels:
            msg = f"expected {layer.in_channels} channels, got {x.shape[1]}"
            raise ValueError(msg)
        columns = unfold(x, layer.kernel_size, 1, layer.padding, layer.stride)
        y = layer.weight.flatten(1) @ columns
        axes = zip(x.shape[2:], layer.kernel_size, layer.stride, layer.padding, strict=True)
        y = y.reshape(*y.shape[:2], *((n + 2 * p - r) // s + 1 for n, r, s, p in axes))
        return y if layer.bias is None else y + layer.bias[:, None, None]


batch_size, in_channels, out_channels, kernel_size = 16, 3, 64, (3, 5)
height, width = 256, 128


def get_inputs():
    return [torch.rand(batch_size, in_channels, height, width)]


def get_init_inputs():
    return [in_channels, out_channels, kernel_size]
