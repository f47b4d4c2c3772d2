"""The same step again and again, on one batch: for whoever measures or compares steps."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from convproof.implementation import Implementation
from convproof.networks import Network
from convproof.networks.evaluate import Masks, forward, vjp
from convproof.networks.wiring import Dropout
from convproof.training.loss import cross_entropy
from convproof.training.sgd import SGD


def stepper(
    network: Network,
    implementation: Implementation,
    rule: SGD,
    parameters: Mapping[str, Any],
    x: Any,
    labels: np.ndarray,
    *,
    dropout: bool = True,
) -> Callable[[], dict[str, Any]]:
    """Return a call that takes one more step and returns the parameters after it.

    Args:
        network: that is trained.
        implementation: of the layers.
        rule: of the steps.
        parameters: before the first one.
        x: the batch, as the network reads it.
        labels: of its images.
        dropout: whether masks are drawn.
    """
    now, velocity = dict(parameters), dict[str, Any]()
    masks = _drawn() if dropout else None

    def step() -> dict[str, Any]:
        nonlocal now, velocity
        tape = forward(network, implementation, now, x, masks=masks)
        _, gradients = vjp(tape, cross_entropy(tape, labels).cotangents, image=False)
        now, velocity = rule.step(now, gradients, velocity)
        return now

    return step


def _drawn() -> Masks:
    rng = np.random.default_rng(0)

    def masks(node: Any, shape: tuple[int, ...]) -> np.ndarray:
        assert isinstance(node.layer, Dropout)
        kept = rng.random(shape, np.float32) >= np.float32(node.layer.p)
        return (kept / (1 - node.layer.p)).astype(np.float32)

    return masks
