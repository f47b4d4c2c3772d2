"""Experiments by name; a module is imported when it is asked for."""

from difflib import get_close_matches
from importlib import import_module

from convproof.errors import ConvProofError
from convproof.experiments.base import Experiment

NAMES: dict[str, str] = {  # name: module of this folder; in the lecture's order
    "three-networks": "three_networks",
    "learned-weights": "learned_weights",
    "learning-rate": "learning_rate",
    "hyper-parameters": "hyper_parameters",
    "shuffled-pixels": "shuffled_pixels",
    "equivariance": "equivariance",
    "toeplitz": "toeplitz",
    "pose-invariance": "pose_invariance",
    "linear-regions": "linear_regions",
    "occlusion": "occlusion",
    "top-activations": "top_activations",
    "receptive-field": "receptive_field",
    "inception": "inception",
}


class ExperimentError(ConvProofError, ValueError):
    """There is no such experiment, or it cannot be done with what is given."""


def named(name: str) -> Experiment:
    """Return an experiment by its name.

    Raises:
        ExperimentError: if there is none; the message names the nearest.
    """
    if name not in NAMES:
        near = get_close_matches(name, NAMES, 3) or [
            each for each in NAMES if get_close_matches(name, each.split("-"), 1)
        ]
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(NAMES)}."
        msg = f"no experiment is called {name!r}: {hint}"
        raise ExperimentError(msg)
    found: Experiment = import_module(f"convproof.experiments.{NAMES[name]}").EXPERIMENT
    return found
