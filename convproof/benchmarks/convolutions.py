"""The NumPy path against PyTorch on the same cores: every convolution of VGG-16 and AlexNet.

Both sides get the same float32 arrays in NCHW and return a new array; PyTorch is asked through its
own ``conv2d`` and ``convolution_backward``, for one gradient at a time and without autograd. The
arrays hold small integers, whose sums are exact in float32 in any order, so both results must be
*equal* before they are timed. A layer that occurs twice in a network is measured once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from convproof.benchmarks.networks import NETWORKS, NamedConv
from convproof.benchmarks.protocol import Call, Protocol
from convproof.benchmarks.tables import aligned
from convproof.errors import MissingExtraError
from convproof.implementation import load_implementation

DIRECTIONS = ("forward", "input_vjp", "weight_vjp")
MOST_OF_SUM, MOST_OF_LAYER = 2.0, 4.0  # numpy / torch that we want to keep within

Record = dict[str, Any]


def measure(
    networks: Sequence[str],
    batches: Sequence[int],
    protocol: Protocol,
    on: Callable[[str], None],
) -> Record:
    """Return milliseconds of both sides for every network, batch, layer and direction.

    Raises:
        MissingExtraError: if PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401  # asked for before anything is measured
    except ImportError:
        raise MissingExtraError(package="torch", extra="torch") from None
    runs: list[Record] = []
    for network in networks:
        for batch in batches:
            seen: dict[tuple[int, ...], Record] = {}
            for conv in NETWORKS[network]:
                if conv.shape not in seen:
                    on(f"{network} batch {batch} {conv.name}: {conv}")
                    seen[conv.shape] = _directions(conv, batch, protocol)
            layers = [
                {"name": conv.name, "layer": str(conv), **seen[conv.shape]}
                for conv in NETWORKS[network]
            ]
            sums = {direction: _summary(layers, direction) for direction in DIRECTIONS}
            runs.append({"network": network, "batch": batch, "layers": layers, "sums": sums})
    return {"dtype": "float32", "runs": runs}


def text(record: Record) -> str:
    """Return the tables: per network and batch every layer, then the sums."""
    heading = ["", "", *DIRECTIONS]
    parts = []
    for run in record["runs"]:
        rows = [_row([layer["name"], layer["layer"]], layer) for layer in run["layers"]]
        rows.append(_row(["sum", ""], run["sums"]))
        about = "numpy / torch in ms, and the ratio"
        title = f"{run['network']}, batch {run['batch']}, {record['dtype']}: {about}"
        parts.append(f"{title}\n{aligned(heading, rows, words=2)}")
    summaries = [
        [run["network"], str(run["batch"]), direction, *_verdict(run["sums"][direction])]
        for run in record["runs"]
        for direction in DIRECTIONS
    ]
    titles = ["network", "batch", "direction", "sum: ratio", "of medians", "worst layer", "within"]
    note = f"within: sum <= {MOST_OF_SUM:g} times PyTorch and no layer above {MOST_OF_LAYER:g}"
    return "\n\n".join([*parts, f"{aligned(titles, summaries, words=3)}\n{note}"])


def _directions(conv: NamedConv, batch: int, protocol: Protocol) -> Record:
    """Return the times of one layer, after both sides were seen to agree."""
    x, w, y_bar = _arrays(conv, batch)
    found: Record = {}
    for direction, (ours, theirs) in _sides(conv, x, w, y_bar).items():
        equal = np.array_equal(ours(), theirs().numpy())
        numpy_ms, torch_ms = protocol.compare(ours, theirs)
        found[direction] = {
            "numpy_ms": numpy_ms,
            "torch_ms": torch_ms,
            "ratio": round(numpy_ms["best"] / torch_ms["best"], 3),
            "equal": bool(equal),
        }
    return found


def _arrays(conv: NamedConv, batch: int) -> tuple[np.ndarray, ...]:
    """Return ``x, w, y_bar`` of the integers -2...2, as float32."""
    rng = np.random.default_rng(0)
    x_shape = (batch, conv.in_channels, conv.size, conv.size)
    shapes = (x_shape, conv.layer.weight_shape, conv.layer.output_shape(x_shape))
    return tuple(rng.integers(-2, 3, shape).astype(np.float32) for shape in shapes)


def _sides(
    conv: NamedConv, x: np.ndarray, w: np.ndarray, y_bar: np.ndarray
) -> dict[str, tuple[Call, Call]]:
    """Return for each direction our call and PyTorch's."""
    import torch

    ours, layer = load_implementation("numpy"), conv.layer
    X, W, G = (torch.from_numpy(array) for array in (x, w, y_bar))
    stride, padding = [conv.stride] * 2, [conv.padding] * 2

    def forward() -> Any:
        with torch.no_grad():
            return torch.nn.functional.conv2d(X, W, None, stride, padding, 1, conv.groups)

    def backward(which: int) -> Any:
        mask = [which == 0, which == 1, False]
        gradients = torch.ops.aten.convolution_backward(
            G, X, W, None, stride, padding, [1, 1], False, [0, 0], conv.groups, mask
        )
        return gradients[which]

    return {
        "forward": (lambda: ours.forward(layer, x, w), forward),
        "input_vjp": (lambda: ours.input_vjp(layer, x.shape, y_bar, w), lambda: backward(0)),
        "weight_vjp": (lambda: ours.weight_vjp(layer, x, y_bar), lambda: backward(1)),
    }


def _summary(layers: Sequence[Record], direction: str) -> Record:
    """Return the sums over a network's layers, and its worst layer."""
    times = [layer[direction] for layer in layers]
    worst = max(layers, key=lambda layer: float(layer[direction]["ratio"]))
    numpy_ms, torch_ms = (
        {kind: round(sum(time[side][kind] for time in times), 4) for kind in ("best", "median")}
        for side in ("numpy_ms", "torch_ms")
    )
    ratio = round(numpy_ms["best"] / torch_ms["best"], 3)
    return {
        "numpy_ms": numpy_ms,
        "torch_ms": torch_ms,
        "ratio": ratio,
        "ratio_of_medians": round(numpy_ms["median"] / torch_ms["median"], 3),
        "worst": {"layer": worst["name"], "ratio": worst[direction]["ratio"]},
        "equal": all(time["equal"] for time in times),
        "within": ratio <= MOST_OF_SUM and worst[direction]["ratio"] <= MOST_OF_LAYER,
    }


def _row(names: list[str], times: Record) -> list[str]:
    cells = []
    for direction in DIRECTIONS:
        time = times[direction]
        unequal = "" if time["equal"] else " UNEQUAL"
        best = f"{time['numpy_ms']['best']:.2f} / {time['torch_ms']['best']:.2f}"
        cells.append(f"{best} {time['ratio']:6.2f}{unequal}")
    return [*names, *cells]


def _verdict(total: Record) -> list[str]:
    worst = total["worst"]
    return [
        f"{total['ratio']:.2f}",
        f"{total['ratio_of_medians']:.2f}",
        f"{worst['ratio']:.2f} {worst['layer']}",
        "yes" if total["within"] and total["equal"] else "NO",
    ]
