"""Layers are made as torch's are: the same arguments, the same first values, clear refusals."""

import inspect
import math
import re
from typing import Any

import numpy as np
import pytest
import torch

from convproof import nn
from convproof.errors import DTypeError, GeometryError, ShapeError, UnsupportedError
from tests.nn.samples import CLASSES

TORCHS = [name for name in CLASSES if hasattr(torch.nn, name)]
NOT_OURS = {  # torch's arguments of what no loss of ours has
    "CrossEntropyLoss": ["weight", "size_average", "reduce", "label_smoothing"]
}
OURS_ALONE = {"AvgPool1d": ["divisor_override"]}  # beyond torch's arguments


def _arguments(kind: type) -> list[tuple[str, Any]]:
    parameters = inspect.signature(kind).parameters.values()
    held = [p for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return [(p.name, p.default) for p in held if p.name not in ("device", "dtype")]


@pytest.mark.parametrize("name", TORCHS)
def test_arguments_stand_in_torchs_order_with_torchs_defaults(name: str) -> None:
    """All but device and dtype, which stand with rng after the others."""
    more = OURS_ALONE.get(name, [])
    ours = [each for each in _arguments(getattr(nn, name)) if each[0] not in more]
    theirs, missing = _arguments(getattr(torch.nn, name)), NOT_OURS.get(name, [])
    assert ours == [each for each in theirs if each[0] not in missing]


def test_every_layer_has_a_class() -> None:
    """One of each functional name, but for convolve, which is no layer."""
    from convproof import functional

    verbs = ("_input", "_weight", "_bias")
    functions = {name for name in functional.__all__ if not name.endswith(verbs)}
    assert {getattr(nn, name).function for name in CLASSES} == functions - {"convolve"}
    assert all(getattr(nn, name).__doc__ for name in CLASSES)
    alone = {re.sub(r"\dd$", "", name) for name in set(CLASSES) - set(TORCHS)}
    assert alone == {"GlobalAvgPool", "GlobalMaxPool", "LocallyConnected", "Maxout", "ScaledTanh"}


class _Told:
    """A generator that notes the bounds it is asked for."""

    def __init__(self) -> None:
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
        self.bounds.append((low, high))
        return np.full(shape, high)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("Conv1d", (6, 4, 5), {"groups": 2}),
        ("Conv2d", (3, 8, (3, 2)), {}),
        ("Conv3d", (2, 2, 3), {"dilation": 2}),
        ("ConvTranspose1d", (6, 4, 5), {"groups": 2}),
        ("ConvTranspose2d", (3, 8, (3, 2)), {}),
        ("Linear", (7, 3), {}),
    ],
)
def test_first_values_have_torchs_bounds(
    name: str, args: Any, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U(-b, b), b = 1 / sqrt(fan_in), for weight and bias, up to the roundings of either formula.

    torch computes sqrt(3) sqrt(2 / (1 + a^2)) / sqrt(fan_in): 8 roundings, and we 2.
    """
    theirs: list[tuple[float, float]] = []
    plain = torch.Tensor.uniform_

    def spy(tensor: Any, low: float = 0, high: float = 1, **options: Any) -> Any:
        theirs.append((low, high))
        return plain(tensor, low, high, **options)

    monkeypatch.setattr(torch.Tensor, "uniform_", spy)
    module, told = getattr(torch.nn, name)(*args, **options), _Told()
    layer = getattr(nn, name)(*args, **options, rng=told)
    assert {n: a.shape for n, a in layer.parameters.items()} == {
        n: tuple(a.shape) for n, a in module.named_parameters()
    }
    for ours, other in zip(told.bounds, theirs, strict=True):
        assert math.isclose(ours[0], other[0], rel_tol=10 * 2**-53)
        assert math.isclose(ours[1], other[1], rel_tol=10 * 2**-53)


def test_a_locally_connected_layer_sums_as_many_products_as_a_convolution() -> None:
    """b = 1 / sqrt(C/G * taps), whatever the number of positions."""
    told = _Told()
    nn.LocallyConnected2d(4, 2, 9, (2, 3), groups=2, rng=told)
    assert told.bounds == [(-1 / math.sqrt(12), 1 / math.sqrt(12))] * 2


def test_first_values_are_drawn_from_the_generator_in_the_dtype() -> None:
    """The same generator, the same values; float32 unless said; none of two layers are alike."""

    def weight(**options: Any) -> np.ndarray:
        held: np.ndarray = nn.Conv1d(2, 3, 4, **options).weight
        return held

    one, other = (weight(rng=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (weight() != weight()).any()
    assert weight().dtype == np.float32
    assert weight(dtype=np.float64).dtype == np.float64
    assert str(weight(dtype="bfloat16").dtype) == "bfloat16"
    with pytest.raises(DTypeError, match="got int64"):
        weight(dtype=np.int64)


MADE: Any = nn.Conv2d
CONV = nn.Conv2d(4, 6, 3, groups=2)
BARE = nn.Conv2d(4, 6, 3, bias=False)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: nn.Conv2d(4, 6, 3, groups=4), GeometryError, "6 mod 4 = 2"),
        (lambda: nn.Conv2d(4, 6, (3, 0)), GeometryError, r"kernel_size\[1\] must be at least 1"),
        (lambda: nn.Conv2d(4, 6, (3, 3, 3)), GeometryError, "3 entries for 2 axes"),
        (lambda: MADE(4, 6, 3, padding_mode="reflect"), GeometryError, "'reflect'"),
        (lambda: nn.ConvTranspose1d(1, 1, 2, padding_mode="circular"), GeometryError, "circular"),
        (lambda: nn.Linear(0, 3), GeometryError, "in_features must be at least 1"),
        (nn.Softmax, UnsupportedError, "Give dim"),
        (lambda: nn.ReLU(inplace=True), UnsupportedError, "would modify its input"),
        (lambda: CONV(np.ones((2, 3, 5, 5), "f4")), ShapeError, "in_channels=4.*has 3"),
        (lambda: CONV(np.ones((5, 5), "f4")), ShapeError, "input must have 4 axes"),
        (
            lambda: CONV.replace(weight=np.ones((6, 4, 3, 3), "f4")),
            ShapeError,
            r"weight must have the shape \(6, 2, 3, 3\), got \(6, 4, 3, 3\)",
        ),
        (
            lambda: CONV.replace(bias=np.ones(5, "f4")),
            ShapeError,
            r"bias must have the shape \(6,\), got \(5,\)",
        ),
        (lambda: CONV.replace(bias=[1.0] * 6), DTypeError, "bias must be an array, got a list"),
        (
            lambda: CONV.replace(bias=np.ones(6)),
            DTypeError,
            "weight is a numpy.ndarray of float32, bias is a numpy.ndarray of float64",
        ),
        (
            lambda: CONV.replace(weight=torch.ones(6, 2, 3, 3)),
            DTypeError,
            "weight is a torch.Tensor of torch.float32, bias is a numpy.ndarray of float32",
        ),
        (lambda: BARE.replace(bias=np.ones(6, "f4")), ShapeError, "has no bias to replace"),
        (lambda: BARE.bias_vjp(np.ones((1, 6, 3, 3), "f4")), UnsupportedError, "has no bias"),
        (lambda: CONV.bias_vjp(np.ones((6, 5, 3, 3), "f4")), ShapeError, "6 channels, got 5"),
        (lambda: CONV.bias_vjp(np.ones((5, 3, 3), "f4")), ShapeError, "6 channels, got 5"),
        (
            lambda: CONV.weight_vjp(np.ones((2, 4, 5, 5), "f4"), np.ones((2, 6, 5, 5), "f4")),
            ShapeError,
            r"y_bar must have the shape \(2, 6, 3, 3\), got \(2, 6, 5, 5\)",
        ),
        (lambda: CONV(torch.ones(2, 4, 5, 5)), DTypeError, "tensors of one device"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_numbers(
    call: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        call()


def test_a_replaced_parameter_leaves_the_layer_as_it_was() -> None:
    before, bias = CONV.bias.copy(), np.zeros(6, np.float32)
    other = CONV.replace(bias=bias)
    assert other.bias is bias
    assert other.weight is CONV.weight
    np.testing.assert_array_equal(CONV.bias, before)


@pytest.mark.parametrize("dtype", [np.int32, np.complex64, "U4", torch.float32, "float99"])
def test_first_values_are_of_a_floating_dtype_of_numpys(dtype: Any) -> None:
    with pytest.raises(DTypeError, match="dtype must be a floating one"):
        nn.Linear(2, 3, dtype=dtype)


def test_a_seed_makes_the_same_first_values() -> None:
    one, other = (nn.Linear(2, 3, rng=7) for _ in range(2))
    assert np.array_equal(one.weight, other.weight)


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Conv1d(1, 2, 1), (2,)), (nn.Linear(2, 3), ()), (nn.Linear(2, 3), (2,))]
)
def test_a_cotangent_of_no_bias_is_refused_with_its_shape(layer: Any, shape: Any) -> None:
    with pytest.raises(ShapeError, match="y_bar must have"):
        layer.bias_vjp(np.ones(shape, np.float32))
