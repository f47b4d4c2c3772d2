"""What the library says of single layers and their matrices, in a word or a number."""

from itertools import permutations

import numpy as np

from convproof.axes import Axis
from convproof.geometry import Geometry, unshared
from convproof.layers import Maxout, MaxPool, ReLU
from convproof.numeric.reference import implementation as oracle
from convproof.triples import Triples


def _dense(n: int) -> Triples:
    """Return the relation of a fully connected layer: as many taps as inputs, none shared."""
    axis = Axis(input_size=n, kernel_size=n)
    return Geometry(axes=(axis,), out_channels=2).triples()


def _shared(n: int) -> Triples:
    return Axis(input_size=n, kernel_size=n - 1).triples()


def order_matters(layer: str) -> str:
    """Return whether permuted inputs are another layer's business: "plays no role", "matters".

    It plays no role if for every permutation the permuted matrices are the same set of matrices:
    the same entries are zero, and the same are equal.
    """
    triples = {"fully connected": _dense, "convolutional": _shared}[layer](3)
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
    nothing = ((0, 0), (0, 0))
    return MaxPool(kernel_size=(2, 2), stride=(2, 2), padding=nothing, dilation=(1, 1)).parameters
