"""The layers on PyTorch's tensors: torch's own numbers, and derivatives of both orders."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import BaseTorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from convproof import functional as F  # noqa: N812  # as torch's is called
from convproof import layers
from convproof.errors import DTypeError, UnsupportedError
from convproof_gpu import tensors, watched
from convproof_gpu.watched import is_transformed, is_watched

torch.set_num_threads(1)
X, W, B = (4, 5, 5), (6, 2, 3, 3), (6,)
CONV: dict[str, Any] = {"stride": 2, "padding": 1, "groups": 2}


def of(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Return a leaf of distinct numbers, none of them near a tie."""
    rng = np.random.default_rng(sum(shape))
    numbers = rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2.1
    return torch.tensor(numbers / 16, dtype=dtype).requires_grad_()


def conv(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> Any:
    return F.conv2d(x, w, b, **CONV)


def conv_transpose(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> Any:
    return F.conv_transpose2d(x, w, b, **CONV, output_padding=1)


def linear(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> Any:
    return F.linear(x, w, b)


BILINEAR = {
    conv: (of(1, 2, 4, 4), of(4, 1, 2, 2), of(4)),
    conv_transpose: (of(1, 2, 3, 2), of(2, 2, 2, 2), of(4)),
    linear: (of(2, 3, 5), of(4, 5), of(4)),
}
LINEAR: list[Callable[[Any], Any]] = [
    lambda x: F.avg_pool2d(x, 2, padding=1),
    lambda x: F.adaptive_avg_pool2d(x, 3),
    lambda x: F.unfold(x, 2, padding=1),
    lambda x: F.fold(F.unfold(x, 2), x.shape[2:], 2),
]
OTHER: list[Callable[[Any], Any]] = [
    lambda x: F.max_pool2d(x, 2),
    lambda x: F.max_pool2d(x, 2, return_indices=True)[0],
    lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=(5, 5)),
    lambda x: F.adaptive_max_pool2d(x, 2),
    F.relu,
    F.tanh,
    lambda x: F.softmax(x, 1),
    lambda x: F.local_response_norm(x, 3),
    lambda x: F.maxout(x, 2),
    lambda x: F.cross_entropy(x, torch.arange(25).reshape(1, 5, 5) % 4),
    lambda x: F.cross_entropy(x, torch.arange(25).reshape(1, 5, 5) % 4, reduction="sum"),
    lambda x: F.cross_entropy(x, torch.arange(25).reshape(1, 5, 5) % 4, reduction="none"),
]


@pytest.mark.parametrize("layer", BILINEAR, ids=lambda layer: layer.__name__)
def test_bilinear_layers_have_torchs_derivatives_of_both_orders(layer: Callable[..., Any]) -> None:
    """``gradcheck`` and ``gradgradcheck``, in every argument."""
    arguments = BILINEAR[layer]
    assert torch.autograd.gradcheck(layer, arguments)
    assert torch.autograd.gradgradcheck(layer, arguments)


@pytest.mark.parametrize("layer", LINEAR)
def test_linear_layers_have_both_derivatives(layer: Callable[..., Any]) -> None:
    assert torch.autograd.gradcheck(layer, (of(1, 2, 4, 4),))
    assert torch.autograd.gradgradcheck(layer, (of(1, 2, 4, 4),))


@pytest.mark.parametrize("layer", OTHER)
def test_every_other_layer_has_its_derivative(layer: Callable[..., Any]) -> None:
    assert torch.autograd.gradcheck(layer, (of(1, *X),))


def test_relu_has_both_derivatives_and_a_gradient_has_a_penalty_through_it() -> None:
    """``d/dw |dy/dx|^2`` of convolutions with ReLU between them, in integers: torch's own."""
    assert torch.autograd.gradgradcheck(F.relu, (of(1, *X),))

    x = torch.tensor([-1.0, 0.0, -0.0, 2.0, np.nan, np.inf]).requires_grad_()
    for relu in (F.relu, torch.nn.functional.relu):
        bar = torch.arange(1.0, 7.0).requires_grad_()
        (x_bar,) = torch.autograd.grad(relu(x), x, bar, create_graph=True)
        of_bar, of_x = torch.autograd.grad(x_bar, (bar, x), torch.ones(6))
        assert of_bar.tolist() == [0, 0, 0, 1, 1, 1]
        assert of_x.tolist() == [0] * 6

    def penalty(names: Any) -> torch.Tensor:
        x, w = (torch.arange(n).double() * 7 % 5 - 2 for n in (50, 16))
        x, w = x.reshape(1, 2, 5, 5).requires_grad_(), w.reshape(2, 2, 2, 2).requires_grad_()
        y = names.conv2d(names.relu(names.conv2d(x, w)), w)
        (x_bar,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
        (w_bar,) = torch.autograd.grad((x_bar**2).sum(), w)
        return w_bar

    ours = penalty(F)
    assert torch.equal(ours, penalty(torch.nn.functional))
    assert ours.abs().max() > 0


def test_a_derivative_that_is_not_there_is_refused_and_never_zero() -> None:
    x = of(1, *X)
    (x_bar,) = torch.autograd.grad(F.tanh(x).sum(), x, create_graph=True)
    with pytest.raises(UnsupportedError, match="Tanh has no second derivative here"):
        x_bar.sum().backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_tensor_gives_a_tensor_of_its_kind(dtype: torch.dtype) -> None:
    """Equal to torch's in small integers."""
    x = torch.arange(-8, 8).reshape(1, 1, 4, 4).to(dtype)
    w = torch.tensor([[[[1, -2], [3, 1]]]]).to(dtype)
    found = F.conv2d(x, w, padding=1)
    assert found.dtype == dtype
    exact = torch.nn.functional.conv2d(x.double(), w.double(), padding=1)
    assert torch.equal(found.double(), exact)


def test_the_operators_keep_torchs_rules() -> None:
    """``opcheck``: schema, autograd registration, fake tensors, dispatch under compilation."""
    layer = layers.Conv(
        in_channels=4, out_channels=6, kernel_size=(3, 3), stride=(2, 1), padding=((1, 1), (0, 0)),
        dilation=(1, 1), groups=2,
    )  # fmt: skip
    x, w, b = of(2, *X), of(*W), of(6)
    word = tensors._word(layer)
    y = F.conv2d(x, w, b, stride=(2, 1), padding=(1, 0), groups=2).detach().requires_grad_()
    maxima = layers.MaxPool(
        kernel_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1),
        return_indices=True,
    )  # fmt: skip
    pool = tensors._word(maxima)
    bias = tensors._word(layers.Bias(channels=6))
    loss = tensors._word(layers.CrossEntropy())
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (tensors._forward, (word, x, [w, b])),
        (tensors._forward, (loss, of(2, 3), [torch.tensor([0, 2])])),
        (tensors._argmax, (pool, x, [])),
        (tensors._input_vjp, (word, list(x.shape), None, y, [w])),
        (tensors._weight_vjp, (word, x, y)),
        (tensors._bias_vjp, (bias, y)),
    ]
    for operator, arguments in calls:
        verdicts = torch.library.opcheck(operator, arguments)
        assert set(verdicts.values()) == {"SUCCESS"}


def test_nothing_shares_memory_with_what_was_given() -> None:
    """An operator's answer is its own, also where a layer copies."""
    x = torch.arange(4.0).reshape(1, 1, 4)
    y = F.max_pool1d(x, 1)
    y += 1
    assert x.flatten().tolist() == [0, 1, 2, 3]


IMAGES, WEIGHT, BAR = torch.ones(1, 2, 5, 5), torch.ones(6, 2, 3, 3), torch.ones(1, 6, 3, 3)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    "call",
    [
        lambda: F.conv2d(IMAGES, WEIGHT.numpy()),
        lambda: F.conv2d(IMAGES.numpy(), WEIGHT),
        lambda: F.conv2d(IMAGES, WEIGHT, np.ones(6)),
        lambda: F.conv2d_input(IMAGES.shape, WEIGHT, BAR.numpy()),
        lambda: F.conv2d_input(IMAGES.shape, WEIGHT.numpy(), BAR),
        lambda: F.conv2d_weight(IMAGES, WEIGHT.shape, BAR.numpy()),
        lambda: F.max_pool2d_input(IMAGES, np.ones((1, 2, 2, 2)), 2),
    ],
)
def test_a_tensor_beside_an_array_is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(DTypeError, match=r"ndarray|Tensor"):
        call()


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")  # torch's own, on its way
def test_a_tangent_of_forward_mode_is_refused_not_dropped() -> None:
    x, w = of(1, 2, 4, 4).detach(), of(4, 2, 2, 2).detach()
    for call in (
        lambda: torch.func.jvp(F.relu, (x,), (x,)),
        lambda: torch.func.jvp(lambda q: F.conv2d(x, q), (w,), (w,)),
        lambda: torch.func.jacfwd(F.relu)(x),
    ):
        with pytest.raises(UnsupportedError, match="no forward-mode derivatives"):
            call()


