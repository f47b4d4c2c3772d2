"""Layers and derivatives with one fault each, as a user might have written them.

Every mutant names the law that must refute it. Some re-make real bugs, and cite them.
"""

from convproof.mutants.activations import *  # noqa: F403  # registers them, and lends their names
from convproof.mutants.cheats import *  # noqa: F403
from convproof.mutants.convolution import *  # noqa: F403
from convproof.mutants.gradients import *  # noqa: F403
from convproof.mutants.linear import *  # noqa: F403
from convproof.mutants.losses import *  # noqa: F403
from convproof.mutants.memory import *  # noqa: F403
from convproof.mutants.norms import *  # noqa: F403
from convproof.mutants.numbers import *  # noqa: F403
from convproof.mutants.pooling import *  # noqa: F403
from convproof.mutants.registry import MUTANTS as MUTANTS
from convproof.mutants.registry import Mutant as Mutant
from convproof.mutants.second_order import *  # noqa: F403
from convproof.mutants.transposed import *  # noqa: F403
from convproof.mutants.unfolding import *  # noqa: F403
