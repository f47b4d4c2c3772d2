"""What goes wrong in data, recipes and checkpoints."""

from convproof.errors import ConvProofError


class DataError(ConvProofError, ValueError):
    """A file or array of examples is not what it should be."""


class TrainingError(ConvProofError, ValueError):
    """A training cannot begin, go on or be resumed as it is described."""


class DivergedError(TrainingError):
    """The loss of a training is no longer finite."""
