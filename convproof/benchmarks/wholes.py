"""Whole networks: one forward pass of the NumPy path against PyTorch's on the same cores.

Both sides get the same float32 parameters and image. Every row of the weights has two entries that
are not zero, 1 and 1 or -1, so that all sums are exact in float32, in any order. So before they are
timed, in turn, in one process, both sides must be *equal* as far as nothing rounds: up to the first
norm, tanh, softmax or mean of a number of cells that is no power of two.

Peak memory is that of a process of its own for each side, the interpreter, its libraries and the
parameters included. PyTorch's side is what its user writes: functions without autograd, ReLU in
place, nothing kept that is read no more.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from convproof.benchmarks.protocol import Call, Protocol
from convproof.benchmarks.rival import torch_forward
from convproof.benchmarks.tables import aligned
from convproof.errors import MissingExtraError
from convproof.implementation import load_implementation
from convproof.layers import (
    AdaptiveAvgPool,
    AvgPool,
    GlobalAvgPool,
    Layer,
    LocalResponseNorm,
    Softmax,
    Tanh,
)
from convproof.networks.evaluate import forward
from convproof.networks.graph import Network
from convproof.networks.names import named
from convproof.networks.reduced import reduced

MOST_OF_TIME, MOST_OF_MEMORY = 2.0, 1.5  # numpy / torch that we want to keep within
SIDES = ("numpy", "torch")
_QUICK_DIVISOR = 16

Record = dict[str, Any]
Arrays = dict[str, np.ndarray]


def measure(
    names: Sequence[str],
    batch: int,
    protocol: Protocol,
    on: Callable[[str], None],
    *,
    quick: bool = False,
) -> Record:
    """Return milliseconds and megabytes of both sides for every network.

    Args:
        names: of networks.
        batch: images at a time.
        protocol: how they are timed.
        on: told what is measured.
        quick: a sixteenth of the width.

    Raises:
        MissingExtraError: if PyTorch is not installed.
        NetworkError: if there is no such network.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError(package="torch", extra="torch") from None
    divisor = _QUICK_DIVISOR if quick else 1
    runs = []
    for name in names:
        net = _main(name, divisor)
        on(f"{name} batch {batch}: memory")
        peaks = {side: _peak_apart(side, name, divisor, batch) for side in SIDES}
        on(f"{name} batch {batch}: time")
        runs.append({"network": name, "batch": batch, **_run(net, batch, protocol, peaks)})
    return {"dtype": "float32", "torch_threads": torch.get_num_threads(), "runs": runs}


def text(record: Record) -> str:
    """Return the table."""
    titles = ["network", "batch", "numpy ms", "torch ms", "ratio", "of best",
              "numpy MB", "torch MB", "ratio", "within"]  # fmt: skip
    rows = [
        [
            run["network"], str(run["batch"]),
            f"{run['numpy_ms']['median']:.0f}", f"{run['torch_ms']['median']:.0f}",
            f"{run['ratio_of_medians']:.2f}", f"{run['ratio']:.2f}",
            *(f"{megabytes or 0:.0f}" for megabytes in run["peak_mb"].values()),
            f"{run['memory_ratio'] or 0:.2f}",
            "yes" if run["within"] and run["equal"] else "NO" if run["equal"] else "UNEQUAL",
        ]
        for run in record["runs"]
    ]  # fmt: skip
    note = (
        f"forward, {record['dtype']}, {record['torch_threads']} threads of PyTorch; ms are medians;"
        f" within: at most {MOST_OF_TIME:g} times the time and {MOST_OF_MEMORY:g} times the memory"
    )
    return f"{aligned(titles, rows)}\n{note}"


def last_exact(net: Network) -> str:
    """Return the last node that is computed before anything rounds."""
    for node in net:
        if _rounds(node.layer, net.shapes[node.reads[0]]):
            return node.reads[0]
    return net.nodes[-1].name


