"""Small rows of every kind, with a bench that runs them on the CPU."""

from typing import Any

from convproof.implementation import load_implementation
from convproof.layers import (
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Shape,
    Softmax,
    Tanh,
)
from convproof_gpu.measuring.clock import Stopwatch
from convproof_gpu.measuring.rows import OPERATIONS, Row
from convproof_gpu.measuring.run import Bench
from tests.gpu.measuring.fake import FakeDevice

RATES = {"copy": 1e12, "float32": 1e12, "tf32": 1e13, "bfloat16": 1e14}
_WINDOW: dict[str, Any] = {
    "kernel_size": (3, 2),
    "stride": (2, 1),
    "padding": ((1, 1), (0, 0)),
    "dilation": (1, 2),
}
_LINE: dict[str, Any] = {
    "kernel_size": (3,), "stride": (1,), "padding": ((1, 1),), "dilation": (2,)
}  # fmt: skip
_POOL: dict[str, Any] = {
    "kernel_size": (2, 2), "stride": (1, 2), "padding": ((1, 1), (0, 0)), "dilation": (1, 1)
}  # fmt: skip
CONV = Conv(in_channels=4, out_channels=6, groups=2, bias=False, **_WINDOW)
DEPTHWISE = Conv(in_channels=4, out_channels=4, groups=4, bias=False, **_WINDOW)
LAYERS: dict[str, tuple[Layer, Shape]] = {
    "conv": (CONV, (3, 4, 6, 5)),
    "depthwise": (DEPTHWISE, (2, 4, 5, 6)),
    "line": (Conv(in_channels=2, out_channels=3, bias=False, **_LINE), (2, 2, 9)),
    "transposed": (
        ConvTranspose(
            in_channels=4, out_channels=6, groups=2, bias=False, output_padding=(1, 0), **_WINDOW
        ),
        (2, 4, 3, 4),
    ),
    "fc": (Linear(in_features=7, out_features=3, bias=False), (4, 7)),
    "max": (MaxPool(**_POOL), (2, 3, 5, 4)),
    "avg": (AvgPool(**_POOL), (2, 3, 5, 4)),
    "gap": (GlobalAvgPool(dims=2), (2, 3, 4, 4)),
    "norm": (LocalResponseNorm(size=3, alpha=0.5, k=2.0), (2, 5, 3, 3)),
    "softmax": (Softmax(dim=-1), (3, 6)),
    "relu": (ReLU(), (2, 3, 4, 4)),
    "tanh": (Tanh(amplitude=1.5, slope=0.5), (2, 3, 4, 4)),
}  # fmt: skip
_PRODUCTS = ("conv", "depthwise", "line", "transposed", "fc")
_FUSED = ("conv", "depthwise", "line")


def row(name: str, operation: str = "forward", network: str = "small") -> Row:
    """Return one row."""
    layer, shape = LAYERS[name]
    return Row(name=f"{network}/{name}", layer=layer, input_shape=shape, operation=operation)


ROWS = tuple(
    row(name, operation)
    for name in LAYERS
    for operation in OPERATIONS
    if (operation != "weight_vjp" or name in _PRODUCTS) and (operation != "fused" or name in _FUSED)
)


def bench(device: FakeDevice | None = None, **more: Any) -> Bench:
    """Return a bench whose side is the implementation ``tensors``, on the CPU."""
    given: dict[str, Any] = {
        "device": device or FakeDevice(1e6),
        "implementation": load_implementation("tensors"),
        "rates": RATES,
        "stopwatch": Stopwatch(rounds=1, fewest=1),
    }
    return Bench(**(given | more))
