"""The loss and the accuracy of a part: no dropout, no augmentation, nothing learned."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from convproof.implementation import Implementation
from convproof.networks import Network
from convproof.networks.evaluate import forward
from convproof.training.data import Dataset
from convproof.training.loss import logits_of, of_logits
from convproof.training.preparation import Preparation

BATCH = 256
Place = Callable[[np.ndarray], Any]


def unmoved(array: np.ndarray) -> np.ndarray:
    """Return the array itself."""
    return array


def on_host(array: Any) -> np.ndarray:
    """Return an array of any library as one of NumPy."""
    return np.asarray(array.get() if hasattr(array, "get") else array)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good a network is on a part.

    Attributes:
        loss: mean cross-entropy.
        correct: images that are classified right.
        images: how many there are.
    """

    loss: float
    correct: int
    images: int

    @property
    def accuracy(self) -> float:
        """Share of the images that are right."""
        return self.correct / self.images

    @property
    def error(self) -> float:
        """Share of the images that are wrong."""
        return (self.images - self.correct) / self.images


def score(
    network: Network,
    implementation: Implementation,
    parameters: Mapping[str, Any],
    preparation: Preparation,
    dataset: Dataset,
    *,
    place: Place = unmoved,
) -> Score:
    """Return the score of parameters on a part, of the network's main output."""
    loss, correct = 0.0, 0
    for start, z in _logits(network, implementation, parameters, preparation, dataset, place):
        more, _, right = of_logits(z, dataset.labels[start : start + BATCH])
        loss, correct = loss + more, correct + right
    return Score(loss=loss / len(dataset), correct=correct, images=len(dataset))


def _logits(
    network: Network,
    implementation: Implementation,
    parameters: Mapping[str, Any],
    preparation: Preparation,
    dataset: Dataset,
    place: Place,
) -> Iterator[tuple[int, Any]]:
    """Yield the logits of every batch, with the place of its first image."""
    name = logits_of(network)[0]
    for start in range(0, len(dataset), BATCH):
        x = place(preparation(dataset.images[start : start + BATCH]))
        yield start, forward(network, implementation, parameters, x).values[name]
