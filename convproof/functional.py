"""Every layer and VJP as a function, with torch.nn.functional's names, order and defaults.

Each call runs on the implementation that fits its arrays, and returns arrays of their type: NumPy
arrays and tensors of a CPU on the fast NumPy path, CuPy arrays and tensors of a GPU on our kernels.
Tensors have gradients: our VJPs are their operators' derivatives. What multiplies by a weight takes
``precision``, by its name, see ``convproof.names.precision``: ``"float32"`` is never TF32. The
module of the array's type decides, so neither torch nor CuPy is imported here.

Example:
    >>> import numpy as np
    >>> from convproof.functional import conv1d, conv1d_input
    >>> x, w = np.array([[1, 2, 3, 4]]), np.array([[[1, 0, -1]]])
    >>> conv1d(x, w, padding=1)
    array([[-2, -2, -2,  3]])
    >>> conv1d_input((1, 4), w, np.array([[1, 0, 0, 0]]), padding=1)
    array([[ 0, -1,  0,  0]])
"""

from typing import Any

from convproof.errors import DTypeError
from convproof.implementation import Implementation, load_implementation
from convproof.names import TorchNames

_PATHS = {  # the top-level module of an array's type: its implementation
    "numpy": "numpy",
    "cupy": "gpu",
    "torch": "tensors",
}


def implementation_for(array: Any) -> Implementation:
    """Return the implementation that fits an array, by its type's module or that of a base.

    Raises:
        DTypeError: if it is of no known kind.
    """
    module = type(array).__module__.partition(".")[0]
    if module not in _PATHS:
        bases = (base.__module__.partition(".")[0] for base in type(array).__mro__)
        module = next((base for base in bases if base in _PATHS), "")
    if not module:
        known = ", ".join(sorted(_PATHS))
        msg = (
            f"convproof.functional takes arrays of {known}, got a {type(array).__module__}."
            f"{type(array).__name__}; convproof.get_implementation names other implementations."
        )
        raise DTypeError(msg)
    return load_implementation(_PATHS[module])


def __dir__() -> list[str]:
    return __all__


_names = TorchNames(implementation_for)

