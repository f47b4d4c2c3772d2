"""A ``torch.nn.Module`` class that is constructed as torch's own layers are, once per call.

``Module(in_channels, out_channels, kernel_size, stride, ...)(x)`` with the case's parameters
``weight`` and ``bias``. What its constructor has no argument for is unsupported.
"""

import inspect
from collections.abc import Collection, Mapping
from typing import Any

import torch

from convproof.errors import TargetError, UnsupportedError
from convproof.functions import Function
from convproof.names.arguments import argument_names
from convproof.verify.targets.autograd import Arrays, Evaluate, lacked
from convproof.verify.targets.omitted import refuse_all

Tensor = torch.Tensor


def sizes_of(layer: str, arrays: Arrays, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the constructor of torch's module is told of the weights.

    Args:
        layer: functional name of the layer.
        arrays: ``x``, and ``w`` and ``b`` of a layer that has them.
        options: of the call.
    """
    function = Function(layer)
    if function.family != "bilinear":
        return {}
    _, w, b = arrays
    assert w is not None
    bias, groups = b is not None, options.get("groups", 1)
    first, second = w.shape[:2]
    if layer == "linear":
        return {"in_features": second, "out_features": first, "bias": bias}
    channels = (first, second * groups) if function.stem == "conv_transpose" else (
        second * groups, first,
    )  # fmt: skip
    return {
        "in_channels": channels[0],
        "out_channels": channels[1],
        "kernel_size": tuple(w.shape[2:]),
        "bias": bias,
    }


def names_of(layer: str) -> tuple[str, ...]:
    """Return the arguments that the constructor of torch's module may have, by the layer's name."""
    if layer == "linear":
        return ("in_features", "out_features", "bias")
    weights = ("in_channels", "out_channels", "kernel_size", "bias")
    first = weights if Function(layer).family == "bilinear" else ()
    extra = ("divisor_override",) if Function(layer).stem == "avg_pool" else ()
    return (*first, *argument_names(layer), *extra)


def parameters_of(kind: type, layer: str) -> frozenset[str]:
    """Return the names of torch that a constructor has arguments for.

    Raises:
        TargetError: if it needs an argument that torch's does not have.
    """
    known = names_of(layer)
    parameters = [*inspect.signature(kind).parameters.values()]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return frozenset(known)
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL and p.name not in known
    ]
    if needed:
        msg = (
            f"{kind.__name__} is constructed with {', '.join(needed)}, which torch's module of "
            f"{layer} has not; known are {', '.join(known) or 'none'}."
        )
        raise TargetError(msg)
    return frozenset(p.name for p in parameters if p.name in known)


def constructed(kind: type[torch.nn.Module], layer: str) -> tuple[Evaluate, frozenset[str]]:
    """Return how such a class is evaluated, and the words of what it has no argument for."""
    held, function = parameters_of(kind, layer), Function(layer)
    missing = frozenset(names_of(layer)) - held

    def evaluate(arrays: Arrays, options: Mapping[str, Any], *, grad: bool) -> Any:
        refuse_all(kind.__name__, missing, options)
        arguments = {**sizes_of(layer, arrays, options), **options}
        x = arrays[0]
        assert x is not None
        module = kind(**{k: v for k, v in arguments.items() if k in held})
        module = module.to(device=x.device, dtype=x.dtype)
        indices = arrays[1:] if function.indices else ()
        named = dict(zip(("weight", "bias"), arrays[1 + len(indices) :], strict=False))
        leaves = loaded(module, {k: v for k, v in named.items() if v is not None})
        x = x.detach().requires_grad_() if grad else x
        return module(x, *indices), (x, *(leaves.get(name) for name in named))

    return evaluate, lacked(missing)


def loaded(module: torch.nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give a module these parameters, zeros where none is given, and return them by name.

    A parameter of a module inside, ``conv.weight``, is ``weight`` if it is the only one.

    Raises:
        UnsupportedError: if the module has not these parameters in these shapes.
    """
    own: dict[str, Tensor] = dict(module.named_parameters())
    parameters = {_short(name, own): parameter for name, parameter in own.items()}
    unknown = sorted(weights.keys() - parameters.keys())
    if unknown:
        msg = (
            f"{type(module).__name__} has no parameter called {', '.join(unknown)}; it has "
            f"{', '.join(own) or 'none'}."
        )
        raise UnsupportedError(msg)
    state = {n: weights.get(n, torch.zeros_like(p.detach())) for n, p in parameters.items()}
    for name, parameter in parameters.items():
        if state[name].shape != parameter.shape:
            msg = (
                f"{name} of {type(module).__name__} has the shape {tuple(parameter.shape)}, "
                f"the case {tuple(state[name].shape)}."
            )
            raise UnsupportedError(msg)
    given = {name: state[_short(name, own)] for name in own}
    module.load_state_dict({**module.state_dict(), **given})
    return parameters


def _short(name: str, names: Collection[str]) -> str:
    """Return ``weight`` of ``conv.weight``, if no other parameter is called so."""
    last = name.rpartition(".")[2]
    return last if sum(other.rpartition(".")[2] == last for other in names) == 1 else name
