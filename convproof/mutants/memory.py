"""Faults of memory: inputs written, answers cached or shared, layouts ignored."""

from itertools import count

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv2d", "untouched")
def input_overwritten(x, w, bias, **options):
    """The input is used as scratch memory, and left at zero."""
    y = _right.conv2d(x, w, bias, **options)
    x[...] = 0
    return y


@mutant("conv2d", "untouched")
def weight_flipped_in_place(x, w, bias, **options):
    """The kernel is flipped where it lies, and left so."""
    y = _right.conv2d(x, w, bias, **options)
    w[...] = w[..., ::-1].copy()
    return y


_calls = count()


@mutant("conv2d", "determinism")
def result_changes_from_call_to_call(x, w, bias, **options):
    """Every other call is off by a thousandth."""
    return _right.conv2d(x, w, bias, **options) + np.float32(1e-3 * (next(_calls) % 2))


_rng = np.random.default_rng()


@mutant("conv2d", "determinism")
def sums_in_a_random_order(x, w, bias, *, groups, **options):
    """Products are added in the order in which they come, as atomics do."""
    if groups > 1 or w[0].size > 64:
        return _right.conv2d(x, w, bias, groups=groups, **options)
    terms = list(np.ndindex(w.shape[1:]))
    y = np.zeros((), np.float32)
    for term in _rng.permutation(len(terms)):
        alone = np.zeros_like(w)
        alone[:, *terms[term]] = w[:, *terms[term]]
        y = y + _right.conv2d(x, alone, None, groups=1, **options)
    return y if bias is None else y + bias.reshape(-1, 1, 1)


@mutant("conv2d", "untouched")
def input_rounded_in_place(x, w, bias, **options):
    """The input is cast to half and back where it lies."""
    y = _right.conv2d(x, w, bias, **options)
    x[...] = x.astype(np.float16)
    return y


@mutant("conv2d", "untouched")
def input_reshaped_in_place(x, w, bias, **options):
    """The caller's array gets another axis."""
    y = _right.conv2d(x, w, bias, **options)
    x.shape = (1, *x.shape)
    return y


@mutant("conv1d_weight", "untouched")
def cotangent_scaled_in_place(x, weight_size, y_bar, **options):
    """The cotangent is doubled after it was used."""
    w_bar = _right.conv1d_weight(x, weight_size, y_bar, **options)
    y_bar *= 2
    return w_bar


@mutant("conv2d_bias", "untouched")
def bias_gradient_summed_in_place(y_bar):
    """The batch is summed into the first image of the cotangent."""
    y_bar[0] += y_bar[1:].sum(axis=0)
    return y_bar[0].sum(axis=(1, 2))


@mutant("conv2d", "layouts", "llama.cpp#28503, cupy#7267")
def strides_ignored(x, w, bias, **options):
    """The kernel is given a pointer, and reads as if the array were contiguous."""
    return _right.conv2d(_as_contiguous(x), _as_contiguous(w), bias, **options)


