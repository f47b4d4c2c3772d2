"""The functional names: torch's order and defaults, batches left out, clear refusals."""

import inspect
from typing import Any

import numpy as np
import pytest
import torch

from convproof import functional, get_implementation
from convproof.errors import DTypeError, GeometryError, ShapeError, TargetError, UnsupportedError

TORCH_ORDER = {
    "conv2d": "input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1",
    "conv_transpose2d": "input, weight, bias=None, stride=1, padding=0, output_padding=0, "
    "groups=1, dilation=1",
    "max_pool2d": "input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, "
    "return_indices=False",
    "avg_pool2d": "input, kernel_size, stride=None, padding=0, ceil_mode=False, "
    "count_include_pad=True, divisor_override=None",
    "adaptive_max_pool1d": "input, output_size, return_indices=False",
    "adaptive_avg_pool3d": "input, output_size",
    "max_unpool2d": "input, indices, kernel_size, stride=None, padding=0, output_size=None",
    "unfold": "input, kernel_size, dilation=1, padding=0, stride=1",
    "fold": "input, output_size, kernel_size, dilation=1, padding=0, stride=1",
    "linear": "input, weight, bias=None",
    "local_response_norm": "input, size, alpha=0.0001, beta=0.75, k=1.0",
    "softmax": "input, dim=None",
    "cross_entropy": "input, target, ignore_index=-100, reduction='mean'",
    "cross_entropy_input": "x, y_bar, target, ignore_index=-100, reduction='mean'",
    "conv2d_input": "input_size, weight, y_bar, stride=1, padding=0, dilation=1, groups=1",
    "conv2d_weight": "x, weight_size, y_bar, stride=1, padding=0, dilation=1, groups=1",
    "conv2d_bias": "y_bar",
    "max_pool2d_input": "x, y_bar, kernel_size, stride=None, padding=0, dilation=1, "
    "ceil_mode=False, return_indices=False",
    "softmax_input": "x, y_bar, dim=None",
    "relu": "input, inplace=False",
    "max_unpool2d_input": "x, y_bar, indices, kernel_size, stride=None, padding=0, "
    "output_size=None",
    "maxout_input": "x, y_bar, pool_size",
    "maxout": "input, pool_size",
    "convolve": "x, h, mode='full'",
}


