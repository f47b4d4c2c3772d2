"""Faults in local response normalisation and softmax."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


def _normed(x, near, alpha, beta, k):
    """Return the normalisation over the channels that ``near(c, j)`` takes into the window."""
    channels = range(x.shape[1])
    table = np.array([[near(c, j) for j in channels] for c in channels], x.dtype)
    scale = k + alpha * np.einsum("cj,nj...->nc...", table, x * x)
    return (x / scale**beta).astype(x.dtype)


@mutant("local_response_norm", "rounding", "Chainer's test sums 4 channels of 5")
def window_one_channel_short(x, *, size, alpha, beta, k):
    """The window ends one channel early: four channels for five."""
    h = size // 2
    high = size - h if size % 2 == 0 else size - h - 1
    return _normed(x, lambda c, j: -h <= j - c < max(high, 1), alpha / size, beta, k)


@mutant("local_response_norm", "rounding")
def alpha_not_divided(x, *, size, alpha, beta, k):
    """alpha itself weighs the squares, as in the AlexNet paper."""
    return _right.local_response_norm(x, size=size, alpha=alpha * size, beta=beta, k=k)


@mutant("local_response_norm", "rounding")
def alpha_divided_twice(x, *, size, alpha, beta, k):
    """alpha is divided by the window's size by the caller and once more inside."""
    return _right.local_response_norm(x, size=size, alpha=alpha / size, beta=beta, k=k)


@mutant("local_response_norm", "rounding")
def even_window_on_the_high_side(x, *, size, alpha, beta, k):
    """An even window has its extra channel above, as ONNX has it."""
    low = (size - 1) // 2
    return _normed(x, lambda c, j: -low <= j - c < size - low, alpha / size, beta, k)


@mutant("local_response_norm", "rounding")
def constant_taken_for_one(x, *, size, alpha, beta, k):
    """k is ignored."""
    del k
    return _right.local_response_norm(x, size=size, alpha=alpha, beta=beta, k=1.0)


@mutant("local_response_norm", "batch")
def normalised_over_the_batch(x, *, size, alpha, beta, k):
    """The window runs over the images."""
    turned = np.ascontiguousarray(x.swapaxes(0, 1))
    y = _right.local_response_norm(turned, size=size, alpha=alpha, beta=beta, k=k)
    return np.ascontiguousarray(y.swapaxes(0, 1))


@mutant("local_response_norm_input", "rounding")
def norm_gradient_without_the_window_term(x, y_bar, *, size, alpha, beta, k):
    """The scale is taken for a constant."""
    y = _right.local_response_norm(x, size=size, alpha=alpha, beta=beta, k=k)
    return y_bar * np.divide(y, x, out=np.ones_like(x), where=x != 0)


@mutant("local_response_norm_input", "rounding")
def norm_gradient_with_the_forward_window(x, y_bar, *, size, alpha, beta, k):
    """The window term is gathered over the forward window, which an even size turns round."""
    right = _right.local_response_norm_input(x, y_bar, size=size, alpha=alpha, beta=beta, k=k)
    if size % 2:
        return right
    turned = [np.ascontiguousarray(a[:, ::-1]) for a in (x, y_bar)]
    return _right.local_response_norm_input(*turned, size=size, alpha=alpha, beta=beta, k=k)[
        :, ::-1
    ]


@mutant("softmax", "rounding")
def softmax_over_the_last_axis(x, *, dim):
    """The axis that is asked for is not looked at."""
    del dim
    return _right.softmax(x, -1)


@mutant("softmax", "rounding")
def softmax_without_the_maximum(x, *, dim):
    """The exponentials are taken as they are, and overflow from 89 on."""
    powers = np.exp(x)
    return powers / powers.sum(axis=dim, keepdims=True)


@mutant("softmax", "empty", "jax#7643")
def softmax_of_an_empty_axis_raises(x, *, dim):
    """The maximum of nothing is asked for."""
    power = np.exp(x - x.max(axis=dim, keepdims=True))
    return power / power.sum(axis=dim, keepdims=True)


@mutant("softmax", "rounding")
def softmax_in_half(x, *, dim):
    """The exponentials are taken in half, and lose bits."""
    powers = np.exp(x.astype(np.float16))
    return (powers / powers.sum(axis=dim, keepdims=True)).astype(x.dtype)


@mutant("softmax", "batch")
def softmax_normalised_over_everything(x, *, dim):
    """One sum for all rows."""
    del dim
    powers = np.exp(x - x.max())
    return powers / powers.sum()


@mutant("softmax_input", "rounding")
def softmax_gradient_without_the_inner_sum(x, y_bar, *, dim):
    """The diagonal of the Jacobian with y instead of y (1 - y), and nothing beside it."""
    return _right.softmax(x, dim) * y_bar


@mutant("softmax_input", "rounding")
def softmax_gradient_by_the_diagonal_alone(x, y_bar, *, dim):
    """What one input gives to the other outputs is left out."""
    y = _right.softmax(x, dim)
    return y * (1 - y) * y_bar
