"""Parameters in files: safetensors, which hold arrays by name and no code.

A state dict of torch is written by ``safetensors.torch.save_file(model.state_dict(), path)``.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from convproof.errors import NetworkError


def write(path: Path, parameters: Mapping[str, np.ndarray], **notes: str) -> None:
    """Write parameters, whole or not at all: what was there stays until the new file is complete.

    Args:
        path: of the file.
        parameters: arrays by name.
        notes: words kept in the file's head.

    Raises:
        NetworkError: if it cannot be written.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in parameters.items()}
    draft = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.resolve().parent)
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(save(contiguous, metadata=notes or None))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}."
        raise NetworkError(msg) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name.

    Raises:
        NetworkError: if there is no such file, or it is no safetensors file.
    """
    try:
        held: dict[str, np.ndarray] = load_file(path)
    except FileNotFoundError:
        msg = f"there is no file {str(path)!r}."
        raise NetworkError(msg) from None
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror or error}."
        raise NetworkError(msg) from None
    except (SafetensorError, ValueError) as error:
        msg = f"{str(path)!r} is no safetensors file: {error}."
        raise NetworkError(msg) from None
    return held
