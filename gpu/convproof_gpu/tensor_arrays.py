"""PyTorch's tensors on a GPU, as launches need them: no DLPack, and torch allocates."""

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import torch

from convproof_gpu.prepared import ALIGNMENT, Outline
from convproof_gpu.repeating import Read

TYPES: tuple[type[torch.Tensor], ...] = (torch.Tensor, torch.nn.Parameter)
_DTYPES = {
    torch.float32: np.dtype(np.float32),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(ml_dtypes.bfloat16),
    torch.int32: np.dtype(np.int32),
    torch.int64: np.dtype(np.int64),
}
_TORCHS = {dtype: name for name, dtype in _DTYPES.items()}
_grad_enabled = torch.is_grad_enabled


def _stream(device: int) -> int:
    stream: int = torch.cuda.current_stream(device).cuda_stream
    return stream


class TensorArrays:
    """Tensors of one type of device.

    Args:
        device: the type.
    """

    def __init__(self, device: str = "cuda") -> None:
        self._device = device
        # as torch's own compiled graphs ask for it: no object is made
        self.stream = getattr(torch._C, "_cuda_getCurrentRawStream", _stream)  # noqa: SLF001

    def read(self, arrays: Sequence[Any]) -> Read | None:
        """Return shapes, dtypes and devices, and where each tensor begins, or None."""
        key: list[Any] = []
        pointers = []
        for array in arrays:
            kind = type(array)
            if kind in TYPES:
                pointer = array.data_ptr()
                if (
                    pointer % ALIGNMENT
                    or not array.is_contiguous()
                    or array.is_neg()
                    or (array.requires_grad and _grad_enabled())
                ):
                    return None
                pointers.append(pointer)
                key += array.shape, array.dtype, array.device
            elif array is None or kind is tuple:
                key.append(array)
            else:
                return None
        return tuple(key), pointers

    def outlines(self, arrays: Sequence[Any]) -> tuple[list[Any], int] | None:
        """Return outlines of tensors, and their device."""
        found: list[Any] = []
        devices = set()
        for array in arrays:
            if not isinstance(array, torch.Tensor):
                found.append(array)
                continue
            if array.dtype not in _DTYPES:
                return None
            devices.add(array.device)
            number, dtype = sum(isinstance(each, Outline) for each in found), _DTYPES[array.dtype]
            found.append(Outline(number, 0, tuple(array.shape), dtype))
        device = devices.pop()
        if devices or device.type != self._device:
            return None
        return found, device.index or 0

    def empty(self, like: Any, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new tensor on the device of another."""
        return like.new_empty(shape, dtype=dtype)

    def dtype(self, dtype: np.dtype[Any]) -> torch.dtype:
        """Return a dtype of NumPy's as torch's."""
        return _TORCHS[dtype]

    def address(self, array: Any) -> int:
        """Return where a tensor begins."""
        pointer: int = array.data_ptr()
        return pointer
