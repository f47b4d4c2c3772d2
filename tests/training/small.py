"""Tiny data and a tiny network for trainings of a few steps."""

import numpy as np

from convproof.networks import Network, network
from convproof.training import Augmentation, Dataset, Recipe, Schedule

EVERYTHING = Recipe(
    epochs=3, batch_size=8, lr=0.1, momentum=0.9, weight_decay=1e-3, averaging=0.5,
    schedule=Schedule(kind="cosine"), augmentation=Augmentation(crop=1, flip=True),
)  # fmt: skip


def net() -> Network:
    text = "input(6, 6, 1) conv(3, 2, p1) pool(2) dropout fc(4) dropout(0.2) fc(3) softmax"
    return network("tiny", text)


def stripes(n: int = 20, seed: int = 0) -> Dataset:
    """Images of noise with a bright row, whose place is the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    images = rng.integers(0, 60, (n, 1, 6, 6)).astype(np.uint8)
    images[np.arange(n), 0, 2 * labels] += 150
    return Dataset(name="stripes", images=images, labels=labels, classes=3)
