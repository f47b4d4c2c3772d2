"""Training steps of our loop against PyTorch's: one network, one batch, one process, one precision.

A step is forward, cross-entropy, backward and gradient descent with momentum. PyTorch takes it with
its own layers, autograd and ``torch.optim.SGD``. Both sides begin with the same float32 numbers;
before they are timed each takes one step without dropout, and how far the two lie apart is told, in
units of the largest change that the step makes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convproof.benchmarks.protocol import Call, Protocol
from convproof.benchmarks.tables import aligned
from convproof.errors import MissingExtraError, UnsupportedError
from convproof.layers import Conv, Layer, Linear, MaxPool, ReLU, Softmax
from convproof.networks import Network
from convproof.networks.initial import init
from convproof.networks.wiring import Dropout, Flatten

LR, MOMENTUM, WEIGHT_DECAY = 1e-3, 0.9, 1e-4
Record = dict[str, Any]
Arrays = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One network and how many images it sees at a time."""

    network: Network
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What both sides begin with."""

    parameters: dict[str, np.ndarray]
    x: np.ndarray
    labels: np.ndarray


Side = Callable[[Network, Batch, bool], Call]  # the last says whether there is dropout


def measure(
    cases: Sequence[Case], ours: Side, protocol: Protocol, on: Callable[[str], None]
) -> Record:
    """Return milliseconds and steps per second of both sides.

    Args:
        cases: what is trained.
        ours: makes the call that takes a step of ours and returns the parameters.
        protocol: how the sides are timed.
        on: told of every case.

    Raises:
        MissingExtraError: if PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401  # asked for before anything is measured
    except ImportError:
        raise MissingExtraError(package="torch", extra="torch") from None
    rows: list[Record] = []
    for case in cases:
        on(f"{case.network.name} batch {case.batch}")
        batch = _batch(case)
        apart = _apart(case.network, batch, ours)
        sides = (ours(case.network, batch, True), theirs(case.network, batch, True))
        numpy_ms, torch_ms = protocol.compare(*sides)
        rows.append(
            {
                "network": case.network.name,
                "image": list(case.network.input_shape),
                "batch": case.batch,
                "numpy_ms": numpy_ms,
                "torch_ms": torch_ms,
                "numpy_steps_per_second": round(1e3 / numpy_ms["best"], 2),
                "torch_steps_per_second": round(1e3 / torch_ms["best"], 2),
                "ratio": round(numpy_ms["best"] / torch_ms["best"], 3),
                "ratio_of_medians": round(numpy_ms["median"] / torch_ms["median"], 3),
                "apart": apart,
            }
        )
    return {"dtype": "float32", "rows": rows}


def text(record: Record) -> str:
    """Return the table."""
    heading = ["network", "image", "batch", "numpy steps/s", "torch steps/s", "numpy / torch"]
    rows = [
        [
            row["network"],
            "x".join(map(str, row["image"])),
            str(row["batch"]),
            f"{row['numpy_steps_per_second']:.1f}",
            f"{row['torch_steps_per_second']:.1f}",
            f"{row['ratio']:.2f}",
            f"{row['ratio_of_medians']:.2f}",
            f"{row['apart']:.1e}",
        ]
        for row in record["rows"]
    ]
    note = (
        "numpy / torch: time of a step by the best times; of medians; apart: of one step's change"
    )
    return f"{aligned([*heading, 'of medians', 'apart'], rows, words=2)}\n{note}"


def theirs(network: Network, batch: Batch, dropout: bool) -> Call:
    """Return the call that takes a step of PyTorch's and returns its parameters.

    Raises:
        UnsupportedError: for a network that is no chain of the layers of the lecture's convnets.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812  # as everyone writes it

    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in batch.parameters.items()}
    x, labels = torch.from_numpy(batch.x), torch.from_numpy(batch.labels)
    optimiser = torch.optim.SGD(
        list(tensors.values()), lr=LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    layers = [(_by_torch(node.layer), _names(node.name, node.layer)) for node in network]

    def step() -> dict[str, Any]:
        optimiser.zero_grad()
        y = x
        for layer, names in layers:
            y = layer(F, y, [tensors[name] for name in names], dropout)
        torch.autograd.backward(F.cross_entropy(y, labels))
        optimiser.step()
        return {name: tensor.detach().numpy() for name, tensor in tensors.items()}

    return step


def _names(node: str, layer: Layer) -> list[str]:
    return [f"{node}.{name}" for name in layer.parameter_shapes]


def _by_torch(layer: Layer) -> Callable[[Any, Any, list[Any], bool], Any]:
    """Return a layer by torch's own function; a softmax is part of its cross-entropy."""
    match layer:
        case Conv(padding=((p, _), *_), stride=s, dilation=d, groups=g):
            return lambda F, y, w, _: F.conv2d(y, *w, padding=p, stride=s, dilation=d, groups=g)
        case Linear():
            return lambda F, y, w, _: F.linear(y, *w)
        case MaxPool(kernel_size=k, stride=s, padding=((p, _), *_)):
            return lambda F, y, _, __: F.max_pool2d(y, k, s, p)
        case ReLU():
            return lambda F, y, _, __: F.relu(y)
        case Dropout(p=p):
            return lambda F, y, _, dropout: F.dropout(y, p, training=dropout)
        case Flatten():
            return lambda _F, y, _, __: y.flatten(1)
        case Softmax():
            return lambda _F, y, _, __: y
    msg = f"a {type(layer).__name__} is not among the layers whose steps are timed."
    raise UnsupportedError(msg)


def _batch(case: Case) -> Batch:
    rng = np.random.default_rng(0)
    classes = case.network.shapes[case.network.outputs[0]][0]
    return Batch(
        parameters=init(case.network, rng),
        x=rng.normal(size=(case.batch, *case.network.input_shape)).astype(np.float32),
        labels=rng.integers(0, classes, case.batch),
    )


def _apart(network: Network, batch: Batch, ours: Side) -> float:
    """Return the largest difference after one step over the largest change of a parameter."""
    found = ours(network, batch, False)()
    expected = theirs(network, batch, False)()
    before = batch.parameters
    change = max(float(np.abs(expected[n] - before[n]).max()) for n in before)
    return max(float(np.abs(expected[n] - found[n]).max()) for n in before) / change