def _as_contiguous(array):
    """Return what a kernel reads that takes the buffer for a contiguous one."""
    if array.flags.c_contiguous or array.base is None or array.size == 0:
        return array
    first = array.__array_interface__["data"][0]
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    low = base.__array_interface__["data"][0]
    store = np.frombuffer(base.tobytes(order="A"), array.dtype)
    start = max(0, min((first - low) // array.itemsize, len(store) - array.size))
    return np.resize(store[start:], array.shape)


@mutant("conv2d", "layouts", "pytorch#82060")
def one_channel_taken_for_channels_last(x, w, bias, **options):
    """A layout is guessed from the strides: arrays stored in another axis order are transposed."""
    guessed = x.ndim == 4 and not x.flags.c_contiguous and x.strides[2] < x.strides[3]
    if guessed and x.shape[2] == x.shape[3]:
        x = x.swapaxes(2, 3)
    return _right.conv2d(x, w, bias, **options)


@mutant("max_pool2d", "layouts")
def channels_last_memory_pooled_as_channels_first(x, **options):
    """A fast path for channels last that forgets to turn its answer back."""
    y = _right.max_pool2d(x, **options)
    last = x.shape[1] > 1 and x.strides[1] == x.itemsize and not x.flags.c_contiguous
    return np.moveaxis(y, 1, -1).reshape(y.shape).copy() if last else y


@mutant("relu", "layouts")
def negative_strides_read_forward(x):
    """Only the size of a stride is taken."""
    if x.size and any(step < 0 for step in x.strides):
        x = x[tuple(slice(None, None, -1 if step < 0 else 1) for step in x.strides)]
    return np.maximum(x, 0)


@mutant("avg_pool2d", "layouts")
def read_only_inputs_refused(x, **options):
    """A buffer is asked for writing that is only read."""
    memoryview(x)[:0]
    if not x.flags.writeable:
        msg = "buffer source array is read-only"
        raise ValueError(msg)
    return _right.avg_pool2d(x, **options)


_answers: dict[tuple[int, ...], np.ndarray] = {}


@mutant("conv2d", "determinism", "reference-kernels#104")
def answers_cached_by_address(x, w, bias, **options):
    """The answer is kept by the addresses of its arrays, and given again."""
    key = (x.__array_interface__["data"][0], w.__array_interface__["data"][0], *x.shape, *w.shape)
    y = _right.conv2d(x, w, bias, **options)
    kept = _answers.setdefault(key, y)
    if kept.shape != y.shape or kept.dtype != y.dtype:
        _answers[key] = kept = y
    return kept.copy()


_kept: dict[tuple[int, ...], np.ndarray] = {}


@mutant("conv2d_input", "fresh")
def one_output_buffer_for_all_calls(input_size, w, y_bar, **options):
    """The answer lies in a buffer that the next call of the same shape writes over."""
    x_bar = _right.conv2d_input(input_size, w, y_bar, **options)
    kept = _kept.setdefault(x_bar.shape, np.empty_like(x_bar))
    kept[...] = x_bar
    return kept


@mutant("relu", "fresh")
def answer_in_the_inputs_memory(x):
    """Where nothing is negative the input itself comes back."""
    return x if x.min(initial=0) >= 0 else np.maximum(x, 0)


@mutant("conv2d", "determinism", "SuperNPUBench#75")
def last_columns_never_written(x, w, bias, **options):
    """The output is not cleared, and its last column is left as memory was."""
    right = _right.conv2d(x, w, bias, **options)
    y = np.empty_like(right)
    y[..., :-1] = right[..., :-1]
    if y.shape[-1] == 1:
        y[...] = right
    return y


@mutant("maxout", "exact")
def odd_units_never_written(x, *, pool_size):
    """Every other unit is left as memory was."""
    y = np.empty((len(x), x.shape[1] // pool_size, *x.shape[2:]), x.dtype)
    y[:, ::2] = _right.maxout(x, pool_size)[:, ::2]
    return y


@mutant("softmax", "untouched")
def softmax_in_place(x, *, dim):
    """The maximum is subtracted from the input itself."""
    y = _right.softmax(x, dim)
    x -= x.max(axis=dim, keepdims=True)
    return y


@mutant("max_pool2d", "equivariance")
def only_the_first_call_is_computed(x, **options):
    """A later call with the same shape and options gives what the first one gave."""
    y = _right.max_pool2d(x, **options)
    held = _first_calls.setdefault((x.shape, *map(str, options.values())), y)
    return held.astype(x.dtype)


_first_calls: dict[tuple[object, ...], np.ndarray] = {}


_last: dict[str, tuple[object, np.ndarray]] = {}


@mutant("conv2d_weight", "linearity", "a second backward pass over what one forward pass kept")
def gradient_kept_by_its_input_alone(x, weight_size, y_bar, **options):
    """Another cotangent of the same input gets the gradient of the one before it."""
    key = (x.shape, x.tobytes(), tuple(weight_size), *map(str, options.values()))
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    kept, held = _last.get("w_bar", (None, w_bar))
    if kept != key:
        _last["w_bar"] = key, w_bar.copy()
        return w_bar
    return held.copy()