adaptive_avg_pool1d = _names.adaptive_avg_pool1d
adaptive_avg_pool1d_input = _names.adaptive_avg_pool1d_input
adaptive_avg_pool2d = _names.adaptive_avg_pool2d
adaptive_avg_pool2d_input = _names.adaptive_avg_pool2d_input
adaptive_avg_pool3d = _names.adaptive_avg_pool3d
adaptive_avg_pool3d_input = _names.adaptive_avg_pool3d_input
adaptive_max_pool1d = _names.adaptive_max_pool1d
adaptive_max_pool1d_input = _names.adaptive_max_pool1d_input
adaptive_max_pool2d = _names.adaptive_max_pool2d
adaptive_max_pool2d_input = _names.adaptive_max_pool2d_input
adaptive_max_pool3d = _names.adaptive_max_pool3d
adaptive_max_pool3d_input = _names.adaptive_max_pool3d_input
avg_pool1d = _names.avg_pool1d
avg_pool1d_input = _names.avg_pool1d_input
avg_pool2d = _names.avg_pool2d
avg_pool2d_input = _names.avg_pool2d_input
avg_pool3d = _names.avg_pool3d
avg_pool3d_input = _names.avg_pool3d_input
conv1d = _names.conv1d
conv1d_bias = _names.conv1d_bias
conv1d_input = _names.conv1d_input
conv1d_weight = _names.conv1d_weight
conv2d = _names.conv2d
conv2d_bias = _names.conv2d_bias
conv2d_input = _names.conv2d_input
conv2d_weight = _names.conv2d_weight
conv3d = _names.conv3d
conv3d_bias = _names.conv3d_bias
conv3d_input = _names.conv3d_input
conv3d_weight = _names.conv3d_weight
conv_transpose1d = _names.conv_transpose1d
conv_transpose1d_bias = _names.conv_transpose1d_bias
conv_transpose1d_input = _names.conv_transpose1d_input
conv_transpose1d_weight = _names.conv_transpose1d_weight
conv_transpose2d = _names.conv_transpose2d
conv_transpose2d_bias = _names.conv_transpose2d_bias
conv_transpose2d_input = _names.conv_transpose2d_input
conv_transpose2d_weight = _names.conv_transpose2d_weight
conv_transpose3d = _names.conv_transpose3d
conv_transpose3d_bias = _names.conv_transpose3d_bias
conv_transpose3d_input = _names.conv_transpose3d_input
conv_transpose3d_weight = _names.conv_transpose3d_weight
convolve = _names.convolve
cross_entropy = _names.cross_entropy
cross_entropy_input = _names.cross_entropy_input
fold = _names.fold
fold_input = _names.fold_input
global_avg_pool1d = _names.global_avg_pool1d
global_avg_pool1d_input = _names.global_avg_pool1d_input
global_avg_pool2d = _names.global_avg_pool2d
global_avg_pool2d_input = _names.global_avg_pool2d_input
global_avg_pool3d = _names.global_avg_pool3d
global_avg_pool3d_input = _names.global_avg_pool3d_input
global_max_pool1d = _names.global_max_pool1d
global_max_pool1d_input = _names.global_max_pool1d_input
global_max_pool2d = _names.global_max_pool2d
global_max_pool2d_input = _names.global_max_pool2d_input
global_max_pool3d = _names.global_max_pool3d
global_max_pool3d_input = _names.global_max_pool3d_input
linear = _names.linear
linear_bias = _names.linear_bias
linear_input = _names.linear_input
linear_weight = _names.linear_weight
local_response_norm = _names.local_response_norm
local_response_norm_input = _names.local_response_norm_input
locally_connected1d = _names.locally_connected1d
locally_connected1d_bias = _names.locally_connected1d_bias
locally_connected1d_input = _names.locally_connected1d_input
locally_connected1d_weight = _names.locally_connected1d_weight
locally_connected2d = _names.locally_connected2d
locally_connected2d_bias = _names.locally_connected2d_bias
locally_connected2d_input = _names.locally_connected2d_input
locally_connected2d_weight = _names.locally_connected2d_weight
locally_connected3d = _names.locally_connected3d
locally_connected3d_bias = _names.locally_connected3d_bias
locally_connected3d_input = _names.locally_connected3d_input
locally_connected3d_weight = _names.locally_connected3d_weight
max_pool1d = _names.max_pool1d
max_pool1d_input = _names.max_pool1d_input
max_pool2d = _names.max_pool2d
max_pool2d_input = _names.max_pool2d_input
max_pool3d = _names.max_pool3d
max_pool3d_input = _names.max_pool3d_input
max_unpool1d = _names.max_unpool1d
max_unpool1d_input = _names.max_unpool1d_input
max_unpool2d = _names.max_unpool2d
max_unpool2d_input = _names.max_unpool2d_input
max_unpool3d = _names.max_unpool3d
max_unpool3d_input = _names.max_unpool3d_input
maxout = _names.maxout
maxout_input = _names.maxout_input
relu = _names.relu
relu_input = _names.relu_input
scaled_tanh = _names.scaled_tanh
scaled_tanh_input = _names.scaled_tanh_input
softmax = _names.softmax
softmax_input = _names.softmax_input
tanh = _names.tanh
tanh_input = _names.tanh_input
unfold = _names.unfold
unfold_input = _names.unfold_input

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool1d_input",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input",
    "adaptive_avg_pool3d",
    "adaptive_avg_pool3d_input",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_input",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_input",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_input",
    "avg_pool1d",
    "avg_pool1d_input",
    "avg_pool2d",
    "avg_pool2d_input",
    "avg_pool3d",
    "avg_pool3d_input",
    "conv1d",
    "conv1d_bias",
    "conv1d_input",
    "conv1d_weight",
    "conv2d",
    "conv2d_bias",
    "conv2d_input",
    "conv2d_weight",
    "conv3d",
    "conv3d_bias",
    "conv3d_input",
    "conv3d_weight",
    "conv_transpose1d",
    "conv_transpose1d_bias",
    "conv_transpose1d_input",
    "conv_transpose1d_weight",
    "conv_transpose2d",
    "conv_transpose2d_bias",
    "conv_transpose2d_input",
    "conv_transpose2d_weight",
    "conv_transpose3d",
    "conv_transpose3d_bias",
    "conv_transpose3d_input",
    "conv_transpose3d_weight",
    "convolve",
    "cross_entropy",
    "cross_entropy_input",
    "fold",
    "fold_input",
    "global_avg_pool1d",
    "global_avg_pool1d_input",
    "global_avg_pool2d",
    "global_avg_pool2d_input",
    "global_avg_pool3d",
    "global_avg_pool3d_input",
    "global_max_pool1d",
    "global_max_pool1d_input",
    "global_max_pool2d",
    "global_max_pool2d_input",
    "global_max_pool3d",
    "global_max_pool3d_input",
    "linear",
    "linear_bias",
    "linear_input",
    "linear_weight",
    "local_response_norm",
    "local_response_norm_input",
    "locally_connected1d",
    "locally_connected1d_bias",
    "locally_connected1d_input",
    "locally_connected1d_weight",
    "locally_connected2d",
    "locally_connected2d_bias",
    "locally_connected2d_input",
    "locally_connected2d_weight",
    "locally_connected3d",
    "locally_connected3d_bias",
    "locally_connected3d_input",
    "locally_connected3d_weight",
    "max_pool1d",
    "max_pool1d_input",
    "max_pool2d",
    "max_pool2d_input",
    "max_pool3d",
    "max_pool3d_input",
    "max_unpool1d",
    "max_unpool1d_input",
    "max_unpool2d",
    "max_unpool2d_input",
    "max_unpool3d",
    "max_unpool3d_input",
    "maxout",
    "maxout_input",
    "relu",
    "relu_input",
    "scaled_tanh",
    "scaled_tanh_input",
    "softmax",
    "softmax_input",
    "tanh",
    "tanh_input",
    "unfold",
    "unfold_input",
]
