"""What the experiments that train have in common: parts, recipes, and the numbers of a curve."""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np

from convproof.experiments.base import Settings
from convproof.networks import Network
from convproof.training import Dataset, Recipe, Split, Trained, datasets, preset, suited, train
from convproof.training.augmentation import Augmentation
from convproof.training.progress import Bar
from convproof.training.schedule import Schedule

_QUICK_EPOCHS = 3


def parts_of(settings: Settings) -> Split:
    """Return the data, split by the seed."""
    return datasets.named(settings.data, seed=settings.seed)


def plain(settings: Settings, *, epochs: int = 15, lr: float = 0.05) -> Recipe:
    """Return a recipe without augmentation, the same for every network that is compared."""
    return Recipe(
        epochs=_QUICK_EPOCHS if settings.quick else epochs,
        batch_size=32,
        lr=lr,
        weight_decay=1e-4,
        schedule=Schedule(kind="cosine"),
        augmentation=Augmentation(),
    )


def lectures(name: str, settings: Settings) -> Recipe:
    """Return the preset's recipe for a network, the lecture's where it has one."""
    recipe = preset("", name, settings.data.partition(":")[0]).recipe
    return replace(recipe, epochs=_QUICK_EPOCHS) if settings.quick else recipe


def learned(
    name: str, data: Dataset, recipe: Recipe, settings: Settings, *, seed: int | None = None
) -> Trained:
    """Return a network trained on a part, with a bar in a terminal.

    Raises:
        DivergedError: if the loss overflows; NumPy's warnings on the way there are not shown.
    """
    network: Network = suited(name, data)
    seed = settings.seed if seed is None else seed
    doing = f"{name}, learning rate {recipe.lr:.2g}, seed {seed}"
    with Bar(recipe.epochs, doing) as bar:
        return train(
            network,
            data,
            recipe,
            implementation=settings.implementation,
            seed=seed,
            progress=bar,
        )


def standard_error(shares: Iterable[float], images: int) -> float:
    """Return that of a sum or difference of shares of ``n`` images: ``sqrt(sum p (1 - p) / n)``."""
    return sqrt(sum(p * (1 - p) for p in shares) / images)


def short(value: Any) -> Any:
    """Return numbers with six digits, for JSON: of an array as nested lists."""
    if isinstance(value, np.ndarray):
        return [short(v) for v in value.tolist()]
    if isinstance(value, list | tuple):
        return [short(v) for v in value]
    return float(f"{value:.6g}")


def seen(images: np.ndarray) -> np.ndarray:
    """Return images of bytes ``(N, C, H, W)`` to be looked at.

    Returns:
        ``(N, H, W, 3)`` in [0, 1] of three channels, else the channels' mean, ``(N, H, W)``.
    """
    if images.shape[1] == 3:
        return images.transpose(0, 2, 3, 1) / 255
    return np.asarray(images.mean(axis=1), np.float64)


def seen_signed(weights: np.ndarray) -> np.ndarray:
    """Return weights ``(N, C, H, W)`` to be looked at, each by its largest magnitude.

    Returns:
        ``(N, H, W, 3)`` of three channels, 0 as 1/2 between 0 and 1; else the channels' mean,
        ``(N, H, W)`` from -1 to 1.
    """
    colour = weights.shape[1] == 3
    found = weights.transpose(0, 2, 3, 1) if colour else weights.mean(axis=1)
    largest = np.abs(found).reshape(len(found), -1).max(axis=1)
    largest[largest == 0] = 1
    found = found / largest.reshape(-1, *[1] * (found.ndim - 1))
    return np.asarray((1 + found) / 2 if colour else found, np.float64)


def tiled(images: np.ndarray, columns: int, *, gap: int = 1) -> np.ndarray:
    """Return images ``(N, H, W)``, or ``(N, H, W, 3)``, as one picture; gaps are 0, or grey."""
    count, height, width, *colours = images.shape
    rows = -(-count // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *colours)
    picture = np.full(size, 0.5 if colours else 0.0)
    for place, one in enumerate(images):
        y, x = (place // columns) * (height + gap), (place % columns) * (width + gap)
        picture[y : y + height, x : x + width] = one
    return picture
