"""``python -m convproof_gpu.measuring.whole vgg16``: a whole network forward, beside PyTorch's.

Ours is an ``Inference``; the rivals are PyTorch's own layers in float32, in both layouts, with
cuDNN's best algorithms. Each is timed as a CUDA graph, and as it is called ("eager us"): ours is a
graph then too.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter
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
from convproof.networks import evaluate
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof_gpu.inference import Inference
from convproof_gpu.measuring.clock import Device, Side, Stopwatch
from convproof_gpu.measuring.rivals import settings
from convproof_gpu.wing import Wing

Forward = Callable[[Any], Any]
Made = Callable[[Network, dict[str, Any], Any], tuple[Forward, Forward]]


def ours(implementation: Any) -> Made:
    """Return what makes our forward pass: as it is called, and as the clock's graph captures it.

    An implementation that launches no kernels of ours is asked for layer after layer.
    """

    def made(network: Network, parameters: dict[str, Any], x: Any) -> tuple[Forward, Forward]:
        if not isinstance(implementation, Wing):

            def run(images: Any) -> Any:
                return evaluate.forward(network, implementation, parameters, images).answer

            return run, run
        as_called = Inference(network, parameters, x, implementation=implementation)
        launched = Inference(network, parameters, x, implementation=implementation, graph=False)
        return as_called, partial(launched, out=as_called(x))

    return made


def _computed(node: Node, read: list[Any], weights: list[Any]) -> Any:
    """Return what PyTorch computes of a node."""
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
    return y


def forward(network: Network, parameters: dict[str, Any], x: Any) -> Any:
    """Return PyTorch's main answer: Dropout is the identity."""
    torch: Any = import_module("torch")
    values = {INPUT: x}
    for node in network.main():
        read, layer = [values[name] for name in node.reads], node.layer
        if isinstance(layer, Dropout):
            values[node.name] = read[0]
        elif isinstance(layer, Flatten):
            values[node.name] = read[0].reshape(read[0].shape[0], -1)
        elif isinstance(layer, Concat):
            values[node.name] = torch.cat(read, 1)
        else:
            weights = [parameters[f"{node.name}.{part}"] for part in layer.parameter_shapes]
            values[node.name] = _computed(node, read, weights)
    return values[network.outputs[0]]


def measured(name: str, batch: int, implementation: Any, device: Device) -> dict[str, Any]:
    """Return the times and errors of a network's forward pass, ours and PyTorch's."""
    begin = perf_counter()
    with device.stream():
        sides = _sides(named(name), batch, ours(implementation), device)
    seconds = round(perf_counter() - begin, 1)
    return {"network": name, "batch": batch, "sides": sides, "seconds": seconds}


def _sides(network: Network, batch: int, made: Made, device: Device) -> dict[str, Any]:
    torch: Any = import_module("torch")
    initial = init(network, np.random.default_rng(0))
    held = {key: torch.from_numpy(value).to(device.name) for key, value in initial.items()}
    x = torch.randn(batch, *network.input_shape, device=device.name)
    with settings("ieee", searched=False):
        wide = {key: value.double() for key, value in held.items()}
        truth = forward(network, wide, x[:2].double())
    del wide
    last = {"memory_format": torch.channels_last}
    near = {key: v.contiguous(**last) if v.ndim == 4 else v for key, v in held.items()}
    x_near = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x

    def torchs(parameters: dict[str, Any], images: Any) -> tuple[Forward, Forward]:
        def run(_: Any) -> Any:
            return forward(network, parameters, images)

        return run, run

    makers: dict[str, Callable[[], tuple[Forward, Forward]]] = {
        "ours": lambda: made(network, held, x),
        "torch NCHW": lambda: torchs(held, x),
        "torch NHWC": lambda: torchs(near, x_near),
    }
    sides: dict[str, Any] = {side: {} for side in makers}
    every: list[Side] = []

    def failed(side: str, error: Exception) -> None:
        sides[side]["why"] = f"{type(error).__name__}: {error}"

    with settings("ieee", searched=True):
        for side, make in makers.items():
            try:
                called, launched = make()
                difference = called(x)[:2].double() - truth
            except Exception as error:  # the other sides are told all the same
                failed(side, error)
                continue
            sides[side]["error"] = float(difference.norm() / truth.norm())
            sides[side]["eager us"] = device.latency_us(partial(called, x), 5)
            every.append(Side(name=side, calls=[partial(launched, x)]))
        timed = Stopwatch(launches=2, rounds=5).compare(device, every, failed)
    for side, timing in timed.items():
        sides[side] |= {"us": timing.us, "least": timing.least, "most": timing.most}
        sides[side] |= {"how": timing.how}
    return sides


def main(names: str, batch: str = "32") -> None:
    """Measure networks on a GPU, and print one line of JSON for each."""
    from convproof_gpu.gpu import gpu
    from convproof_gpu.measuring.facts import facts
    from convproof_gpu.measuring.on_torch import TorchDevice

    command = {"command": f"python -m convproof_gpu.measuring.whole {names} {batch}"}
    for name in names.split(","):
        found = measured(name, int(batch), gpu, TorchDevice())
        found["facts"] = facts(gpu.versions) | command
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
