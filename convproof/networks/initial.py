"""First values of a network's parameters: weights drawn, biases zero.

==========  ======================================  ======================================
rule        standard deviation of a weight          from
==========  ======================================  ======================================
gaussian    ``std``                                 lecture 7, "pipeline"
xavier      ``sqrt(2 / (fan_in + fan_out))``        Glorot and Bengio 2010, equation 16
he          ``sqrt(2 / fan_in)``                    He et al. 2015, equation 10
==========  ======================================  ======================================

``fan_in`` counts the inputs that an output reads, ``fan_out`` the outputs that an input reaches.
"""

from math import prod, sqrt
from typing import Literal

import numpy as np

from convproof.errors import NetworkError
from convproof.layers import Shape
from convproof.networks.graph import Network

Rule = Literal["gaussian", "xavier", "he"]
RULES: tuple[Rule, ...] = ("gaussian", "xavier", "he")


def init(
    network: Network,
    rng: np.random.Generator,
    *,
    rule: Rule = "he",
    std: float = 1e-2,
    dtype: type = np.float32,
) -> dict[str, np.ndarray]:
    """Return parameters by their names, in the order of the network.

    Args:
        network: whose parameters.
        rng: draws them.
        rule: see the module.
        std: of ``gaussian``.
        dtype: of the arrays.

    Raises:
        NetworkError: if there is no such rule.

    Example:
        >>> from convproof.networks import network
        >>> drawn = init(network("n", "input(8, 1) conv(3, 2) fc(3)"), np.random.default_rng(0))
        >>> {name: array.shape for name, array in drawn.items()}["conv1.weight"]
        (2, 1, 3, 3)
    """
    if rule not in RULES:
        msg = f"there is no rule {rule!r} for first values; there are {', '.join(RULES)}."
        raise NetworkError(msg)
    drawn: dict[str, np.ndarray] = {}
    for name, shape in network.parameter_shapes.items():
        if name.endswith(".weight"):
            deviation = std if rule == "gaussian" else _deviation(rule, shape)
            drawn[name] = rng.normal(0, deviation, shape).astype(dtype)
        else:
            drawn[name] = np.zeros(shape, dtype)
    return drawn


def _deviation(rule: Rule, shape: Shape) -> float:
    taps = prod(shape[2:])
    fan_in, fan_out = shape[1] * taps, shape[0] * taps
    return sqrt(2 / fan_in) if rule == "he" else sqrt(2 / (fan_in + fan_out))
