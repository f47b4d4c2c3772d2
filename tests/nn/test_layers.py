"""A layer is its function with the parameters filled in, on every kind of array."""

import doctest
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convproof import functional, nn
from convproof.names.arguments import arguments_of
from tests.nn.samples import CLASSES, INDEXED, SAMPLES, UNPOOLING, WEIGHTED, in_integers, integers
from tests.test_public_api import HEAVY, OPTIONAL, _modules_after

FIRST = ("input", "weight", "bias")
KINDS: dict[str, Callable[[np.ndarray], Any]] = {"numpy": np.asarray, "torch": torch.from_numpy}


def _sample(name: str, kind: str) -> tuple[Any, Any, Any]:
    """Return a layer, an input and a cotangent in arrays of a kind."""
    layer, shape = SAMPLES[name]
    made, layer = KINDS[kind], in_integers(layer)
    y_bar = integers(layer.spec.output_shape(shape), 2)
    held = {each: made(array) for each, array in layer.parameters.items()}
    return layer.replace(**held) if held else layer, made(integers(shape)), made(y_bar)


def _options(layer: Any, x: Any) -> dict[str, Any]:
    return arguments_of(layer.spec, tuple(x.shape)) if layer.function != "scaled_tanh" else {}


def _same(kind: str, one: Any, other: Any) -> None:
    assert type(one) is type(other) is (torch.Tensor if kind == "torch" else np.ndarray)
    np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_layer_is_its_function(name: str, kind: str) -> None:
    """layer(x) = f(x, weight, bias, *spec), of a batch and of one image."""
    layer, x, _ = _sample(name, kind)
    function, options = getattr(functional, layer.function), _options(layer, x)
    _same(kind, layer(x), function(x, *layer.parameters.values(), **options))
    if layer.spec.input_axes is not None:
        _same(kind, layer(x[0]), layer(x)[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SAMPLES)
def test_its_gradients_are_those_of_its_function(name: str, kind: str) -> None:
    """x_bar = f_input, w_bar = f_weight, b_bar = f_bias, at the same cotangent."""
    layer, x, y_bar = _sample(name, kind)
    options, arrays = _options(layer, x), layer.parameters
    roles = FIRST if arrays else FIRST[:1]
    vjp = {role: getattr(functional, f"{layer.function}_{role}") for role in roles}
    if not arrays:
        _same(kind, layer.input_vjp(x, y_bar), vjp["input"](x, y_bar, **options))
        return
    size = tuple(layer.weight.shape)
    x_bar = vjp["input"](tuple(x.shape), layer.weight, y_bar, **options)
    _same(kind, layer.input_vjp(x, y_bar), x_bar)
    _same(kind, layer.input_vjp(tuple(x.shape), y_bar), x_bar)
    _same(kind, layer.weight_vjp(x, y_bar), vjp["weight"](x, size, y_bar, **options))
    _same(kind, layer.bias_vjp(y_bar), vjp["bias"](y_bar))
    if layer.spec.input_axes is not None:
        _same(kind, layer.bias_vjp(y_bar[0]), vjp["bias"](y_bar[0]))


@pytest.mark.parametrize("size", [4, 5])
@pytest.mark.parametrize("name", UNPOOLING)
def test_unpooling_takes_the_indices_of_pooling(name: str, size: int) -> None:
    """y[indices] = x, zero elsewhere, and x_bar = y_bar[indices]; the output size may be given."""
    layer, dims = UNPOOLING[name], int(name[-2])
    pool = getattr(nn, f"MaxPool{dims}d")(2, return_indices=True)
    whole = integers((2, 3, *(size,) * dims)) + 9
    x, indices = pool(whole)

    def read(array: np.ndarray) -> np.ndarray:
        rows = np.take_along_axis(array.reshape(6, -1), indices.reshape(6, -1), 1)
        return rows.reshape(x.shape)

    wanted = whole.shape if size == 5 else None
    y = layer(x, indices, wanted)
    assert y.shape == whole.shape
    assert (y != 0).sum() == x.size
    np.testing.assert_array_equal(read(y), x)
    np.testing.assert_array_equal(layer.input_vjp(x, whole, indices, wanted), read(whole))
    np.testing.assert_array_equal(layer(x[0], indices[0], wanted), y[0])


def test_a_loss_takes_scores_and_targets() -> None:
    """``log sum exp(x) - x[target]`` of each, and its derivative, as the functions do."""
    loss = nn.CrossEntropyLoss(reduction="none", ignore_index=1)
    x, target, options = integers((4, 3, 2)), np.arange(8).reshape(4, 2), (1, "none")
    y, y_bar = loss(x, target % 3), integers((4, 2), 1)
    np.testing.assert_array_equal(y, functional.cross_entropy(x, target % 3, *options))
    x_bar = functional.cross_entropy_input(x, y_bar, target % 3, *options)
    np.testing.assert_array_equal(loss.input_vjp(x, y_bar, target % 3), x_bar)


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_tensors_gradients_by_autograd_are_the_layers(name: str) -> None:
    """d<layer(x), y_bar> in x, weight and bias."""
    layer, x, y_bar = _sample(name, "torch")
    arrays = [x.requires_grad_(), *(a.requires_grad_() for a in layer.parameters.values())]
    bars = torch.autograd.grad(layer(x), arrays, y_bar)
    with torch.no_grad():
        ours = (layer.input_vjp(x, y_bar), layer.weight_vjp(x, y_bar), layer.bias_vjp(y_bar))
    for one, other in zip(bars, ours, strict=True):
        _same("torch", one, other)


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_written_makes_the_same_spec(name: str) -> None:
    """eval(repr(layer)) has the layer's spec."""
    layer = INDEXED.get(name) or SAMPLES[name][0]
    again = eval(repr(layer), vars(nn))
    assert type(again) is type(layer)
    assert again.spec == layer.spec


def test_what_is_written_has_every_option() -> None:
    """Asymmetric and named padding, dilation, and switches that are on."""
    for written in (
        "Conv2d(3, 8, kernel_size=(3, 2), padding=((1, 2), 0), dilation=(1, 2), bias=False)",
        "Conv1d(4, 4, kernel_size=(3,), padding='same', groups=4, padding_mode='circular')",
        "MaxPool2d(kernel_size=(2, 2), stride=(1, 1), return_indices=True)",
        "AvgPool1d(kernel_size=(2,), count_include_pad=False, divisor_override=3, dilation=(2,))",
        "AdaptiveAvgPool2d(output_size=(None, 3))",
        "LocalResponseNorm(5, beta=0.5)",
    ):
        assert repr(eval(written, vars(nn))) == written


def test_layers_are_equal_if_their_specs_are_and_their_arrays_are_the_same() -> None:
    one, other = nn.Conv2d(1, 1, 2), nn.Conv2d(1, 1, 2)
    assert one != other
    assert one == other.replace(weight=one.weight, bias=one.bias)
    assert hash(one) == hash(one.replace())
    assert nn.MaxPool2d(2) == nn.MaxPool2d((2, 2))
    assert nn.MaxPool2d(2) != nn.AvgPool2d(2)
    assert len({nn.ReLU(), nn.ReLU(), nn.Tanh()}) == 2


def test_a_layer_is_frozen_and_survives_pickling() -> None:
    conv = nn.Conv2d(2, 3, 2)
    for name in ("weight", "spec", "stride"):
        with pytest.raises(AttributeError, match=f"cannot assign to '{name}'"):
            setattr(conv, name, None)
    with pytest.raises(AttributeError, match="cannot delete 'bias'"):
        del conv.bias
    again = pickle.loads(pickle.dumps(conv))
    np.testing.assert_array_equal(again.weight, conv.weight)
    assert (again.spec, type(again)) == (conv.spec, nn.Conv2d)


def test_the_readmes_lines_are_true() -> None:
    """Every ``>>>`` of the README gives what stands below it."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = readme.replace("```", "")  # a fence would be what is expected
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestParser().get_doctest(lines, {}, "README.md", None, 0))
    assert runner.failures == 0
    assert runner.tries > 4


def test_importing_the_layers_imports_no_optional_or_heavy_package() -> None:
    assert not _modules_after("import convproof.nn") & (OPTIONAL | HEAVY)