def _sum(x: torch.Tensor) -> torch.Tensor:
    y: torch.Tensor = F.conv2d(x, WEIGHT).sum()
    return y


@pytest.mark.parametrize("transform", ["grad", "jacrev", "vmap"])
def test_a_transform_of_torch_func_is_refused_in_our_words(transform: str) -> None:
    with pytest.raises(UnsupportedError, match=r"torch\.autograd\.grad"):
        getattr(torch.func, transform)(_sum)(IMAGES)


def test_what_a_transform_does_not_look_at_is_computed() -> None:
    """``d/da a sum conv(x, w) = sum conv(x, w)``."""
    assert torch.func.grad(lambda a: a * _sum(IMAGES))(torch.ones(())) == _sum(IMAGES)


def test_a_compiled_graph_is_not_asked_for_transforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The questions would break it."""
    monkeypatch.setattr(watched, "_is_mapped", lambda _: True)
    assert torch.func.grad(lambda x: x.sum() * is_transformed(x))(PLAIN).any()
    monkeypatch.setattr(watched, "_is_compiling", lambda: True)
    assert not torch.func.grad(lambda x: x.sum() * is_transformed(x))(PLAIN).any()


def test_a_sparse_tensor_is_refused() -> None:
    with pytest.raises(DTypeError, match="dense tensors, got one of torch"):
        F.relu(torch.eye(3).to_sparse())


def test_a_tensor_without_memory_has_the_shape_of_the_answer() -> None:
    y = F.conv2d(IMAGES.to("meta"), WEIGHT.to("meta"))
    assert y.is_meta
    assert y.shape == F.conv2d(IMAGES, WEIGHT).shape


def test_a_tensor_of_another_class_is_a_tensor_and_the_answer_is_of_that_class() -> None:
    """As in torch, whichever module the class stands in."""
    x, calls = IMAGES, (F.relu, lambda x: F.conv2d(x, WEIGHT))
    call: Any
    for call in calls:
        y = call(x.as_subclass(Labelled))
        assert type(y) is Labelled
        assert torch.equal(y.as_subclass(torch.Tensor), call(x))


def test_tensors_overflow_silently() -> None:
    """As in torch; a warning is an error here."""
    x = torch.tensor([[[torch.inf]], [[1e30]]])
    assert F.softmax(x, 0).isnan().any()
    assert F.local_response_norm(x[None], 1).isnan().any()


@pytest.mark.parametrize("index", [torch.tensor([[[1.7]]]), torch.tensor([[[True]]])])
def test_indices_that_are_no_integers_are_refused(index: torch.Tensor) -> None:
    with pytest.raises(DTypeError, match="indices must be integers"):
        F.max_unpool1d(torch.ones(1, 1, 1), index, 2)


def test_a_layer_that_another_process_has_named_is_said_to_be_unknown() -> None:
    with pytest.raises(UnsupportedError, match="was saved by another process"):
        tensors._layer("Conv(in_channels=3)")


PLAIN = torch.ones(1, 2, 4, 4)


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that every call of an operator's implementation is noted in."""
    asked: list[str] = []
    through = tensors._asked

    def noted(verb: str, *given: Any) -> Any:
        asked.append(verb)
        return through(verb, *given)

    monkeypatch.setattr(tensors, "_asked", noted)
    return asked


