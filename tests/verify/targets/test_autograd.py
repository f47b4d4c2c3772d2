"""Derivatives as autograd gives them: of functions, of ``autograd.Function`` and of modules."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # as everyone writes it
from torch.nn import grad

from convproof.errors import TargetError, UnsupportedError
from convproof.functions import FIRST, Function, roles_of
from convproof.verify.inquiry import inquiry
from convproof.verify.session import Asked
from convproof.verify.targets.autograd import Autograd
from convproof.verify.targets.find import find_target, target_of

gradients: Any = grad  # untyped


class Right(torch.autograd.Function):
    """A convolution whose backward is torch's, and can be differentiated."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any,
                groups: Any) -> Any:  # fmt: skip
        ctx.save_for_backward(x, w)
        ctx.options = stride, padding, dilation, groups
        ctx.biased = b is not None
        return F.conv2d(x, w, b, stride, padding, dilation, groups)

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x, w = ctx.saved_tensors
        x_bar = gradients.conv2d_input(x.shape, w, y_bar, *ctx.options)
        w_bar = gradients.conv2d_weight(x, w.shape, y_bar, *ctx.options)
        b_bar = y_bar.sum((0, 2, 3)) if ctx.biased else None
        return x_bar, w_bar, b_bar, None, None, None, None


class Halved(Right):
    """Right forward, the gradient in ``w`` halved."""

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x_bar, w_bar, *others = Right.backward(ctx, y_bar)
        return x_bar, w_bar / 2, *others


class Once(Right):
    """Right, but not to be differentiated twice."""

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, y_bar: Any) -> Any:
        return Right.backward(ctx, y_bar)


class Detached(Right):
    """A backward that torch does not see through."""

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        with torch.no_grad():
            return Right.backward(ctx, y_bar)


class Stale(Right):
    """A right gradient whose own derivative in ``w`` is halved."""

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x, w = ctx.saved_tensors
        half = (w + w.detach()) / 2
        x_bar = gradients.conv2d_input(x.shape, half, y_bar, *ctx.options)
        _, *others = Right.backward(ctx, y_bar)
        return x_bar, *others


class Entangled(Once):
    """Each gradient depends on what it must not: ``x``, ``w`` and whether there is a bias."""

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x, w = ctx.saved_tensors
        x_bar, w_bar, *others = Once.backward(ctx, y_bar)
        return (x_bar + 3 * x) * (1 + ctx.biased), w_bar + w, *others


class OneTap(Right):
    """The gradient of the bias is right for a kernel of one tap alone."""

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x_bar, w_bar, b_bar, *others = Right.backward(ctx, y_bar)
        _, w = ctx.saved_tensors
        return x_bar, w_bar, b_bar if w[0, 0].numel() == 1 or b_bar is None else 0 * b_bar, *others


