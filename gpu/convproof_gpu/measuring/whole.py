"""``python -m convproof_gpu.measuring.whole vgg16``: a whole network forward, beside PyTorch's.

Ours is a convolution with its bias and ReLU in one kernel, in one CUDA graph; the rivals are
PyTorch's own layers in float32, in both layouts, with cuDNN's best algorithms, eager and as a
graph.
"""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from convproof.layers import (
    AvgPool,
    Conv,
    GlobalAvgPool,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
    Tanh,
)
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof_gpu.measuring.clock import Side, Stopwatch

Compute = Callable[[Node, list[Any], list[Any], bool], Any]


def ours(implementation: Any) -> Compute:
    """Return how our implementation computes a node, with its ReLU or without."""

    def compute(node: Node, read: list[Any], weights: list[Any], relu: bool) -> Any:
        verb = implementation.forward_relu if relu else implementation.forward
        return verb(node.layer, *read, *weights)

    return compute


def torchs(node: Node, read: list[Any], weights: list[Any], relu: bool) -> Any:
    """Return what PyTorch computes of a node; its ReLU is a kernel of its own."""
    F: Any = import_module("torch.nn.functional")
    layer, x = node.layer, read[0]
    low = [pair[0] for pair in getattr(layer, "padding", ())]  # as many above
    if isinstance(layer, Conv):
        options = (layer.stride, low, layer.dilation, layer.groups)
        y = F.conv2d(x, *weights, *([None] * (2 - len(weights))), *options)
    elif isinstance(layer, MaxPool):
        y = F.max_pool2d(x, layer.kernel_size, layer.stride, low, ceil_mode=layer.ceil_mode)
    elif isinstance(layer, AvgPool):
        y = F.avg_pool2d(x, layer.kernel_size, layer.stride, ceil_mode=layer.ceil_mode)
    elif isinstance(layer, GlobalAvgPool):
        y = F.adaptive_avg_pool2d(x, 1)
    elif isinstance(layer, Linear):
        y = F.linear(x, *weights)
    elif isinstance(layer, LocalResponseNorm):
        y = F.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)
    elif isinstance(layer, Softmax):
        y = F.softmax(x, layer.dim)
    elif isinstance(layer, Tanh):
        y = layer.amplitude * F.tanh(layer.slope * x)
    else:
        assert isinstance(layer, ReLU), layer
        y = F.relu(x)
    return F.relu(y) if relu else y


def fused(network: Network) -> Iterator[tuple[Node, str, bool]]:
    """Yield every node that is computed, its answer's name, and whether a ReLU is part of it."""
    readers: dict[str, list[Node]] = {}
    for node in network:
        for name in node.reads:
            readers.setdefault(name, []).append(node)
    done = set()
    for node in network:
        if node.name in done:
            continue
        after = readers.get(node.name, [])
        relu = isinstance(node.layer, Conv) and [type(n.layer) for n in after] == [ReLU]
        done |= {after[0].name} if relu else set()
        yield node, after[0].name if relu else node.name, relu


def forward(network: Network, parameters: dict[str, Any], x: Any, compute: Compute) -> Any:
    """Return the network's answer: Dropout is the identity."""
    torch: Any = import_module("torch")
    values = {INPUT: x}
    for node, name, relu in fused(network):
        read, layer = [values[name] for name in node.reads], node.layer
        if isinstance(layer, Dropout):
            values[name] = read[0]
        elif isinstance(layer, Flatten):
            values[name] = read[0].reshape(read[0].shape[0], -1)
        elif isinstance(layer, Concat):
            values[name] = torch.cat(read, 1)
        else:
            weights = [parameters[f"{node.name}.{part}"] for part in layer.parameter_shapes]
            values[name] = compute(node, read, weights, relu)
    return values[network.outputs[0]]


def measured(name: str, batch: int) -> dict[str, Any]:
    """Return the times and errors of a network's forward pass, ours and PyTorch's."""
    from convproof_gpu.gpu import gpu
    from convproof_gpu.measuring.on_torch import TorchDevice

    torch: Any = import_module("torch")
    network = named(name)
    rng = np.random.default_rng(0)
    held = {key: torch.from_numpy(value).cuda() for key, value in init(network, rng).items()}
    x = torch.randn(batch, *network.input_shape, device="cuda")
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.conv.fp32_precision = "ieee"
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    wide = {key: value.double() for key, value in held.items()}
    truth = forward(network, wide, x[:2].double(), torchs)
    last = {"memory_format": torch.channels_last}
    near = {key: v.contiguous(**last) if v.ndim == 4 else v for key, v in held.items()}
    x_near = x.contiguous(memory_format=torch.channels_last)
    sides: dict[str, Callable[[], Any]] = {
        "ours": lambda: forward(network, held, x, ours(gpu)),
        "torch NCHW": lambda: forward(network, held, x, torchs),
        "torch NHWC": lambda: forward(network, near, x_near, torchs),
    }
    device = TorchDevice()
    failures: list[str] = []
    result: dict[str, Any] = {"network": name, "batch": batch, "sides": {}}
    for side, call in sides.items():
        with device.stream():
            y = call()
        device.synchronize()
        error = float((y[:2].double() - truth).norm() / truth.norm())
        result["sides"][side] = {"error": error, "eager us": device.latency_us(call, 5)}
    timed = Stopwatch(launches=2, rounds=5).compare(
        device,
        [Side(name=side, calls=[call]) for side, call in sides.items()],
        lambda side, error: failures.append(f"{side}: {error}"),
    )
    for side, timing in timed.items():
        result["sides"][side] |= {"us": timing.us, "how": timing.how}
    versions = {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version()}
    return result | versions | {"device": torch.cuda.get_device_name(), "failures": failures}


if __name__ == "__main__":
    for each in sys.argv[1].split(","):
        sys.stdout.write(json.dumps(measured(each, int((sys.argv[2:] or ["32"])[0]))) + "\n")
        sys.stdout.flush()
