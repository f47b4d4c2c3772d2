"""Labelled images, and how they are split: stratified, seeded.

A part of ``n`` examples has ``floor`` or ``ceil`` of ``n N_c / N`` of each class ``c``, which has
``N_c`` of all ``N``: the classes with the largest remainders take what the floors leave.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np

from convproof.layers import Shape
from convproof.training.errors import DataError


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Images and the class of each.

    Attributes:
        name: for tables and messages.
        images: ``(N, C, H, W)``, as they are stored: neither centred nor scaled.
        labels: ``(N,)``, each a class ``0 <= label < classes``.
        classes: how many there are.
        white: the largest value that a pixel can have, so that ``images / white`` lies in [0, 1].

    Raises:
        DataError: if there is no image, or labels and images do not fit.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: int
    white: int = 255

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or 0 in self.images.shape:
            found = f"got {self.images.shape}"
            msg = f"{self.name}: images have the axes (N, C, H, W), none of them empty, {found}."
            raise DataError(msg)
        if self.labels.shape != self.images.shape[:1]:
            found = f"{self.labels.shape} for {len(self.images)} images"
            msg = f"{self.name}: every image has one label, but the labels have the shape {found}."
            raise DataError(msg)
        least, most = int(self.labels.min()), int(self.labels.max())
        if least < 0 or most >= self.classes:
            msg = (
                f"{self.name}: labels are 0 to {self.classes - 1}, but there are {least} to {most}."
            )
            raise DataError(msg)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def image_shape(self) -> Shape:
        """``(channels, height, width)``."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all images and labels: a training is resumed on the same ones alone."""
        found = hashlib.sha256(f"{self.images.shape} {self.images.dtype} {self.classes}".encode())
        for array in (self.images, self.labels):
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

    def take(self, indices: np.ndarray, name: str = "") -> "Dataset":
        """Return some of the examples."""
        return Dataset(
            name=name or self.name,
            images=self.images[indices],
            labels=self.labels[indices],
            classes=self.classes,
            white=self.white,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Examples to learn from and examples to be judged by.

    Attributes:
        train: to learn from; the mean that is subtracted is theirs.
        test: seen when all choices are made.

    Raises:
        DataError: if their images differ in shape, or their classes in number.
    """

    train: Dataset
    test: Dataset

    def __post_init__(self) -> None:
        for what, one, other in (
            ("images of the shape", self.train.image_shape, self.test.image_shape),
            ("so many classes:", self.train.classes, self.test.classes),
        ):
            if one != other:
                msg = (
                    f"both parts must have {what} {one}, as {self.train.name} has; "
                    f"{self.test.name} has {other}."
                )
                raise DataError(msg)


def split(dataset: Dataset, *, test: float = 0.2, seed: int = 0) -> Split:
    """Return a stratified split; ``ceil(test N)`` examples are the test part.

    Args:
        dataset: what is split.
        test: share of the test part, ``0 < test < 1``.
        seed: of the choice.

    Raises:
        DataError: if one of the parts would be empty.

    Example:
        >>> labels = np.array([0] * 6 + [1] * 4)
        >>> images = np.zeros((10, 1, 2, 2), np.uint8)
        >>> all_of_them = Dataset(name="ten", images=images, labels=labels, classes=2)
        >>> [int((part.labels == 1).sum()) for part in (split(all_of_them, test=0.5).train,)]
        [2]
    """
    n = ceil(test * len(dataset)) if 0 < test < 1 else 0
    if not 0 < n < len(dataset):
        msg = f"a part is a share 0 < test < 1 that leaves examples, got {test} of {len(dataset)}."
        raise DataError(msg)
    rng = np.random.default_rng(seed)
    counts = np.bincount(dataset.labels, minlength=dataset.classes)
    shares = n * counts  # in units of 1 / N
    taken, rest = shares // len(dataset), shares % len(dataset)
    taken[np.argsort(-rest, kind="stable")[: n - int(taken.sum())]] += 1
    chosen = np.zeros(len(dataset), bool)
    for label, count in enumerate(taken):
        chosen[rng.permutation(np.flatnonzero(dataset.labels == label))[:count]] = True
    return Split(
        train=dataset.take(np.flatnonzero(~chosen), f"{dataset.name}, training part"),
        test=dataset.take(np.flatnonzero(chosen), f"{dataset.name}, test part"),
    )
