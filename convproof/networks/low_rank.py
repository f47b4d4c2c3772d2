"""A convolution in two: 1x1 into ``m`` maps, then with its taps out of them, ``W ~ U V^T``.

The weights as a matrix of ``k' r`` rows, outputs and taps, and ``k`` columns, the input maps::

    W = sum_q s_q u_q v_q^T             V = (v_1 ... v_m),   U = W V = (s_1 u_1 ... s_m u_m)
    |W - U V^T|_F^2 = sum_{q > m} s_q^2                      the least of any rank m

``V`` is 1x1 spatially and without bias, so that its maps may be padded with zeros; stride, padding,
dilation and bias are ``U``'s (lecture 7, "alternatively: low-rank decomposition"; Eckart and Young
1936). That the two are one with ``U V^T``, for all sizes: ``convproof prove low_rank``. With an
activation between them, as in GoogLeNet, they are another function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from convproof.errors import NetworkError
from convproof.layers import Conv
from convproof.networks.graph import Network, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Weights of two convolutions that take the place of one.

    Attributes:
        v: ``(m, in_channels, 1, ...)``, of the first.
        u: ``(out_channels, m, *kernel_size)``, of the second.
        singular_values: ``s_q`` of the one, descending.
    """

    v: np.ndarray
    u: np.ndarray
    singular_values: np.ndarray

    @property
    def rank(self) -> int:
        """``m``."""
        return len(self.v)

    @property
    def error(self) -> float:
        """``|W - U V^T|_F``, by the singular values that are left out."""
        return float(np.linalg.norm(self.singular_values[self.rank :]))


def factors(weight: np.ndarray, rank: int) -> Factors:
    """Return the best two convolutions of ``rank`` maps between them.

    Args:
        weight: ``(out_channels, in_channels, *kernel_size)``, in one group.
        rank: ``m``, from 1 to the number of singular values.

    Returns:
        Them in the format of the weight, of integers in float64.

    Raises:
        NetworkError: if there is no such rank, or a weight is not finite.

    Example:
        Two kernels of one shape are of rank 1, so nothing is lost:

        >>> w = np.array([[[1.0, 2.0], [3.0, 6.0]]])          # one output, two inputs, two taps
        >>> w.shape, float(factors(w, 1).error) < 1e-12
        ((1, 2, 2), True)
    """
    outputs, inputs, *taps = weight.shape
    largest = min(outputs * prod(taps), inputs)
    if not 1 <= rank <= largest:
        msg = (
            f"weights of shape {weight.shape} are a matrix of {outputs * prod(taps)} rows and "
            f"{inputs} columns, so of rank 1 to {largest}, got rank={rank}."
        )
        raise NetworkError(msg)
    wide = np.asarray(weight, np.float64)
    if not np.isfinite(wide).all():
        bad = int((~np.isfinite(wide)).sum())
        msg = f"only finite weights have singular values, but {bad} of {wide.size} are NaN or Inf."
        raise NetworkError(msg)
    kind = np.float64 if weight.dtype.kind in "iub" else weight.dtype
    rows = np.moveaxis(wide, 1, -1).reshape(-1, inputs)
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    v = right[:rank]
    u = np.moveaxis((rows @ v.T).reshape(outputs, *taps, rank), -1, 1)
    return Factors(
        v=v.reshape(rank, inputs, *(1 for _ in taps)).astype(kind),
        u=np.ascontiguousarray(u).astype(kind),
        singular_values=values,
    )


def factored(network: Network, name: str, rank: int) -> Network:
    """Return the network with a convolution in two: ``name.v`` of ``rank`` maps, and ``name``.

    Raises:
        NetworkError: if the node is no convolution in one group.
    """
    node = network[name]
    conv = node.layer
    if type(conv) is not Conv or conv.groups > 1:
        kind = type(conv).__name__
        groups = f" of {conv.groups} groups" if isinstance(conv, Conv) else ""
        msg = f"{network.name}: {name} is a {kind}{groups}; a convolution of one is made two."
        raise NetworkError(msg)
    ones = (1,) * len(conv.kernel_size)
    first = Conv(
        in_channels=conv.in_channels,
        out_channels=rank,
        kernel_size=ones,
        stride=ones,
        padding=((0, 0),) * len(ones),
        dilation=ones,
        bias=False,
    )
    pair = (
        Node(name=f"{name}.v", layer=first, reads=node.reads),
        Node(name=name, layer=replace(conv, in_channels=rank), reads=(f"{name}.v",)),
    )
    nodes = [each for old in network for each in (pair if old.name == name else (old,))]
    return replace(network, nodes=tuple(nodes))


def low_rank(
    network: Network, parameters: Mapping[str, np.ndarray], name: str, rank: int
) -> tuple[Network, dict[str, np.ndarray], Factors]:
    """Return a network with one convolution in two, its parameters, and what was cut.

    Args:
        network: that has the convolution.
        parameters: of the network.
        name: of the convolution's node.
        rank: maps between the two.

    Raises:
        NetworkError: if the node is no convolution in one group, or there is no such rank.
    """
    made = factored(network, name, rank)
    cut = factors(parameters[f"{name}.weight"], rank)
    held = {**parameters, f"{name}.v.weight": cut.v, f"{name}.weight": cut.u}
    return made, {key: held[key] for key in made.parameter_shapes}, cut
