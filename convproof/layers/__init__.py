"""Frozen layer specs: hyper-parameters, shapes, parameters and operations; no arrays.

A spec knows everything about a layer but the size of its input; ``geometry`` and ``output_shape``
bind it to one, and refuse an impossible one. Shapes are ``(batch, channels, *spatial)``.
"""

from convproof.layers.base import Layer as Layer
from convproof.layers.base import Shape as Shape
from convproof.layers.convolution import Conv as Conv
from convproof.layers.convolution import ConvTranspose as ConvTranspose
from convproof.layers.convolution import Fold as Fold
from convproof.layers.convolution import LocallyConnected as LocallyConnected
from convproof.layers.convolution import Unfold as Unfold
from convproof.layers.loss import CrossEntropy as CrossEntropy
from convproof.layers.pointwise import Bias as Bias
from convproof.layers.pointwise import Convolve as Convolve
from convproof.layers.pointwise import Linear as Linear
from convproof.layers.pointwise import LocalResponseNorm as LocalResponseNorm
from convproof.layers.pointwise import Maxout as Maxout
from convproof.layers.pointwise import ReLU as ReLU
from convproof.layers.pointwise import Softmax as Softmax
from convproof.layers.pointwise import Tanh as Tanh
from convproof.layers.pooling import AdaptiveAvgPool as AdaptiveAvgPool
from convproof.layers.pooling import AdaptiveMaxPool as AdaptiveMaxPool
from convproof.layers.pooling import AvgPool as AvgPool
from convproof.layers.pooling import GlobalAvgPool as GlobalAvgPool
from convproof.layers.pooling import GlobalMaxPool as GlobalMaxPool
from convproof.layers.pooling import MaxPool as MaxPool
from convproof.layers.pooling import MaxUnpool as MaxUnpool
