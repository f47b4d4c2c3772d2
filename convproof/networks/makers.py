"""From one word of the notation to the layer that it says, of the shape that it reads."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

from convproof.axes import at_least
from convproof.errors import GeometryError
from convproof.layers import (
    AvgPool,
    Conv,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocalResponseNorm,
    Maxout,
    MaxPool,
    ReLU,
    Shape,
    Softmax,
    Tanh,
)
from convproof.networks.masked import MaskedConv
from convproof.networks.notation import Call
from convproof.networks.rbf import Negate, Rbf
from convproof.networks.structured import StructuredConv, gaussian_basis
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof.networks.zoo.digits import CODES

SCALED_TANH = Tanh(amplitude=1.7159, slope=2 / 3)  # LeCun et al. 1998, appendix A
# Krizhevsky et al. 2012, section 3.3: k = 2, n = 5, alpha = 1e-4 (not divided by n), beta = 0.75
KRIZHEVSKY = LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0)
ACTIVATIONS: dict[str, Layer] = {
    "relu": ReLU(), "tanh": Tanh(), "stanh": SCALED_TANH, "softmax": Softmax(dim=-1),
}  # fmt: skip
_BY_LETTER = {"p": "padding", "s": "stride", "t": "dilation", "g": "groups"}
_CODES = {"digits": CODES}
_ORDER = 2  # of a structured convolution's Gaussian derivatives, if none is written

Make = Callable[[Call, Shape], Layer]


def options(call: Call, places: tuple[str, ...], letters: str = "") -> dict[str, int]:
    """Return what is given by place and by letter.

    Raises:
        ValueError: for what cannot be given, or is given twice.
    """
    found: dict[str, int] = {}
    numbers = [a for a in call.arguments if isinstance(a, int | float)]
    if len(numbers) > len(places):
        takes = f"at most {len(places)}" if places else "none"
        msg = f"it takes {takes} by place, got the numbers {', '.join(map(str, numbers))}"
        raise ValueError(msg)
    odd = [a for a in call.arguments if isinstance(a, tuple)] + [n for n in numbers if n % 1]
    if odd:
        msg = f"its sizes are whole numbers, not {odd[0]}"
        raise ValueError(msg)
    found.update(zip(places, map(int, numbers), strict=False))
    for word in call.arguments:
        if isinstance(word, str):
            name, number = _by_letter(word, letters)
            if name in found:
                msg = f"its {name} is given twice, {found[name]} and {number}"
                raise ValueError(msg)
            found[name] = number
    return found


def _by_letter(word: str, letters: str) -> tuple[str, int]:
    if not letters:
        msg = f"it takes no {word!r}"
        raise ValueError(msg)
    if word[0] not in letters or not word[1:].isdecimal():
        which = f"{', '.join(letters[:-1])} and {letters[-1]}"
        msg = f"{word!r} is none of {which} with a number, such as {letters[0]}1"
        raise ValueError(msg)
    return _BY_LETTER[word[0]], int(word[1:])


def _dims(shape: Shape) -> int:
    """Return the number of spatial axes.

    Raises:
        GeometryError: if there are none, so that nothing can slide or be pooled.
    """
    if len(shape) < 2:
        msg = f"it takes an image, and what it reads is a vector of {shape[0]} numbers."
        raise GeometryError(msg)
    return len(shape) - 1


def _sliding(given: Mapping[str, int], shape: Shape, stride: int = 1) -> dict[str, Any]:
    """Return the arguments that all layers with windows share."""
    dims = _dims(shape)
    return {
        "kernel_size": (given["kernel_size"],) * dims,
        "stride": (given.get("stride", stride),) * dims,
        "padding": ((given.get("padding", 0),) * 2,) * dims,
        "dilation": (given.get("dilation", 1),) * dims,
    }


def _conv(call: Call, shape: Shape) -> Layer:
    given = options(call, ("kernel_size", "out_channels", "padding", "stride"), "pstg")
    return Conv(
        in_channels=shape[0],
        out_channels=given["out_channels"],
        groups=given.get("groups", 1),
        **_sliding(given, shape),
    )


def _masked(call: Call, shape: Shape) -> Layer:
    table = [each for each in call.arguments if isinstance(each, tuple)]
    plain = tuple(each for each in call.arguments if not isinstance(each, tuple))
    given = options(replace(call, arguments=plain), ("kernel_size",), "pst")
    for reads in table:
        if not all(isinstance(c, int) for c in reads):
            msg = f"a table has the numbers of input maps, not {reads}"
            raise ValueError(msg)
    return MaskedConv(
        in_channels=shape[0],
        out_channels=len(table),
        connections=tuple(tuple(sorted(reads)) for reads in table),
        **_sliding(given, shape),
    )


def _structured(call: Call, shape: Shape) -> Layer:
    given = options(call, ("kernel_size", "out_channels", "order"), "pst")
    sliding = _sliding(given, shape)
    basis, _ = gaussian_basis(sliding["kernel_size"], given.get("order", _ORDER))
    return StructuredConv(
        in_channels=shape[0], out_channels=given["out_channels"], basis=basis, **sliding
    )


def _scale(call: Call, shape: Shape) -> Layer:
    """Return a coefficient and a bias for each map: a 1x1 convolution in as many groups."""
    options(call, ())
    return Conv(
        in_channels=shape[0],
        out_channels=shape[0],
        groups=shape[0],
        **_sliding({"kernel_size": 1}, shape),
    )


def _pool(kind: type[MaxPool] | type[AvgPool]) -> Make:
    def make(call: Call, shape: Shape) -> Layer:
        plain = replace(call, arguments=tuple(a for a in call.arguments if a != "ceil"))
        given = options(plain, ("kernel_size", "stride", "padding"), "pst")
        sliding = _sliding(given, shape, stride=given["kernel_size"])
        return kind(ceil_mode="ceil" in call.arguments, **sliding)

    return make


def _fc(call: Call, shape: Shape) -> Layer:
    features = options(call, ("out_features",))["out_features"]
    at_least(1, out_features=features)
    return Linear(in_features=prod(shape), out_features=features)


def _rbf(call: Call, shape: Shape) -> Layer:
    del shape
    if len(call.arguments) != 1 or call.arguments[0] not in _CODES:
        msg = f"write the name of its codes, rbf({') or rbf('.join(_CODES)})"
        raise ValueError(msg)
    return Rbf(codes=_CODES[str(call.arguments[0])])


def _norm(call: Call, shape: Shape) -> Layer:
    del shape
    size = options(call, ("size",)).get("size", KRIZHEVSKY.size)
    return replace(KRIZHEVSKY, size=size, alpha=KRIZHEVSKY.alpha / KRIZHEVSKY.size * size)


def _maxout(call: Call, shape: Shape) -> Layer:
    del shape
    return Maxout(pool_size=options(call, ("pool_size",))["pool_size"])


def _dropout(call: Call, shape: Shape) -> Layer:
    del shape
    if len(call.arguments) > 1 or not all(isinstance(a, int | float) for a in call.arguments):
        msg = "write dropout or dropout(p), with the probability of a zero"
        raise ValueError(msg)
    return Dropout(p=float(call.arguments[0])) if call.arguments else Dropout()  # type: ignore[arg-type]


def _concat(call: Call, shape: Shape) -> Layer:
    del shape
    if not call.reads:
        msg = "it joins layers by their names: concat(a, b)"
        raise ValueError(msg)
    return Concat()


def _plain(layer: Layer) -> Make:
    def make(call: Call, shape: Shape) -> Layer:
        del shape
        options(call, ())
        return layer

    return make


def _global(kind: type[GlobalAvgPool] | type[GlobalMaxPool]) -> Make:
    def make(call: Call, shape: Shape) -> Layer:
        options(call, ())
        return kind(dims=_dims(shape))

    return make


MAKERS: Mapping[str, Make] = {
    "conv": _conv,
    "masked": _masked,
    "structured": _structured,
    "scale": _scale,
    "pool": _pool(MaxPool),
    "avg": _pool(AvgPool),
    "gap": _global(GlobalAvgPool),
    "gmp": _global(GlobalMaxPool),
    "fc": _fc,
    "rbf": _rbf,
    "norm": _norm,
    "maxout": _maxout,
    "dropout": _dropout,
    "flatten": _plain(Flatten()),
    "negate": _plain(Negate()),
    "concat": _concat,
    **{word: _plain(layer) for word, layer in ACTIVATIONS.items()},
}
