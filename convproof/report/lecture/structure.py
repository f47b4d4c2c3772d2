"""What the library says of single layers and their matrices, in a word or a number."""

from fractions import Fraction
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np

from convproof.axes import Axis
from convproof.geometry import Geometry, unshared
from convproof.layers import AvgPool, Conv, Maxout, MaxPool, ReLU
from convproof.numeric.reference import implementation as oracle
from convproof.triples import Triples


def _dense(n: int) -> Triples:
    """Return the relation of a fully connected layer: as many taps as inputs, none shared."""
    axis = Axis(input_size=n, kernel_size=n)
    return Geometry(axes=(axis,), out_channels=2).triples()


def _shared(n: int) -> Triples:
    return Axis(input_size=n, kernel_size=n - 1).triples()


_LAYERS = {"fully connected": _dense, "convolutional": _shared}
_NOTHING = ((0, 0), (0, 0))


def order_matters(layer: str) -> str:
    """Return whether permuted inputs are another layer's business: "plays no role", "matters".

    It plays no role if for every permutation the permuted matrices are the same set of matrices:
    the same entries are zero, and the same are equal.
    """
    triples = _LAYERS[layer](3)
    outputs, _, inputs = triples.sizes
    pattern = np.full((outputs, inputs), -1)
    pattern[triples.output, triples.input] = triples.tap
    same = all(_alike(pattern, pattern[:, list(order)]) for order in permutations(range(inputs)))
    return "plays no role" if same else "matters"


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two patterns have the same zeros and the same equal entries."""
    pairs = set(zip(one.ravel().tolist(), other.ravel().tolist(), strict=True))
    zeros = all((a < 0) == (b < 0) for a, b in pairs)
    return zeros and len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)


def connections(n: int = 7, r: int = 3) -> str:
    """Return whether a convolution's matrix has fewer entries than a full one."""
    axis = Axis(input_size=n, kernel_size=r)
    entries = len(axis.triples().output)
    return "sparse" if entries < axis.output_size * n else "dense"


def fewer_weights(n: int = 7, r: int = 3) -> str:
    """Return how the weights become fewer: of a full matrix, a sparse one, a shared one."""
    axis = Axis(input_size=n, kernel_size=r)
    full, sparse = axis.output_size * n, unshared(Geometry(axes=(axis,))).sizes[1]
    return "less parameters" if full > sparse > r else "not less parameters"


def passes_on() -> str:
    """Return what part of its cotangent a maxout unit passes on, and a ReLU, where all is negative.

    The derivative of a maximum is 1 at the piece that is the maximum: the sum over pieces is 1.
    """
    x = np.array([[-3, -1, -2, -5]])
    maxout = oracle.input_vjp(Maxout(pool_size=4), x, np.array([[1]]))
    relu = oracle.input_vjp(ReLU(), x, np.ones_like(x))
    return "does not die" if maxout.sum() == 1 and not relu.any() else "dies"


def responds(poses: int = 4) -> str:
    """Return whether the maximum of activations answers to each one's own pose."""
    each = np.eye(poses, dtype=np.int64)
    found = oracle.forward(Maxout(pool_size=poses), each)
    return "any" if (found == 1).all() else "some"


def pooling_parameters() -> int:
    """Return the parameters of a pooling layer."""
    layer = MaxPool(kernel_size=(2, 2), stride=(2, 2), padding=_NOTHING, dilation=(1, 1))
    return layer.parameters


def orderless(pooling: type[MaxPool | AvgPool]) -> bool:
    """Return whether a pooling gives the same for every order of what its window reads."""
    layer = pooling(kernel_size=(2, 2), stride=(2, 2), padding=_NOTHING, dilation=(1, 1))
    orders = np.array(list(permutations((1.0, 2.0, 4.0, 8.0)))).reshape(-1, 1, 2, 2)
    return len(np.unique(oracle.forward(layer, orders))) == 1


def pooled() -> str:
    """Return whether maximum and average are orderless."""
    return "orderless" if orderless(MaxPool) and orderless(AvgPool) else "ordered"


def sliding(n: int = 6, r: int = 2, s: int = 2) -> str:
    """Return whether a pooling reads the windows that a convolution of its sizes reads.

    On one-hot inputs a maximum, and a convolution with ones, are 1 where the window reads the one.
    """
    sizes: Any = {"kernel_size": (r,), "stride": (s,), "padding": ((0, 0),), "dilation": (1,)}
    one_hot, ones = np.eye(n, dtype=np.int64)[:, None], np.ones((1, 1, r), np.int64)
    pooled_ = oracle.forward(MaxPool(**sizes), one_hot)
    convolved = oracle.forward(
        Conv(in_channels=1, out_channels=1, bias=False, **sizes), one_hot, ones
    )
    return "the same" if np.array_equal(pooled_, convolved) else "another"


def regions(layers: int) -> int:
    """Return how many linear pieces the ``layers``-fold composition of a tent has on ``[0, 1]``.

    The tent is of two units, ``t(x) = 2 relu(x) - 4 relu(x - 1/2)``; all pieces begin at multiples
    of ``2**-layers``.
    """
    steps, zero = 2**layers, Fraction(0)
    values = [Fraction(place, steps) for place in range(steps + 1)]
    for _ in range(layers):
        values = [2 * max(x, zero) - 4 * max(x - Fraction(1, 2), zero) for x in values]
    slopes = [after - before for before, after in pairwise(values)]
    return 1 + sum(one != other for one, other in pairwise(slopes))


def deeper(most: int = 8) -> str:
    """Return how the pieces of deep networks of two units a layer grow, beside shallow ones.

    In one variable a layer of ``m`` units has at most ``m + 1`` pieces: each bends once.
    """
    doubled = all(regions(n + 1) == 2 * regions(n) for n in range(1, most))
    return "exponentially more" if doubled and regions(most) > 2 * most + 1 else "as many"


def tried(values: int = 3, parameters: int = 2) -> str:
    """Return which of grid and random search tries more values of a parameter, in as many trials.

    A grid of ``values**parameters`` trials has ``values`` of each; drawn from a continuous
    distribution every trial has its own, with probability 1.
    """
    trials = list(product(range(values), repeat=parameters))
    return "more values" if len(trials) > len({trial[0] for trial in trials}) else "as many"


def rows_and_columns(n: int = 7, r: int = 3) -> tuple[str, str]:
    """Return what the columns and the rows of ``W^T`` are as many as."""
    axis = Axis(input_size=n, kernel_size=r)
    outputs, _, inputs = axis.triples().sizes
    names = {axis.input_size: "inputs", axis.output_size: "activations"}
    return names[inputs], names[outputs]


def reads(layer: str, n: int = 3) -> str:
    """Return how many inputs an output of a fully connected layer reads, or of a convolution."""
    triples = _LAYERS[layer](n)
    read = {(o, i) for o, i in zip(triples.output.tolist(), triples.input.tolist(), strict=True)}
    outputs, _, inputs = triples.sizes
    return "all inputs" if len(read) == outputs * inputs else "some inputs"


def shifted(n: int = 7, r: int = 3) -> tuple[int, str]:
    """Return how many weights the rows of a convolution's matrix share, and how."""
    triples = Axis(input_size=n, kernel_size=r).triples()
    at = {tap: triples.input[triples.tap == tap] for tap in range(r)}
    same = all((np.diff(at[tap]) == np.diff(at[0])).all() for tap in at)
    return triples.sizes[1], "shifting the same" if same else "others"
