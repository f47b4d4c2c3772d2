"""torch.nn.functional's names over the four verbs: the one place that reads torch-style arguments.

A *builder* turns a layer's torch-style arguments into its spec; ``convproof.names.families`` makes
the layer's function and its VJPs from it. The other rooms mirror ``convproof.layers``.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from convproof.implementation import Implementation, load_implementation
from convproof.names.convolution import FUNCTIONS as _CONVOLUTION
from convproof.names.loss import FUNCTIONS as _LOSS
from convproof.names.pointwise import FUNCTIONS as _POINTWISE
from convproof.names.pooling import FUNCTIONS as _POOLING
from convproof.names.signals import FUNCTIONS as _SIGNALS

_VERBS = ("forward", "input_vjp", "weight_vjp", "bias_vjp")
FUNCTIONS = _CONVOLUTION | _POOLING | _POINTWISE | _LOSS | _SIGNALS


class TorchNames:
    """Every layer and VJP by its functional name, over the implementation chosen for its arrays.

    Args:
        choose: returns the implementation for an array.
        name: the name shown to people.
        supports: what the implementation declares, see ``convproof.implementation``.
    """

    def __init__(
        self,
        choose: Callable[[Any], Implementation],
        *,
        name: str = "functional",
        supports: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.supports = supports
        for key, function in FUNCTIONS.items():
            setattr(self, key, function(choose))

    def __repr__(self) -> str:
        return f"<implementation {self.name!r}>"

    def __getattr__(self, key: str) -> Callable[..., Any]:
        msg = f"the implementation {self.name!r} has no function {key!r}."
        if key in _VERBS:
            msg += " The verbs of specs are those of convproof.implementation.load_implementation."
        raise AttributeError(msg)


@cache
def get_implementation(name: str) -> TorchNames:
    """Return an installed implementation, as an object with the functions of torch's names.

    Args:
        name: one of ``convproof list``: ``"numpy"``, ``"reference"``, ``"torch"``, ...

    Raises:
        TargetError: if nothing installed has the name.
        MissingExtraError: if it needs a package that is not installed.

    Example:
        >>> import numpy as np
        >>> reference = get_implementation("reference")
        >>> reference.conv1d(np.array([[1, 2, 3]]), np.array([[[1, 1]]]))
        array([[3, 5]])
    """
    implementation = load_implementation(name)
    return TorchNames(lambda _: implementation, name=name, supports=implementation.supports)
