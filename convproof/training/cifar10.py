"""CIFAR-10 from its binary version: 50000 training and 10000 test images of 32x32 in colour.

A file is records of 3073 bytes: the label, 1024 bytes of red, as many of green and of blue, each
row by row (Krizhevsky 2009). There is nothing else in it; the version in Python's pickle is not
read, for a pickle may run code.
"""

from pathlib import Path

import numpy as np

from convproof.training.data import Dataset, Split
from convproof.training.errors import DataError

CLASSES = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_IMAGE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_INNER = "cifar-10-batches-bin"  # the folder that the archive makes


def cifar10(folder: Path) -> Split:
    """Return the two parts of a folder with ``data_batch_1.bin`` .. ``5`` and ``test_batch.bin``.

    Raises:
        DataError: if a file is missing or is not what it should be.
    """
    inner = folder / _INNER
    home = inner if inner.is_dir() and not (folder / _TRAIN[0]).is_file() else folder
    parts = [read(home / name) for name in _TRAIN]
    images, labels = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    test_images, test_labels = read(home / "test_batch.bin")
    return Split(
        train=_dataset("training part", images, labels),
        test=_dataset("test part", test_images, test_labels),
    )


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images ``(N, 3, 32, 32)`` and labels ``(N,)`` of one file.

    Raises:
        DataError: if there is no such file, or it is not of whole records of the ten classes.
    """
    try:
        held = np.fromfile(path, np.uint8) if path.is_file() else None
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror or error}."
        raise DataError(msg) from None
    if held is None:
        msg = f"there is no file {str(path)!r} of CIFAR-10's binary version."
        raise DataError(msg)
    if not held.size or held.size % _RECORD:
        msg = (
            f"{str(path)!r} is no file of CIFAR-10's binary version: it must have one or more "
            f"records of {_RECORD} bytes, but has {held.size} = {held.size // _RECORD} * {_RECORD} "
            f"+ {held.size % _RECORD} bytes."
        )
        raise DataError(msg)
    records = held.reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= len(CLASSES):
        first = int(np.argmax(labels >= len(CLASSES)))
        msg = f"{str(path)!r}: record {first} has the label {labels[first]}; labels are 0 to 9."
        raise DataError(msg)
    return records[:, 1:].reshape(-1, *_IMAGE), labels


def _dataset(part: str, images: np.ndarray, labels: np.ndarray) -> Dataset:
    name = f"cifar10, {part}"
    return Dataset(name=name, images=images, labels=labels, classes=len(CLASSES))
