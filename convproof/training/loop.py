"""Training: epochs of steps, each forward, backward and one step of gradient descent.

::

    order  = permutation of the training part, drawn for the epoch
    x, t   = augmented and centred images, and labels, of the step's batch
    w_bar  = derivative of the batch's mean cross-entropy
    w      = w moved against it, see convproof.training.sgd
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from convproof.implementation import Implementation, load_implementation
from convproof.networks import Network
from convproof.training import checkpoint as checkpoints
from convproof.training.data import Dataset
from convproof.training.preparation import Preparation
from convproof.training.recipe import Recipe
from convproof.training.run import Run
from convproof.training.score import Place, Score, on_host, score, unmoved
from convproof.training.state import State

Progress = Callable[[State], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """What a training gives.

    Attributes:
        network: that was trained.
        parameters: by name; the average where the recipe takes one.
        preparation: of the images that it reads.
        curve: of every epoch: ``epoch`` (from 1), ``lr``, ``loss`` and ``accuracy`` of the training
            part as it was met, augmented and with dropout; of the validation part, if there is one,
            ``validation_loss`` and ``validation_accuracy`` at the epoch's end.
        implementation: that computed it.
    """

    network: Network
    parameters: Mapping[str, np.ndarray]
    preparation: Preparation
    curve: tuple[dict[str, Any], ...]
    implementation: Implementation

    def score(self, dataset: Dataset, *, place: Place = unmoved) -> Score:
        """Return the loss and the accuracy of a part."""
        parameters = {name: place(array) for name, array in self.parameters.items()}
        return score(
            self.network, self.implementation, parameters, self.preparation, dataset, place=place
        )


def train(
    network: Network,
    data: Dataset,
    recipe: Recipe,
    *,
    validation: Dataset | None = None,
    implementation: str | Implementation = "numpy",
    seed: int = 0,
    initial: Mapping[str, np.ndarray] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    place: Place = unmoved,
) -> Trained:
    """Return the trained network.

    Args:
        network: what is trained; its first output has a number for each class.
        data: the training part.
        recipe: how.
        validation: a part that is scored after every epoch, and never learned from.
        implementation: of the layers.
        seed: of all that is drawn.
        initial: first parameters, such as those of ``convproof.training.transfer``; None: drawn.
        checkpoint: a file that is written after every epoch, and when the training is interrupted.
        resume: whether to go on from that file, to the same bits as without the interruption.
        progress: told of the state after every step.
        place: moves an array to where the implementation computes, such as ``cupy.asarray``.

    Raises:
        TrainingError: if the network does not fit the data, the loss is no longer finite, or the
            checkpoint is of another training, or in the way.
        NetworkError: if the checkpoint cannot be written or read.

    Example:
        >>> from convproof.networks import network
        >>> images = np.array([[0, 1], [1, 0]], np.uint8).reshape(2, 1, 1, 2)
        >>> two = Dataset(name="two", images=images, labels=np.array([0, 1]), classes=2, white=1)
        >>> net = network("linear", "input(1, 2, 1) fc(2) softmax")
        >>> trained = train(net, two, Recipe(epochs=5, batch_size=2, lr=1.0))
        >>> trained.score(two).accuracy
        1.0
    """
    if isinstance(implementation, str):
        implementation = load_implementation(implementation)
    run = Run(
        network=network,
        data=data,
        recipe=recipe,
        validation=validation,
        implementation=implementation,
        seed=seed,
        preparation=Preparation.of(data, recipe.pixels),
        place=place,
    )
    identity = run.identity() if checkpoint is not None else {}
    state = run.first(initial)
    if checkpoint is not None:
        state = checkpoints.begin(checkpoint, state, identity, resume=resume)
    keep = _Keeper(checkpoint, identity)
    state = _to_the_end(run, _placed(state, place), keep, progress)
    result = state.average or state.parameters
    return Trained(
        network=network,
        parameters={name: on_host(array) for name, array in result.items()},
        preparation=run.preparation,
        curve=state.curve,
        implementation=implementation,
    )


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Writes states to the checkpoint, if there is one."""

    path: Path | None
    identity: Mapping[str, Any]

    def __call__(self, state: State) -> None:
        if self.path is not None:
            checkpoints.write(self.path, state, self.identity)


def _to_the_end(run: Run, state: State, keep: _Keeper, progress: Progress | None) -> State:
    """Return the last state; one that is interrupted is kept at its last whole step."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is an error
            for after in run.states(state):
                state = after
                if state.step == 0:
                    keep(state)
                if progress is not None:
                    progress(state)
    except KeyboardInterrupt:
        keep(state)
        raise
    return state


def _placed(state: State, place: Place) -> State:
    groups = (state.parameters, state.velocity, state.average)
    moved = [{name: place(array) for name, array in group.items()} for group in groups]
    return replace(state, parameters=moved[0], velocity=moved[1], average=moved[2])
