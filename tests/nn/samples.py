"""One layer of every class with an input for it, in small integers that every path sums exactly."""

from typing import Any

import numpy as np

from convproof import nn

SPATIAL = {1: (7,), 2: (6, 7), 3: (4, 5, 4)}
SAMPLES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "Linear": (nn.Linear(4, 3), (2, 4)),
    "Unfold": (nn.Unfold(2, padding=1), (2, 2, 4, 5)),
    "Fold": (nn.Fold((4, 5), 2, padding=1), (2, 8, 30)),
    "LocalResponseNorm": (nn.LocalResponseNorm(3), (2, 4, 5)),
    "Maxout": (nn.Maxout(2), (2, 4, 3)),
    "ReLU": (nn.ReLU(), (2, 3)),
    "Tanh": (nn.Tanh(), (2, 3)),
    "ScaledTanh": (nn.ScaledTanh(), (2, 3)),
    "Softmax": (nn.Softmax(1), (2, 3)),
}
for _dims, _size in SPATIAL.items():
    _of = {
        "Conv": ((4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}),
        "ConvTranspose": ((4, 6, 3), {"stride": 2, "output_padding": 1, "groups": 2}),
        "LocallyConnected": ((4, 2, tuple(n - 2 for n in _size), 3), {}),
        "MaxPool": ((3,), {"stride": 2, "padding": 1}),
        "AvgPool": ((3,), {"stride": 2, "padding": 1}),
        "AdaptiveMaxPool": ((2,), {}),
        "AdaptiveAvgPool": ((2,), {}),
        "GlobalMaxPool": ((), {}),
        "GlobalAvgPool": ((), {}),
    }
    for _kind, (_args, _options) in _of.items():
        _class = getattr(nn, f"{_kind}{_dims}d")
        SAMPLES[f"{_kind}{_dims}d"] = _class(*_args, **_options), (2, 4, *_size)
UNPOOLING = {f"MaxUnpool{dims}d": getattr(nn, f"MaxUnpool{dims}d")(2) for dims in SPATIAL}
WEIGHTED = [name for name, (layer, _) in SAMPLES.items() if layer.parameters]
INDEXED = UNPOOLING | {"CrossEntropyLoss": nn.CrossEntropyLoss(reduction="sum")}
CLASSES = [*SAMPLES, *INDEXED]


def integers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return small integers in float32."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(np.float32)


def in_integers(layer: Any) -> Any:
    """Return the layer with integers for parameters."""
    held = layer.parameters.items()
    return layer.replace(**{n: integers(a.shape, 1) for n, a in held}) if held else layer
