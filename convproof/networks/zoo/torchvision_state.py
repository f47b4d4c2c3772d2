"""A state dict of torchvision, read into one of its networks.

The file is what ``safetensors.torch.save_file(model.state_dict(), path)`` wrote. A batch
normalisation in evaluation is ``y = s x + t`` per channel, with its own weight and bias and the
running mean and variance of its file::

    s = weight / sqrt(running_var + eps)          t = bias - s running_mean          eps = 0.001

After a convolution it folds into it, ``s (w * x + b) + t = (s w) * x + (s b + t)``.
"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from convproof.errors import NetworkError
from convproof.layers import Conv, Layer, Shape
from convproof.networks.files import read
from convproof.networks.graph import Network, Node
from convproof.numeric.dtypes import BFLOAT16

EPS = 0.001  # torchvision's BasicConv2d; torch's own default is 1e-5
_COUNTER = ".num_batches_tracked"  # of training; old files have none
State = Mapping[str, Any]


def load(path: Path, network: Network) -> tuple[Network, dict[str, np.ndarray]]:
    """Return a network of torchvision's and its parameters, batch normalisations folded.

    A file without the auxiliary classifiers gives the network without them.

    Args:
        path: of a safetensors file.
        network: ``named("torchvision-googlenet")``, or another that has its names.

    Raises:
        NetworkError: if the file cannot be read, lacks an array, has one of another shape or one
            too many, or numbers that are no weights.
    """
    return folded(*placed(read(path), network, what=str(path)))


def placed(
    state: State, network: Network, *, what: str = "the state dict"
) -> tuple[Network, dict[str, np.ndarray]]:
    """Return the network, without classifiers that the state lacks, and its parameters.

    Raises:
        NetworkError: see ``load``.
    """
    network = _without_absent_outputs(network, state)
    _check(state, network, what)
    parameters: dict[str, np.ndarray] = {}
    for node in network:
        if _is_norm(node):
            parameters |= _scale_and_shift(node, state)
        else:
            names = (f"{node.name}.{name}" for name in node.layer.parameter_shapes)
            parameters |= {name: np.asarray(state[name]) for name in names}
    return network, parameters


def folded(
    network: Network, parameters: Mapping[str, np.ndarray]
) -> tuple[Network, dict[str, np.ndarray]]:
    """Return the network whose convolutions have taken in the normalisations after them.

    Nothing else may read such a convolution; where something does, it stays.
    """
    readers = [*network.outputs, *(name for node in network for name in node.reads)]
    folds = {
        node.reads[0]: node
        for node in network
        if _is_norm(node)
        and isinstance(network[node.reads[0]].layer, Conv)
        and readers.count(node.reads[0]) == 1
    }
    gone = {norm.name: before for before, norm in folds.items()}
    nodes: list[Node] = []
    held: dict[str, np.ndarray] = {}
    for node in network:
        if node.name in gone:
            continue
        layer, own = (
            node.layer,
            {n: parameters[f"{node.name}.{n}"] for n in node.layer.parameter_shapes},
        )
        if node.name in folds:
            layer, own = _joined(layer, own, folds[node.name].name, parameters)
        reads = tuple(gone.get(name, name) for name in node.reads)
        nodes.append(Node(name=node.name, layer=layer, reads=reads))
        held |= {f"{node.name}.{name}": array for name, array in own.items()}
    outputs = tuple(gone.get(name, name) for name in network.outputs)
    return replace(network, nodes=tuple(nodes), outputs=outputs), held


def state_shapes(network: Network) -> dict[str, Shape]:
    """Return the arrays that a state dict of the network holds, counters of training left out."""
    shapes: dict[str, Shape] = {}
    for node in network:
        for name, shape in node.layer.parameter_shapes.items():
            shapes[f"{node.name}.{name}"] = shape[:1] if _is_norm(node) else shape
        if _is_norm(node):
            width = shapes[f"{node.name}.bias"]
            shapes |= {f"{node.name}.running_mean": width, f"{node.name}.running_var": width}
    return shapes


def _is_norm(node: Node) -> bool:
    """Return whether a node is a batch normalisation: a scale and a shift called ``bn``."""
    layer = node.layer
    return (
        isinstance(layer, Conv)
        and node.name.rpartition(".")[2] == "bn"
        and layer.groups == layer.in_channels == layer.out_channels
        and set(layer.kernel_size) == {1}
    )


def _joined(
    conv: Layer, own: dict[str, np.ndarray], norm: str, parameters: Mapping[str, np.ndarray]
) -> tuple[Layer, dict[str, np.ndarray]]:
    scale, shift = parameters[f"{norm}.weight"].ravel(), parameters[f"{norm}.bias"]
    w = own["weight"]
    bias = shift + scale * own["bias"] if "bias" in own else shift
    weight = w * scale.reshape(-1, *(1,) * (w.ndim - 1))
    return replace(conv, bias=True), {"weight": weight, "bias": bias}  # type: ignore[call-arg]


def _scale_and_shift(node: Node, state: State) -> dict[str, np.ndarray]:
    """Return ``s`` and ``t``, computed in float64 and rounded once."""
    arrays = [np.asarray(state[f"{node.name}.{n}"]) for n in ("weight", "bias")]
    dtype = arrays[0].dtype
    mean, variance = (
        np.asarray(state[f"{node.name}.{n}"], np.float64) for n in ("running_mean", "running_var")
    )
    if not (variance >= 0).all():
        least = variance[np.argmin(variance)]
        msg = f"{node.name}.running_var must be >= 0, but one is {least}."
        raise NetworkError(msg)
    weight, bias = (array.astype(np.float64) for array in arrays)
    scale = weight / np.sqrt(variance + EPS)
    shape = node.layer.parameter_shapes["weight"]
    return {
        f"{node.name}.weight": scale.astype(dtype).reshape(shape),
        f"{node.name}.bias": (bias - scale * mean).astype(dtype),
    }


def _without_absent_outputs(network: Network, state: State) -> Network:
    """Return the network without the auxiliary classifiers of which the state has nothing."""
    kept = [network.outputs[0]]
    for output in network.outputs[1:]:
        head = output.partition(".")[0]
        if any(name.startswith(f"{head}.") for name in state):
            kept.append(output)
    wanted = set(kept)
    for node in reversed(network.nodes):
        if node.name in wanted:
            wanted.update(node.reads)
    nodes = tuple(node for node in network if node.name in wanted)
    return replace(network, nodes=nodes, outputs=tuple(kept))


def _check(state: State, network: Network, what: str) -> None:
    """Raise ``NetworkError`` unless the state has every array of the network, and no other."""
    wanted = state_shapes(network)
    given = {name for name in state if not name.endswith(_COUNTER)}
    extra = sorted(given - set(wanted))
    for name, shape in wanted.items():
        if name not in state:
            near = get_close_matches(name, extra, 1)
            hint = f" It has {near[0]}, which {network.name} has not." if near else ""
            msg = f"{network.name} needs the array {name} of shape {shape}: {what} lacks it.{hint}"
            raise NetworkError(msg)
        found = np.asarray(state[name])
        if found.shape != shape:
            msg = f"{network.name}: {name} must have the shape {shape}, {what} has {found.shape}."
            raise NetworkError(msg)
        if found.dtype.kind != "f" and found.dtype != BFLOAT16:
            msg = f"{network.name}: {name} must hold floats, {what} has {found.dtype}."
            raise NetworkError(msg)
    if extra:
        near = get_close_matches(extra[0], wanted, 1)
        hint = f" Is it {near[0]}?" if near else ""
        msg = f"{network.name} has no array {extra[0]!r}, which {what} holds.{hint}"
        raise NetworkError(msg)