def test_what_nothing_looks_on_takes_no_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, and none with a history."""
    asked, w = _asked(monkeypatch), torch.nn.Parameter(torch.ones(3, 2, 2, 2))
    wanted = F.conv2d(PLAIN, w)
    assert asked == ["forward"]
    with torch.no_grad():
        y = F.conv2d(PLAIN, w)
        F.conv2d_input(PLAIN.shape, w, y)
        F.conv2d_weight(PLAIN, w.shape, y)
        F.conv2d_bias(y)
    assert asked == ["forward"]
    assert torch.equal(y, wanted)
    assert not y.requires_grad


def test_what_something_looks_on_goes_through_its_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a wanted gradient, a sign that is not in memory yet, a mode and a trace do."""
    asked = _asked(monkeypatch)
    trace: Any = make_fx
    calls: list[Callable[[], Any]] = [
        lambda: F.relu(PLAIN.clone().requires_grad_()),
        lambda: F.relu(torch._neg_view(PLAIN)),
        lambda: _within(MODES[0](), lambda: F.relu(PLAIN)),
        lambda: _within(MODES[1](), lambda: F.relu(PLAIN)),
        lambda: trace(F.relu)(PLAIN),
    ]
    for number, call in enumerate(calls):
        call()
        assert asked == ["forward"] * (number + 1)


def test_subclasses_and_transformations_look_on() -> None:
    """A tensor of another class computes in its own way, one of ``torch.func`` has no memory."""
    seen: list[bool] = []

    def look(x: torch.Tensor) -> torch.Tensor:
        seen.append(is_watched((x,)))
        return x.sum()

    torch.func.grad(look)(PLAIN)
    torch.func.vmap(look)(PLAIN)
    with torch.autograd.forward_ad.dual_level():
        look(PLAIN)
    look(PLAIN.as_subclass(Labelled))
    assert seen == [True] * 4
    assert not is_watched((PLAIN, PLAIN))
    assert is_watched((PLAIN, PLAIN.to("meta")))
    assert is_watched((PLAIN, PLAIN.numpy()))
    assert is_watched((PLAIN.to_sparse(),))


class Labelled(torch.Tensor):
    """A tensor of a class of its own."""


class Dispatched(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A mode that changes nothing."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


MODES: list[Any] = [Dispatched, BaseTorchFunctionMode]


def _within(mode: Any, call: Callable[[], Any]) -> Any:
    with mode:
        return call()
