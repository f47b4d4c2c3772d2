"""Every exception convproof raises on purpose.

One class per question a caller can act on. A message says which law is broken, with the
numbers put in, and the nearest change that would obey it.
"""


class ConvProofError(Exception):
    """Base class of all convproof errors."""


class GeometryError(ConvProofError, ValueError):
    """The sizes cannot describe a layer."""


class ShapeError(ConvProofError, ValueError):
    """The arrays do not have the shapes that the layer relates."""


class DTypeError(ConvProofError, TypeError):
    """The arrays hold numbers that the operation has no meaning for."""


class UnsupportedError(ConvProofError, NotImplementedError):
    """An implementation does not offer what was asked of it."""


class TargetError(ConvProofError):
    """A verification target cannot be found, imported or understood."""


class EvidenceError(ConvProofError):
    """A file of evidence, of known failures or of a sweep is not what it should be."""


class NetworkError(ConvProofError, ValueError):
    """A network cannot be built, read or stored as it is described."""


class ClaimError(ConvProofError, ValueError):
    """A claim says something that no solver of integer arithmetic is asked."""


class SolverError(ConvProofError):
    """Two engines contradict each other, or a counterexample refutes nothing."""


class MissingExtraError(ConvProofError, ImportError):
    """A command or implementation needs a package that is not installed.

    Args:
        package: the import name that was not found.
        extra: the extra of convproof that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'convproof[{extra}]'")
