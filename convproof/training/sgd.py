"""Stochastic gradient descent, by the formula and the names of ``torch.optim.SGD``.

::

    g <- g + weight_decay p          of every parameter p, biases too, as in torch
    b <- momentum b + g              b = g in the first step
    g <- g + momentum b  (nesterov)  or  g <- b
    p <- p - lr g

Sutskever et al. 2013, with the learning rate outside of the velocity. Nothing is changed in place:
a step that is interrupted leaves the parameters of the step before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Arrays = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """One rule for all parameters.

    Attributes:
        lr: learning rate.
        momentum: share of the velocity that stays.
        weight_decay: strength ``lambda`` of the penalty ``lambda |p|^2 / 2``.
        nesterov: whether to look ahead.
    """

    lr: Any
    momentum: Any = 0
    weight_decay: Any = 0
    nesterov: bool = False

    def step(
        self, parameters: Arrays, gradients: Arrays, velocity: Arrays
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the next parameters and velocity.

        Args:
            parameters: arrays, or numbers of any kind, by name.
            gradients: of the loss, by the same names.
            velocity: of the step before, by the same names; empty before the first one.

        Example:
            >>> rule = SGD(lr=1, momentum=2)
            >>> p, v = rule.step({"p": 10}, {"p": 3}, {})
            >>> rule.step(p, {"p": 1}, v)
            ({'p': 0}, {'p': 7})
        """
        moved: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for name, p in parameters.items():
            g = gradients[name]
            if self.weight_decay:
                g = g + self.weight_decay * p
            if self.momentum:
                kept[name] = self.momentum * velocity[name] + g if name in velocity else g
                g = g + self.momentum * kept[name] if self.nesterov else kept[name]
            moved[name] = p - self.lr * g
        return moved, kept
