r"""A differentiable torch function asked for its derivatives, as autograd gives them.

With ``y = f(x, w, b)`` and ``x_bar, w_bar = autograd.grad(y, (x, w), y_bar)``::

    f_input, f_weight, f_bias   x_bar, w_bar, b_bar
    f_second_*                  autograd.grad((x_bar, w_bar), (y_bar | x | w), (u, v))
    f_jvp                       forward-mode derivative; where f has none, f_second_output

``f`` is a torch function, a subclass of ``torch.autograd.Function`` (called by its ``apply``), or
a subclass of ``torch.nn.Module`` that is constructed as ``torch.nn.Conv2d`` is. A derivative that
autograd does not have is unsupported.

A VJP is called without the array that it must not depend on: here it gets small integers, and a
bias in some calls, so that a backward that depends on them is found. ``f_bias`` knows no geometry:
it is asked in one of several that answer in the shape of ``y_bar``, which the shape decides.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol, runtime_checkable

import torch

from convproof.errors import UnsupportedError
from convproof.functions import Function, Role, roles_of
from convproof.names.arguments import argument_names
from convproof.verify.targets.alike import refuse_unlike
from convproof.verify.targets.omitted import KEYWORDS, omitted, refuse_all, without

Tensor = torch.Tensor
Arrays = tuple[Tensor | None, ...]
_WORDS = {keyword: word for word, keyword in KEYWORDS.items()}


def lacked(arguments: frozenset[str]) -> frozenset[str]:
    """Return the words by which a target declares to have no such arguments."""
    return frozenset(_WORDS[name] for name in arguments if name in _WORDS)


@runtime_checkable  # for the type checks that tests have
class Evaluate(Protocol):
    """Computes ``y`` and names the leaves of the graph that it hangs on, one per array."""

    def __call__(self, arrays: Arrays, options: Mapping[str, Any], *, grad: bool) -> Any:
        """Return ``(y, leaves)``; where ``grad`` is false, no leaf is needed."""


class Autograd:
    """The functions of a layer by their names, of what one differentiable ``evaluate`` answers.

    Args:
        found: a torch function, an ``autograd.Function`` or an ``nn.Module`` class, or several
            functions by the names of their layers.
        layer: functional name of the layer that it is, if it is one.
        lacks: words of what functions are not passed.

    Attributes:
        missing: words of what its signature has no argument for.

    Example:
        >>> target = Autograd(torch.nn.functional.conv1d, "conv1d")
        >>> x, w = torch.ones(1, 1, 3), torch.ones(1, 1, 2)
        >>> target.conv1d_weight(x, (1, 1, 2), torch.ones(1, 1, 2))
        tensor([[[2., 2.]]])
    """

    def __init__(self, found: Any, layer: str = "conv2d", lacks: Collection[str] = ()) -> None:
        several = found if isinstance(found, Mapping) else {layer: found}
        self.missing: frozenset[str] = frozenset()
        for name, call in several.items():
            evaluate, missing = evaluated(call, name, lacks)
            self.missing |= missing
            vars(self).update(derivatives(name, evaluate, forward_mode=not _is_module(call)))

    def __getattr__(self, name: str) -> Any:
        msg = f"there is no function {name!r}"
        raise AttributeError(msg)


def evaluated(
    call: Any, layer: str, lacks: Collection[str] = ()
) -> tuple[Evaluate, frozenset[str]]:
    """Return how a function or class is evaluated, and the words of what it has no argument for."""
    missing: frozenset[str] = frozenset()
    if _is_module(call):
        from convproof.verify.targets.modules import constructed

        construct, missing = constructed(call, layer)
        return _of_alike(construct, layer, lacks), missing
    if inspect.isclass(call) and issubclass(call, torch.autograd.Function):
        call, missing = _applied(call, layer)
    else:
        call = without(call, omitted(Function(layer), call, lacks), layer)

    indices = len(Function(layer).indices)  # the last arrays: they have no gradients

    def evaluate(arrays: Arrays, options: Mapping[str, Any], *, grad: bool) -> Any:
        count = len(arrays) - indices
        leaves = tuple(_leaf(array) for array in arrays[:count]) if grad else arrays[:count]
        return call(*leaves, *arrays[count:], **options), leaves

    return _of_alike(evaluate, layer, lacks), missing


def _of_alike(evaluate: Evaluate, layer: str, lacks: Collection[str]) -> Evaluate:
    """Return an ``evaluate`` that refuses what is not asked, in geometries chosen here as well."""

    def alike(arrays: Arrays, options: Mapping[str, Any], *, grad: bool) -> Any:
        refuse_unlike(Function(layer), lacks, arrays, options)
        return evaluate(arrays, options, grad=grad)

    return alike


def _is_module(call: Any) -> bool:
    return inspect.isclass(call) and issubclass(call, torch.nn.Module)


def _leaf(array: Tensor | None) -> Tensor | None:
    if array is None:
        return None
    if not array.dtype.is_floating_point:
        msg = f"autograd has no gradients of {array.dtype}."
        raise UnsupportedError(msg)
    return array.detach().requires_grad_()


def _applied(
    kind: type[torch.autograd.Function], layer: str
) -> tuple[Callable[..., Any], frozenset[str]]:
    """Return ``apply`` with options as keywords, of which it takes none itself."""
    known, missing = argument_names(layer), frozenset[str]()
    apply: Any = kind.apply
    parameters = _given_to(kind)
    if parameters is None:
        return (lambda *arrays, **options: apply(*arrays, *options.values())), missing
    words = [p.name for p in parameters]
    if not set(words) & set(known) and len(words) == _array_count(layer) + len(known):
        words = [*words[: _array_count(layer)], *known]  # all there, under other names
    missing = frozenset(known) - set(words)

    def call(*arrays: Any, **options: Any) -> Any:
        refuse_all(kind.__name__, missing, options)
        given = iter(arrays)
        filled = [options[word] if word in options else next(given, None) for word in words]
        if any(array is not None for array in given):
            msg = f"{kind.__name__} takes no bias."
            raise UnsupportedError(msg)
        return apply(*filled)

    return call, lacked(missing)


def _given_to(kind: type[torch.autograd.Function]) -> list[inspect.Parameter] | None:
    """Return the parameters of ``forward`` without ``ctx``; None if it takes whatever comes."""
    parameters = [*inspect.signature(kind.forward).parameters.values()]
    if kind.setup_context is torch.autograd.Function.setup_context:
        parameters = parameters[1:]
    return None if any(p.kind is p.VAR_POSITIONAL for p in parameters) else parameters


def _array_count(layer: str) -> int:
    function = Function(layer)
    return 3 if function.family == "bilinear" else 1 + len(function.indices)


def derivatives(
    layer: str, evaluate: Evaluate, *, forward_mode: bool
) -> dict[str, Callable[..., Any]]:
    """Return the functions of a layer by their functional names.

    Args:
        layer: its functional name.
        evaluate: how it is computed.
        forward_mode: whether tangents can be sent through it: a module is given weights anew,
            which then have none.
    """
    if Function(layer).family == "bilinear":
        made = {**_bilinear(layer, evaluate), **_second(evaluate, forward_mode=forward_mode)}
    else:
        made = _plain(evaluate)
    return {Function(layer, role).name: made[role] for role in roles_of(layer)}


def _plain(evaluate: Evaluate) -> dict[Role, Callable[..., Any]]:
    def forward(x: Tensor, *indices: Tensor, **options: Any) -> Tensor:
        return _detached(evaluate((x, *indices), options, grad=False)[0])

    def input_vjp(x: Tensor, y_bar: Tensor, *indices: Tensor, **options: Any) -> Tensor:
        y, leaves = evaluate((x, *indices), options, grad=True)
        return _gradient((y,), leaves[0], (y_bar,), "x")

    return {"forward": forward, "input": input_vjp}


def _bilinear(layer: str, evaluate: Evaluate) -> dict[Role, Callable[..., Any]]:
    def forward(x: Tensor, w: Tensor, b: Tensor | None, **options: Any) -> Tensor:
        return _detached(evaluate((x, w, b), options, grad=False)[0])

    def input_vjp(input_size: Any, w: Tensor, y_bar: Tensor, **options: Any) -> Tensor:
        y, leaves = evaluated_at((_some(input_size, y_bar), w), y_bar, options)
        return _gradient((y,), leaves[0], (y_bar,), "x")

    def weight_vjp(x: Tensor, weight_size: Any, y_bar: Tensor, **options: Any) -> Tensor:
        y, leaves = evaluated_at((x, _some(weight_size, y_bar)), y_bar, options)
        return _gradient((y,), leaves[1], (y_bar,), "w")

    def bias_vjp(y_bar: Tensor) -> Tensor:
        refusal: Exception
        for shapes, options in geometries_answering(layer, tuple(y_bar.shape)):
            arrays = tuple(_some(shape, y_bar) for shape in shapes)
            try:
                y, leaves = evaluate(arrays, options, grad=True)
                return _gradient((y,), leaves[2], (y_bar,), "b")
            except Exception as error:  # the rich geometry may be one that it does not offer
                refusal = error
        raise refusal

    def evaluated_at(given: Arrays, y_bar: Tensor, options: Mapping[str, Any]) -> Any:
        """Evaluate, in every other shape with a bias, unless it takes none."""
        units = y_bar.shape[-1 if layer == "linear" else 1]
        if sum(y_bar.shape) % 2:
            with suppress(UnsupportedError):
                return evaluate((*given, _some((units,), y_bar)), options, grad=True)
        return evaluate((*given, None), options, grad=True)

    return {"forward": forward, "input": input_vjp, "weight": weight_vjp, "bias": bias_vjp}


def _second(evaluate: Evaluate, *, forward_mode: bool) -> dict[Role, Callable[..., Any]]:
    def in_leaf(which: int, name: str) -> Callable[..., Tensor]:
        def second(
            x: Tensor, w: Tensor, y_bar: Tensor, u: Tensor, v: Tensor, **options: Any
        ) -> Tensor:
            y, (x_, w_, _) = evaluate((x, w, None), options, grad=True)
            cotangent = y_bar.detach().requires_grad_()
            with _twice():
                first = torch.autograd.grad(
                    _differentiable(y), (x_, w_), cotangent, create_graph=True, allow_unused=True
                )
                pairs = [(g, d) for g, d in zip(first, (u, v), strict=True) if _tracked(g)]
                if not pairs:
                    msg = "its backward is not differentiable."
                    raise UnsupportedError(msg)
                outputs, directions = zip(*pairs, strict=True)
                at = (cotangent, x_, w_)[which]
                return _gradient(outputs, at, directions, name)

        return second

    output = in_leaf(0, "y_bar")

    def jvp(x: Tensor, w: Tensor, x_dot: Tensor, w_dot: Tensor, **options: Any) -> Tensor:
        tangent = _tangent(evaluate, (x, w), (x_dot, w_dot), options) if forward_mode else None
        if tangent is not None:
            return _detached(tangent)
        y = evaluate((x, w, None), options, grad=False)[0]
        return output(x, w, torch.zeros_like(y), x_dot, w_dot, **options)

    return {
        "jvp": jvp,
        "second_output": output,
        "second_input": in_leaf(1, "x"),
        "second_weight": in_leaf(2, "w"),
    }


def _tangent(
    evaluate: Evaluate,
    at: tuple[Tensor, Tensor],
    directions: tuple[Tensor, Tensor],
    options: Mapping[str, Any],
) -> Tensor | None:
    """Return the forward-mode derivative, or None if there is none."""
    forward_ad: Any = torch.autograd.forward_ad
    try:
        with forward_ad.dual_level():
            duals = map(forward_ad.make_dual, at, directions)
            y, _ = evaluate((*duals, None), options, grad=False)
            tangent: Tensor | None = forward_ad.unpack_dual(y).tangent
            return tangent
    except UnsupportedError:
        raise
    except RuntimeError as error:
        if "forward" not in str(error).lower():
            raise
        return None


@contextmanager
def _twice() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, UnsupportedError) or "once_differentiable" not in str(error):
            raise
        msg = "its backward is marked as differentiable once."
        raise UnsupportedError(msg) from None


def _tracked(gradient: Tensor | None) -> bool:
    return gradient is not None and gradient.requires_grad


def _differentiable(y: Any) -> Any:
    if isinstance(y, Tensor) and not y.requires_grad:
        msg = "its answer has no gradient: autograd does not know how it was computed."
        raise UnsupportedError(msg)
    return y


def _gradient(
    outputs: tuple[Any, ...], at: Tensor, cotangents: tuple[Tensor, ...], name: str
) -> Tensor:
    for y in outputs:
        _differentiable(y)
    (gradient,) = torch.autograd.grad(outputs, at, cotangents, allow_unused=True)
    if gradient is None:
        msg = f"autograd has no gradient of it in {name}."
        raise UnsupportedError(msg)
    return _detached(gradient)


def _detached(y: Any) -> Tensor:
    """Return the answer off its graph; what is no tensor is judged as it is."""
    return y.detach() if isinstance(y, Tensor) else y


def _some(shape: Any, like: Tensor) -> Tensor:
    """Return small integers, none of them zero, that only the shape decides."""
    count = like.new_ones(tuple(shape)).cumsum(-1) if shape else like.new_ones(())
    return (count * 3 % 5 + 1).to(like.dtype)


def geometries_answering(
    layer: str, y_shape: tuple[int, ...]
) -> Iterator[tuple[tuple[tuple[int, ...], ...], dict[str, Any]]]:
    """Yield shapes of ``x``, ``w`` and ``b``, with options, that answer in a shape.

    First a geometry with taps, strides, dilation and groups, as the shape decides; then, for a
    layer that offers less, as many taps on each axis, and one tap.
    """
    if layer == "linear":
        features = 1 + sum(y_shape) % 4
        yield ((*y_shape[:-1], features), (y_shape[-1], features), (y_shape[-1],)), {}
        return
    batch, units, *sizes = y_shape
    turn = sum(y_shape)
    transposed = Function(layer).stem == "conv_transpose"
    for rich, alike in ((True, False), (True, True), (False, True)):
        step, spread = (1 + turn % 2, 1 + turn // 2 % 2) if rich else (1, 1)
        groups = 2 if rich and units % 2 == 0 else 1
        most = [max((n - 1) // spread + 1, 1) if transposed else 3 for n in sizes]
        taps = [min(1 + (turn + axis) % 3, top) if rich else 1 for axis, top in enumerate(most)]
        taps = [min(taps)] * len(taps) if alike else taps
        beyond = [spread * (r - 1) for r in taps]
        rest = [n - 1 - b for n, b in zip(sizes, beyond, strict=True)]
        if transposed:
            images = [n // step + 1 for n in rest]
            weight = (groups, units // groups, *taps)
        else:
            images = [(n - 1) * step + b + 1 for n, b in zip(sizes, beyond, strict=True)]
            weight = (units, 1, *taps)
        values = {
            "stride": (step,) * len(sizes),
            "padding": (0,) * len(sizes),
            "output_padding": tuple(n % step for n in rest),
            "dilation": (spread,) * len(sizes),
            "groups": groups,
        }
        options = {word: values[word] for word in argument_names(layer)}
        yield ((batch, groups, *images), weight, (units,)), options
