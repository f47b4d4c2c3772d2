"""Whether something of PyTorch's looks on a call: then it must go through an operator."""

from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import forward_ad

_PLAIN = (torch.Tensor, torch.nn.Parameter)  # subclasses may compute in their own way


def _asking(name: str) -> Callable[[], Any]:
    """Return one of the questions that torch.library asks too, which have no public names.

    In a torch that does not have it, something may always look on.
    """
    return getattr(torch._C, name, lambda: True)  # noqa: SLF001


_is_compiling = torch.compiler.is_compiling
_is_grad_enabled = torch.is_grad_enabled
_tracing_state = _asking("_get_tracing_state")
_dispatch_modes = _asking("_len_torch_dispatch_stack")
_function_modes = _asking("_len_torch_function_stack")
_transforms = _asking("_are_functorch_transforms_active")
_functorch = getattr(torch._C, "_functorch", None)  # noqa: SLF001
_is_mapped = getattr(_functorch, "is_batchedtensor", lambda _: False)
_is_tracked = getattr(_functorch, "is_gradtrackingtensor", lambda _: False)


def is_transformed(tensor: torch.Tensor) -> bool:
    """Return whether a transform of ``torch.func`` maps over a tensor or wants its derivative."""
    if _is_compiling() or not _transforms():  # a graph would break at the questions below
        return False
    return bool(_is_mapped(tensor) or (_is_tracked(tensor) and tensor.requires_grad))


def is_watched(arrays: tuple[Any, ...]) -> bool:
    """Return whether an operator on these would do more than compute.

    It would not on plain tensors of one device, with memory, none of which wants a gradient, while
    no graph is traced, no mode is on, and neither ``torch.func`` nor forward mode is at work.
    """
    if (
        _is_compiling()
        or _tracing_state()
        or _dispatch_modes()
        or _function_modes()
        or _transforms()
        or forward_ad._current_level >= 0  # noqa: SLF001
    ):
        return True
    graded, device = _is_grad_enabled(), getattr(arrays[0], "device", None)
    for array in arrays:
        if (
            type(array) not in _PLAIN
            or array.device != device
            or array.layout is not torch.strided
            or array.is_meta
            or array.is_neg()
            or (graded and array.requires_grad)
        ):
            return True
    return False
