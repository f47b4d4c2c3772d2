"""An implementation answers four verbs over layer specs; others find it by its name.

==============  ==============================================  =================================
verb            arguments                                       returns
==============  ==============================================  =================================
``forward``     ``layer, x, *arrays``                           ``y``
``input_vjp``   ``layer, x, y_bar, *arrays``                    ``x_bar``, of ``x``'s shape
``weight_vjp``  ``layer, x, y_bar``                             ``w_bar``, of the weight's shape
``bias_vjp``    ``layer, y_bar``                                ``b_bar``
==============  ==============================================  =================================

``arrays`` are the weight and the bias (forward only), or the integers of ``layer.index_shapes``.
Where the layer is linear in ``x``, ``input_vjp`` needs only its shape and accepts that in place of
``x``.
Specs are checked before a verb is called, so an implementation checks nothing but its dtypes.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from convproof.errors import MissingExtraError, TargetError, UnsupportedError
from convproof.layers import Layer

GROUP = "convproof.implementations"


@runtime_checkable
class Implementation(Protocol):
    """The four verbs, a name, and what is declared beyond torch's own geometries.

    ``supports`` names what may be asked in addition: ``"asymmetric"`` padding, ``"circular"``
    padding, and ``"integer"`` arrays.
    """

    @property
    def name(self) -> str:
        """The name that ``get_implementation`` knows."""

    @property
    def supports(self) -> frozenset[str]:
        """What is declared."""

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``."""

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``."""

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``."""


class ByLayer:
    """An implementation written as one module per layer, with the verbs as its functions.

    Args:
        name: the name that ``get_implementation`` knows.
        rooms: the module of each layer type; what is missing there is unsupported.
        supports: see ``Implementation``.
    """

    def __init__(
        self, name: str, rooms: Mapping[type[Layer], ModuleType], supports: frozenset[str]
    ) -> None:
        self.name = name
        self.supports = supports
        self._rooms = rooms

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        return self._verb(layer, "forward")(layer, x, *arrays)

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``."""
        return self._verb(layer, "input_vjp")(layer, x, y_bar, *arrays)

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``."""
        return self._verb(layer, "weight_vjp")(layer, x, y_bar)

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``."""
        return self._verb(layer, "bias_vjp")(layer, y_bar)

    def _verb(self, layer: Layer, verb: str) -> Any:
        function = getattr(self._rooms.get(type(layer)), verb, None)
        if function is None:
            msg = f"the implementation {self.name!r} has no {verb} for {type(layer).__name__}."
            raise UnsupportedError(msg)
        return function


def implementation_names() -> list[str]:
    """Return the names of the installed implementations, sorted."""
    return sorted({point.name for point in entry_points(group=GROUP)})


@cache
def load_implementation(name: str) -> Implementation:
    """Return the four verbs of an installed implementation.

    Raises:
        TargetError: if no installed package registers the name.
        MissingExtraError: if the implementation needs a package that is not installed.
    """
    for point in entry_points(group=GROUP, name=name):
        try:
            loaded: Implementation = point.load()
        except MissingExtraError:
            raise
        except Exception as error:
            first = (str(error).strip().splitlines() or ["(no message)"])[0]
            msg = f"importing the implementation {name!r} failed: {type(error).__name__}: {first}"
            raise TargetError(msg) from error
        return loaded
    known = ", ".join(implementation_names())
    msg = f"no implementation is called {name!r}; installed are: {known}."
    raise TargetError(msg)
