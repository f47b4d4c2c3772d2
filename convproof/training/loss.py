"""Cross-entropy after softmax, and the number of images that are right.

With logits ``z`` of ``m`` images, ``y = softmax(z)`` and one-hot targets ``t``::

    loss = -(1/m) sum_n log y[n, label_n]
         =  (1/m) sum_n (log sum_k exp(z[n,k] - max z[n]) - (z[n, label_n] - max z[n]))
    z_bar = (y - t) / m

The derivative of softmax and of the logarithm are one formula: no quotient of small numbers is
taken. A network that ends in a softmax is differentiated from what its softmax reads. Outputs after
the first are auxiliary classifiers and count 0.3 (Szegedy et al. 2015, section 5).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from convproof.layers import Softmax
from convproof.networks import Network
from convproof.networks.evaluate import Tape

AUXILIARY = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a batch says.

    Attributes:
        total: sum of the main classifier's losses of the images, not their mean.
        correct: images whose largest logit is their label's; the first of equal ones counts.
        cotangents: of the logits, by node: the derivatives of the mean.
    """

    total: float
    correct: int
    cotangents: dict[str, Any]


def logits_of(network: Network) -> tuple[str, ...]:
    """Return the nodes whose values are logits: what an output's softmax reads, or the output."""
    nodes = [network[name] for name in network.outputs]
    return tuple(node.reads[0] if isinstance(node.layer, Softmax) else node.name for node in nodes)


def cross_entropy(tape: Tape, labels: np.ndarray) -> Loss:
    """Return the loss of a batch, and the cotangents with which it is differentiated.

    Args:
        tape: of the forward pass.
        labels: ``(m,)``.
    """
    cotangents: dict[str, Any] = {}
    total, correct = 0.0, 0
    for number, name in enumerate(logits_of(tape.network)):
        losses, z_bar, right = of_logits(tape.values[name], labels)
        cotangents[name] = z_bar if number == 0 else AUXILIARY * z_bar
        if number == 0:
            total, correct = losses, right
    return Loss(total=total, correct=correct, cotangents=cotangents)


def of_logits(z: Any, labels: np.ndarray) -> tuple[float, Any, int]:
    """Return the sum of the losses, the derivative of their mean, and how many are right."""
    xp = array_namespace(z)
    m, classes = z.shape
    t = xp.astype(xp.asarray(np.arange(classes) == labels[:, None]), z.dtype)
    shifted = z - xp.max(z, axis=1, keepdims=True)
    powers = xp.exp(shifted)
    sums = xp.sum(powers, axis=1, keepdims=True)
    total = float(xp.sum(xp.log(sums))) - float(xp.sum(shifted * t))
    z_bar = (powers / sums - t) / m
    right = int(xp.sum(xp.argmax(z, axis=1) == xp.asarray(labels)))
    return total, z_bar, right
