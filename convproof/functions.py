"""The functions that verification knows: every layer by its functional name, and its VJPs.

=============  ==========================================================================
family         a layer of it is
=============  ==========================================================================
``bilinear``   a product of weights and data: conv, conv_transpose, linear
``linear``     a rearrangement: unfold, fold
``mean``       an average over windows
``maximum``    a maximum over windows or channels
``pointwise``  ReLU
``smooth``     tanh, softmax, cross entropy, local response normalisation: no exact integers
=============  ==========================================================================
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "forward", "input", "weight", "bias", "jvp", "second_output", "second_input", "second_weight"
]
Family = Literal["bilinear", "linear", "mean", "maximum", "pointwise", "smooth"]
FIRST: tuple[Role, ...] = ("forward", "input", "weight", "bias")
SECOND: tuple[Role, ...] = ("jvp", "second_output", "second_input", "second_weight")
ROLES = FIRST + SECOND
_DIMS = (1, 2, 3)


def _over_axes(*stems: str) -> tuple[str, ...]:
    return tuple(f"{stem}{dims}d" for stem in stems for dims in _DIMS)


_MAXIMA = _over_axes("max_pool", "adaptive_max_pool", "global_max_pool")
_MEANS = _over_axes("avg_pool", "adaptive_avg_pool", "global_avg_pool")
FAMILIES: dict[Family, tuple[str, ...]] = {
    "bilinear": (*_over_axes("conv", "conv_transpose"), "linear"),
    "linear": ("unfold", "fold"),
    "mean": _MEANS,
    "maximum": (*_MAXIMA, "maxout"),
    "pointwise": ("relu",),
    "smooth": ("tanh", "softmax", "local_response_norm", "cross_entropy"),
}
INDICES: dict[str, tuple[str, ...]] = {"cross_entropy": ("target",)}
"""Arrays of int64 that a layer takes after its data, and its VJP after the cotangent."""
_FAMILY_OF = {layer: family for family, names in FAMILIES.items() for layer in names}


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A functional name: ``conv2d``, ``conv2d_input``, ``max_pool1d``, ...

    Attributes:
        layer: functional name of the layer.
        role: the layer itself, or which derivative of it.
    """

    layer: str
    role: Role = "forward"

    @property
    def name(self) -> str:
        """The functional name."""
        return self.layer if self.role == "forward" else f"{self.layer}_{self.role}"

    @property
    def family(self) -> Family:
        """What kind of map the layer is."""
        return _FAMILY_OF[self.layer]

    @property
    def indices(self) -> tuple[str, ...]:
        """The names of the arrays of integers that the function is given."""
        return INDICES.get(self.layer, ())

    @property
    def dims(self) -> int | None:
        """Number of spatial axes; None where the name does not say."""
        last = self.layer[-2:]
        return int(last[0]) if last in ("1d", "2d", "3d") else None

    @property
    def stem(self) -> str:
        """The layer's name without its number of axes."""
        return self.layer if self.dims is None else self.layer[:-2]

    @classmethod
    def named(cls, name: str) -> "Function":
        """Return the function of this name.

        Raises:
            KeyError: if verification knows no such function.
        """
        return _BY_NAME[name]

    @classmethod
    def all(cls) -> tuple["Function", ...]:
        """Return every function that verification knows, in the order it asks them."""
        return tuple(_BY_NAME.values())


def roles_of(layer: str) -> tuple[Role, ...]:
    """Return the functions that a layer has."""
    return ROLES if _FAMILY_OF[layer] == "bilinear" else ("forward", "input")


def _every() -> Iterable[Function]:
    for layer in _FAMILY_OF:
        for role in roles_of(layer):
            yield Function(layer, role)


_BY_NAME = {function.name: function for function in _every()}
