"""One training's fixed things, and its next state from the one before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil, isfinite
from typing import Any

import numpy as np

from convproof.implementation import Implementation
from convproof.networks import Network, Node
from convproof.networks.evaluate import check, forward, vjp
from convproof.networks.initial import init
from convproof.networks.wiring import Dropout
from convproof.training.data import Dataset
from convproof.training.errors import DivergedError, TrainingError
from convproof.training.loss import cross_entropy, logits_of
from convproof.training.preparation import Preparation
from convproof.training.recipe import Recipe
from convproof.training.score import Place, Score, score
from convproof.training.state import State, Sums, drawn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """What does not change from step to step; see ``convproof.training.train``."""

    network: Network
    data: Dataset
    recipe: Recipe
    validation: Dataset | None
    implementation: Implementation
    seed: int
    preparation: Preparation
    place: Place

    def __post_init__(self) -> None:
        for part in (self.data, self.validation):
            if part is not None and part.image_shape != self.network.input_shape:
                msg = (
                    f"{self.network.name} reads images of shape {self.network.input_shape}, but "
                    f"{part.name} has {part.image_shape}."
                )
                raise TrainingError(msg)
        for name in logits_of(self.network):
            if self.network.shapes[name] != (self.data.classes,):
                msg = (
                    f"{self.network.name} must end in one number for each of {self.data.classes} "
                    f"classes, but {name} has the shape {self.network.shapes[name]}."
                )
                raise TrainingError(msg)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return ceil(len(self.data) / self.recipe.batch_size)

    def first(self, initial: Mapping[str, np.ndarray] | None) -> State:
        """Return the state before the first step."""
        if initial is None:
            rng = drawn(self.seed, "initial")
            initial = init(self.network, rng, rule=self.recipe.initial, std=self.recipe.std)
        check(self.network, initial)
        average = dict(initial) if self.recipe.averaging else {}
        return State(parameters=dict(initial), average=average)

    def states(self, state: State) -> Iterator[State]:
        """Yield the state after every step that is left; at the end of an epoch its successor."""
        while state.epoch < self.recipe.epochs:
            order = drawn(self.seed, "order", state.epoch).permutation(len(self.data))
            rule = self.recipe.rule(state.epoch)
            while state.step < self.steps:
                state = self._stepped(state, order, rule)
                if state.step < self.steps:
                    yield state
            state = self._closed(state)
            yield state

    def gradients(
        self, parameters: Mapping[str, Any], x: Any, labels: np.ndarray, epoch: int, step: int
    ) -> tuple[Sums, dict[str, Any]]:
        """Return a batch's losses, and the derivatives of their mean in every parameter."""
        masks = drawn(self.seed, "dropout", epoch, step)

        def mask(node: Node, shape: tuple[int, ...]) -> Any:
            assert isinstance(node.layer, Dropout)
            kept = masks.random(shape, np.float32) >= np.float32(node.layer.p)
            return self.place((kept / (1 - node.layer.p)).astype(self.preparation.mean.dtype))

        tape = forward(self.network, self.implementation, parameters, x, masks=mask)
        loss = cross_entropy(tape, labels)
        _, found = vjp(tape, loss.cotangents, image=False)
        return Sums(loss=loss.total, correct=loss.correct, seen=len(labels)), found

    def _stepped(self, state: State, order: np.ndarray, rule: Any) -> State:
        start = state.step * self.recipe.batch_size
        batch = order[start : start + self.recipe.batch_size]
        rng = drawn(self.seed, "augmentation", state.epoch, state.step)
        images = self.recipe.augmentation(self.data.images[batch], rng)
        x, labels = self.place(self.preparation(images)), self.data.labels[batch]
        more, gradients = self.gradients(state.parameters, x, labels, state.epoch, state.step)
        if not isfinite(more.loss):
            msg = (
                f"the loss of epoch {state.epoch + 1}, step {state.step + 1} is {more.loss}: at "
                f"lr={rule.lr:g} the training diverges. Try a tenth of it."
            )
            raise DivergedError(msg)
        parameters, velocity = rule.step(state.parameters, gradients, state.velocity)
        d = self.recipe.averaging
        average = {n: d * a + (1 - d) * parameters[n] for n, a in state.average.items()}
        sums = Sums(
            loss=state.sums.loss + more.loss,
            correct=state.sums.correct + more.correct,
            seen=state.sums.seen + more.seen,
        )
        return replace(
            state,
            parameters=parameters,
            velocity=velocity,
            average=average,
            step=state.step + 1,
            sums=sums,
        )

    def _closed(self, state: State) -> State:
        """Return the state at the beginning of the next epoch, with a point on the curve."""
        point: dict[str, Any] = {
            "epoch": state.epoch + 1,
            "lr": self.recipe.rule(state.epoch).lr,
            "loss": state.sums.loss / state.sums.seen,
            "accuracy": state.sums.correct / state.sums.seen,
        }
        if self.validation is not None:
            found = self.score(state, self.validation)
            point |= {"validation_loss": found.loss, "validation_accuracy": found.accuracy}
        curve = (*state.curve, point)
        return replace(state, epoch=state.epoch + 1, step=0, sums=Sums(), curve=curve)

    def score(self, state: State, part: Dataset) -> Score:
        """Return the score of a state, by the average if one is taken."""
        return score(
            self.network,
            self.implementation,
            state.average or state.parameters,
            self.preparation,
            part,
            place=self.place,
        )

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a training to be resumed to the same bits."""
        graph = repr((self.network.input_shape, self.network.nodes, self.network.outputs))
        return {
            "network": sha256(graph.encode()).hexdigest(),
            "data": self.data.fingerprint,
            "validation": self.validation.fingerprint if self.validation is not None else None,
            "recipe": self.recipe.as_record(),
            "seed": self.seed,
            "implementation": self.implementation.name,
        }