def data(net: Network, batch: int) -> tuple[Arrays, np.ndarray]:
    """Return parameters and images of small integers, as float32."""
    rng = np.random.default_rng(0)
    parameters: Arrays = {}
    for name, shape in net.parameter_shapes.items():
        if name.endswith(".weight"):
            rows = np.zeros((shape[0], prod(shape[1:])), np.float32)
            places = rng.integers(0, rows.shape[1], (2, len(rows)))
            rows[np.arange(len(rows)), places[0]] = 1
            rows[np.arange(len(rows)), places[1]] = rng.choice([1, 1, 1, -1], len(rows))
            parameters[name] = rows.reshape(shape)
        else:
            parameters[name] = rng.integers(-1, 2, shape).astype(np.float32)
    return parameters, rng.integers(-3, 4, (batch, *net.input_shape)).astype(np.float32)


def report_peak(side: str, name: str, divisor: int, batch: int) -> None:
    """Print the megabytes of this process after two passes of one side: a child's whole program."""
    net = _main(name, divisor)
    parameters, x = data(net, batch)
    call = _side(side, net, parameters, x, net.outputs[0])
    call()
    call()
    sys.stdout.write(json.dumps(peak_mb()))


def peak_mb() -> float | None:
    """Return the most memory that this process has held; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    held = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(held[0]) / 1024 if held else None


def _main(name: str, divisor: int) -> Network:
    """Return a network without its auxiliary classifiers, which are for training."""
    net = reduced(named(name), divisor=divisor)
    return replace(net, nodes=net.main(), outputs=net.outputs[:1])


def _rounds(layer: Layer, shape: tuple[int, ...]) -> bool:
    """Return whether a layer's answer need not be exact, of an input of small integers."""
    if isinstance(layer, AvgPool):
        cells = prod(layer.kernel_size)
    elif isinstance(layer, GlobalAvgPool):
        cells = prod(shape[1:])
    elif isinstance(layer, AdaptiveAvgPool):
        pairs = zip(shape[1:], layer.sizes(shape[1:]), strict=True)
        return any(n % out or (n // out) & (n // out - 1) for n, out in pairs)
    else:
        return isinstance(layer, LocalResponseNorm | Tanh | Softmax)
    return bool(cells & (cells - 1))


def _run(net: Network, batch: int, protocol: Protocol, peaks: Record) -> Record:
    parameters, x = data(net, batch)
    compared, end = last_exact(net), net.outputs[0]
    one, other = (np.asarray(_side(side, net, parameters, x, compared)()) for side in SIDES)
    numpy_ms, torch_ms = protocol.compare(*(_side(side, net, parameters, x, end) for side in SIDES))
    ratio = round(numpy_ms["median"] / torch_ms["median"], 3)
    told = None not in peaks.values()
    memory = round(peaks["numpy"] / peaks["torch"], 3) if told else None
    return {
        "numpy_ms": numpy_ms,
        "torch_ms": torch_ms,
        "ratio": round(numpy_ms["best"] / torch_ms["best"], 3),
        "ratio_of_medians": ratio,
        "parameters_mb": round(sum(map(prod, net.parameter_shapes.values())) * 4 / 2**20, 1),
        "peak_mb": {side: peaks[side] and round(peaks[side], 1) for side in SIDES},
        "memory_ratio": memory,
        "compared": compared,
        "equal": bool(np.array_equal(one, other)),
        "within": ratio <= MOST_OF_TIME and (memory is None or memory <= MOST_OF_MEMORY),
    }


def _side(side: str, net: Network, parameters: Arrays, x: np.ndarray, answer: str) -> Call:
    """Return a call that computes one node's output."""
    if side == "torch":
        return torch_forward(net, parameters, x, answer)
    ours = load_implementation("numpy")
    return lambda: forward(net, ours, parameters, x).values[answer]


def _peak_apart(side: str, name: str, divisor: int, batch: int) -> float | None:
    code = (
        "from convproof.benchmarks.wholes import report_peak; "
        f"report_peak({side!r}, {name!r}, {divisor}, {batch})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    found: float | None = json.loads(done.stdout)
    return found
