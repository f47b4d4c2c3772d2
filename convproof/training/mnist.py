"""MNIST from its four files: 60000 training and 10000 test images of 28x28 (LeCun et al. 1998)."""

from pathlib import Path

import numpy as np

from convproof.training import idx
from convproof.training.data import Dataset, Split
from convproof.training.errors import DataError

_PARTS = {"train": "training part", "t10k": "test part"}


def mnist(folder: Path) -> Split:
    """Return the two parts of a folder with the four files, each gzipped or not.

    Args:
        folder: with ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the two that begin
            with ``t10k``; a dot in the place of the dash before ``idx`` and ``.gz`` may be.

    Raises:
        DataError: if a file is missing or is not what it should be.
    """
    return Split(train=_part(folder, "train"), test=_part(folder, "t10k"))


def _part(folder: Path, stem: str) -> Dataset:
    images = idx.read(_found(folder, f"{stem}-images", "idx3-ubyte"))
    labels = idx.read(_found(folder, f"{stem}-labels", "idx1-ubyte"))
    for what, array, axes in (("images", images, 3), ("labels", labels, 1)):
        if array.ndim != axes or array.dtype != np.uint8:
            msg = (
                f"the {what} of MNIST have {axes} axes of bytes, but {stem}-{what} in "
                f"{str(folder)!r} has {array.ndim} of {array.dtype}."
            )
            raise DataError(msg)
    return Dataset(
        name=f"mnist, {_PARTS[stem]}",
        images=images[:, None],
        labels=labels.astype(np.int64),
        classes=10,
    )


def _found(folder: Path, stem: str, kind: str) -> Path:
    names = [f"{stem}{dash}{kind}{end}" for dash in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    msg = f"{str(folder)!r} has no file {' or '.join(names[:2])} of MNIST."
    raise DataError(msg)
