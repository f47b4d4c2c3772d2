"""A network as a user of PyTorch writes it: its functions, without autograd, one after the other.

A ReLU works in place where nothing else reads what it reads, as those of torchvision do, and what
no later layer reads is let go.
"""

from collections import Counter
from typing import Any

import numpy as np

from convproof.benchmarks.protocol import Call
from convproof.errors import UnsupportedError
from convproof.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    GlobalAvgPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
    Tanh,
)
from convproof.networks.graph import INPUT, Network
from convproof.networks.wiring import Concat, Dropout, Flatten


def torch_forward(
    net: Network, parameters: dict[str, np.ndarray], x: np.ndarray, answer: str
) -> Call:
    """Return a call that computes one node's output from the given arrays, which it shares.

    Args:
        net: the network.
        parameters: by the names of ``net.parameter_shapes``.
        x: the images.
        answer: name of the node.
    """
    import torch

    wanted = {answer}
    for node in reversed(net.nodes):
        if node.name in wanted:
            wanted.update(node.reads)
    nodes = [node for node in net if node.name in wanted]
    readers = Counter(name for node in nodes for name in node.reads)
    tensors = {name: torch.from_numpy(array) for name, array in parameters.items()}
    image = torch.from_numpy(x)

    def call() -> Any:
        left = readers.copy()
        values = {INPUT: image}
        with torch.inference_mode():
            for node in nodes:
                read = [values[name] for name in node.reads]
                left.subtract(node.reads)
                for name in node.reads:
                    if not left[name]:
                        values.pop(name, None)
                own = [tensors[f"{node.name}.{each}"] for each in node.layer.parameter_shapes]
                alone = node.reads != (INPUT,) and readers[node.reads[0]] == 1
                values[node.name] = _apply(node.layer, read, own, in_place=alone)
        return values[answer].numpy()

    return call


def _apply(layer: Layer, read: list[Any], own: list[Any], *, in_place: bool) -> Any:
    import torch
    from torch.nn import functional as F  # noqa: N812  # its own name

    x = read[0]
    match layer:
        case Conv(stride=stride, dilation=dilation, groups=groups):
            w, b = own if layer.bias else (*own, None)
            return F.conv2d(x, w, b, stride, _padding(layer), dilation, groups)
        case MaxPool(kernel_size=taps, stride=stride, ceil_mode=up):
            return F.max_pool2d(x, taps, stride, _padding(layer), layer.dilation, ceil_mode=up)
        case AvgPool(kernel_size=taps, stride=stride, ceil_mode=up):
            return F.avg_pool2d(x, taps, stride, _padding(layer), up, layer.count_include_pad)
        case Linear():
            return F.linear(x, *own)
        case ReLU():
            return F.relu(x, inplace=in_place)
        case Concat():
            return torch.cat(read, 1)
        case Flatten():
            return x.flatten(1)
        case Dropout():
            return x
        case AdaptiveAvgPool():
            return F.adaptive_avg_pool2d(x, layer.sizes(tuple(x.shape[2:])))  # type: ignore[arg-type]
        case GlobalAvgPool():
            return x.mean((2, 3), keepdim=True)
        case LocalResponseNorm(size=n, alpha=alpha, beta=beta, k=k):
            return F.local_response_norm(x, n, alpha, beta, k)
        case Tanh(amplitude=amplitude, slope=slope):
            return amplitude * torch.tanh(slope * x)
        case Softmax(dim=dim):
            return F.softmax(x, dim)
    msg = f"the benchmark has no {type(layer).__name__} of PyTorch's to compare with."
    raise UnsupportedError(msg)


def _padding(layer: Any) -> list[int]:
    """Return what PyTorch calls the padding: as much at both ends, which named networks have."""
    return [low for low, _ in layer.padding]
