"""NumPy arrays to torch tensors and back, bfloat16 included, which DLPack leaves out."""

import numpy as np
import torch

from convproof.numeric.dtypes import BFLOAT16


def to_torch(array: np.ndarray, device: str = "cpu") -> torch.Tensor:
    """Return a tensor that shares the array's memory, or a copy on another device."""
    if array.dtype == BFLOAT16:
        tensor = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(array)
    return tensor if device == "cpu" else _moved(tensor, device)


def _moved(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """Return a copy on a device that lies there in memory as the tensor does here.

    ``Tensor.to`` would make one without gaps, at an address that vectors of 16 bytes can be read
    from.
    """
    first = tensor.data_ptr() % 16 // tensor.element_size() if tensor.numel() else 0
    spans = [(n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True)]
    size = first + max(sum(spans) + 1, 0)
    store = torch.zeros(size, dtype=tensor.dtype, device=device)
    return store.as_strided(tensor.shape, tensor.stride(), first).copy_(tensor)


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Return the tensor's numbers as an array, from whichever device they are on."""
    held = tensor.detach().cpu()
    if held.dtype == torch.bfloat16:
        return held.contiguous().view(torch.int16).numpy().view(BFLOAT16)
    return held.numpy()


def share_memory(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether two tensors have memory in common."""
    if one.device != other.device:
        return False
    if one.device.type == "cpu":
        return np.shares_memory(to_numpy(one), to_numpy(other))
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr() != 0


def ones(size: int, device: str) -> object:
    """Return so many bytes, all bits set, from the allocator that a target's tensors come from."""
    return torch.full((size,), 0xFF, dtype=torch.uint8, device=device)


def wrong(answer: object) -> tuple[str, str]:
    """Return what is wrong with an answer as a tensor, and the assertion that says so."""
    if not isinstance(answer, torch.Tensor):
        name = f"a {type(answer).__module__}.{type(answer).__name__}"
        return name, "isinstance(answer(), torch.Tensor)"
    if answer.layout != torch.strided:
        return f"a tensor of layout {answer.layout}", "answer().layout == torch.strided"
    if answer.dtype.is_complex:
        return f"an array of {answer.dtype}", "not answer().dtype.is_complex"
    return "", ""
