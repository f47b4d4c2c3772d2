"""linear, activations, norms and maxima over channels: from arguments to specs."""

from convproof.errors import ShapeError, UnsupportedError
from convproof.layers import Linear, LocalResponseNorm, Maxout, ReLU, Shape, Softmax, Tanh
from convproof.names.families import bias_after_features, with_weights, without_weights


def _linear(weight_size: Shape, has_bias: bool) -> Linear:
    """Return ``input @ weight.T + bias``.

    Args:
        input: ``(*, in_features)``.
        weight: ``(out_features, in_features)``.
        bias: ``(out_features,)``, or None.
    """
    if len(weight_size) != 2:
        msg = f"the weight has 2 axes (out_features, in_features), got the shape {weight_size}."
        raise ShapeError(msg)
    return Linear(in_features=weight_size[1], out_features=weight_size[0], bias=has_bias)


def _local_response_norm(
    axes: int, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> LocalResponseNorm:
    """Return ``input[c] / (k + alpha/size * sum_j input[j]^2)^beta``, ``j`` near the channel ``c``.

    Krizhevsky et al. 2012, section 3.3 (where alpha is not divided by the size); the window of an
    even size has its extra channel on the low side, as in torch.

    Args:
        input: ``(N, C, *spatial)``, at least three axes.
        size: channels in the window.
        alpha: weight of the mean square.
        beta: exponent.
        k: additive constant.
    """
    del axes
    return LocalResponseNorm(size=size, alpha=alpha, beta=beta, k=k)


def _maxout(axes: int, pool_size: int) -> Maxout:
    """Return the maximum of each unit of ``pool_size`` adjacent channels.

    ``y[n,u] = max_{0 <= j < pool_size} input[n, pool_size * u + j]`` (Goodfellow et al. 2013).

    Args:
        input: ``(N, C, ...)``.
        pool_size: channels per unit; divides ``C``.
    """
    del axes
    return Maxout(pool_size=pool_size)


def _relu(axes: int, inplace: bool = False) -> ReLU:
    """Return ``max(input, 0)``; its derivative at 0 is 0, and NaN stays NaN.

    Args:
        input: any shape.
        inplace: torch's argument; True is refused, for inputs are never modified.
    """
    del axes
    if inplace:
        msg = "relu(inplace=True) would modify its input, which no function here does."
        raise UnsupportedError(msg)
    return ReLU()


def _tanh(axes: int) -> Tanh:
    """Return ``tanh(input)``.

    Args:
        input: any shape.
    """
    del axes
    return Tanh()


def _scaled_tanh(axes: int) -> Tanh:
    """Return ``1.7159 tanh(2/3 input)`` (LeCun et al. 1998, appendix A).

    Args:
        input: any shape.
    """
    del axes
    return Tanh(amplitude=1.7159, slope=2 / 3)


def _softmax(axes: int, dim: int | None = None) -> Softmax:
    """Return ``exp(input) / sum(exp(input))`` along one axis.

    Args:
        input: any shape.
        dim: the axis; None means 0 for an input of 0, 1 or 3 axes, else 1, as in torch. There is
            no ``dtype``: cast the input.
    """
    if dim is None:
        dim = 0 if axes in (0, 1, 3) else 1
    return Softmax(dim=dim)


FUNCTIONS = (
    with_weights("linear", _linear, bias_after_features)
    | without_weights("local_response_norm", _local_response_norm)
    | without_weights("maxout", _maxout)
    | without_weights("relu", _relu)
    | without_weights("tanh", _tanh)
    | without_weights("scaled_tanh", _scaled_tanh)
    | without_weights("softmax", _softmax)
)