@pytest.mark.parametrize(("name", "order"), TORCH_ORDER.items())
def test_arguments_stand_in_torchs_order_with_torchs_defaults(name: str, order: str) -> None:
    parameters = inspect.signature(getattr(functional, name)).parameters.values()
    written = [
        p.name if p.default is inspect.Parameter.empty else f"{p.name}={p.default!r}"
        for p in parameters
        if p.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert ", ".join(written) == order


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose1d", "max_pool3d", "linear"])
def test_torch_itself_takes_the_same_keywords(name: str) -> None:
    """Every argument of ours is spelled as torch spells it, but those that torch does not have."""
    doc = getattr(torch.nn.functional, name).__doc__
    ours = inspect.signature(getattr(functional, name)).parameters
    own = ("padding_mode", "return_indices", "precision")
    torchs = [word for word in ours if word not in own]
    assert all(word in doc for word in torchs)


X = np.ones((2, 4, 5, 5), np.float32)
W = np.ones((6, 2, 3, 3), np.float32)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: functional.conv2d(X, W), ShapeError, "reads in_channels=2.*has 4"),
        (lambda: functional.conv2d(X, W, groups=3), ShapeError, "reads in_channels=6"),
        (lambda: functional.conv2d(X, W, groups=4), GeometryError, "6 mod 4 = 2"),
        (lambda: functional.conv2d(X, W, groups=0), GeometryError, "groups must be at least 1"),
        (lambda: functional.conv2d(X, W[0], groups=2), ShapeError, "weight has 4 axes"),
        (lambda: functional.conv2d(X[0, 0], W, groups=2), ShapeError, "input must have 4 axes"),
        (
            lambda: functional.conv2d(X, W, np.ones(5, np.float32), groups=2),
            ShapeError,
            r"bias must have the shape \(6,\), got \(5,\)",
        ),
        (lambda: functional.conv2d(X, W, padding="full", groups=2), GeometryError, "one of"),
        (
            lambda: functional.conv2d(X, W, stride=2, padding="same", groups=2),
            GeometryError,
            "tensorflow_same",
        ),
        (lambda: functional.conv2d(X.tolist(), W, groups=2), DTypeError, "got a list"),
        (
            lambda: functional.conv2d(torch.ones(2, 4, 5, 5), W, groups=2),
            DTypeError,
            "torch.Tensor",
        ),
        (
            lambda: functional.conv2d(X, W.astype(np.float64), groups=2),
            DTypeError,
            "x is float32, w is float64",
        ),
        (
            lambda: functional.conv2d(X.astype(complex), W.astype(complex), groups=2),
            DTypeError,
            "complex128 are not supported",
        ),
        (
            lambda: functional.conv2d_input((2, 4, 5, 5), W, X, groups=2),
            ShapeError,
            r"y_bar must have the shape \(2, 6, 3, 3\), got \(2, 4, 5, 5\)",
        ),
        (lambda: functional.conv2d_input(5, W, X), ShapeError, "input_size must be a sequence"),
        (
            lambda: functional.max_unpool2d(X, X[:1].astype(int), 2),
            ShapeError,
            "indices must have the shape",
        ),
        (lambda: functional.max_unpool2d(X, X, 2), DTypeError, "indices must be integers"),
        (
            lambda: functional.max_unpool2d(X, X.astype(int), 2, padding="same"),
            GeometryError,
            "padding='same' names none",
        ),
        (
            lambda: functional.max_unpool2d(X, X.astype(int), 2, output_size=(6,)),
            GeometryError,
            r"one entry per axis, 2.*got \(6,\)",
        ),
        (
            lambda: functional.conv2d_input((2, 4, 6.5, 5), W, X, groups=2),
            ShapeError,
            "must be a sequence of integers",
        ),
        (lambda: functional.relu(X, inplace=True), UnsupportedError, "would modify its input"),
        (
            lambda: functional.conv2d(X, W, strid=2),
            TypeError,
            r"^conv2d\(\) got an unexpected keyword argument 'strid'$",
        ),
        (lambda: functional.relu(X, False, 3), TypeError, r"^relu\(\) too many positional"),
        (
            lambda: functional.max_pool1d(X[0, :, 0, :2], 2, padding=1, dilation=3),
            GeometryError,
            "Use a dilation <= 2",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_numbers(
    call: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stride": (1, 2, 3)}, "3 entries for 2 axes"),
        ({"dilation": 0}, "dilation must be at least 1"),
        ({"padding": -1}, "padding_low must be at least 0"),
        ({"padding_mode": "reflect"}, "'zeros' or 'circular'"),
        ({"stride": 1.5}, "stride must be an integer"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        functional.conv2d(X, W, groups=2, **options)


@pytest.mark.usefixtures("untyped")
def test_per_axis_arguments_may_be_numpy_arrays() -> None:
    y = functional.conv2d(X, W, stride=np.array([1, 2]), padding=np.array([1, 0]), groups=2)
    assert y.shape == (2, 6, 5, 2)


def test_an_unknown_implementation_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        TargetError, match=r"'nope'; installed are: .*numpy, .*reference, .*symbolic"
    ):
        get_implementation("nope")


def test_an_implementation_says_what_it_lacks() -> None:
    """scipy has no maxout, and the derivation no pooling."""
    with pytest.raises(UnsupportedError, match="axout"):
        get_implementation("scipy").maxout(X, 2)
    with pytest.raises(UnsupportedError, match="has no forward for MaxPool"):
        get_implementation("symbolic").max_pool2d(X, 2)
    with pytest.raises(AttributeError, match=r"'forward'\. The verbs of specs are those of"):
        get_implementation("numpy").forward  # noqa: B018
    with pytest.raises(AttributeError, match="has no function 'conv4d'"):
        get_implementation("numpy").conv4d  # noqa: B018


def test_a_precision_by_the_name_of_its_dtype_is_refused_with_ours() -> None:
    with pytest.raises(UnsupportedError, match="float16 is called 'f16' here"):
        get_implementation("numpy").conv1d(X, X, precision="float16")


@pytest.mark.parametrize("name", ["numpy", "reference", "symbolic", "torch"])
def test_every_implementation_has_the_same_functions(name: str) -> None:
    """One answer, four implementations: [1 2 3] correlated with [1 -1] padded by 1."""
    implementation = get_implementation(name)
    x, w = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, -1.0]]])
    assert implementation.conv1d(x, w, padding=1).tolist() == [[[-1.0, -1.0, -1.0, 3.0]]]
    assert {f for f in dir(functional) if f.startswith("conv")} <= set(vars(implementation))


def test_the_torch_implementation_answers_tensors_with_tensors() -> None:
    x = torch.ones(1, 1, 3)
    assert isinstance(get_implementation("torch").conv1d(x, torch.ones(1, 1, 2)), torch.Tensor)
