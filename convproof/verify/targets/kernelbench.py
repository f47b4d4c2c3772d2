"""A file in KernelBench's form: ``Model`` holds one torch layer, ``ModelNew`` must answer like it.

For each case both are constructed with the same arguments, by the names of torch's own modules,
and given the same weights; ``ModelNew(x)`` is then judged by the laws of the layer, and so are its
gradients where autograd has them. What the constructor cannot express is unsupported: a
``kernel_size`` that the file gives as one integer is the same on every axis.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from convproof.errors import TargetError, UnsupportedError
from convproof.verify.targets.alike import WINDOW
from convproof.verify.targets.autograd import Arrays, derivatives, lacked
from convproof.verify.targets.modules import loaded, names_of, parameters_of, sizes_of

_ALONE = {"Linear": "linear", "ReLU": "relu", "Tanh": "tanh", "Softmax": "softmax"}
_ALONE |= {"Unfold": "unfold", "Fold": "fold", "LocalResponseNorm": "local_response_norm"}
_STEMS = {"Conv": "conv", "ConvTranspose": "conv_transpose", "MaxPool": "max_pool"}
_STEMS |= {"AvgPool": "avg_pool", "AdaptiveMaxPool": "adaptive_max_pool"}
_STEMS |= {"AdaptiveAvgPool": "adaptive_avg_pool"}
LAYERS = _ALONE | {f"{kind}{d}d": f"{stem}{d}d" for kind, stem in _STEMS.items() for d in (1, 2, 3)}


class ModelPair:
    """The functions of the layer that ``Model`` holds, as ``ModelNew`` answers them.

    Args:
        module: anything with ``Model``, ``ModelNew`` and ``get_init_inputs``.
        spec: what it is called in errors.

    Attributes:
        layer: functional name of the layer.
        missing: words of what the constructor has no argument for.

    Raises:
        TargetError: if ``Model`` cannot be constructed, or does not hold one torch layer.
    """

    def __init__(self, module: Any, spec: str = "the file") -> None:
        self._model, self._new = module.Model, module.ModelNew
        given = tuple(getattr(module, "get_init_inputs", tuple)())
        try:
            model = self._model(*given)
        except Exception as error:
            msg = f"Model(*get_init_inputs()) of {spec!r} failed: {type(error).__name__}: {error}"
            raise TargetError(msg) from error
        _, held = _held_in(model, spec)
        self.layer = LAYERS[type(held).__name__]
        names = parameters_of(self._model, self.layer)
        signature = inspect.signature(self._model)
        examples = signature.bind(*given).arguments
        self._examples = {
            name: examples.get(name, signature.parameters[name].default) for name in names
        }
        self.missing = lacked(frozenset(names_of(self.layer)) - names)
        windows = [value for name, value in self._examples.items() if name in WINDOW]
        several = not self.layer.endswith("1d")
        if several and windows and all(isinstance(value, int) for value in windows):
            self.missing |= {"anisotropic"}
        self._alike = False
        vars(self).update(derivatives(self.layer, self._evaluate, forward_mode=False))

    def __getattr__(self, name: str) -> Any:
        msg = f"there is no function {name!r}"
        raise AttributeError(msg)

    def _evaluate(self, arrays: Arrays, options: Mapping[str, Any], *, grad: bool) -> Any:
        x = arrays[0]
        assert x is not None
        arguments = self._arguments(arrays, options)
        model = self._model(**arguments).to(device=x.device, dtype=x.dtype)
        prefix, held = _held_in(model, "this case")
        self._is_of(held, arrays, options)
        named = zip(("weight", "bias"), arrays[1:], strict=False)
        loaded(held, {name: array for name, array in named if array is not None})
        self._answers_as(model, held, x)
        new = self._new(**arguments).to(device=x.device, dtype=x.dtype)
        parameters = _given(new, model)
        x = x.detach().requires_grad_() if grad else x
        leaves = (parameters.get(f"{prefix}{n}") for n in ("weight", "bias")[: len(arrays) - 1])
        return new(x), (x, *leaves)

    def _arguments(self, arrays: Arrays, options: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {**sizes_of(self.layer, arrays, options), **options}
        return {
            name: _shaped(name, wanted[name], example)
            for name, example in self._examples.items()
            if name in wanted
        }

    def _is_of(self, held: torch.nn.Module, arrays: Arrays, options: Mapping[str, Any]) -> None:
        """Raise if ``Model`` did not build the layer of the case, but one of its own."""
        wanted = {**sizes_of(self.layer, arrays, options), **options}
        if "bias" in wanted:
            has = getattr(held, "bias", None) is not None
            if wanted.pop("bias") and not has:
                msg = "Model holds a layer without bias."
                raise UnsupportedError(msg)
        for name, value in wanted.items():
            built = getattr(held, name)
            if isinstance(value, tuple) and not isinstance(built, tuple):
                built = (built,) * len(value)
            if built != value:
                msg = f"Model holds a layer with {name}={built}, asked for {value}."
                raise UnsupportedError(msg)

    def _answers_as(self, model: torch.nn.Module, held: torch.nn.Module, x: torch.Tensor) -> None:
        """Raise, once, if ``Model`` does more than its layer: then the laws are not ModelNew's."""
        if self._alike:
            return
        with torch.no_grad():
            y, alone = model(x.clone()), held(x.clone())
        if not (isinstance(y, torch.Tensor) and torch.equal(y.nan_to_num(), alone.nan_to_num())):
            msg = f"Model does not answer as the {type(held).__name__} that it holds does."
            raise UnsupportedError(msg)
        self._alike = y.numel() > 0  # an empty answer shows nothing


def _held_in(model: torch.nn.Module, spec: str) -> tuple[str, Any]:
    """Return the one torch layer in a model, with the prefix of its parameters."""
    held = [
        (name, child) for name, child in model.named_modules() if name and not [*child.children()]
    ]
    known = [(f"{name}.", child) for name, child in held if type(child).__name__ in LAYERS]
    if len(held) != 1 or len(known) != 1:
        found = ", ".join(type(child).__name__ for _, child in held) or "none"
        msg = (
            f"Model of {spec!r} must hold one torch layer of {', '.join(LAYERS)}; it holds {found}."
        )
        raise TargetError(msg)
    return known[0]


def _shaped(name: str, value: Any, example: Any) -> Any:
    """Return a value as the constructor takes it: one integer for all axes, or one for each."""
    alone = isinstance(example, int) and not isinstance(example, bool)
    if not isinstance(value, tuple) or not alone:
        return value
    if len(set(value)) > 1:
        msg = f"Model takes one {name} for all axes, asked for {value}."
        raise UnsupportedError(msg)
    return value[0]


def _given(new: torch.nn.Module, model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """Give ModelNew the weights of Model; return its parameters under Model's names.

    They are matched by name, or else, where all shapes agree, in their order.
    """
    theirs, ours = dict(model.named_parameters()), dict(new.named_parameters())
    shapes = [[tuple(p.shape) for p in group.values()] for group in (theirs, ours)]
    by_name = theirs.keys() == ours.keys()
    if not by_name and shapes[0] != shapes[1]:
        msg = (
            f"ModelNew has the parameters {', '.join(ours) or 'none'}, Model has "
            f"{', '.join(theirs) or 'none'}."
        )
        raise UnsupportedError(msg)
    matched = ours if by_name else dict(zip(theirs, ours.values(), strict=True))
    names = {name: name for name in ours} if by_name else dict(zip(ours, theirs, strict=True))
    state = {name: theirs[names[name]].detach() for name in ours}
    new.load_state_dict({**new.state_dict(), **state})
    return matched
