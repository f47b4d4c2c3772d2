"""Where a training stands: all that the next step depends on.

Every draw is a function of the seed, of what it is for and of the place where it is made, not of
the draws before it: the order of an epoch, the changes of a batch and the masks of a dropout are
the same whether the training was resumed or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Purpose = Literal["initial", "order", "augmentation", "dropout"]
_NUMBERS: Mapping[Purpose, int] = {"initial": 0, "order": 1, "augmentation": 2, "dropout": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of the epoch so far.

    Attributes:
        loss: of all images.
        correct: images.
        seen: images.
    """

    loss: float = 0.0
    correct: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A place in a training.

    Attributes:
        parameters: by name.
        velocity: by name; empty before the first step and without momentum.
        average: of the parameters, by name; empty where none is taken.
        epoch: that is going on, counted from 0; ``epochs`` at the end.
        step: of the epoch, that comes next.
        sums: of the epoch so far.
        curve: a record of every epoch that is over.
    """

    parameters: Mapping[str, Any]
    velocity: Mapping[str, Any] = field(default_factory=dict)
    average: Mapping[str, Any] = field(default_factory=dict)
    epoch: int = 0
    step: int = 0
    sums: Sums = field(default_factory=Sums)
    curve: tuple[dict[str, Any], ...] = ()


def drawn(seed: int, purpose: Purpose, epoch: int = 0, step: int = 0) -> np.random.Generator:
    """Return the generator of one place."""
    return np.random.default_rng([seed, _NUMBERS[purpose], epoch, step])
