"""Parameters in files: safetensors, which hold arrays by name and no code.

A state dict of torch is written by ``safetensors.torch.save_file(model.state_dict(), path)``.
"""

from collections.abc import Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import load_file, save

from convproof import whole
from convproof.errors import NetworkError

_BY_NUMPY = frozenset({  # the rest of the format's types NumPy has not
    "BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "F32", "F64",
})  # fmt: skip


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
    contents = save(contiguous, metadata=notes or None)
    try:
        whole.write([(path, contents)])
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}."
        raise NetworkError(msg) from None


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name.

    Raises:
        NetworkError: if there is no such file, it is no safetensors file, or it holds numbers of
            fewer than 16 bits.
    """
    try:
        held = _read(path)
    except FileNotFoundError:
        msg = f"there is no file {str(path)!r}."
        raise NetworkError(msg) from None
    except OSError as error:
        what = "it is a directory" if path.is_dir() else error.strerror or error
        msg = f"{str(path)!r} cannot be read: {what}."
        raise NetworkError(msg) from None
    except (SafetensorError, ValueError) as error:
        msg = f"{str(path)!r} is no safetensors file: {error}.{_pickled(path)}"
        raise NetworkError(msg) from None
    return held


def _read(path: Path) -> dict[str, np.ndarray]:
    with safe_open(path, framework="numpy") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    for name, kind in kinds.items():
        if kind not in _BY_NUMPY | {"BF16"}:
            msg = (
                f"{str(path)!r} holds {name} as {kind}, which is not read. Store it as F32, F16 or "
                "BF16."
            )
            raise NetworkError(msg)
    if "BF16" not in kinds.values():
        held: dict[str, np.ndarray] = load_file(path)
        return held
    dtypes = {"BF16": np.dtype(ml_dtypes.bfloat16), "BOOL": np.dtype(bool)}
    found = {}
    for name, array in deserialize(path.read_bytes()):  # type: ignore[no-untyped-call]
        kind = array["dtype"]
        dtype = dtypes.get(kind) or np.dtype(f"<{kind[0].lower()}{int(kind[1:]) // 8}")
        found[name] = np.frombuffer(array["data"], dtype).reshape(array["shape"])
    return found


def _pickled(path: Path) -> str:
    """Return what to do with a file of ``torch.save``, which is a zip of pickles: code."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    return (
        " It is a file of torch.save, which may hold code: write "
        "safetensors.torch.save_file(torch.load(path, weights_only=True), path)."
        if zipped
        else ""
    )
