"""A deep network that begins with the layers of a trained shallower one.

Lecture 7, "VGG": "top/bottom layers of deep models pre-initialized by trained model A". There the
first four convolutions and the three fully connected layers are model A's, the layers in between
are drawn (Simonyan and Zisserman 2014, section 3.1). A deeper configuration has more convolutions
between two poolings, so layers correspond by their place: convolution ``j`` after pooling ``i``,
and fully connected layer ``j`` from the end.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from convproof.layers import AvgPool, Conv, Linear, MaxPool
from convproof.networks import Network
from convproof.networks.evaluate import check
from convproof.training.errors import TrainingError

Place = tuple[int, int]  # poolings before it, and convolutions since then
CONVS, FULLY_CONNECTED = 4, 3  # of Simonyan and Zisserman


def from_shallower(
    deep: Network,
    drawn: Mapping[str, np.ndarray],
    shallow: Network,
    trained: Mapping[str, np.ndarray],
    *,
    convs: int = CONVS,
    fully_connected: int = FULLY_CONNECTED,
) -> dict[str, np.ndarray]:
    """Return first parameters of the deep network.

    Args:
        deep: the network.
        drawn: its parameters, as ``convproof.networks.initial`` draws them.
        shallow: another network.
        trained: the parameters of that.
        convs: how many of the shallow network's convolutions, from its first.
        fully_connected: how many of its fully connected layers, from its last.

    Raises:
        TrainingError: if a layer that is to be taken over has no counterpart of its shape.
    """
    check(deep, drawn)
    check(shallow, trained)
    taken = dict(drawn)
    there, here = dict(_convolutions(shallow)), dict(_convolutions(deep))
    pairs = [(name, here.get(place, "")) for place, name in list(there.items())[:convs]]
    ends, tops = _fully_connected(shallow), _fully_connected(deep)
    missing = max(0, min(fully_connected, len(ends)) - len(tops))
    count = min(fully_connected, len(ends))
    pairs += zip(ends[:count], [*tops[:count], *[""] * missing], strict=True)
    for theirs, ours in pairs:
        _take(taken, deep, ours, shallow, theirs, trained)
    return taken


def _take(
    taken: dict[str, np.ndarray],
    deep: Network,
    ours: str,
    shallow: Network,
    theirs: str,
    trained: Mapping[str, np.ndarray],
) -> None:
    names = shallow[theirs].layer.parameter_shapes
    if not ours:
        msg = f"{deep.name} has no layer in the place of {theirs} of {shallow.name}."
        raise TrainingError(msg)
    for name, shape in names.items():
        found = deep.parameter_shapes.get(f"{ours}.{name}")
        if found != shape:
            msg = (
                f"{ours}.{name} of {deep.name} has the shape {found}, but {theirs}.{name} of "
                f"{shallow.name}, which is to be its first value, has {shape}."
            )
            raise TrainingError(msg)
        taken[f"{ours}.{name}"] = trained[f"{theirs}.{name}"].copy()


def _convolutions(network: Network) -> Iterator[tuple[Place, str]]:
    poolings, since = 0, 0
    for node in network.main():
        if isinstance(node.layer, MaxPool | AvgPool):
            poolings, since = poolings + 1, 0
        if isinstance(node.layer, Conv):
            yield (poolings, since), node.name
            since += 1


def _fully_connected(network: Network) -> list[str]:
    """Return the names, from the last to the first."""
    return [node.name for node in reversed(network.main()) if isinstance(node.layer, Linear)]
