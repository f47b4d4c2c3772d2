"""Data sets by name: real ones that packages bring along, and files that are there already.

===============  ===========================================================  ================
name             what                                                         needs
===============  ===========================================================  ================
``digits``       1797 digits of 8x8 pixels, 0 to 16; split as asked           scikit-learn
``faces``        200 pieces of 25x25 pixels, faces or not; split as asked     scikit-image
``mnist:DIR``    digits of 28x28 pixels, with its own test part               the four files
``cifar10:DIR``  pictures of 32x32 pixels in colour, with its own test part   the six files
===============  ===========================================================  ================

Nothing is downloaded. ``pictures`` are single photographs, to be convolved with.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from convproof.errors import MissingExtraError
from convproof.training.cifar10 import cifar10
from convproof.training.data import Dataset, Split, split
from convproof.training.errors import DataError
from convproof.training.mnist import mnist

PICTURES: Mapping[str, str] = {  # name: the package that brings it
    "china": "sklearn", "flower": "sklearn", "astronaut": "skimage", "camera": "skimage",
    "cat": "skimage", "coffee": "skimage", "rocket": "skimage", "coins": "skimage",
    "brick": "skimage", "grass": "skimage", "gravel": "skimage",
}  # fmt: skip


def digits(*, seed: int = 0, test: float = 0.2) -> Split:
    """Return scikit-learn's digits, split as ``convproof.training.data.split`` does.

    They are the test part of the UCI optical digits (Alpaydin and Kaynak 1998).

    Raises:
        MissingExtraError: without scikit-learn.
    """
    loaded = _module("sklearn", "sklearn.datasets").load_digits()
    images = loaded.images.astype(np.uint8)[:, None]
    labels = loaded.target.astype(np.int64)
    whole = Dataset(name="digits", images=images, labels=labels, classes=10, white=16)
    return split(whole, test=test, seed=seed)


def faces(*, seed: int = 0, test: float = 0.2) -> Split:
    """Return scikit-image's 100 faces (class 1) and 100 pieces without one (class 0), split.

    They are pieces of Labeled Faces in the Wild (Huang et al. 2007), in 256 levels of grey.

    Raises:
        MissingExtraError: without scikit-image.
    """
    loaded = _module("skimage", "skimage.data").lfw_subset()
    images = np.rint(255 * loaded).astype(np.uint8)[:, None]
    labels = np.repeat(np.array([1, 0]), 100)
    return split(
        Dataset(name="faces", images=images, labels=labels, classes=2), test=test, seed=seed
    )


def picture(name: str) -> UInt8[np.ndarray, "c h w"]:
    """Return a photograph of ``PICTURES``, channels first.

    Raises:
        DataError: if there is none of the name.
        MissingExtraError: without the package that brings it.
    """
    if name not in PICTURES:
        msg = f"no picture is called {name!r}; there are {', '.join(PICTURES)}."
        raise DataError(msg)
    if PICTURES[name] == "sklearn":
        loaded = _module("sklearn", "sklearn.datasets").load_sample_image(f"{name}.jpg")
    else:
        loaded = getattr(_module("skimage", "skimage.data"), name)()
    image = np.asarray(loaded)
    image = image[..., None] if image.ndim == 2 else image
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def named(text: str, *, seed: int = 0) -> Split:
    """Return a data set by its name in the table.

    Args:
        text: ``digits``, ``faces``, ``mnist:DIR`` or ``cifar10:DIR``.
        seed: of the split, where the data set has no test part of its own.

    Raises:
        DataError: if there is no such data set, or its files are not what they should be.
        MissingExtraError: without the package that brings it.
    """
    name, colon, folder = text.partition(":")
    if name in _BUNDLED and not colon:
        return _BUNDLED[name](seed=seed)
    if name in _IN_FILES and folder:
        return _IN_FILES[name](Path(folder))
    msg = f"no data set is called {text!r}: write digits, faces, mnist:DIR or cifar10:DIR."
    raise DataError(msg)


_BUNDLED: Mapping[str, Callable[..., Split]] = {"digits": digits, "faces": faces}
_IN_FILES: Mapping[str, Callable[[Path], Split]] = {"mnist": mnist, "cifar10": cifar10}


def _module(package: str, name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingExtraError(package, "data") from None
