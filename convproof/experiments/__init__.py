"""The lecture's experiments: what it says, what was measured, and a picture.

One experiment is one file with its ``EXPERIMENT``; ``convproof experiment --list`` names them.
"""

from convproof.experiments.base import Experiment as Experiment
from convproof.experiments.base import Finding as Finding
from convproof.experiments.base import Settings as Settings
from convproof.experiments.names import NAMES as NAMES
from convproof.experiments.names import named as named
