"""The oracle: every layer as its textbook sum, in loops over output positions.

It pads the array and writes the relation out again, knowing nothing of ``Triples``. On Python
integers, fractions and int64 it is exact; in float64 and longdouble it is as exact as they are.
"""

from convproof import layers
from convproof.implementation import ByLayer
from convproof.numeric.reference import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    bias,
    conv,
    conv_transpose,
    convolve,
    cross_entropy,
    fold,
    global_avg_pool,
    global_max_pool,
    linear,
    local_response_norm,
    locally_connected,
    max_pool,
    max_unpool,
    maxout,
    relu,
    softmax,
    tanh,
    unfold,
)

implementation = ByLayer(
    "reference",
    {
        layers.Conv: conv,
        layers.LocallyConnected: locally_connected,
        layers.ConvTranspose: conv_transpose,
        layers.Unfold: unfold,
        layers.Fold: fold,
        layers.MaxPool: max_pool,
        layers.AvgPool: avg_pool,
        layers.AdaptiveMaxPool: adaptive_max_pool,
        layers.AdaptiveAvgPool: adaptive_avg_pool,
        layers.GlobalMaxPool: global_max_pool,
        layers.GlobalAvgPool: global_avg_pool,
        layers.MaxUnpool: max_unpool,
        layers.Linear: linear,
        layers.Bias: bias,
        layers.LocalResponseNorm: local_response_norm,
        layers.Maxout: maxout,
        layers.ReLU: relu,
        layers.Tanh: tanh,
        layers.Softmax: softmax,
        layers.CrossEntropy: cross_entropy,
        layers.Convolve: convolve,
    },
    supports=frozenset({"asymmetric", "circular", "integer"}),
)
