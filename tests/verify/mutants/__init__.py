"""Convolutions with one fault each, as a user might have written them, and the law they break."""

from tests.verify.mutants.forward import *  # noqa: F403  # registers them, and lends their names
from tests.verify.mutants.gradients import *  # noqa: F403
from tests.verify.mutants.registry import MUTANTS as MUTANTS
from tests.verify.mutants.registry import Mutant as Mutant
