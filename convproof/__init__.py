"""Convolution layers you can check: derived symbolically, tested exactly, fast on a GPU."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convproof import functional as functional
    from convproof.axes import Axis as Axis
    from convproof.axes import SignalAxis as SignalAxis
    from convproof.axes import TransposedAxis as TransposedAxis
    from convproof.errors import ConvProofError as ConvProofError
    from convproof.errors import GeometryError as GeometryError
    from convproof.geometry import Geometry as Geometry
    from convproof.names import get_implementation as get_implementation
    from convproof.symbolic.sizes import SymbolicAxis as SymbolicAxis
    from convproof.symbolic.solver import Claim as Claim
    from convproof.symbolic.solver import prove as prove
    from convproof.triples import Triples as Triples

__version__ = "0.1.0"

_HOMES = {
    "Axis": "convproof.axes",
    "Claim": "convproof.symbolic.solver",
    "ConvProofError": "convproof.errors",
    "Geometry": "convproof.geometry",
    "GeometryError": "convproof.errors",
    "SignalAxis": "convproof.axes",
    "SymbolicAxis": "convproof.symbolic.sizes",
    "TransposedAxis": "convproof.axes",
    "Triples": "convproof.triples",
    "functional": "convproof.functional",
    "get_implementation": "convproof.names",
    "prove": "convproof.symbolic.solver",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list of strings


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        msg = f"module 'convproof' has no attribute {name!r}"
        raise AttributeError(msg)
    home = import_module(_HOMES[name])
    return home if _HOMES[name] == f"convproof.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
