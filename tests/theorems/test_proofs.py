"""Every proof, asked: its steps are proved, and its twin, with one thing changed, is refuted."""

from pathlib import Path

import pytest

import convproof.theorems
from convproof.proving.outcome import outcome
from convproof.theorems import THEOREMS
from convproof.theorems.proof import changes
from convproof.theorems.proofs import modules, proofs

PROOFS = proofs()


@pytest.mark.parametrize("name", PROOFS)
def test_every_step_is_proved_and_the_false_twin_is_refuted(name: str) -> None:
    """|- P, and not |- P with one hypothesis, guard or sign changed."""
    found = outcome(name, PROOFS[name])

    assert not found.error, found.error
    assert not found.failing, found.failing
    assert found.counterexample, f"{found.changed}: {found.twin}"
    assert found.verdict == "proved"


@pytest.mark.parametrize("name", PROOFS)
def test_the_twin_is_a_step_with_exactly_one_change(name: str) -> None:
    """changes(step, twin) = 1."""
    twin = PROOFS[name].twin()

    assert [step.name for step in PROOFS[name].steps()].count(twin.of.name) == 1
    assert changes(twin.of, twin.step) == 1, twin.changed


def test_every_file_with_a_proof_is_listed() -> None:
    folder = Path(convproof.theorems.__file__).parent
    held = {
        ".".join(("convproof.theorems", *path.relative_to(folder).with_suffix("").parts))
        for path in folder.rglob("*.py")
        if "\nPROOF = " in path.read_text(encoding="utf-8")
    }
    assert held == set(modules())


def test_proofs_have_names_of_their_own() -> None:
    assert len(PROOFS) == len(modules())


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_says_where_it_is_from_and_names_laws_that_verify_asks(name: str) -> None:
    proof = PROOFS[name]

    assert proof.statement.endswith(".")
    assert proof.source
    assert bool(proof.rule) == (proof.kind != "machine")
    assert set(proof.asked_as) <= {theorem.name for theorem in THEOREMS}
