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
    return tensor if device == "cpu" else tensor.to(device)


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Return the tensor's numbers as an array, from whichever device they are on."""
    held = tensor.detach().cpu()
    if held.dtype == torch.bfloat16:
        return held.contiguous().view(torch.int16).numpy().view(BFLOAT16)
    return held.numpy()
