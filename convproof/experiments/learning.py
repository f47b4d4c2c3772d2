"""What the experiments that train have in common: parts, recipes, and the numbers of a curve."""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.experiments.base import Settings
from convproof.networks import Network
from convproof.training import Dataset, Recipe, Split, Trained, datasets, preset, suited, train
from convproof.training.augmentation import Augmentation
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
    """Return a network trained on a part."""
    network: Network = suited(name, data)
    return train(
        network,
        data,
        recipe,
        implementation=settings.implementation,
        seed=settings.seed if seed is None else seed,
    )


def short(value: Any) -> Any:
    """Return numbers with six digits, for JSON: of an array as nested lists."""
    if isinstance(value, np.ndarray):
        return [short(v) for v in value.tolist()]
    if isinstance(value, list | tuple):
        return [short(v) for v in value]
    return float(f"{value:.6g}")


def tiled(images: np.ndarray, columns: int, *, gap: int = 1) -> np.ndarray:
    """Return images ``(N, H, W)``, each scaled by its largest magnitude, as one picture."""
    count, height, width = images.shape
    rows = -(-count // columns)
    picture = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap))
    for place, one in enumerate(images):
        y, x = (place // columns) * (height + gap), (place % columns) * (width + gap)
        picture[y : y + height, x : x + width] = one / (np.abs(one).max() or 1)
    return picture
