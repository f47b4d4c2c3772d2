"""Layers as objects with torch.nn's names, arguments and defaults, and the evidence for them.

A layer is a frozen spec and its parameters, NumPy's arrays until ``replace`` gives others. It runs
on the implementation that fits its arrays, as ``convproof.functional`` does, and ``evidence()``
says what was tested of the kernels that compute it on a GPU.

Example:
    >>> import numpy as np
    >>> from convproof.nn import Conv2d
    >>> conv = Conv2d(3, 8, kernel_size=3, padding=1, rng=np.random.default_rng(0))
    >>> conv
    Conv2d(3, 8, kernel_size=(3, 3), padding=(1, 1))
    >>> x = np.ones((2, 3, 5, 5), np.float32)
    >>> y = conv(x)
    >>> y.shape, conv.weight_vjp(x, y).shape, conv.bias_vjp(y).shape
    ((2, 8, 5, 5), (8, 3, 3, 3), (8,))
"""

from convproof.nn.evidence import Evidence as Evidence
from convproof.nn.module import Module as Module
from convproof.nn.module import over_axes
from convproof.nn.weighted import Conv, ConvTranspose, LocallyConnected
from convproof.nn.weighted import Linear as Linear
from convproof.nn.weightless import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    MaxUnpool,
)
from convproof.nn.weightless import CrossEntropyLoss as CrossEntropyLoss
from convproof.nn.weightless import Fold as Fold
from convproof.nn.weightless import LocalResponseNorm as LocalResponseNorm
from convproof.nn.weightless import Maxout as Maxout
from convproof.nn.weightless import ReLU as ReLU
from convproof.nn.weightless import ScaledTanh as ScaledTanh
from convproof.nn.weightless import Softmax as Softmax
from convproof.nn.weightless import Tanh as Tanh
from convproof.nn.weightless import Unfold as Unfold

Conv1d, Conv2d, Conv3d = over_axes(Conv)
ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = over_axes(ConvTranspose)
LocallyConnected1d, LocallyConnected2d, LocallyConnected3d = over_axes(LocallyConnected)
MaxPool1d, MaxPool2d, MaxPool3d = over_axes(MaxPool)
AvgPool1d, AvgPool2d, AvgPool3d = over_axes(AvgPool)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = over_axes(AdaptiveMaxPool)
AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = over_axes(AdaptiveAvgPool)
GlobalMaxPool1d, GlobalMaxPool2d, GlobalMaxPool3d = over_axes(GlobalMaxPool)
GlobalAvgPool1d, GlobalAvgPool2d, GlobalAvgPool3d = over_axes(GlobalAvgPool)
MaxUnpool1d, MaxUnpool2d, MaxUnpool3d = over_axes(MaxUnpool)
