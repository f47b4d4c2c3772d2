"""Faults planted in a kernel's source are refuted on the simulator, each by its law.

Some here; of every one ``convproof zoo`` tells, whose table is ``tests/test_readme.py``'s.
"""

import pytest

from convproof.mutants import Mutant
from convproof.verify.zoo import refute
from convproof_gpu.mutants import MUTANTS
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.sim.source import PTX


def by_name(mutant: Mutant) -> str:
    return mutant.name


@pytest.mark.parametrize("mutant", MUTANTS[::15], ids=by_name)  # each is compiled
def test_a_fault_in_a_kernel_is_refuted_by_its_law(mutant: Mutant) -> None:
    outcome = refute(mutant, seed=0)
    assert outcome is not None, f"{mutant.name} survived"
    assert outcome.theorem.name == mutant.theorem
    assert "does not compile" not in str(outcome.violation)


def test_there_are_forty_of_them() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 40


@pytest.mark.parametrize("file", PTX)
def test_a_patch_of_what_the_simulator_does_not_compile_is_refused(file: str) -> None:
    """It has its own functions in place of these files: a fault there would survive unseen."""
    with pytest.raises(ValueError, match="patch a kernel"):
        Patched(file, "#pragma once", "")