class Bare(torch.autograd.Function):
    """A convolution with no options and no bias."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return F.conv2d(x, w)

    @staticmethod
    def backward(ctx: Any, y_bar: Any) -> Any:
        x, w = ctx.saved_tensors
        return (
            gradients.conv2d_input(x.shape, w, y_bar),
            gradients.conv2d_weight(x, w.shape, y_bar),
        )


class Layer(torch.nn.Module):
    """Constructed as ``nn.Conv2d`` is, with neither dilation nor groups."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stride, self.padding = stride, padding
        self.weight = torch.nn.Parameter(torch.rand(out_channels, in_channels, *kernel_size))
        self.bias = torch.nn.Parameter(torch.rand(out_channels)) if bias else None

    def forward(self, x: Any) -> Any:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class Needing(torch.nn.Module):
    """Constructed with what torch's module has not."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, heads: int) -> None:
        super().__init__()
        self.sizes = in_channels, out_channels, kernel_size, heads


def _statuses(found: Any, spec: str = "here", **options: Any) -> dict[str, set[str]]:
    """Return what came of every function that a target offers."""
    asked = Asked(profile="quick", seed=0, arrays="torch", examples=8, **options)
    statuses: dict[str, set[str]] = {}
    with inquiry(spec, asked, live=found) as open_:
        for function, dtype in open_.questions():
            outcomes = open_.answers(function, dtype)
            seen = {str(outcome.status) for outcome in outcomes}
            statuses[function.name] = seen - {"not run", "weak"}
    return statuses


def _all(layer: str) -> set[str]:
    return {Function(layer, role).name for role in roles_of(layer)}


@pytest.mark.parametrize("found", [Right, Layer, torch.nn.Conv2d], ids=lambda f: f.__name__)
def test_right_gradients_hold_to_the_second_order(found: Any) -> None:
    """f, its VJPs, its directional derivative and its double backward."""
    statuses = _statuses(found)
    assert statuses.keys() == _all("conv2d")
    assert set.union(*statuses.values()) == {"pass"}, statuses


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ("conv_transpose1d", _all("conv_transpose1d")),
        ("linear", _all("linear")),
        ("max_pool2d", {"max_pool2d", "max_pool2d_input"}),
        ("softmax", {"softmax", "softmax_input"}),
    ],
)
def test_torchs_functions_hold_by_their_names(layer: str, names: set[str]) -> None:
    statuses = _statuses(None, spec=f"autograd:torch.nn.functional:{layer}", in_process=True)
    assert statuses.keys() == names
    assert set.union(*statuses.values()) == {"pass"}, statuses


def test_a_module_of_functions_is_asked_through_autograd() -> None:
    target = find_target("autograd:torch.nn.functional")
    names = {function.name for function in target.functions}
    assert _all("conv3d") | _all("avg_pool1d") | {"relu_input"} <= names
    namespace: dict[str, Any] = {}
    exec(target.prelude, namespace)
    assert callable(eval(target.expression[Function("conv3d", "weight")], namespace))


def test_a_wrong_gradient_is_refuted_and_the_right_ones_are_not() -> None:
    statuses = _statuses(Halved, only=("conv2d", "conv2d_input", "conv2d_weight"))
    failing = {name for name, found in statuses.items() if "fail" in found}
    assert "conv2d_weight" in failing
    assert not failing & {"conv2d", "conv2d_input"}


@pytest.mark.parametrize(
    ("found", "names"), [(Entangled, {"conv2d_input", "conv2d_weight"}), (OneTap, {"conv2d_bias"})]
)
def test_a_gradient_is_asked_at_data_and_geometries_that_it_could_depend_on(
    found: Any, names: set[str]
) -> None:
    """f_input has no argument x, f_weight no w, and f_bias no geometry: they get some."""
    failing = {name for name, seen in _statuses(found).items() if "fail" in seen}
    first = {Function("conv2d", role).name for role in FIRST}
    assert failing & first == names


def test_a_gradient_that_forgets_the_weights_is_refuted_at_second_order() -> None:
    failing = {name for name, found in _statuses(Stale).items() if "fail" in found}
    assert failing == {"conv2d_second_weight"}


@pytest.mark.parametrize("found", [Once, Detached])
def test_what_is_differentiable_once_has_no_second_order(found: Any) -> None:
    """Unsupported, not failed, and the first order holds."""
    statuses = _statuses(found)
    for name, seen in statuses.items():
        second = "second" in name or "jvp" in name
        assert seen == ({"unsupported"} if second else {"pass"}), name


def test_what_has_no_argument_is_declared_to_be_lacking() -> None:
    target = target_of(Bare, "here")
    assert target.lacks == {"stride", "padding", "dilation", "groups"}
    statuses = _statuses(Bare)
    assert statuses.pop("conv2d_bias") == {"unsupported"}
    assert all("pass" in seen and "fail" not in seen for seen in statuses.values()), statuses
    assert target_of(Layer, "here").lacks == {"dilation", "groups"}
    with pytest.raises(UnsupportedError, match=r"Bare takes no stride, asked for stride=\(2, 1\)"):
        Autograd(Bare).conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 1, 1), None, stride=(2, 1))


def test_a_function_without_arguments_is_asked_without_them_in_every_role() -> None:
    """f(x, w, b) with what it lacks said by the user, and so written in a snippet."""

    def conv1d(x: Any, w: Any, b: Any) -> Any:
        return F.conv1d(x, w, b)

    lacks = {"stride", "padding", "dilation", "groups"}
    target = target_of(conv1d, "autograd:here", root="conv1d", lacks=lacks)
    assert target.lacks == lacks
    here: dict[str, Any] = {"conv1d": conv1d}
    exec(target.prelude, here)
    x, w = torch.ones(1, 2, 3), torch.ones(1, 2, 2)
    y_bar = torch.ones(1, 1, 2)
    options = {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}
    for asked in (SimpleNamespace(**{f.name: c for f, c in target.functions.items()}),
                  here["asked"]):  # fmt: skip
        assert torch.equal(asked.conv1d(x, w, None, **options), F.conv1d(x, w))
        assert torch.equal(asked.conv1d_weight(x, w.shape, y_bar, **options), 2 * w)
        assert torch.equal(asked.conv1d_bias(y_bar), torch.full((1,), 2.0))


def test_a_class_is_the_layer_that_its_base_names() -> None:
    class Mine(torch.nn.ConvTranspose3d):
        """Inherits its name."""

    assert Function("conv_transpose3d") in target_of(Mine, "here").functions
    assert Function("conv1d") in target_of(Right, "here", bare=Function("conv1d")).functions


def test_a_constructor_that_needs_more_is_told() -> None:
    with pytest.raises(TargetError, match="Needing is constructed with heads, which torch's"):
        target_of(Needing, "here")


def test_an_answer_off_the_graph_has_no_gradient() -> None:
    asked = Autograd(lambda x, w, b, **options: F.conv1d(x, w, b, **options).detach(), "conv1d")
    x, w = torch.ones(1, 1, 2), torch.ones(1, 1, 1)
    with pytest.raises(UnsupportedError, match="its answer has no gradient"):
        asked.conv1d_weight(x, (1, 1, 1), x)
    assert torch.equal(asked.conv1d(x, w, None), x)
