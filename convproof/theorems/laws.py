"""The equation of every function, as it is told when a target breaks it."""

from convproof.functions import Function

_TAP = "s o + t k - low"
_LAWS = {
    "conv": f"y[n,m,o] = b[m] + sum_{{c,k}} w[m,c,k] x[n, gC/G + c, {_TAP}]",
    "conv_input": "x_bar[n,c,i] = sum of w[m,c,k] y_bar[n,m,o] over all (m, o, k) with "
    "s o + t k - low = i",
    "conv_weight": f"w_bar[m,c,k] = sum_{{n,o}} y_bar[n,m,o] x[n, gC/G + c, {_TAP}]",
    "bias": "b_bar[m] = sum_{n,o} y_bar[n,m,o]",
    "conv_transpose": "y[n,m,o] = b[m] + sum of w[c,m,k] x[n,c,i] over all (c, i, k) with "
    "s i + t k - low = o",
    "conv_transpose_input": "x_bar[n,c,i] = sum_{m,k} w[c,m,k] y_bar[n, gM/G + m, s i + t k - low]",
    "conv_transpose_weight": "w_bar[c,m,k] = sum_{n,i} x[n,c,i] "
    "y_bar[n, gM/G + m, s i + t k - low]",
    "linear": "y[n,m] = b[m] + sum_c w[m,c] x[n,c]",
    "linear_input": "x_bar[n,c] = sum_m w[m,c] y_bar[n,m]",
    "linear_weight": "w_bar[m,c] = sum_n y_bar[n,m] x[n,c]",
    "unfold": f"y[n, c K + k, o] = x[n, c, {_TAP}]",
    "unfold_input": f"x_bar[n,c,i] = sum of y_bar[n, c K + k, o] over all (o, k) with {_TAP} = i",
    "fold": f"y[n,c,i] = sum of x[n, c K + k, o] over all (o, k) with {_TAP} = i",
    "fold_input": f"x_bar[n, c K + k, o] = y_bar[n, c, {_TAP}]",
    "max_pool": f"y[n,c,o] = max_k x[n, c, {_TAP}] over the taps inside the input",
    "avg_pool": f"y[n,c,o] = (1/d) sum_k x[n, c, {_TAP}], d the taps counted",
    "avg_pool_input": "x_bar[n,c,i] = sum of y_bar[n,c,o] / d[o] over the windows that read i",
    "adaptive_max_pool": "y[n,c,o] = max x[n,c,i] over floor(o I/O) <= i < ceil((o+1) I/O)",
    "adaptive_avg_pool": "y[n,c,o] = mean of x[n,c,i] over floor(o I/O) <= i < ceil((o+1) I/O)",
    "global_max_pool": "y[n,c] = max_i x[n,c,i]",
    "global_avg_pool": "y[n,c] = mean_i x[n,c,i]",
    "maxout": "y[n,u] = max_{0 <= j < p} x[n, p u + j]",
    "relu": "y = max(x, 0)",
    "relu_input": "x_bar = y_bar where x > 0, else 0",
    "tanh": "y = tanh(x)",
    "tanh_input": "x_bar = y_bar (1 - tanh(x)^2)",
    "softmax": "y[i] = exp(x[i]) / sum_j exp(x[j])",
    "softmax_input": "x_bar[i] = y[i] (y_bar[i] - sum_j y_bar[j] y[j])",
    "cross_entropy": "loss[n] = log sum_c exp(x[n,c]) - x[n,target[n]], 0 where target[n] is "
    "ignore_index; the sum, or the mean of the others",
    "cross_entropy_input": "x_bar[n,c] = loss_bar[n] (softmax(x[n])[c] - [c = target[n]]), 0 where "
    "target[n] is ignore_index; loss_bar of a mean is y_bar over the others",
    "local_response_norm": "y[c] = x[c] / s[c]^beta, s[c] = k + alpha/size sum_j x[j]^2",
    "local_response_norm_input": "x_bar[c] = y_bar[c] s[c]^-beta - 2 alpha beta/size x[c] "
    "sum_j y_bar[j] x[j] s[j]^(-beta-1)",
    "jvp": "y_dot = f(x_dot, w) + f(x, w_dot)",
    "second_output": "the gradient of <x_bar, u> + <w_bar, v> in y_bar is f(u, w) + f(x, v)",
    "second_input": "the gradient of <x_bar, u> + <w_bar, v> in x is f_input(v, y_bar)",
    "second_weight": "the gradient of <x_bar, u> + <w_bar, v> in w is f_weight(u, y_bar)",
}
_BY_FAMILY = {
    "maximum": "x_bar[i] = sum of y_bar[o] over the windows whose first maximum is x[i]",
    "mean": _LAWS["avg_pool_input"],
}


def law_of(function: Function) -> str:
    """Return the equation that defines a function."""
    role, family = function.role, function.family
    if role == "input" and family in _BY_FAMILY:
        return _BY_FAMILY[family]
    suffix = "" if role == "forward" else f"_{role}"
    return _LAWS.get(function.stem + suffix) or _LAWS[role]
