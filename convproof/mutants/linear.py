"""Faults in the fully connected layer and its gradients."""

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("linear", "exact")
def square_weight_transposed(x, w, bias):
    """Rows and columns exchanged, which a square weight allows."""
    return _right.linear(x, w.T.copy() if w.shape[0] == w.shape[1] else w, bias)


@mutant("linear", "empty", "tensorflow#3510: memory that no reduction wrote")
def a_row_of_no_features_is_not_written(x, w, bias):
    """A loop over the features sets the sum to zero in its first turn, which never comes."""
    y = _right.linear(x, w, bias)
    return y if w.shape[1] else y + y.dtype.type(7)


@mutant("linear_weight", "exact")
def linear_weight_gradient_of_the_first_row(x, weight_size, y_bar):
    """The batch is not summed."""
    return _right.linear_weight(x[:1], weight_size, y_bar[:1])


@mutant("linear_input", "exact")
def linear_input_gradient_by_the_untransposed_weight(input_size, w, y_bar):
    """The weight itself in place of its transpose, where it is square."""
    square = w.shape[0] == w.shape[1]
    return y_bar @ (w.T if square else w)


@mutant("linear_bias", "exact")
def linear_bias_gradient_summed_over_the_features(y_bar):
    """The sum goes over the wrong axis where the two are equally long."""
    square = y_bar.shape[0] == y_bar.shape[-1]
    return y_bar.sum(axis=-1 if square else 0)
