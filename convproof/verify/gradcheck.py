"""torch's gradcheck, asked whether it accepts a layer of which one function is in question."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function, Role
from convproof.names import get_implementation

_INPUTS: dict[str, Role] = {"x": "input", "w": "weight", "b": "bias"}


def gradcheck_accepts(
    function: Function, code: Callable[..., Any], case: Case, *, fast: bool
) -> bool:
    """Return whether gradcheck takes the function for right; one that raises is not.

    Args:
        function: a derivative or the forward.
        code: what computes it; the others are right ones.
        case: the geometry; the data are normal, in float64.
        fast: whether gradcheck projects on random vectors.
    """
    arrays = case.reals(np.dtype(np.float64))
    names = [name for name in _INPUTS if name in arrays]

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(*tensors)
            held = arrays.but(**_arrays(names, tensors))
            chosen = code if function.role == "forward" else None
            return torch.from_numpy(np.array(_asked(Function(function.layer), chosen, case, held)))

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor) -> Any:
            held = arrays.but(**_arrays(names, ctx.saved_tensors))
            held = held.but(y_bar=cotangents[0].detach().numpy().copy())
            answers = []
            for name in names:
                asked = Function(function.layer, _INPUTS[name])
                chosen = code if asked == function else None
                answers.append(torch.from_numpy(np.array(_asked(asked, chosen, case, held))))
            return tuple(answers)

    tensors = [torch.from_numpy(arrays[name]).requires_grad_() for name in names]
    try:
        return bool(
            torch.autograd.gradcheck(Layer.apply, tensors, fast_mode=fast, raise_exception=False)
        )
    except Exception:  # a derivative may raise anything, or return what torch refuses
        return False


def _arrays(names: list[str], tensors: Any) -> dict[str, np.ndarray]:
    rows = zip(names, tensors, strict=True)
    return {name: tensor.detach().numpy().copy() for name, tensor in rows}


def _asked(
    function: Function, code: Callable[..., Any] | None, case: Case, arrays: Arrays
) -> np.ndarray:
    call = call_of(function, case, arrays)
    right = getattr(get_implementation("numpy"), function.name)
    return np.asarray(call.answered_by(right if code is None else code))
