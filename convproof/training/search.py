"""Learning rate and weight decay, drawn at random in log space and judged on a validation part.

Lecture 7, "setting hyperparameters": "compared to grid search, random search allows to explore more
values of an important parameter regardless of unimportant parameters; when the search spans orders
of magnitude, draw samples uniformly at random in log space" (Bergstra and Bengio 2012). Each pair
is tried as in "pipeline": "train for a few iterations and evaluate accuracy on the validation set".
The validation part is cut from the training part: the test part is not seen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np

from convproof.implementation import Implementation
from convproof.networks import Network
from convproof.training.data import Dataset, split
from convproof.training.errors import DivergedError, TrainingError
from convproof.training.loop import train
from convproof.training.recipe import Recipe

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One pair and what it came to.

    Attributes:
        recipe: that was tried.
        accuracy: on the validation part; 0 if the training diverged.
        loss: there; infinite if it diverged.
    """

    recipe: Recipe
    accuracy: float
    loss: float


def search(
    network: Network,
    data: Dataset,
    base: Recipe,
    *,
    trials: int,
    epochs: int,
    lr: Range = (1e-3, 1e-1),
    weight_decay: Range = (1e-5, 1e-2),
    validation: float = 0.2,
    seed: int = 0,
    implementation: str | Implementation = "numpy",
    progress: Callable[[Trial], None] | None = None,
) -> list[Trial]:
    """Return the trials, the best first: by accuracy, then by loss.

    Args:
        network: that is trained.
        data: the training part; ``validation`` of it is held out, stratified.
        base: all else of the recipe.
        trials: pairs that are drawn.
        epochs: of each training.
        lr: from which to which learning rate.
        weight_decay: from which to which.
        validation: share of the validation part.
        seed: of the pairs, of the validation part and of the trainings.
        implementation: of the layers.
        progress: told of every trial.

    Raises:
        TrainingError: if a range is none.
    """
    for name, (low, high) in (("lr", lr), ("weight_decay", weight_decay)):
        if not 0 < low <= high < inf:
            msg = f"{name} is drawn in log space, from 0 < low <= high, got {low} and {high}."
            raise TrainingError(msg)
    parts = split(data, test=validation, seed=seed)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(trials):
        rate, decay = _log_uniform(rng, lr), _log_uniform(rng, weight_decay)
        recipe = replace(base, epochs=epochs, lr=rate, weight_decay=decay)
        try:
            trained = train(network, parts.train, recipe, seed=seed, implementation=implementation)
            score = trained.score(parts.test)
            trial = Trial(recipe=recipe, accuracy=score.accuracy, loss=score.loss)
        except DivergedError:
            trial = Trial(recipe=recipe, accuracy=0.0, loss=inf)
        found.append(trial)
        if progress is not None:
            progress(trial)
    return sorted(found, key=lambda trial: (-trial.accuracy, trial.loss))


def _log_uniform(rng: np.random.Generator, low_high: Range) -> float:
    low, high = low_high
    return float(np.exp(rng.uniform(log(low), log(high))))
