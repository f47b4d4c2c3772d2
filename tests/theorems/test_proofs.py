"""Every proof, asked: its steps are proved, and its twin, with one thing changed, is refuted."""

from pathlib import Path

import pytest

import convproof.theorems
from convproof.functions import Function
from convproof.proving.outcome import outcome
from convproof.theorems import THEOREMS
from convproof.theorems.proof import changes
from convproof.theorems.proofs import modules, proofs
from convproof.verify.runner import Plan, jobs
from convproof.verify.targets.words import SUPPORTS

PROOFS = proofs()
SPEAKS_OF_NONE = {  # proofs of these rooms that no law of verify asks, and why
    "operation_count": "counts what a layer needs by definition, not what an implementation does",
    "regularisation": "speaks of minimisers of a penalised error",
    "prior": "speaks of a density of matrices",
    "tangents": "says which weights of a maxout unit approximate a function",
    "difference_of_maxouts": "says which weights of two maxout units approximate a function",
}
ROOMS = ("signals", "shapes", "variants", "pooling", "learning")


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


def test_laws_of_indices_shapes_adjoints_and_derivatives_are_proved_by_machine_alone() -> None:
    """They appeal to no rule outside, but for stacks of any depth: these are an induction."""
    rooms = ("shapes", "variants", "derivatives", "addresses")
    by_rule = {n for n, each in PROOFS.items() if _room(n) in rooms and each.kind != "machine"}
    assert by_rule == {"depth_growth"}


def test_every_law_is_asked_of_a_target_that_offers_everything() -> None:
    """And so is run, and named, by ``convproof verify``."""
    plan = Plan(
        functions=Function.all(), dtypes=("float32",), examples=(1, 1), seed=1, supports=SUPPORTS
    )
    asked = {law for _, _, laws in jobs(plan) for law in laws}
    assert [law for law in THEOREMS if law not in asked] == []


def test_a_law_of_verify_asks_every_proof_that_speaks_of_implementations() -> None:
    """Of the rooms that say what layers compute, those alone are not asked that say no such thing.

    Of the rooms of addresses and rounding, proofs are of kernels, and of derivatives all are asked.
    """
    of_rooms = {n: p for n, p in PROOFS.items() if _room(n) in ROOMS}
    assert {n for n, p in of_rooms.items() if not p.asked_as} == set(SPEAKS_OF_NONE)
    assert all(p.asked_as for n, p in PROOFS.items() if _room(n) == "derivatives")


def _room(name: str) -> str:
    module = PROOFS[name].steps.__module__
    return module.split(".")[2]


def test_every_law_of_these_rooms_is_of_a_proof() -> None:
    """And so says for all sizes what is asked of a target in some cases."""
    held = {t.name for t in THEOREMS if t.check.__module__.split(".")[2] in ROOMS}
    assert (
        held == {law for n, p in PROOFS.items() if _room(n) in ROOMS for law in p.asked_as} & held
    )
    assert held >= {"two_layers", "field", "commutative", "basis", "global_max"}
