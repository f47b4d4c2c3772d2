"""First values of a network's parameters: weights drawn, biases zero.

==========  =============================================  ====================================
rule        a weight                                       from
==========  =============================================  ====================================
gaussian    normal, of deviation ``std``                   lecture 7, "pipeline"
xavier      normal, ``sqrt(2 / (fan_in + fan_out))``       Glorot and Bengio 2010, equation 16
he          normal, ``sqrt(2 / fan_in)``                   He et al. 2015, equation 10
lecun       uniform in ``+-2.4 / fan_in``                  LeCun et al. 1998, appendix A
==========  =============================================  ====================================

``fan_in`` counts the inputs that an output reads, ``fan_out`` the outputs that an input reaches: in
its group of channels, or by its table of connections.
"""

from math import prod
from typing import Any, Literal

import numpy as np

from convproof.errors import NetworkError
from convproof.layers import Conv, Layer, Linear
from convproof.networks.constrained import ConstrainedConv
from convproof.networks.graph import Network

Rule = Literal["gaussian", "xavier", "he", "lecun"]
RULES: tuple[Rule, ...] = ("gaussian", "xavier", "he", "lecun")


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
    for node in network:
        for part, shape in node.layer.parameter_shapes.items():
            is_weight = part == "weight"
            values = _weights(node.layer, rng, rule, std) if is_weight else np.zeros(shape)
            drawn[f"{node.name}.{part}"] = values.astype(dtype)
    return drawn


def _weights(layer: Layer, rng: np.random.Generator, rule: Rule, std: float) -> np.ndarray:
    shape = layer.parameter_shapes["weight"]
    if rule == "gaussian":
        return rng.normal(0, std, shape)
    fan_in, fan_out = fans(layer)
    if rule == "lecun":
        return rng.uniform(-2.4 / fan_in, 2.4 / fan_in, shape)
    return rng.normal(0, np.sqrt(2 / (fan_in if rule == "he" else fan_in + fan_out)), shape)


def fans(layer: Layer) -> tuple[Any, Any]:
    """Return ``fan_in`` and ``fan_out``, arrays where they differ between connections.

    Raises:
        NetworkError: for a layer that no network has in the lecture's notation.
    """
    if isinstance(layer, ConstrainedConv):
        return layer.fans()
    if isinstance(layer, Linear):
        return layer.in_features, layer.out_features
    if isinstance(layer, Conv):
        taps = prod(layer.kernel_size)
        channels = layer.in_channels // layer.groups, layer.out_channels // layer.groups
        return channels[0] * taps, channels[1] * taps
    msg = f"there is no rule for the first values of a {type(layer).__name__}."
    raise NetworkError(msg)
